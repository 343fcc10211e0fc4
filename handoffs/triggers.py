"""What was proposed to a person stays exactly what was proposed (M3); only what becomes of it is written."""

from flowops.triggers import refusing_updates

FROZEN = "proposal_is_frozen"
_WHAT = ("id", "handoff_id", "refund_id", "content", "digest", "created_at")
TRIGGERS = refusing_updates(
    "handoffs_proposal", FROZEN, when=" OR ".join(f"OLD.{column} <> NEW.{column}" for column in _WHAT)
)
