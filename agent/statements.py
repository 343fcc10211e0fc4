"""Everything FlowOps can say, each as a typed value. Prose is rendered from these and parsed back to them.

A slot that is None is not said. `negated` is the polarity: the same thing said not to be so. What licenses each
kind stands in `agent/licences/`, how each is worded in `agent/phrasebooks/`.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from agent.tokens import RelativeDay, YearlessDate
from flowops.money import Money

Day = date | YearlessDate | RelativeDay


# Refunds


class RefundIssued(Struct, frozen=True, kw_only=True, tag="refund_issued"):
    """Money went back. `percent` is the share of the invoice, `share` full or part, `ref` the refund's own id."""

    money: Money | None = None
    invoice: str | None = None
    percent: Decimal | None = None
    share: str | None = None
    ref: str | None = None
    date: Day | None = None
    to: str | None = None
    negated: bool = False


class RefundAwaitsPerson(Struct, frozen=True, kw_only=True, tag="refund_awaits_person"):
    money: Money | None = None
    invoice: str | None = None


class RefundApproved(Struct, frozen=True, kw_only=True, tag="refund_approved"):
    """What was decided, whether or not the money has moved; negated: it was declined."""

    money: Money | None = None
    invoice: str | None = None
    percent: Decimal | None = None
    share: str | None = None
    negated: bool = False


class RefundNotPromised(Struct, frozen=True, kw_only=True, tag="refund_not_promised"):
    """Nobody has promised or approved a refund, and none was issued."""

    invoice: str | None = None


class OnlyRefunded(Struct, frozen=True, kw_only=True, tag="only_refunded"):
    """This invoice was refunded, and no other one of the account."""

    invoice: str | None = None
    money: Money | None = None


class RefundUndecided(Struct, frozen=True, kw_only=True, tag="refund_undecided"):
    """Nobody has decided yet; nothing is said of how it will end."""

    money: Money | None = None
    invoice: str | None = None


class RefundPossible(Struct, frozen=True, kw_only=True, tag="refund_possible"):
    """Policy allows a refund of it; negated: it does not."""

    money: Money | None = None
    invoice: str | None = None
    negated: bool = False


class DeniedFor(Struct, frozen=True, kw_only=True, tag="denied_for"):
    """The ground a decision names: outside_window, above_limit …"""

    reason: str
    invoice: str | None = None


class AlreadyRefunded(Struct, frozen=True, kw_only=True, tag="already_refunded"):
    money: Money | None = None
    invoice: str | None = None


class PersonDecidedAgainst(Struct, frozen=True, kw_only=True, tag="person_decided_against"):
    invoice: str


class NoRefunds(Struct, frozen=True, kw_only=True, tag="no_refunds"):
    pass


class ShallWeRefund(Struct, frozen=True, kw_only=True, tag="shall_we_refund"):
    money: Money
    invoice: str


class WouldRefund(Struct, frozen=True, kw_only=True, tag="would_refund"):
    """Shadow's word for what live would have done; so are the next two."""

    money: Money | None = None
    invoice: str | None = None
    percent: Decimal | None = None
    share: str | None = None


class WouldAskPerson(Struct, frozen=True, kw_only=True, tag="would_ask_person"):
    money: Money | None = None
    invoice: str | None = None


class WouldPassToPerson(Struct, frozen=True, kw_only=True, tag="would_pass_to_person"):
    pass


class NothingDone(Struct, frozen=True, kw_only=True, tag="nothing_done"):
    """No effect at all: shadow, or a plan without one."""


# Invoices and the account


class InvoiceIs(Struct, frozen=True, kw_only=True, tag="invoice_is"):
    """Facts of one invoice. `date` is the invoice's own or the day it was paid, `paid_on` only the latter.

    `order` is latest or first: by date, among all of the account.
    """

    invoice: str | None = None
    money: Money | None = None
    status: str | None = None
    date: Day | None = None
    paid_on: Day | None = None
    month: int | None = None
    year: int | None = None
    plan: str | None = None
    order: str | None = None
    negated: bool = False


class InvoiceAge(Struct, frozen=True, kw_only=True, tag="invoice_age"):
    """Whole days since the invoice; `over` is by how many they exceed the refund window."""

    invoice: str | None = None
    days: int | None = None
    over: int | None = None


class InsideWindow(Struct, frozen=True, kw_only=True, tag="inside_window"):
    invoice: str | None = None
    days: int | None = None
    negated: bool = False


class StillPaid(Struct, frozen=True, kw_only=True, tag="still_paid"):
    """What of an invoice was paid and neither refunded nor reserved; a fact, not an offer."""

    money: Money | None = None
    invoice: str | None = None


class NoSuchInvoice(Struct, frozen=True, kw_only=True, tag="no_such_invoice"):
    invoice: str


class NoPaidInvoice(Struct, frozen=True, kw_only=True, tag="no_paid_invoice"):
    pass


class NoInvoices(Struct, frozen=True, kw_only=True, tag="no_invoices"):
    pass


class OnlyInvoice(Struct, frozen=True, kw_only=True, tag="only_invoice"):
    """The account has this many invoices that are so, and no more."""

    count: int
    status: str | None = None
    month: int | None = None
    money: Money | None = None
    plan: str | None = None


class AllInvoices(Struct, frozen=True, kw_only=True, tag="all_invoices"):
    """Every invoice of the account is so; `count`: and there are that many."""

    count: int | None = None
    status: str | None = None
    money: Money | None = None
    plan: str | None = None


class ChargedTwice(Struct, frozen=True, kw_only=True, tag="charged_twice"):
    """Two invoices of one day and one amount."""

    date: Day | None = None
    money: Money | None = None


class NothingOwed(Struct, frozen=True, kw_only=True, tag="nothing_owed"):
    """No invoice is open or overdue."""


class WindowEnds(Struct, frozen=True, kw_only=True, tag="window_ends"):
    """The last day on which the invoice can be refunded."""

    invoice: str | None = None
    date: Day


class WhichInvoice(Struct, frozen=True, kw_only=True, tag="which_invoice"):
    invoices: tuple[str, ...]


class PlanIs(Struct, frozen=True, kw_only=True, tag="plan_is"):
    plan: str
    negated: bool = False


class AccountIs(Struct, frozen=True, kw_only=True, tag="account_is"):
    status: str
    negated: bool = False


class ApiKeyIs(Struct, frozen=True, kw_only=True, tag="api_key_is"):
    status: str


class NoApiKey(Struct, frozen=True, kw_only=True, tag="no_api_key"):
    pass


class EmailOnFile(Struct, frozen=True, kw_only=True, tag="email_on_file"):
    email: str


class PlanCosts(Struct, frozen=True, kw_only=True, tag="plan_costs"):
    """A list price; without `plan`, or where it is `own`, what the customer pays. `per` is month or year."""

    plan: str | None = None
    money: Money
    per: str | None = None
    own: bool = False


class PlanExists(Struct, frozen=True, kw_only=True, tag="plan_exists"):
    """A plan on the price list, or the customer's own."""

    plan: str


class Renews(Struct, frozen=True, kw_only=True, tag="renews"):
    """Negated: no renewal lies ahead. `days` counts from today."""

    plan: str | None = None
    date: Day | None = None
    month: int | None = None
    money: Money | None = None
    per: str | None = None
    days: int | None = None
    negated: bool = False


class Difference(Struct, frozen=True, kw_only=True, tag="difference"):
    """An exact difference of two amounts known. With `way`, of two prices: `plan` costs more or less than `than`,
    which is the customer's own plan where it is not said."""

    money: Money
    way: str | None = None
    plan: str | None = None
    than: str | None = None
    per: str | None = None


class Total(Struct, frozen=True, kw_only=True, tag="total"):
    """An exact sum: of invoices and renewal, of all that was paid (`of`), of `count` months of a plan."""

    money: Money
    of: str | None = None
    plan: str | None = None
    count: int | None = None


class Share(Struct, frozen=True, kw_only=True, tag="share"):
    """`money` is `percent` of an amount known."""

    percent: Decimal
    money: Money | None = None


# Policy


class RefundWindow(Struct, frozen=True, kw_only=True, tag="refund_window"):
    days: int


class RefundEta(Struct, frozen=True, kw_only=True, tag="refund_eta"):
    """Business days until a refund arrives; without `low`, at the latest."""

    low: int | None = None
    high: int


class ResponseTime(Struct, frozen=True, kw_only=True, tag="response_time"):
    """Until a person's first answer."""

    hours: int


class AutoLimit(Struct, frozen=True, kw_only=True, tag="auto_limit"):
    """The most that is refunded without a person."""

    limit: Money


class AboveLimit(Struct, frozen=True, kw_only=True, tag="above_limit"):
    money: Money | None = None
    invoice: str | None = None
    negated: bool = False


# Effects


class PassedToPerson(Struct, frozen=True, kw_only=True, tag="passed_to_person"):
    """`to` is the team that has it: billing, security, technical."""

    handoff: str | None = None
    to: str | None = None
    date: Day | None = None
    negated: bool = False


class TicketIs(Struct, frozen=True, kw_only=True, tag="ticket_is"):
    ticket: str | None = None
    date: Day | None = None
    negated: bool = False


class EmailSent(Struct, frozen=True, kw_only=True, tag="email_sent"):
    email: str | None = None
    about: str | None = None
    date: Day | None = None
    negated: bool = False


class ResetMailSent(Struct, frozen=True, kw_only=True, tag="reset_mail_sent"):
    email: str | None = None
    date: Day | None = None
    negated: bool = False


class Cancelled(Struct, frozen=True, kw_only=True, tag="cancelled"):
    plan: str | None = None
    ref: str | None = None
    date: Day | None = None
    effective: Day | None = None
    negated: bool = False


class PlanChanged(Struct, frozen=True, kw_only=True, tag="plan_changed"):
    old: str | None = None
    new: str | None = None
    ref: str | None = None
    date: Day | None = None
    effective: Day | None = None
    negated: bool = False


class InvoiceCreated(Struct, frozen=True, kw_only=True, tag="invoice_created"):
    invoice: str | None = None
    money: Money | None = None
    date: Day | None = None
    negated: bool = False


# What is about the conversation itself


class CustomerSaid(Struct, frozen=True, kw_only=True, tag="customer_said"):
    """The customer's own words or figures, said to be theirs; never a licence for anything else."""

    quote: str | None = None
    money: Money | None = None
    invoice: str | None = None
    date: Day | None = None
    email: str | None = None
    code: str | None = None
    days: int | None = None
    plan: str | None = None


class DayIs(Struct, frozen=True, kw_only=True, tag="day_is"):
    """Which date today, or another day counted from it, is."""

    days: int
    date: Day


class CustomerIs(Struct, frozen=True, kw_only=True, tag="customer_is"):
    """How the customer is addressed."""

    name: str


class StatusPage(Struct, frozen=True, kw_only=True, tag="status_page"):
    url: str


class Rehearsal(Struct, frozen=True, kw_only=True, tag="rehearsal"):
    """This is shadow: nothing has been done."""


class SignedBy(Struct, frozen=True, kw_only=True, tag="signed_by"):
    """The company's name in a signature."""

    brand: str


class Courtesy(Struct, frozen=True, kw_only=True, tag="courtesy"):
    """One of the exactly known sentences that state nothing about this customer; `of` names which we write."""

    of: str | None = None


Statement = (
    RefundIssued
    | RefundAwaitsPerson
    | RefundApproved
    | RefundNotPromised
    | OnlyRefunded
    | RefundUndecided
    | RefundPossible
    | DeniedFor
    | AlreadyRefunded
    | PersonDecidedAgainst
    | NoRefunds
    | ShallWeRefund
    | WouldRefund
    | WouldAskPerson
    | WouldPassToPerson
    | NothingDone
    | InvoiceIs
    | InvoiceAge
    | InsideWindow
    | StillPaid
    | NoSuchInvoice
    | NoPaidInvoice
    | NoInvoices
    | OnlyInvoice
    | AllInvoices
    | ChargedTwice
    | NothingOwed
    | WindowEnds
    | WhichInvoice
    | PlanIs
    | AccountIs
    | ApiKeyIs
    | NoApiKey
    | EmailOnFile
    | PlanCosts
    | PlanExists
    | Renews
    | Difference
    | Total
    | Share
    | RefundWindow
    | RefundEta
    | ResponseTime
    | AutoLimit
    | AboveLimit
    | PassedToPerson
    | TicketIs
    | EmailSent
    | ResetMailSent
    | Cancelled
    | PlanChanged
    | InvoiceCreated
    | CustomerSaid
    | DayIs
    | CustomerIs
    | StatusPage
    | Rehearsal
    | SignedBy
    | Courtesy
)
