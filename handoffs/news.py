"""What has happened to a case meanwhile, as one would tell a colleague."""

from datetime import datetime
from typing import Any

from rest_framework.exceptions import ValidationError

from flowops.accounts.models import User
from flowops.audit.models import Entry
from flowops.problems import Problem
from handoffs.models import Handoff, HandoffStatus
from handoffs.refusals import NotClaimable, NotOwner, VersionMismatch
from handoffs.templatetags.console import in_words
from handoffs.timeline import act_in_words


def what_changed(handoff_id: str, *, since: int, now: datetime) -> list[str]:
    """Who did what to a case after a version, in words."""
    handoff = Handoff.objects.filter(id=handoff_id).first()
    if handoff is None or handoff.version <= since:
        return []
    entries = Entry.objects.filter(customer_id=handoff.customer_id, subject=handoff_id).order_by("-id")[:20]
    newer = [entry for entry in reversed(entries) if entry.data.get("version", 0) > since]
    return [f"{act_in_words(e.action)} by {e.actor} {in_words((now - e.at).total_seconds())} ago" for e in newer]


def refusal_in_words(handoff_id: str, refusal: Problem | ValidationError, *, me: User, now: datetime) -> str:
    """Why an act was refused, as one would tell a colleague. A lost race is no error."""
    if isinstance(refusal, ValidationError):
        return "; ".join(_faults(refusal.detail))
    if isinstance(refusal, NotClaimable | NotOwner | VersionMismatch):
        held = Handoff.objects.filter(id=handoff_id, status=HandoffStatus.CLAIMED).exclude(claimed_by=me)
        handoff = held.select_related("claimed_by").first()
        if handoff and handoff.claimed_at and _is_the_news(handoff, refusal):
            return f"{handoff.claimed_by} claimed it {in_words((now - handoff.claimed_at).total_seconds())} ago."
    if isinstance(refusal, VersionMismatch):
        return "The case has changed since you opened it."
    return refusal.detail


def _is_the_news(handoff: Handoff, refusal: Problem) -> bool:
    """Of an outdated version, only if nothing has happened since the claim."""
    return not isinstance(refusal, VersionMismatch) or handoff.claimed_at == handoff.updated_at


def _faults(detail: Any) -> list[str]:
    if isinstance(detail, dict):
        return [f"{name}: {fault}" for name, inner in detail.items() for fault in _faults(inner)]
    return [str(fault) for fault in detail]
