"""What the stages of a turn hand to each other: plain frozen values. JSON is made at the edge."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from flowops.money import Money
from policy.values import Decision, Intent, InvoiceFact


class Mode(StrEnum):
    SHADOW = "shadow"
    LIVE = "live"


class Message(Struct, frozen=True, kw_only=True):
    """One message as it arrived. `interaction_id` names the effects it may have; None in shadow."""

    customer_id: str
    text: str
    mode: Mode
    interaction_id: str | None
    now: datetime


EntityKind = Literal["money", "date", "invoice", "ticket", "plan", "email", "error_code"]


class Entity(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a message names: its characters from `start` to before `end`, and what they mean.

    `value` is a plain decimal for money (without `currency` where none was said), ISO 8601 for a date, lower
    case for
    a plan, else as written; ids keep their zeros.
    """

    kind: EntityKind
    start: int
    end: int
    text: str
    value: str
    currency: str | None = None


class Entities(Struct, frozen=True, kw_only=True):
    """What the message names, in its order; nothing is invented or completed.

    `amounts_asked_back` are those of `amounts` that the words ask to be refunded; the others are claims.
    `found` are
    all of them with their places, also amounts without a currency, which are for reading and never for deciding.
    """

    invoices: tuple[str, ...] = ()
    amounts: tuple[Money, ...] = ()
    amounts_asked_back: tuple[Money, ...] = ()
    dates: tuple[date, ...] = ()
    means_latest: bool = False
    urgent: bool = False
    found: tuple[Entity, ...] = ()


class Part(Struct, frozen=True, kw_only=True):
    """Something that speaks for a reading (or, below zero, against it), in log-odds."""

    why: str
    log_odds: float


class Reading(Struct, frozen=True, kw_only=True):
    """The reader's result. `also` are other wishes it is confident of; confidence is a probability, and
    `sure_from` where
    it is right often enough; `out_of_scope` is the probability that this is nothing for the agent.

    `language` is the one to answer in: the customer's where the reader is sure of it, else English; `read_in`
    the one it
    was read in, None for one the reader was not taught. `flags` are why a person must read it; `model` is the
    version of
    the trained reader, where that was it. `parts` tell how the confidence came about, in log-odds.
    """

    intent: Intent
    confidence: float
    entities: Entities
    also: tuple[Intent, ...] = ()
    language: str = "en"
    read_in: str | None = "en"
    out_of_scope: float = 0.0
    sure_from: float = 0.0
    flags: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    model: str = ""


class Fact(Struct, frozen=True, kw_only=True):
    """One thing a read tool said, with an id to cite it by."""

    id: str
    tool: str
    value: str


class AccountFact(Struct, frozen=True, kw_only=True):
    name: str
    email: str
    plan: str
    api_key_status: str
    sla_hours: int


class OpenCase(Struct, frozen=True, kw_only=True):
    """The customer's open ticket, and the live handoff on it if there is one."""

    ticket_id: str
    handoff_id: str | None


class Evidence(Struct, frozen=True, kw_only=True):
    """Everything the read tools said before anything was decided. `turn` counts the customer's finished turns."""

    turn: int
    account: AccountFact | None
    invoices: tuple[InvoiceFact, ...] = ()
    open_case: OpenCase | None = None
    recently_escalated: bool = False
    failed_tools: tuple[str, ...] = ()

    @property
    def plan(self) -> str | None:
        return self.account.plan if self.account else None

    @property
    def live_handoff(self) -> str | None:
        return self.open_case.handoff_id if self.open_case else None

    def invoice(self, invoice_id: str) -> InvoiceFact | None:
        return next((invoice for invoice in self.invoices if invoice.id == invoice_id), None)

    def facts(self, about: tuple[str, ...]) -> tuple[Fact, ...]:
        """The account's facts and those of the named invoices, each with an id to cite it by."""
        invoices = (invoice for invoice in self.invoices if invoice.id in about)
        return (*self._account_facts(), *(fact for invoice in invoices for fact in _invoice_facts(invoice)))

    def _account_facts(self) -> tuple[Fact, ...]:
        if self.account is None:
            return ()
        fields = ("plan", "api_key_status", "sla_hours", "email")
        return tuple(
            Fact(id=f"account.{name}", tool="account", value=str(getattr(self.account, name))) for name in fields
        )


def _invoice_facts(invoice: InvoiceFact) -> tuple[Fact, ...]:
    values: dict[str, Any] = {
        "status": invoice.status,
        "total": invoice.total,
        "paid_at": invoice.paid_at and invoice.paid_at.isoformat(),
        "refunded": invoice.in_its_currency(invoice.refunded),
        "pending": invoice.in_its_currency(invoice.pending),
        "refundable": invoice.in_its_currency(invoice.refundable),
    }
    return tuple(
        Fact(id=f"{invoice.id}.{name}", tool="billing", value=str(value))
        for name, value in values.items()
        if value is not None
    )


class Violation(Struct, frozen=True, kw_only=True):
    """A part of a reply that nothing licenses: which check, the exact words, and why."""

    check: str
    span: str
    detail: str


class Proof(Struct, frozen=True, kw_only=True):
    """A sentence of a reply, what it says, and the facts that carry it; a courtesy needs none."""

    text: str
    says: tuple[str, ...]
    facts: tuple[Fact, ...]


# Effects: imperative, not yet done. Ids are settled while planning, so doing one twice is impossible.


class OpenTicket(Struct, frozen=True, kw_only=True, tag="open_ticket"):
    """`stays_open` while a person or the customer has the next word; otherwise the ticket is done at once."""

    ticket_id: str
    subject: str
    stays_open: bool


class ReuseTicket(Struct, frozen=True, kw_only=True, tag="reuse_ticket"):
    ticket_id: str
    stays_open: bool


class RecordRefund(Struct, frozen=True, kw_only=True, tag="record_refund"):
    """Refund now; policy allowed exactly this."""

    refund_id: str
    invoice_id: str
    money: Money


class ReserveRefund(Struct, frozen=True, kw_only=True, tag="reserve_refund"):
    """Hold the amount until a person has decided."""

    refund_id: str
    invoice_id: str
    money: Money


class Proposal(Struct, frozen=True, kw_only=True):
    """What a person is asked to approve, exactly; it is stored with its digest and never changed."""

    refund_id: str
    invoice_id: str
    money: Money
    limit: Money | None
    rule: str
    reasons: tuple[str, ...]
    policy_version: int
    people: int = 1  # how many must approve it, by the policy it was made under


class OpenHandoff(Struct, frozen=True, kw_only=True, tag="open_handoff"):
    handoff_id: str
    ticket_id: str
    reason: str
    priority: Literal["low", "med", "high"]
    issues: tuple[str, ...]
    proposal: Proposal | None
    claim_due_at: datetime


class JoinHandoff(Struct, frozen=True, kw_only=True, tag="join_handoff"):
    """Add this message, and perhaps a proposal, to the handoff that is already with people."""

    handoff_id: str
    ticket_id: str
    issues: tuple[str, ...]
    proposal: Proposal | None
    is_urgent: bool = False


class QueueEmail(Struct, frozen=True, kw_only=True, tag="queue_email"):
    delivery_id: str
    recipient: str
    subject: str
    body: str


class Grounds(Struct, frozen=True, kw_only=True):
    """All that may license a reply: what the tools said, what was decided, and what the plan will do.

    The customer's own words license nothing but their being quoted.
    """

    mode: Mode
    today: date
    customer_message: str
    language: str = "en"
    evidence: Evidence
    decision: Decision
    effects: "tuple[Effect, ...]"
    refund_window_days: int


Effect = OpenTicket | ReuseTicket | RecordRefund | ReserveRefund | OpenHandoff | JoinHandoff | QueueEmail


class Plan(Struct, frozen=True, kw_only=True):
    """One message, fully thought through; nothing has changed yet. Shadow returns it, live applies it.

    `violations` are conflicts of a draft with the facts, which gave the case to a person; `rejected` is what was
    wrong with a draft in whose place a template speaks.
    """

    message: Message
    reading: Reading
    evidence: Evidence
    decision: Decision
    reply: str
    violations: tuple[Violation, ...]
    effects: tuple[Effect, ...]
    actions: tuple[str, ...]
    proof: tuple[Proof, ...] = ()
    rejected: tuple[Violation, ...] = ()

    @property
    def ticket_id(self) -> str | None:
        return next((e.ticket_id for e in self.effects if isinstance(e, OpenTicket | ReuseTicket)), None)

    @property
    def handoff_id(self) -> str | None:
        return next((e.handoff_id for e in self.effects if isinstance(e, OpenHandoff | JoinHandoff)), None)

    @property
    def escalated(self) -> bool:
        return self.handoff_id is not None
