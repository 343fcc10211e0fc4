"""A published policy version never changes, whoever writes and how."""

from flowops.triggers import Triggers

IMMUTABLE = "policy_version_is_immutable"
_CHANGED = "OLD.number <> NEW.number OR OLD.checksum <> NEW.checksum OR OLD.content <> NEW.content"

TRIGGERS = Triggers(
    sqlite={
        IMMUTABLE: f"CREATE TRIGGER {IMMUTABLE} BEFORE UPDATE ON policy_policyversion WHEN {_CHANGED}"
        f" BEGIN SELECT RAISE(ABORT, '{IMMUTABLE}'); END"
    },
    postgresql=(
        f"""
        CREATE OR REPLACE FUNCTION policy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{IMMUTABLE}' USING ERRCODE = 'check_violation', CONSTRAINT = '{IMMUTABLE}';
        END $$
        """,
        f"DROP TRIGGER IF EXISTS {IMMUTABLE} ON policy_policyversion",
        f"CREATE TRIGGER {IMMUTABLE} BEFORE UPDATE ON policy_policyversion"
        f" FOR EACH ROW WHEN ({_CHANGED}) EXECUTE FUNCTION policy_refuse_change()",
    ),
)
