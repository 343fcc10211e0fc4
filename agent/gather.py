"""Read everything a decision may rest on. Reads only, outside any transaction; the tools arrive as ports."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import OuterRef, Subquery

from agent.models import Interaction
from agent.values import AccountFact, Evidence, OpenCase
from flowops.accounts.models import Customer
from flowops.billing.models import Invoice
from handoffs.models import LIVE, Handoff, Ticket, TicketStatus
from policy.ruleset import Ruleset
from policy.values import InvoiceFact

_CENT = Decimal("0.01")


class ToolFailed(Exception):
    """A read tool gave no answer; without it nothing may be claimed about what it knows."""


class Tools(Protocol):
    """What the agent may look at. Each raises ToolFailed when it cannot tell."""

    def account(self, customer_id: str) -> AccountFact | None: ...

    def invoices(self, customer_id: str, *, recent_from: datetime) -> tuple[InvoiceFact, ...]: ...


class LocalTools:
    """The tools that read FlowOps' own tables."""

    def account(self, customer_id: str) -> AccountFact | None:
        customer = Customer.objects.select_related("account").filter(id=customer_id).first()
        if customer is None or not hasattr(customer, "account"):
            return None
        return AccountFact(
            name=customer.name,
            email=customer.email,
            plan=customer.account.plan,
            api_key_status=customer.account.api_key_status,
            sla_hours=customer.account.sla_hours,
        )

    def invoices(self, customer_id: str, *, recent_from: datetime) -> tuple[InvoiceFact, ...]:
        rows = Invoice.objects.issued().filter(customer_id=customer_id).with_ledger(since=recent_from)
        # All of them: of an invoice that was not read, its absence could not be told.
        return tuple(_invoice_fact(invoice) for invoice in rows.order_by("-issued_at", "-id"))


def facts(customer_id: str, *, ruleset: Ruleset, now: datetime, tools: Tools) -> Evidence:
    """The evidence for one message.

    The turn is read first: another message of this customer that is finished meanwhile has taken the next one.
    The open case is read before the ledger: an operator who closes it meanwhile changes both, and `apply` looks
    whether it is still open. What billing changes is refused by the database where it matters.
    """
    turn, recently_escalated = _memory(customer_id, ruleset.escalation.memory_interactions)
    open_case = _open_case(customer_id)
    since = now - timedelta(days=ruleset.auto_refund_limits.per_customer_days)
    failed: list[str] = []
    account: AccountFact | None = None
    invoices: tuple[InvoiceFact, ...] = ()
    try:
        account = tools.account(customer_id)
    except ToolFailed:
        failed.append("account")
    try:
        invoices = tools.invoices(customer_id, recent_from=since) if account else ()
    except ToolFailed:
        failed.append("billing")
    return Evidence(
        turn=turn,
        account=account,
        invoices=invoices,
        open_case=open_case,
        recently_escalated=recently_escalated,
        failed_tools=tuple(failed),
    )


def _memory(customer_id: str, count: int) -> tuple[int, bool]:
    """The last finished turn, and whether a recent one is still with people (P3: resolved does not count)."""
    recent = list(Interaction.objects.recent(customer_id, max(count, 1)).values_list("turn", "handoff__status"))
    turn = (recent[0][0] or 0) if recent else 0
    return turn, any(status in LIVE for _, status in recent[:count])


def _open_case(customer_id: str) -> OpenCase | None:
    live = Handoff.objects.live().filter(ticket=OuterRef("pk")).values("id")[:1]
    ticket = (
        Ticket.objects.filter(customer_id=customer_id, status=TicketStatus.OPEN)
        .annotate(live_handoff=Subquery(live))
        .first()
    )
    return None if ticket is None else OpenCase(ticket_id=ticket.id, handoff_id=ticket.live_handoff)


def _invoice_fact(invoice: Any) -> InvoiceFact:
    """From a row of `InvoiceQuerySet.with_ledger`."""
    return InvoiceFact(
        id=invoice.id,
        status=invoice.status,
        total=invoice.money,
        issued_at=invoice.issued_at,
        paid_at=invoice.paid_at,
        paid=_cents(invoice.paid_total),
        refunded=_cents(invoice.refunded_total),
        pending=_cents(invoice.pending_total),
        refunded_recently=_cents(invoice.refunded_recently),
        was_denied=invoice.was_denied,
    )


def _cents(total: Decimal | None) -> Decimal:
    """A sum over nothing is zero; SQLite sums in floating point and gives digits that are not there."""
    return (total or Decimal(0)).quantize(_CENT)
