"""Make a plan true: one short transaction, and the only place where a turn writes.

The fence comes first: the interaction is finished only by whoever still holds it, and only as the customer's
next turn. Every effect then inserts a row whose key comes from the interaction. So a plan made on old facts, a
process that was taken for dead, and the same plan twice are each refused by the database and undone as a whole.
"""

from datetime import datetime
from typing import Any, assert_never

import msgspec
from django.db import IntegrityError, transaction

from agent.models import Interaction, InteractionState
from agent.values import (
    JoinHandoff,
    Message,
    OpenHandoff,
    OpenTicket,
    Plan,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from agent.values import Proposal as ProposalValue
from flowops.audit import trail
from flowops.billing import ledger
from flowops.outbox.models import Delivery, Event
from flowops.outbox.publish import publish
from handoffs import services
from handoffs.models import Handoff, Proposal, Ticket, TicketStatus

ACTOR = "agent"


class LeaseLost(Exception):
    """Another process has taken this interaction over, or finished it. Nothing was changed."""


class FactsChanged(Exception):
    """What the plan rests on is no longer so. Nothing was changed; plan again."""


def plan(plan: Plan, *, epoch: int, response: bytes, now: datetime) -> None:
    """Carry out a live plan and store its answer, or nothing at all. Raises LeaseLost, FactsChanged."""
    try:
        with transaction.atomic():
            _finish(plan, epoch, response, now)
            consequences = _Consequences(plan, now)
            for effect in plan.effects:
                consequences.perform(effect)
            consequences.record()
    except IntegrityError as error:
        raise FactsChanged from error


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


class _Consequences:
    """Performs effects one by one and gathers what they leave for the outbox and the trail."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.plan, self.now = plan, now
        self.message: Message = plan.message
        self.events: list[Event] = []
        self.mails: list[Delivery] = []
        self.acts: list[trail.Act] = []
        self._happened(
            "interaction.completed",
            str(self.message.interaction_id),
            {
                "ticketId": plan.ticket_id,
                "outcome": plan.decision.outcome.value,
                "rule": plan.decision.rule,
                "policyVersion": plan.decision.policy_version,
                "escalated": plan.escalated,
                "verified": not plan.violations,
            },
        )

    def perform(self, effect: Any) -> None:
        match effect:
            case OpenTicket():
                self._open_ticket(effect)
            case ReuseTicket():
                self._reuse_ticket(effect)
            case RecordRefund(refund_id=refund, invoice_id=invoice, money=money):
                ledger.issue(refund, invoice_id=invoice, money=money, by=ACTOR, now=self.now)
                self._happened("refund.issued", refund, {"invoiceId": invoice, "amount": str(money)})
            case ReserveRefund(refund_id=refund, invoice_id=invoice, money=money):
                ledger.reserve(refund, invoice_id=invoice, money=money, now=self.now)
                self._happened("refund.pending", refund, {"invoiceId": invoice, "amount": str(money)})
            case OpenHandoff():
                self._open_handoff(effect)
            case JoinHandoff():
                self._join_handoff(effect)
            case QueueEmail():
                self._queue_email(effect)
            case _:
                assert_never(effect)

    def record(self) -> None:
        publish(self.events, self.mails)
        trail.record(self.acts, now=self.now)

    def _open_ticket(self, effect: OpenTicket) -> None:
        Ticket.objects.create(
            id=effect.ticket_id,
            customer_id=self.message.customer_id,
            subject=effect.subject,
            status=TicketStatus.OPEN if effect.stays_open else TicketStatus.RESOLVED,
            created_at=self.now,
            resolved_at=None if effect.stays_open else self.now,
        )

    def _reuse_ticket(self, effect: ReuseTicket) -> None:
        still_open = Ticket.objects.filter(id=effect.ticket_id, status=TicketStatus.OPEN)
        ends = {} if effect.stays_open else {"status": TicketStatus.RESOLVED, "resolved_at": self.now}
        if still_open.update(**{"customer_id": self.message.customer_id, **ends}) != 1:
            raise FactsChanged

    def _open_handoff(self, effect: OpenHandoff) -> None:
        Handoff.objects.create(
            id=effect.handoff_id,
            ticket_id=effect.ticket_id,
            customer_id=self.message.customer_id,
            reason=effect.reason,
            priority=effect.priority,
            confidence=self.plan.reading.confidence,
            issues=list(effect.issues),
            actions=list(self.plan.actions),
            sla_due_at=effect.claim_due_at,
            created_at=self.now,
            updated_at=self.now,
        )
        self._happened(
            "handoff.opened", effect.handoff_id, {"ticketId": effect.ticket_id, "reason": effect.reason}
        )
        self._propose(effect.proposal, effect.handoff_id)

    def _join_handoff(self, effect: JoinHandoff) -> None:
        live = Handoff.objects.live().filter(id=effect.handoff_id).select_for_update(of=("self",), no_key=True)
        handoff = live.first()
        if handoff is None:
            raise FactsChanged
        handoff.issues = [*handoff.issues, *effect.issues]
        handoff.updated_at = self.now
        handoff.version += 1
        handoff.save(update_fields=["issues", "updated_at", "version"])
        self._happened("handoff.joined", effect.handoff_id, {"version": handoff.version})
        self._propose(effect.proposal, effect.handoff_id)

    def _propose(self, proposal: ProposalValue | None, handoff_id: str) -> None:
        if proposal is not None:
            content = msgspec.to_builtins(proposal)
            row: Proposal = services.proposal(content, handoff_id=handoff_id, now=self.now)
            row.save(force_insert=True)

    def _queue_email(self, effect: QueueEmail) -> None:
        self.mails.append(
            Delivery(
                id=effect.delivery_id,
                event=self.events[0],
                recipient=effect.recipient,
                subject=effect.subject,
                body=effect.body,
                not_before=self.now,
                created_at=self.now,
            )
        )

    def _happened(self, name: str, subject: str, data: dict[str, Any]) -> None:
        """One thing that became true: an event for others and an entry for the trail."""
        key = str(self.message.interaction_id).partition("_")[2]
        self.events.append(
            Event(
                id=f"evt_{key}_{name.replace('.', '_')}",
                name=name,
                customer_id=self.message.customer_id,
                payload={"id": subject, "interactionId": self.message.interaction_id, **data},
                created_at=self.now,
            )
        )
        self.acts.append(
            trail.Act(actor=ACTOR, action=name, subject=subject, customer_id=self.message.customer_id, data=data)
        )
