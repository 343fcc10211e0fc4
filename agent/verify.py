"""Prove a reply: every sentence is one we know, and something licenses it. Anything else is a violation."""

from typing import assert_never

from agent import phrases
from agent import statements as say
from agent.statements import Statement
from agent.values import (
    Grounds,
    JoinHandoff,
    Mode,
    OpenHandoff,
    OpenTicket,
    RecordRefund,
    ReserveRefund,
    ReuseTicket,
    Violation,
)
from policy.values import InvoiceFact, Outcome


def reply(text: str, grounds: Grounds) -> tuple[Violation, ...]:
    """The violations of a reply, in its order; none means every word of it is licensed."""
    spans = phrases.parse(text)
    if not spans:
        return (Violation(check="empty", span="", detail="there is no reply"),)
    found = (_violation(span, grounds) for span in spans)
    return tuple(violation for violation in found if violation is not None)


def _violation(span: phrases.Span, grounds: Grounds) -> Violation | None:
    if span.statement is None:
        return Violation(check="unrecognised", span=span.text, detail="not a sentence we can prove")
    if fault := _fault(span.statement, grounds):
        return Violation(check=_tag(span.statement), span=span.text, detail=fault)
    return None


def _tag(statement: Statement) -> str:
    return str(type(statement).__struct_config__.tag)


def _fault(statement: Statement, grounds: Grounds) -> str | None:
    """Why nothing licenses the statement, or None when something does."""
    match statement:
        case say.Courtesy(text=text):
            return _unless(text != phrases.REHEARSAL or grounds.mode is Mode.SHADOW, "this is not a rehearsal")
        case say.TicketIs() | say.PassedToPerson() | say.RefundIssued() | say.RefundAwaitsPerson():
            return _done_fault(statement, grounds)
        case say.WouldRefund() | say.WouldAskPerson() | say.WouldPassToPerson():
            return _would_fault(statement, grounds)
        case say.PlanIs() | say.ApiKeyIs() | say.NoApiKey() | say.ResponseTime():
            return _account_fault(statement, grounds)
        case say.RefundNotApproved():
            is_denied = grounds.decision.outcome is Outcome.DENY
            return _unless(
                is_denied and grounds.decision.rule != "refund.already_refunded", "no refund was denied"
            )
        case say.RefundWindow(days=days):
            return _unless(days == grounds.refund_window_days, "policy has another window")
        case say.NoSuchInvoice() | say.NoPaidInvoice() | say.NoInvoices() | say.NoRefunds():
            return _absence_fault(statement, grounds)
        case say.WhichInvoice(invoices=names):
            is_asked = grounds.decision.outcome is Outcome.ASK and names == grounds.decision.invoices
            known = {invoice.id for invoice in grounds.evidence.invoices}
            return _unless(is_asked and known.issuperset(names), "it is clear which, or another is meant")
        case _:
            invoice = grounds.evidence.invoice(statement.invoice)
            if invoice is None:
                return f"{statement.invoice} is not on the account"
            return _invoice_fault(statement, invoice, grounds)


InvoiceStatement = (
    say.AlreadyRefunded
    | say.NotRefunded
    | say.PersonDecidedAgainst
    | say.InvoiceIs
    | say.InvoiceTotal
    | say.InvoicePaidOn
    | say.StillPaid
    | say.ShallWeRefund
)


def _invoice_fault(statement: InvoiceStatement, invoice: InvoiceFact, grounds: Grounds) -> str | None:
    match statement:
        case say.AlreadyRefunded(money=money):
            held = money == invoice.in_its_currency(invoice.refunded) and invoice.refunded > 0
            return _unless(held, "the ledger has another refunded amount")
        case say.NotRefunded():
            is_refunded = invoice.refunded or invoice.pending or _refunds(grounds, statement.invoice)
            return _unless(not is_refunded, "the invoice is refunded")
        case say.PersonDecidedAgainst():
            return _unless(invoice.was_denied, "no person has decided against it")
        case say.InvoiceIs(status=status):
            return _unless(status == invoice.status, f"the invoice is {invoice.status}")
        case say.InvoiceTotal(money=money):
            return _unless(money == invoice.total, f"the invoice is for {invoice.total}")
        case say.InvoicePaidOn(date=day):
            paid_on = invoice.paid_at and invoice.paid_at.date()
            return _unless(day == paid_on, f"the invoice was paid on {paid_on or 'no day'}")
        case say.StillPaid(money=money) | say.ShallWeRefund(money=money):
            left = invoice.in_its_currency(invoice.refundable)
            is_touched = _refunds(grounds, statement.invoice)
            return _unless(money == left and money.amount > 0 and not is_touched, f"{left} is left of it")
        case _:
            assert_never(statement)


def _done_fault(
    statement: say.TicketIs | say.PassedToPerson | say.RefundIssued | say.RefundAwaitsPerson, grounds: Grounds
) -> str | None:
    if _was_pending(statement, grounds):
        return None
    if grounds.mode is Mode.SHADOW:
        return "nothing is done in shadow"
    match statement:
        case say.TicketIs(ticket=ticket):
            return _unless(ticket in _tickets(grounds), "the plan has another ticket")
        case say.PassedToPerson():
            return _unless(_has_handoff(grounds), "the plan hands nothing to a person")
        case say.RefundIssued():
            return _unless(_has_refund(RecordRefund, statement, grounds), "the plan issues no such refund")
        case say.RefundAwaitsPerson():
            return _unless(_has_refund(ReserveRefund, statement, grounds), "no such refund awaits a person")
        case _:
            assert_never(statement)


def _would_fault(
    statement: say.WouldRefund | say.WouldAskPerson | say.WouldPassToPerson, grounds: Grounds
) -> str | None:
    if grounds.mode is Mode.LIVE:
        return "live says what it does, not what it would do"
    match statement:
        case say.WouldRefund():
            return _unless(_has_refund(RecordRefund, statement, grounds), "the plan issues no such refund")
        case say.WouldAskPerson():
            return _unless(_has_refund(ReserveRefund, statement, grounds), "the plan proposes no such refund")
        case say.WouldPassToPerson():
            return _unless(_has_handoff(grounds), "the plan hands nothing to a person")
        case _:
            assert_never(statement)


def _account_fault(
    statement: say.PlanIs | say.ApiKeyIs | say.NoApiKey | say.ResponseTime, grounds: Grounds
) -> str | None:
    account = grounds.evidence.account
    if account is None:
        return "the customer is not known"
    match statement:
        case say.PlanIs(plan=plan):
            return _unless(plan == account.plan, f"the plan is {account.plan}")
        case say.ApiKeyIs(status=status):
            return _unless(status == account.api_key_status != "none", f"the key is {account.api_key_status}")
        case say.NoApiKey():
            return _unless(account.api_key_status == "none", f"the key is {account.api_key_status}")
        case say.ResponseTime(hours=hours):
            return _unless(hours == account.sla_hours, f"the response time is {account.sla_hours} hours")
        case _:
            assert_never(statement)


def _absence_fault(
    statement: say.NoSuchInvoice | say.NoPaidInvoice | say.NoInvoices | say.NoRefunds, grounds: Grounds
) -> str | None:
    evidence = grounds.evidence
    if evidence.account is None or evidence.failed_tools:
        return "nothing is known of the account"
    match statement:
        case say.NoSuchInvoice(invoice=name):
            is_missing = name in grounds.decision.invoices and evidence.invoice(name) is None
            return _unless(is_missing, "the invoice is on the account, or nobody has named it")
        case say.NoPaidInvoice():
            return _unless(not any(i.paid for i in evidence.invoices), "an invoice is paid")
        case say.NoInvoices():
            return _unless(not evidence.invoices, "the account has invoices")
        case say.NoRefunds():
            has_refunds = any(i.refunded or i.pending for i in evidence.invoices) or any(
                isinstance(effect, RecordRefund | ReserveRefund) for effect in grounds.effects
            )
            return _unless(not has_refunds, "the account has refunds")
        case _:
            assert_never(statement)


def _was_pending(statement: Statement, grounds: Grounds) -> bool:
    """A refund that awaited a person before this message did so in any mode."""
    if not isinstance(statement, say.RefundAwaitsPerson):
        return False
    invoice = grounds.evidence.invoice(statement.invoice)
    return (
        invoice is not None and invoice.pending > 0 and statement.money == invoice.in_its_currency(invoice.pending)
    )


def _refunds(grounds: Grounds, invoice_id: str) -> bool:
    return any(
        isinstance(effect, RecordRefund | ReserveRefund) and effect.invoice_id == invoice_id
        for effect in grounds.effects
    )


def _has_refund(
    kind: type[RecordRefund] | type[ReserveRefund],
    statement: say.RefundIssued | say.RefundAwaitsPerson | say.WouldRefund | say.WouldAskPerson,
    grounds: Grounds,
) -> bool:
    return any(
        isinstance(effect, kind) and effect.invoice_id == statement.invoice and effect.money == statement.money
        for effect in grounds.effects
    )


def _has_handoff(grounds: Grounds) -> bool:
    return any(isinstance(effect, OpenHandoff | JoinHandoff) for effect in grounds.effects)


def _tickets(grounds: Grounds) -> set[str]:
    return {effect.ticket_id for effect in grounds.effects if isinstance(effect, OpenTicket | ReuseTicket)}


def _unless(holds: bool, fault: str) -> str | None:
    return None if holds else fault
