"""From a decision to the effects that carry it out. Pure; ids come from the interaction, so each is made once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from agent.values import (
    Effect,
    Evidence,
    JoinHandoff,
    Message,
    OpenHandoff,
    OpenTicket,
    Proposal,
    QueueEmail,
    Reading,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from policy.ruleset import Ruleset
from policy.values import Decision, Intent, IssueRefund, Outcome, ProposeRefund

_SUBJECTS = {
    Intent.REFUND_REQUEST: "Refund request",
    Intent.REFUND_STATUS: "Where a refund is",
    Intent.REFUND_POLICY: "Refund rules",
    Intent.BILLING_QUESTION: "Question about a bill",
    Intent.INVOICE_REQUEST: "An invoice is wanted",
    Intent.DUPLICATE_CHARGE: "Charged twice",
    Intent.UNRECOGNIZED_CHARGE: "A charge nobody knows",
    Intent.CANCEL_SUBSCRIPTION: "Cancellation",
    Intent.CHANGE_PLAN: "Change of plan",
    Intent.PRICING_QUESTION: "Question about prices",
    Intent.PAYMENT_PROBLEM: "A payment does not go through",
    Intent.UPDATE_PAYMENT_METHOD: "Change of payment method",
    Intent.ACCOUNT_ACCESS: "Account question",
    Intent.ACCOUNT_UPDATE: "Change of account details",
    Intent.ACCOUNT_CREATE: "New account",
    Intent.DATA_DELETION: "Deletion of data",
    Intent.COMPLAINT: "Complaint",
    Intent.TALK_TO_HUMAN: "Wants to talk to a person",
    Intent.TECHNICAL_ISSUE: "Something does not work",
    Intent.SMALLTALK: "Small talk",
    Intent.OUT_OF_SCOPE: "Something else",
}


def carrying_out(
    decision: Decision,
    *,
    message: Message,
    reading: Reading,
    evidence: Evidence,
    ruleset: Ruleset,
) -> tuple[Effect, ...]:
    """The ticket, then the money, then the people; nothing where a greeting needs no ticket."""
    if decision.rule == "answer.smalltalk" and evidence.open_case is None:
        return ()
    ticket = _ticket(decision, message, reading, evidence)
    refund = _refund(decision, message)
    effects: list[Effect] = [ticket, *refund]
    if decision.needs_a_person:
        proposal = _proposal(decision, refund, ruleset)
        effects.append(_handoff(decision, proposal, ticket.ticket_id, message, reading, evidence, ruleset))
    return tuple(effects)


def email(
    reply: str, effects: tuple[Effect, ...], *, message: Message, evidence: Evidence
) -> Iterator[QueueEmail]:
    """The reply, word for word, to the address on file; none without a ticket or an address."""
    tickets = [e.ticket_id for e in effects if isinstance(e, OpenTicket | ReuseTicket)]
    if not tickets or evidence.account is None or not evidence.account.email:
        return
    yield QueueEmail(
        delivery_id=named("eml", message),
        recipient=evidence.account.email,
        subject=f"Your request {tickets[0]}",
        body=reply,
    )


def named(prefix: str, message: Message) -> str:
    """The id of this message's one effect of a kind."""
    key = message.interaction_id.partition("_")[2] if message.interaction_id else message.mode.value
    return f"{prefix}_{key}"


def _ticket(
    decision: Decision, message: Message, reading: Reading, evidence: Evidence
) -> OpenTicket | ReuseTicket:
    stays_open = evidence.live_handoff is not None or decision.needs_a_person or decision.outcome is Outcome.ASK
    if evidence.open_case is not None:
        return ReuseTicket(ticket_id=evidence.open_case.ticket_id, stays_open=stays_open)
    return OpenTicket(ticket_id=named("tck", message), subject=_SUBJECTS[reading.intent], stays_open=stays_open)


def _refund(decision: Decision, message: Message) -> tuple[RecordRefund | ReserveRefund, ...]:
    refund_id = named("rfd", message)
    match decision.action:
        case None:
            return ()
        case IssueRefund(invoice=invoice, money=money):
            return (RecordRefund(refund_id=refund_id, invoice_id=invoice, money=money),)
        case ProposeRefund(invoice=invoice, money=money):
            return (ReserveRefund(refund_id=refund_id, invoice_id=invoice, money=money),)
        case _:
            assert_never(decision.action)


def _proposal(
    decision: Decision, refund: tuple[RecordRefund | ReserveRefund, ...], ruleset: Ruleset
) -> Proposal | None:
    if not refund or not isinstance(decision.action, ProposeRefund):
        return None
    return Proposal(
        refund_id=refund[0].refund_id,
        invoice_id=decision.action.invoice,
        money=decision.action.money,
        limit=decision.action.limit,
        rule=decision.rule,
        reasons=decision.reasons,
        policy_version=decision.policy_version,
        people=ruleset.people_to_approve(decision.action.money),
    )


def _handoff(
    decision: Decision,
    proposal: Proposal | None,
    ticket_id: str,
    message: Message,
    reading: Reading,
    evidence: Evidence,
    ruleset: Ruleset,
) -> OpenHandoff | JoinHandoff:
    if evidence.live_handoff is not None:
        return JoinHandoff(
            handoff_id=evidence.live_handoff,
            ticket_id=ticket_id,
            issues=decision.reasons,
            proposal=proposal,
            is_urgent=reading.entities.urgent,
        )
    rules = ruleset.for_plan(evidence.plan)
    return OpenHandoff(
        handoff_id=named("hof", message),
        ticket_id=ticket_id,
        reason=decision.rule.partition(".")[2],
        priority="high" if reading.entities.urgent else rules.priority,
        issues=decision.reasons,
        proposal=proposal,
        claim_due_at=message.now + timedelta(minutes=rules.claim_minutes),
    )
