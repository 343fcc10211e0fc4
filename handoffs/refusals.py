"""Why an act on a handoff is refused. Nothing was changed; `owner` and `version` tell what is so now."""

from typing import TYPE_CHECKING, Any

from flowops.problems import NotFound, Problem

if TYPE_CHECKING:
    from handoffs.models import Handoff

_DOING = {
    "resolve": "resolving",
    "release": "releasing",
    "reassign": "reassigning",
    "snooze": "snoozing",
    "reply": "replying",
    "approve": "approving",
    "deny": "denying",
    "amend": "amending",
}


def _owner(handoff: "Handoff") -> str | None:
    return handoff.claimed_by.get_username() if handoff.claimed_by else None


class Refused(Problem):
    """The handoff is not in a state that allows the act."""

    status = 409

    def __init__(self, why: str, handoff: "Handoff", **extra: Any) -> None:
        told = {"ok": False, "error": why, "owner": _owner(handoff), "version": handoff.version, **extra}
        super().__init__(why, extra=told)


class NotAllowed(Problem):
    """The person has no role that allows the act."""

    status = 403
    error = "forbidden"

    def __init__(self) -> None:
        super().__init__("You do not have permission to perform this action.")


class HandoffNotFound(NotFound):
    error = "Handoff not found"

    def __init__(self) -> None:
        super().__init__("Handoff not found")


class VersionMismatch(Problem):
    """The act was decided on another version than the stored one."""

    status = 412
    error = "version_mismatch"

    def __init__(self, handoff: "Handoff") -> None:
        told = {"ok": False, "owner": _owner(handoff), "version": handoff.version}
        super().__init__(f"The handoff is at version {handoff.version}.", extra=told)


class NotClaimable(Refused):
    def __init__(self, handoff: "Handoff") -> None:
        super().__init__("Handoff already claimed or not pending", handoff)


class NotClaimed(Refused):
    def __init__(self, act: str, handoff: "Handoff") -> None:
        super().__init__(f"Handoff must be claimed before {_DOING[act]}", handoff)


class NotOwner(Refused):
    def __init__(self, act: str, handoff: "Handoff") -> None:
        super().__init__(f"Only the claiming operator can {act}", handoff)


class ClaimExpired(Refused):
    def __init__(self, handoff: "Handoff") -> None:
        super().__init__("Your claim has run out; claim the handoff again", handoff)


class AlreadyResolved(Refused):
    def __init__(self, handoff: "Handoff") -> None:
        super().__init__("Handoff already resolved", handoff)


class LostRace(Refused):
    """Somebody changed the handoff between our read and our write."""

    def __init__(self, handoff: "Handoff") -> None:
        super().__init__("Handoff was changed by somebody else", handoff)


class NotDecidable(Refused):
    """The proposal is decided already, or is not what was shown, or policy or ledger no longer allow it."""


class ReplyFindings(Refused):
    """The verifier does not know or cannot prove parts of the reply. It may be sent with a reason."""

    def __init__(self, handoff: "Handoff", findings: list[dict[str, str]]) -> None:
        super().__init__("The reply says what cannot be proven", handoff, findings=findings)


class KeyReused(Problem):
    status = 422
    error = "idempotency_payload_mismatch"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another text.")
