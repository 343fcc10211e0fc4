"""Everything the case page shows, read in a handful of statements, as plain values for its template."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, IntegerField, Subquery, Value, When

from flowops.accounts.models import User
from flowops.audit.models import Entry
from flowops.money import Money
from flowops.outbox.models import Delivery
from handoffs import roles, summary, timeline
from handoffs.models import Comment, Handoff, HandoffStatus, Proposal, SavedReply
from handoffs.refusals import HandoffNotFound
from handoffs.summary import Summary
from handoffs.timeline import Moment
from policy.facts import invoices_of
from policy.values import InvoiceFact

MOST_ENTRIES = 200
LAST_HANDOFFS = 6
LEDGER_DAYS = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What this person may do here now, and why not where they may not."""

    may_work: bool
    is_owner: bool
    may_supervise: bool
    why_not: str

    @property
    def may_act(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, kw_only=True)
class ProposedAction:
    """A proposed refund as the card shows it: what, from which rule, and the invoice's ledger before and after."""

    proposal: Proposal
    money: Money
    invoice: InvoiceFact | None
    rule: str
    reasons: list[str]
    limit: Money | None
    people: int
    is_intact: bool
    state: str
    can_take_back: bool

    @property
    def is_undecided(self) -> bool:
        return self.state in ("undecided", "second")

    @property
    def refunded_before(self) -> Money | None:
        return self.invoice.in_its_currency(self.invoice.refunded) if self.invoice else None

    @property
    def refunded_after(self) -> Money | None:
        if self.invoice is None:
            return None
        return self.invoice.in_its_currency(self.invoice.refunded + self.money.amount)

    @property
    def kept_before(self) -> Money | None:
        """What of the payment stays with us now."""
        return self.invoice.in_its_currency(self.invoice.paid - self.invoice.refunded) if self.invoice else None

    @property
    def kept_after(self) -> Money | None:
        if self.invoice is None:
            return None
        return self.invoice.in_its_currency(self.invoice.paid - self.invoice.refunded - self.money.amount)


@dataclass(frozen=True, kw_only=True)
class CasePage:
    handoff: Any
    rights: Rights
    actions: list[ProposedAction]
    summary: Summary
    moments: list[Moment]
    invoices: tuple[InvoiceFact, ...]
    others: list[Any]
    flags: list[str]
    saved_replies: list[SavedReply]
    leaving: list[Comment]


def page(handoff_id: str, *, me: User, now: datetime) -> CasePage:
    """The case as this person sees it now. Raises HandoffNotFound."""
    handoff, *others = _with_the_customers_others(handoff_id)
    interactions = list(handoff.interactions.order_by("turn").defer("response"))
    proposals = list(
        handoff.proposals.select_related("refund", "approved_by", "seconded_by").order_by("created_at", "id")
    )
    comments = list(handoff.comments.select_related("by", "delivery").order_by("created_at", "id"))
    invoices = invoices_of(handoff.customer_id, recent_from=now - LEDGER_DAYS)
    entries = _entries(handoff, proposals)
    mails = _mails(interactions, proposals)
    told = [mail for mail_id, mail in mails.items() if mail_id.endswith(("_issued", "_denied"))]
    rights = _rights(handoff, me, now)
    actions = [_action(proposal, invoices, me, rights) for proposal in reversed(proposals)]
    moments = timeline.of(interactions, entries, comments, mails, told)
    return CasePage(
        handoff=handoff,
        rights=rights,
        actions=actions,
        summary=summary.of(handoff, interactions, actions, comments, told, me),
        moments=moments,
        invoices=invoices,
        others=others,
        flags=_flags(handoff, interactions, others),
        saved_replies=list(SavedReply.objects.all()) if rights.may_act else [],
        leaving=[comment for comment in comments if _may_take_back(comment, me, rights, now)],
    )


def _with_the_customers_others(handoff_id: str) -> list[Any]:
    """The handoff, then the newest others of the same customer, in one statement."""
    customer = Handoff.objects.filter(id=handoff_id).values("customer_id")[:1]
    first = Case(When(id=handoff_id, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = (
        Handoff.objects.filter(customer_id=Subquery(customer))
        .select_related("ticket", "claimed_by", "resolved_by")
        .with_customer()
        .order_by(first, "-created_at", "-id")
    )
    found = list(rows[: LAST_HANDOFFS + 1])
    if not found:
        raise HandoffNotFound
    return found


def _entries(handoff: Handoff, proposals: list[Proposal]) -> list[Entry]:
    subjects = [handoff.id, *(proposal.refund_id for proposal in proposals)]
    newest = Entry.objects.filter(customer_id=handoff.customer_id, subject__in=subjects).order_by("-id")
    return list(newest[:MOST_ENTRIES])[::-1]


def _mails(interactions: list[Any], proposals: list[Proposal]) -> dict[str, Delivery]:
    """The mails the agent and decisions have queued; a reply has its own at hand. By id."""
    ids = [f"eml_{interaction.id.partition('_')[2]}" for interaction in interactions]
    ids += [f"eml_{proposal.refund_id}_{said}" for proposal in proposals for said in ("issued", "denied")]
    return Delivery.objects.in_bulk(ids)


def _rights(handoff: Handoff, me: User, now: datetime) -> Rights:
    is_owner = handoff.status == HandoffStatus.CLAIMED and handoff.claimed_by_id == me.pk
    may_work, may_supervise = me.has_perm(roles.WORK), me.has_perm(roles.SUPERVISE)
    return Rights(
        may_work=may_work,
        is_owner=is_owner,
        may_supervise=may_supervise,
        why_not=_why_not(handoff, is_owner, may_work, may_supervise),
    )


def _why_not(handoff: Handoff, is_owner: bool, may_work: bool, may_supervise: bool) -> str:
    if not may_work:
        return "You may look, not act."
    if handoff.status == HandoffStatus.RESOLVED:
        return "It is resolved."
    if handoff.status == HandoffStatus.PENDING:
        return "Claim it first."
    if not is_owner and not may_supervise:
        return f"{handoff.claimed_by} has it."
    return ""


def _action(proposal: Proposal, invoices: Iterable[InvoiceFact], me: User, rights: Rights) -> ProposedAction:
    refund, is_intact = proposal.refund, proposal.is_intact
    content = proposal.content if is_intact else {}  # what was tampered with is not read
    limit = content.get("limit")
    return ProposedAction(
        proposal=proposal,
        money=refund.money,
        invoice=next((invoice for invoice in invoices if invoice.id == refund.invoice_id), None),
        rule=content.get("rule", ""),
        reasons=content.get("reasons", []),
        limit=Money(amount=Decimal(limit["amount"]), currency=limit["currency"]) if limit else None,
        people=content.get("people", 1),
        is_intact=is_intact,
        state=_state(proposal),
        can_take_back=proposal.executed_at is None
        and rights.may_work
        and (me.pk in (proposal.approved_by_id, proposal.seconded_by_id) or rights.may_supervise),
    )


def _state(proposal: Proposal) -> str:
    if proposal.is_approved:
        return "approved"
    if proposal.is_undecided:
        return "second" if proposal.approved_by_id else "undecided"
    return proposal.refund.status


def _flags(handoff: Any, interactions: list[Any], others: list[Any]) -> list[str]:
    """What an operator should know of this customer before acting."""
    flags = []
    if handoff.customer_name is None:
        flags.append("No customer has this id")
    elif not handoff.customer_email:
        flags.append("No e-mail address on file")
    if others:
        flags.append(f"{len(others)} earlier case{'s' if len(others) > 1 else ''}")
    if len(interactions) > 1:
        flags.append(f"Wrote {len(interactions)} times on this case")
    if any(not interaction.verified for interaction in interactions):
        flags.append("A reply was blocked by the verifier")
    return flags


def _may_take_back(reply: Comment, me: User, rights: Rights, now: datetime) -> bool:
    """While it waits, who sent it or a supervisor."""
    mail = reply.delivery
    is_leaving = mail is not None and mail.state == "pending" and mail.attempts == 0 and mail.not_before > now
    return is_leaving and rights.may_work and (reply.by_id == me.pk or rights.may_supervise)
