"""Read everything a decision may rest on. Reads only, outside any transaction; the tools arrive as ports."""

from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import OuterRef, Subquery

from agent.models import Interaction
from agent.values import AccountFact, Evidence, OpenCase
from flowops.accounts.models import Customer
from handoffs.models import LIVE, Handoff, Ticket, TicketStatus
from policy.facts import invoices_of
from policy.ruleset import Ruleset
from policy.values import InvoiceFact


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
        return invoices_of(customer_id, recent_from=recent_from)


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
