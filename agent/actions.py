"""The `actions` list of a reply: what was decided and done, in the words existing clients read."""

from collections.abc import Iterator
from typing import assert_never

from agent.values import (
    Effect,
    Evidence,
    JoinHandoff,
    Mode,
    OpenHandoff,
    OpenTicket,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
    Violation,
)
from policy.values import Decision, Outcome

_REFUND_WORDS = {
    Outcome.APPROVE: "refund_auto_approved",
    Outcome.NEEDS_HUMAN: "refund_needs_human",
    Outcome.DENY: "refund_denied",
}


def vocabulary(
    mode: Mode,
    evidence: Evidence,
    decision: Decision,
    effects: tuple[Effect, ...],
    violations: tuple[Violation, ...],
) -> tuple[str, ...]:
    """In the order things happen. Shadow lists what was decided; only live lists what was done."""
    done = [word for effect in effects for word in _done(effect)] if mode is Mode.LIVE else []
    return (*_decided(evidence, decision, violations), *done)


def _decided(evidence: Evidence, decision: Decision, violations: tuple[Violation, ...]) -> Iterator[str]:
    if evidence.failed_tools:
        yield "tool_fetch_failed"
    if word := _REFUND_WORDS.get(decision.outcome):
        yield word
    if decision.rule == "escalate.recent_escalation":
        yield "memory_recent_escalation_escalate"
    yield "verification_failed" if violations else "verification_passed"
    for violation in violations:
        yield f"verify_issue:{violation.check}: {violation.span}"
    if decision.needs_a_person:
        yield "escalate_to_human"


def _done(effect: Effect) -> Iterator[str]:
    match effect:
        case OpenTicket(ticket_id=ticket):
            yield f"ticket_created:{ticket}"
        case ReuseTicket(ticket_id=ticket):
            yield f"ticket_reused:{ticket}"
        case RecordRefund(refund_id=refund):
            yield f"refund_issued:{refund}"
        case ReserveRefund(refund_id=refund):
            yield f"refund_reserved:{refund}"
        case OpenHandoff(handoff_id=handoff):
            yield f"handoff_created:{handoff}"
        case JoinHandoff(handoff_id=handoff):
            yield f"handoff_joined:{handoff}"
        case QueueEmail(delivery_id=delivery):
            yield f"email_queued:queued:{delivery}"
        case _:
            assert_never(effect)
