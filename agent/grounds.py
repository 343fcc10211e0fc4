"""What a plan knows, as what may license its reply."""

from collections.abc import Iterator
from datetime import date
from typing import assert_never

from agent.known import Bill, Done, Known, RefundDecision, RefundVerdict, Rules
from agent.values import (
    Effect,
    Grounds,
    JoinHandoff,
    OpenHandoff,
    OpenTicket,
    QueueEmail,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
)
from policy.values import Decision, InvoiceFact, Outcome


def known(grounds: Grounds) -> Known:
    """Facts, decision and effects. Without an account, or with a tool down, nothing is known not to exist."""
    evidence, decision = grounds.evidence, grounds.decision
    account = evidence.account
    return Known(
        mode=grounds.mode,
        today=grounds.today,
        customer_message=grounds.customer_message,
        name=account.name if account else "",
        email=account.email or None if account else None,
        plan=account.plan if account else None,
        api_key=account.api_key_status if account else None,
        bills=tuple(map(_bill, evidence.invoices)),
        decision=_decided(decision),
        rules=Rules(
            refund_window_days=grounds.refund_window_days, response_hours=account.sla_hours if account else None
        ),
        done=tuple(_done(grounds.effects, grounds.today)),
        is_complete=account is not None and not evidence.failed_tools,
        asked=decision.invoices if decision.outcome is Outcome.ASK else (),
        missing=tuple(name for name in decision.invoices if evidence.invoice(name) is None),
    )


def _bill(invoice: InvoiceFact) -> Bill:
    return Bill(
        id=invoice.id,
        money=invoice.total,
        status=invoice.status,
        date=invoice.issued_at.date(),
        paid_on=invoice.paid_at.date() if invoice.paid_at else None,
        refunded=invoice.in_its_currency(invoice.refunded),
        pending=invoice.in_its_currency(invoice.pending),
        left=invoice.in_its_currency(invoice.refundable),
        was_denied=invoice.was_denied,
    )


def _decided(decision: Decision) -> RefundDecision:
    action, invoices = decision.action, decision.invoices
    return RefundDecision(
        refund=_verdict(decision),
        invoice=action.invoice if action else (invoices[0] if len(invoices) == 1 else None),
        money=action.money if action else None,
        reason=decision.rule.partition(".")[2],
    )


def _verdict(decision: Decision) -> RefundVerdict:
    match decision.outcome:
        case Outcome.APPROVE:
            return "approved"
        case Outcome.NEEDS_HUMAN:
            return "needs_review"
        case Outcome.DENY if decision.rule != "refund.already_refunded":
            return "denied"
        case _:
            return "none"


def _done(effects: tuple[Effect, ...], today: date) -> Iterator[Done]:
    for effect in effects:
        match effect:
            case OpenTicket(ticket_id=ticket) | ReuseTicket(ticket_id=ticket):
                yield Done(type="ticket_created", id=ticket, date=today)
            case RecordRefund(refund_id=refund, invoice_id=invoice, money=money):
                yield Done(type="refund", id=refund, invoice=invoice, money=money, date=today)
            case ReserveRefund(refund_id=refund, invoice_id=invoice, money=money):
                yield Done(type="refund_reserved", id=refund, invoice=invoice, money=money, date=today)
            case OpenHandoff(handoff_id=handoff) | JoinHandoff(handoff_id=handoff):
                yield Done(type="handoff_created", id=handoff, date=today)
            case QueueEmail(delivery_id=mail, recipient=to):
                yield Done(type="email_sent", id=mail, to=to, date=today)
            case _:
                assert_never(effect)
