"""Make a plan true: one short transaction, and the only place where a turn's effects are written.

The fence comes first: the interaction is finished only by whoever still holds it, and only as the customer's
next turn. Every effect then inserts a row whose key comes from the interaction. So a plan made on old facts, a
process that was taken for dead, and the same plan twice are each refused by the database and undone as a whole.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, assert_never

import msgspec
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from agent.models import Interaction, InteractionState
from agent.values import (
    Effect,
    JoinHandoff,
    OpenHandoff,
    OpenTicket,
    Plan,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from flowops.audit import trail
from flowops.billing import ledger
from flowops.outbox.models import Event
from flowops.outbox.publish import publish, queue_mail
from handoffs import services
from handoffs.models import Handoff

ACTOR = "agent"
_DEADLOCK, _SERIALIZATION_FAILURE = "40P01", "40001"  # PostgreSQL undid us so that another could go on


class LeaseLost(Exception):
    """Another process has taken this interaction over, or finished it. Nothing was changed."""


class FactsChanged(Exception):
    """What the plan rests on is no longer so. Nothing was changed; plan again."""


class Happened(NamedTuple):
    """One thing that became true: for the trail, and where the world may know, for the outbox."""

    name: str
    subject: str
    data: dict[str, Any]
    is_event: bool = True


def plan(plan: Plan, *, epoch: int, response: bytes, now: datetime) -> None:
    """Carry out a live plan and store its answer, or nothing at all. Raises LeaseLost, FactsChanged."""
    try:
        with transaction.atomic():
            _finish(plan, epoch, response, now)
            live = _lock_live_handoff(plan)
            happened = [_completed(plan)]
            for effect in plan.effects:
                happened += _perform(effect, plan, live, now)
            _record(happened, plan, now)
    except IntegrityError as error:
        raise FactsChanged from error
    except OperationalError as error:
        if _sqlstate(error) in (_DEADLOCK, _SERIALIZATION_FAILURE):
            raise FactsChanged from error
        raise


def _finish(plan: Plan, epoch: int, response: bytes, now: datetime) -> None:
    finished = Interaction.objects.filter(
        id=plan.message.interaction_id, epoch=epoch, state=InteractionState.STARTED
    ).update(
        state=InteractionState.DONE,
        turn=plan.evidence.turn + 1,
        lease_until=None,
        completed_at=now,
        reply_text=plan.reply,
        intent=plan.reading.intent.value,
        confidence=plan.reading.confidence,
        escalated=plan.escalated,
        verified=not plan.violations,
        actions=list(plan.actions),
        plan=msgspec.to_builtins(plan),
        ticket=plan.ticket_id,
        handoff=plan.handoff_id,
        response=response,
    )
    if finished != 1:
        raise LeaseLost


def _lock_live_handoff(plan: Plan) -> Handoff | None:
    """The handoff people have of this customer, locked before ticket and money, as those who resolve it do."""
    if plan.evidence.live_handoff is None:
        return None
    live = services.lock_live(plan.evidence.live_handoff)
    if live is None:
        raise FactsChanged
    return live


def _completed(plan: Plan) -> Happened:
    data = {
        "ticketId": plan.ticket_id,
        "outcome": plan.decision.outcome.value,
        "rule": plan.decision.rule,
        "policyVersion": plan.decision.policy_version,
        "escalated": plan.escalated,
        "verified": not plan.violations,
    }
    return Happened("interaction.completed", str(plan.message.interaction_id), data)


def _perform(effect: Effect, plan: Plan, live: Handoff | None, now: datetime) -> Iterator[Happened]:
    match effect:
        case OpenTicket():
            yield from _open_ticket(effect, plan, now)
        case ReuseTicket():
            yield from _reuse_ticket(effect, plan, now)
        case RecordRefund(refund_id=refund, invoice_id=invoice, money=money):
            ledger.issue(refund, invoice_id=invoice, money=money, by=ACTOR, now=now)
            yield Happened("refund.issued", refund, {"invoiceId": invoice, "money": msgspec.to_builtins(money)})
        case ReserveRefund(refund_id=refund, invoice_id=invoice, money=money):
            ledger.reserve(refund, invoice_id=invoice, money=money, now=now)
            yield Happened("refund.pending", refund, {"invoiceId": invoice, "money": msgspec.to_builtins(money)})
        case OpenHandoff():
            yield from _open_handoff(effect, plan, now)
        case JoinHandoff():
            yield from _join_handoff(effect, live, now)
        case QueueEmail(delivery_id=delivery):
            queue_mail(
                delivery,
                event_id=_event_id("interaction.completed", plan),
                recipient=effect.recipient,
                subject=effect.subject,
                body=effect.body,
                now=now,
            )
            yield Happened("email.queued", delivery, {}, is_event=False)
        case _:
            assert_never(effect)


def _open_ticket(effect: OpenTicket, plan: Plan, now: datetime) -> Iterator[Happened]:
    services.open_ticket(
        effect.ticket_id,
        customer_id=plan.message.customer_id,
        subject=effect.subject,
        stays_open=effect.stays_open,
        now=now,
    )
    yield Happened("ticket.opened", effect.ticket_id, {"staysOpen": effect.stays_open}, is_event=False)


def _reuse_ticket(effect: ReuseTicket, plan: Plan, now: datetime) -> Iterator[Happened]:
    is_open = services.continue_ticket(
        effect.ticket_id, customer_id=plan.message.customer_id, stays_open=effect.stays_open, now=now
    )
    if not is_open:
        raise FactsChanged
    if not effect.stays_open:
        yield Happened("ticket.resolved", effect.ticket_id, {}, is_event=False)


def _open_handoff(effect: OpenHandoff, plan: Plan, now: datetime) -> Iterator[Happened]:
    Handoff.objects.create(
        id=effect.handoff_id,
        ticket_id=effect.ticket_id,
        customer_id=plan.message.customer_id,
        reason=effect.reason,
        priority=effect.priority,
        confidence=plan.reading.confidence,
        issues=list(effect.issues),
        actions=list(plan.actions),
        sla_due_at=effect.claim_due_at,
        created_at=now,
        updated_at=now,
    )
    yield Happened("handoff.opened", effect.handoff_id, {"ticketId": effect.ticket_id, "reason": effect.reason})
    _propose(effect, now)


def _join_handoff(effect: JoinHandoff, live: Handoff | None, now: datetime) -> Iterator[Happened]:
    if live is None or live.id != effect.handoff_id:
        raise FactsChanged
    services.join(live, issues=effect.issues, is_urgent=effect.is_urgent, now=now)
    yield Happened("handoff.joined", live.id, {"version": live.version})
    _propose(effect, now)


def _propose(effect: OpenHandoff | JoinHandoff, now: datetime) -> None:
    if effect.proposal is not None:
        services.propose(msgspec.to_builtins(effect.proposal), handoff_id=effect.handoff_id, now=now)


def _record(happened: list[Happened], plan: Plan, now: datetime) -> None:
    customer_id, interaction_id = plan.message.customer_id, plan.message.interaction_id
    publish(
        Event(
            id=_event_id(done.name, plan),
            name=done.name,
            customer_id=customer_id,
            payload={"id": done.subject, "interactionId": interaction_id, **done.data},
            created_at=now,
        )
        for done in happened
        if done.is_event
    )
    acts = (
        trail.Act(actor=ACTOR, action=done.name, subject=done.subject, customer_id=customer_id, data=done.data)
        for done in happened
    )
    trail.record(acts, now=now)


def _event_id(name: str, plan: Plan) -> str:
    """Derived from the interaction: an event of this turn is published once."""
    return f"evt_{str(plan.message.interaction_id).partition('_')[2]}_{name.replace('.', '_')}"


def _sqlstate(error: DatabaseError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
