"""A plan told as what happened, step by step, for people. It decides nothing and hides nothing: each step keeps
its raw values."""

from datetime import datetime
from typing import Any, NamedTuple, assert_never

import msgspec

from agent.models import Interaction
from agent.values import (
    Effect,
    Fact,
    JoinHandoff,
    Mode,
    OpenHandoff,
    OpenTicket,
    Plan,
    Proof,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from flowops.outbox.models import Delivery, DeliveryState
from policy.rules import PRECEDENCE
from policy.values import Outcome

_RULES = {rule: ask.__name__.replace("_", " ") for rule, ask in PRECEDENCE} | {
    "escalate.verification_failed": "the reply could not be proven",
    "escalate.internal_error": "the message could not be processed",
}
_OUTCOMES = {
    Outcome.APPROVE: "approved",
    Outcome.NEEDS_HUMAN: "needs a person's yes",
    Outcome.DENY: "not approved",
    Outcome.ANSWER: "answered",
    Outcome.ASK: "asks back",
    Outcome.ESCALATE: "given to a person",
}


class Badge(NamedTuple):
    words: str
    tone: str


REPLAYED = Badge("replayed: nothing was done again", "quiet")
SHADOW = Badge("shadow: nothing was saved", "quiet")
BLOCKED = Badge("blocked by the verifier", "bad")


class Rule(NamedTuple):
    id: str
    words: str
    decided: bool


class Doing(NamedTuple):
    words: str
    id: str


class Mail(NamedTuple):
    """A mail and where it stands; without a delivery, it is only what would be sent."""

    recipient: str
    subject: str
    delivery: Delivery | None = None
    next_attempt: str = ""


class Raw(NamedTuple):
    """What each step is made of, as JSON."""

    reading: str
    evidence: str
    decision: str
    verdict: str
    effects: str
    mails: str


class Trace(NamedTuple):
    plan: Plan
    badges: tuple[Badge, ...]
    wants: tuple[str, ...]
    percent_sure: int
    facts: tuple[Fact, ...]
    outcome: str
    tone: str
    rule: str
    rules: tuple[Rule, ...]
    sentences: tuple[Proof, ...]
    doings: tuple[Doing, ...]
    mails: tuple[Mail, ...]
    raw: Raw

    @property
    def is_live(self) -> bool:
        return self.plan.message.mode is Mode.LIVE


def of(plan: Plan, *, now: datetime) -> Trace:
    """The plan as a trace; of a live one, with where its mails stand now."""
    mails = _mails(plan, now)
    return Trace(
        plan=plan,
        badges=(*_badges(plan), *(_mail_badge(mail.delivery) for mail in mails if mail.delivery)),
        wants=tuple(_spoken(wish) for wish in (plan.reading.intent, *plan.reading.also)),
        percent_sure=round(plan.reading.confidence * 100),
        facts=plan.evidence.facts((*plan.decision.invoices, *plan.reading.entities.invoices)),
        outcome=_OUTCOMES[plan.decision.outcome],
        tone=_tone(plan),
        rule=_RULES.get(plan.decision.rule, plan.decision.rule),
        rules=tuple(
            Rule(step.rule, _RULES.get(step.rule, step.rule), step.decided) for step in plan.decision.trace
        ),
        sentences=plan.proof,
        doings=tuple(_doing(effect) for effect in plan.effects),
        mails=mails,
        raw=_raw(plan, mails),
    )


def stored(interaction: Interaction, *, now: datetime) -> Trace | None:
    """The trace of a finished interaction; None for a plan that an older FlowOps wrote in another shape."""
    try:
        return of(msgspec.convert(interaction.plan, Plan), now=now)
    except msgspec.ValidationError:
        return None


def _badges(plan: Plan) -> tuple[Badge, ...]:
    live = plan.message.mode is Mode.LIVE
    badges = [] if live else [SHADOW]
    if plan.violations:
        badges.append(BLOCKED)
    if any(isinstance(effect, RecordRefund) for effect in plan.effects):
        badges.append(Badge("refunded" if live else "would be refunded", "good"))
    elif plan.escalated:
        badges.append(Badge("waits for a person" if live else "would wait for a person", "wait"))
    else:
        badges.append(Badge(_OUTCOMES[plan.decision.outcome], _tone(plan)))
    return tuple(badges)


def _mail_badge(delivery: Delivery) -> Badge:
    match delivery.state:
        case DeliveryState.PENDING if delivery.last_error:
            return Badge("mail refused, to be tried again", "bad")
        case DeliveryState.PENDING:
            return Badge("mail on its way", "quiet")
        case DeliveryState.DELIVERED:
            return Badge("mail delivered", "good")
        case state:
            return Badge(f"mail {state}", "bad")


def _tone(plan: Plan) -> str:
    if plan.decision.needs_a_person:
        return "wait"
    return "quiet" if plan.decision.outcome is Outcome.DENY else "good"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _doing(effect: Effect) -> Doing:
    match effect:
        case OpenTicket(ticket_id=ticket, subject=subject):
            return Doing(f"open a ticket, “{subject}”", ticket)
        case ReuseTicket(ticket_id=ticket):
            return Doing("go on with the open ticket", ticket)
        case RecordRefund(refund_id=refund, invoice_id=invoice, money=money):
            return Doing(f"refund {money} of {invoice}", refund)
        case ReserveRefund(refund_id=refund, invoice_id=invoice, money=money):
            return Doing(f"reserve {money} of {invoice} until a person has decided", refund)
        case OpenHandoff(handoff_id=handoff, priority=priority):
            return Doing(f"hand over to a person, priority {priority}", handoff)
        case JoinHandoff(handoff_id=handoff):
            return Doing("add the message to the case that people have already", handoff)
        case QueueEmail(recipient=recipient, delivery_id=delivery):
            return Doing(f"mail the reply to {recipient}", delivery)
        case _:
            assert_never(effect)


def _mails(plan: Plan, now: datetime) -> tuple[Mail, ...]:
    queued = [effect for effect in plan.effects if isinstance(effect, QueueEmail)]
    if not queued or plan.message.mode is Mode.SHADOW:
        return tuple(Mail(mail.recipient, mail.subject) for mail in queued)
    rows = Delivery.objects.filter(id__in=[mail.delivery_id for mail in queued])
    return tuple(Mail(row.recipient, row.subject, row, _next_attempt(row, now)) for row in rows)


def _next_attempt(delivery: Delivery, now: datetime) -> str:
    if delivery.state != DeliveryState.PENDING:
        return ""
    seconds = int((delivery.not_before - now).total_seconds())
    if seconds <= 0:
        return "at once"
    if seconds < 120:
        return f"in {seconds} s"
    return f"in {seconds // 60} min" if seconds < 7200 else f"in {seconds // 3600} h"


def _raw(plan: Plan, mails: tuple[Mail, ...]) -> Raw:
    deliveries = [
        {
            "id": mail.delivery.id,
            "state": mail.delivery.state,
            "attempts": mail.delivery.attempts,
            "lastError": mail.delivery.last_error,
            "notBefore": mail.delivery.not_before,
            "deliveredAt": mail.delivery.delivered_at,
        }
        for mail in mails
        if mail.delivery
    ]
    return Raw(
        reading=_json(plan.reading),
        evidence=_json(plan.evidence),
        decision=_json(plan.decision),
        verdict=_json(
            {"reply": plan.reply, "proof": plan.proof, "violations": plan.violations, "rejected": plan.rejected}
        ),
        effects=_json({"effects": plan.effects, "actions": plan.actions}),
        mails=_json(deliveries),
    )


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
