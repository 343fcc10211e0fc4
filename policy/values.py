"""What policy is asked about and what it answers: plain frozen values, no database, no clock."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from flowops.money import Money


class Intent(StrEnum):
    """What a customer wants. The names are part of the HTTP surface."""

    REFUND_REQUEST = "refund_request"
    REFUND_STATUS = "refund_status"
    REFUND_POLICY = "refund_policy"
    BILLING_QUESTION = "billing_question"
    INVOICE_REQUEST = "invoice_request"
    DUPLICATE_CHARGE = "duplicate_charge"
    UNRECOGNIZED_CHARGE = "unrecognized_charge"
    CANCEL_SUBSCRIPTION = "cancel_subscription"
    CHANGE_PLAN = "change_plan"
    PRICING_QUESTION = "pricing_question"
    PAYMENT_PROBLEM = "payment_problem"
    UPDATE_PAYMENT_METHOD = "update_payment_method"
    ACCOUNT_ACCESS = "account_access"
    ACCOUNT_UPDATE = "account_update"
    ACCOUNT_CREATE = "account_create"
    DATA_DELETION = "data_deletion"
    COMPLAINT = "complaint"
    TALK_TO_HUMAN = "talk_to_human"
    TECHNICAL_ISSUE = "technical_issue"
    SMALLTALK = "smalltalk"
    OUT_OF_SCOPE = "out_of_scope"


class Outcome(StrEnum):
    """`needs_human` waits for a person's yes to an exact proposal; `escalate` gives a person the whole case."""

    APPROVE = "approve"
    NEEDS_HUMAN = "needs_human"
    DENY = "deny"
    ANSWER = "answer"
    ASK = "ask"
    ESCALATE = "escalate"


class InvoiceFact(Struct, frozen=True, kw_only=True):
    """One invoice of the customer with its ledger; all amounts in the currency of `total`."""

    id: str
    status: str
    total: Money
    issued_at: datetime
    paid_at: datetime | None
    paid: Decimal
    refunded: Decimal
    pending: Decimal
    refunded_recently: Decimal
    was_denied: bool

    @property
    def refundable(self) -> Decimal:
        return self.paid - self.refunded - self.pending

    def in_its_currency(self, amount: Decimal) -> Money:
        return Money(amount=amount, currency=self.total.currency)


class Facts(Struct, frozen=True, kw_only=True):
    """Everything a decision may rest on. `plan` is None for a customer we do not know.

    Of the `named_amounts`, `asked_amounts` are asked to be refunded; the others are what the customer claims.
    `sure_from` is the confidence from which the reader is right often enough; for `flags`, a person must read it.
    """

    now: datetime
    intent: Intent
    also: tuple[Intent, ...] = ()
    confidence: float
    sure_from: float = 0.0
    flags: tuple[str, ...] = ()
    plan: str | None
    invoices: tuple[InvoiceFact, ...] = ()
    named_invoices: tuple[str, ...] = ()
    named_amounts: tuple[Money, ...] = ()
    asked_amounts: tuple[Money, ...] = ()
    means_latest: bool = False
    recently_escalated: bool = False
    failed_tools: tuple[str, ...] = ()


class IssueRefund(Struct, frozen=True, kw_only=True, tag="issue_refund"):
    invoice: str
    money: Money


class ProposeRefund(Struct, frozen=True, kw_only=True, tag="propose_refund"):
    """A refund that a person must approve; `limit` is what stopped the machine, None if nothing would do."""

    invoice: str
    money: Money
    limit: Money | None = None


Action = IssueRefund | ProposeRefund


class Verdict(Struct, frozen=True, kw_only=True):
    """What one rule says when it does not decline.

    `invoices` are the ones it is about, `answers` those of several wishes that can be answered meanwhile.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    action: Action | None = None
    invoices: tuple[str, ...] = ()
    answers: tuple[Intent, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """One line of the trace: a rule that was asked, and whether it decided."""

    rule: str
    decided: bool


class Decision(Struct, frozen=True, kw_only=True):
    outcome: Outcome
    rule: str
    reasons: tuple[str, ...]
    action: Action | None
    invoices: tuple[str, ...]
    trace: tuple[Step, ...]
    policy_version: int
    answers: tuple[Intent, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        return self.outcome in (Outcome.NEEDS_HUMAN, Outcome.ESCALATE)
