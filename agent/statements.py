"""Everything FlowOps can say, each as a typed value. Prose is rendered from these and parsed back to them."""

from datetime import date

from msgspec import Struct

from flowops.money import Money


class RefundIssued(Struct, frozen=True, kw_only=True, tag="refund_issued"):
    money: Money
    invoice: str


class RefundAwaitsPerson(Struct, frozen=True, kw_only=True, tag="refund_awaits_person"):
    money: Money
    invoice: str


class RefundNotApproved(Struct, frozen=True, kw_only=True, tag="refund_not_approved"):
    pass


class AlreadyRefunded(Struct, frozen=True, kw_only=True, tag="already_refunded"):
    money: Money
    invoice: str


class NotRefunded(Struct, frozen=True, kw_only=True, tag="not_refunded"):
    invoice: str


class PersonDecidedAgainst(Struct, frozen=True, kw_only=True, tag="person_decided_against"):
    invoice: str


class InvoiceIs(Struct, frozen=True, kw_only=True, tag="invoice_is"):
    invoice: str
    status: str


class InvoiceTotal(Struct, frozen=True, kw_only=True, tag="invoice_total"):
    invoice: str
    money: Money


class InvoicePaidOn(Struct, frozen=True, kw_only=True, tag="invoice_paid_on"):
    invoice: str
    date: date


class StillPaid(Struct, frozen=True, kw_only=True, tag="still_paid"):
    """What of an invoice was paid and neither refunded nor reserved; a fact, not an offer."""

    money: Money
    invoice: str


class RefundWindow(Struct, frozen=True, kw_only=True, tag="refund_window"):
    days: int


class NoSuchInvoice(Struct, frozen=True, kw_only=True, tag="no_such_invoice"):
    invoice: str


class NoPaidInvoice(Struct, frozen=True, kw_only=True, tag="no_paid_invoice"):
    pass


class NoInvoices(Struct, frozen=True, kw_only=True, tag="no_invoices"):
    pass


class NoRefunds(Struct, frozen=True, kw_only=True, tag="no_refunds"):
    pass


class WhichInvoice(Struct, frozen=True, kw_only=True, tag="which_invoice"):
    invoices: tuple[str, ...]


class ShallWeRefund(Struct, frozen=True, kw_only=True, tag="shall_we_refund"):
    money: Money
    invoice: str


class PlanIs(Struct, frozen=True, kw_only=True, tag="plan_is"):
    plan: str


class ApiKeyIs(Struct, frozen=True, kw_only=True, tag="api_key_is"):
    status: str


class NoApiKey(Struct, frozen=True, kw_only=True, tag="no_api_key"):
    pass


class ResponseTime(Struct, frozen=True, kw_only=True, tag="response_time"):
    hours: int


class PassedToPerson(Struct, frozen=True, kw_only=True, tag="passed_to_person"):
    pass


class TicketIs(Struct, frozen=True, kw_only=True, tag="ticket_is"):
    ticket: str


class WouldRefund(Struct, frozen=True, kw_only=True, tag="would_refund"):
    """Shadow's word for what live would have done; so are the next two."""

    money: Money
    invoice: str


class WouldAskPerson(Struct, frozen=True, kw_only=True, tag="would_ask_person"):
    money: Money
    invoice: str


class WouldPassToPerson(Struct, frozen=True, kw_only=True, tag="would_pass_to_person"):
    pass


class Courtesy(Struct, frozen=True, kw_only=True, tag="courtesy"):
    """One of the exactly known sentences that state nothing about this customer."""

    text: str


Statement = (
    RefundIssued
    | RefundAwaitsPerson
    | RefundNotApproved
    | AlreadyRefunded
    | NotRefunded
    | PersonDecidedAgainst
    | InvoiceIs
    | InvoiceTotal
    | InvoicePaidOn
    | StillPaid
    | RefundWindow
    | NoSuchInvoice
    | NoPaidInvoice
    | NoInvoices
    | NoRefunds
    | WhichInvoice
    | ShallWeRefund
    | PlanIs
    | ApiKeyIs
    | NoApiKey
    | ResponseTime
    | PassedToPerson
    | TicketIs
    | WouldRefund
    | WouldAskPerson
    | WouldPassToPerson
    | Courtesy
)
