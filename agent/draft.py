"""Compose a reply as statements, from what was decided and what is known. It decides nothing."""

from collections.abc import Iterator
from typing import assert_never

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
)
from policy.values import Intent, InvoiceFact, Outcome


def reply(grounds: Grounds) -> tuple[Statement, ...]:
    """The statements of the reply, in the order they are read."""
    return (*_opening(grounds), *_body(grounds), *_handover(grounds), *_closing(grounds))


def _opening(grounds: Grounds) -> Iterator[Statement]:
    if grounds.decision.rule != "answer.smalltalk":
        yield say.Courtesy(of="thanks")


def _body(grounds: Grounds) -> Iterator[Statement]:
    match grounds.decision.outcome:
        case Outcome.APPROVE | Outcome.NEEDS_HUMAN:
            yield from _refund(grounds)
        case Outcome.DENY:
            yield from _denial(grounds)
        case Outcome.ASK:
            yield from _question(grounds)
        case Outcome.ANSWER:
            yield from _answer(grounds)
        case Outcome.ESCALATE:
            yield from _meanwhile(grounds)
        case _:
            assert_never(grounds.decision.outcome)


def _refund(grounds: Grounds) -> Iterator[Statement]:
    live = grounds.mode is Mode.LIVE
    for effect in grounds.effects:
        match effect:
            case RecordRefund(invoice_id=invoice, money=money):
                kind = say.RefundIssued if live else say.WouldRefund
                yield kind(invoice=invoice, money=money)
            case ReserveRefund(invoice_id=invoice, money=money):
                waiting = say.RefundAwaitsPerson if live else say.WouldAskPerson
                yield waiting(invoice=invoice, money=money)
            case _:
                pass
    if grounds.decision.rule == "refund.already_pending":
        for fact in _invoices(grounds):
            yield say.RefundAwaitsPerson(invoice=fact.id, money=fact.in_its_currency(fact.pending))


def _denial(grounds: Grounds) -> Iterator[Statement]:
    if grounds.decision.rule != "refund.already_refunded":
        yield say.RefundApproved(negated=True)
    match grounds.decision.rule:
        case "refund.nothing_paid":
            yield say.NoPaidInvoice()
        case "refund.not_positive":
            yield say.Courtesy(of="more_than_zero")
        case rule:
            for invoice in _invoices(grounds):
                yield from _ground_of_denial(rule, invoice, grounds)


def _ground_of_denial(rule: str, invoice: InvoiceFact, grounds: Grounds) -> Iterator[Statement]:
    match rule:
        case "refund.not_paid":
            if invoice.status != "paid":  # paid, but no payment: our books are at odds, so nothing is said
                yield say.InvoiceIs(invoice=invoice.id, status=invoice.status)
        case "refund.already_refunded":
            yield say.AlreadyRefunded(invoice=invoice.id, money=invoice.in_its_currency(invoice.refunded))
        case "refund.denied_before":
            yield say.PersonDecidedAgainst(invoice=invoice.id)
        case "refund.outside_window":
            yield from _paid_on(invoice)
            yield say.RefundWindow(days=grounds.refund_window_days)
        case _:
            yield say.InvoiceIs(invoice=invoice.id, money=invoice.total)


def _question(grounds: Grounds) -> Iterator[Statement]:
    match grounds.decision.rule:
        case "invoice.not_on_account":
            yield from _missing_invoices(grounds)
            yield say.Courtesy(of="check_number")
        case "refund.other_amount":
            for invoice in _invoices(grounds):
                left = invoice.in_its_currency(invoice.refundable)
                yield say.StillPaid(invoice=invoice.id, money=left)
                yield say.ShallWeRefund(invoice=invoice.id, money=left)
            yield say.Courtesy(of="answer_how")
        case _:
            yield say.WhichInvoice(invoices=grounds.decision.invoices)
            yield say.Courtesy(of="answer_how")


def _answer(grounds: Grounds) -> Iterator[Statement]:
    match grounds.decision.rule:
        case "answer.smalltalk":
            yield say.Courtesy(of="welcome")
        case "answer.several_wishes":
            yield from _answers(grounds)
        case "answer.account":
            yield from _account(grounds)
        case "answer.refund_policy":
            yield say.RefundWindow(days=grounds.refund_window_days)
        case "answer.refund_status":
            yield from _refund_states(grounds)
        case _:
            yield from _bills(grounds)


def _answers(grounds: Grounds) -> Iterator[Statement]:
    """To each of several wishes that may be answered, in their order."""
    for wish in grounds.decision.answers:
        match wish:
            case Intent.ACCOUNT_ACCESS:
                yield from _account(grounds)
            case Intent.REFUND_POLICY:
                yield say.RefundWindow(days=grounds.refund_window_days)
            case Intent.REFUND_STATUS:
                yield from _refund_states(grounds)
            case _:
                yield from _bills(grounds)


def _meanwhile(grounds: Grounds) -> Iterator[Statement]:
    """What is known of what a person will look at."""
    yield from _missing_invoices(grounds)
    if grounds.evidence.account is None or grounds.evidence.failed_tools:
        return
    match grounds.decision.rule:
        case "escalate.several_wishes":
            yield from _answers(grounds)
        case "escalate.duplicate_charge" | "escalate.payment_problem" | "escalate.invoice_document":
            yield from _bills(grounds)
        case "escalate.plan_change" | "escalate.pricing":
            yield say.PlanIs(plan=grounds.evidence.account.plan)
        case _:
            pass


def _account(grounds: Grounds) -> Iterator[Statement]:
    account = grounds.evidence.account
    if account is None:
        return
    yield say.PlanIs(plan=account.plan)
    yield say.NoApiKey() if account.api_key_status == "none" else say.ApiKeyIs(status=account.api_key_status)
    yield say.ResponseTime(hours=account.sla_hours)


def _refund_states(grounds: Grounds) -> Iterator[Statement]:
    invoices = _invoices(grounds)
    if not invoices:
        yield say.NoRefunds()
    for invoice in invoices:
        if invoice.refunded:
            yield say.AlreadyRefunded(invoice=invoice.id, money=invoice.in_its_currency(invoice.refunded))
        if invoice.pending:
            yield say.RefundAwaitsPerson(invoice=invoice.id, money=invoice.in_its_currency(invoice.pending))
        if not invoice.refunded and not invoice.pending:
            yield say.RefundIssued(invoice=invoice.id, negated=True)


def _bills(grounds: Grounds) -> Iterator[Statement]:
    invoices = _invoices(grounds)
    if not invoices:
        yield say.NoInvoices()
    for invoice in invoices:
        yield say.InvoiceIs(invoice=invoice.id, money=invoice.total)
        yield say.InvoiceIs(invoice=invoice.id, status=invoice.status)
        yield from _paid_on(invoice)


def _paid_on(invoice: InvoiceFact) -> Iterator[Statement]:
    if invoice.paid_at is not None:
        yield say.InvoiceIs(invoice=invoice.id, paid_on=invoice.paid_at.date())


def _missing_invoices(grounds: Grounds) -> Iterator[Statement]:
    if grounds.evidence.account is None or grounds.evidence.failed_tools:
        return
    for name in grounds.decision.invoices:
        if grounds.evidence.invoice(name) is None:
            yield say.NoSuchInvoice(invoice=name)


def _handover(grounds: Grounds) -> Iterator[Statement]:
    if any(isinstance(effect, OpenHandoff | JoinHandoff) for effect in grounds.effects):
        yield say.PassedToPerson() if grounds.mode is Mode.LIVE else say.WouldPassToPerson()


def _closing(grounds: Grounds) -> Iterator[Statement]:
    if grounds.mode is Mode.SHADOW:
        yield say.Rehearsal()
        return
    for effect in grounds.effects:
        if isinstance(effect, OpenTicket | ReuseTicket):
            yield say.TicketIs(ticket=effect.ticket_id)


def _invoices(grounds: Grounds) -> list[InvoiceFact]:
    """The invoices the decision is about, as evidence."""
    found = (grounds.evidence.invoice(name) for name in grounds.decision.invoices)
    return [invoice for invoice in found if invoice is not None]
