"""A published policy version never changes, whoever writes and how; only which one is active does."""

from flowops.triggers import refusing_updates

IMMUTABLE = "policy_version_is_immutable"
TRIGGERS = refusing_updates(
    "policy_policyversion",
    IMMUTABLE,
    when="OLD.number <> NEW.number OR OLD.checksum <> NEW.checksum OR OLD.content <> NEW.content",
)
