"""The queue: its saved views with their counts, and what is said of each case in a line."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.db import models
from django.utils.functional import cached_property

from flowops.accounts.models import User
from flowops.money import Money
from handoffs.models import Handoff, HandoffQuerySet, HandoffStatus

MOST_COUNTED = 1000  # nobody works off more; counting on would read the whole table


class View(NamedTuple):
    """A saved view: which cases, in which order, and what an empty one says."""

    key: str
    name: str
    rows: Callable[[HandoffQuerySet, User, datetime], HandoffQuerySet]
    ordering: tuple[str, ...]
    when_empty: str


_BY_DUE = ("sla_due_at", "id")
VIEWS = (
    View(
        "unclaimed",
        "Unclaimed",
        lambda rows, me, now: rows.filter(status=HandoffStatus.PENDING).awake(now),
        _BY_DUE,
        "Nothing waits. Everything is claimed or done.",
    ),
    View(
        "mine",
        "Mine",
        lambda rows, me, now: rows.filter(status=HandoffStatus.CLAIMED, claimed_by=me).awake(now),
        _BY_DUE,
        "You have no case. Claim one from Unclaimed.",
    ),
    View(
        "approvals",
        "Approvals",
        lambda rows, me, now: rows.to_decide(),
        _BY_DUE,
        "No refund waits for a decision.",
    ),
    View(
        "breached",
        "Breached",
        lambda rows, me, now: rows.live().breached(now),
        _BY_DUE,
        "Nothing is late.",
    ),
    View(
        "snoozed",
        "Snoozed",
        lambda rows, me, now: rows.asleep(now),
        ("snoozed_until", "id"),
        "Nothing is snoozed.",
    ),
    View("all", "All", lambda rows, me, now: rows.all(), ("-created_at", "-id"), "There has been no handoff yet."),
)
_BY_KEY = {view.key: view for view in VIEWS}


def view_of(key: str | None) -> View:
    """The view asked for; Unclaimed when none is, or none of ours."""
    return _BY_KEY.get(key or "", VIEWS[0])


class CappedPaginator(Paginator):  # type: ignore[type-arg] # only the stubs know arguments
    """Counts no further than a person would page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MOST_COUNTED + 1].count())


class _CountOf(models.Subquery):
    """How many rows a query has, as a column of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


def counts(me: User, now: datetime) -> dict[str, str]:
    """How many cases each view has, in one statement; beyond `MOST_COUNTED` it is told so."""
    columns = {
        view.key: _CountOf(view.rows(Handoff.objects.all(), me, now).order_by().values("pk")[: MOST_COUNTED + 1])
        for view in VIEWS
        if view.key != "all"
    }
    row: Any = User.objects.filter(pk=me.pk).values(**columns).get()
    return {key: str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+" for key, count in row.items()}


_REASONS = {
    "tool_failed": "A tool could not be read",
    "unknown_customer": "Unknown customer",
    "person_wanted": "Asks for a person",
    "recent_escalation": "Writes again, case still open",
    "low_confidence": "Unclear what is meant",
    "several_wishes": "Asks for several things",
    "out_of_scope": "Not something the agent handles",
    "risk": "Must be read by a person",
    "unrecognized_charge": "Does not know a charge",
    "data_deletion": "Wants data deleted",
    "duplicate_charge": "Charged twice",
    "payment_problem": "A payment does not go through",
    "payment_method": "Wants to pay in another way",
    "invoice_document": "Wants an invoice document",
    "cancellation": "Wants to cancel",
    "plan_change": "Wants another plan",
    "pricing": "Asks for prices",
    "account_update": "Wants account details changed",
    "account_create": "Wants a new account",
    "complaint": "Complains",
    "technical_issue": "Something does not work",
    "unknown_charge": "Reports an unknown charge",
    "verification_failed": "Reply could not be proven",
    "internal_error": "The agent failed on it",
    "already_pending": "Asks again for a waiting refund",
    "which_amount": "Unclear which amount",
    "no_limit_in_currency": "No refund limit in this currency",
    "plan_needs_person": "Every refund of this plan needs a person",
    "auto_limit": "Refund above the limit",
    "invoice_limit": "Refund limit of the invoice used up",
    "customer_limit": "Refund limit of the customer used up",
}


def reason_in_words(reason: str) -> str:
    return _REASONS.get(reason, reason.replace("_", " ").capitalize())


def reasons() -> Iterator[tuple[str, str]]:
    return iter(_REASONS.items())


def proposed(handoff: Any) -> Money | None:
    """The undecided refund of a row of `with_proposed`."""
    if handoff.proposed_amount is None:
        return None
    return Money(amount=handoff.proposed_amount, currency=handoff.proposed_currency)


def next_step(handoff: Handoff, refund: Money | None, me: User) -> str:
    """What a person would do next with a case, and with its undecided refund if it has one."""
    if handoff.status == HandoffStatus.RESOLVED:
        return "Nothing: resolved"
    if handoff.status == HandoffStatus.PENDING:
        return "Claim it"
    if handoff.claimed_by_id != me.pk:
        owner = str(handoff.claimed_by)
        return f"{owner} decides on {refund}" if refund else f"With {owner}"
    return f"Decide on {refund}" if refund else "Reply or resolve"
