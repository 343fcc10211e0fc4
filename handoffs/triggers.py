"""What was proposed to a person stays exactly what was proposed (M3)."""

from flowops.triggers import refusing_updates

FROZEN = "proposal_is_frozen"
TRIGGERS = refusing_updates("handoffs_proposal", FROZEN)
