"""How every state change of a handoff is made, in one transaction: lock, check, change, record, publish.

The lock makes people take turns on PostgreSQL. SQLite ignores it, so the write itself repeats the check: it names
the version that was read, and a write that changes no row has lost the race.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from flowops.accounts.models import User
from flowops.audit import trail
from flowops.outbox.models import Event
from flowops.outbox.publish import publish
from handoffs import roles
from handoffs.models import Handoff
from handoffs.refusals import HandoffNotFound, LostRace, NotAllowed, VersionMismatch

WORKER = "worker"  # who acts when no person does


def refuse_without(permission: str, by: User) -> None:
    """The one place where roles are enforced, for console, API and admin action alike. Raises NotAllowed."""
    if not (by.is_active and by.has_perm(permission)):
        raise NotAllowed


def locked(handoff_id: str, version: int | None = None) -> Handoff:
    """The handoff, locked until the transaction ends. Raises HandoffNotFound, VersionMismatch."""
    # No join: after waiting for the lock PostgreSQL re-reads this row, but not the rows joined to it.
    rows = Handoff.objects.select_for_update(of=("self",), no_key=True)
    handoff = rows.filter(id=handoff_id).first()
    if handoff is None:
        raise HandoffNotFound
    if version is not None and version != handoff.version:
        raise VersionMismatch(handoff)
    return handoff


def claim_lease() -> timedelta:
    """How long a claim lasts without a sign of life from its owner."""
    return timedelta(minutes=settings.CLAIM_MINUTES)


def locked_for(handoff_id: str, act: str, *, by: User, now: datetime, version: int | None) -> Handoff:
    """The handoff, locked for an act that only its owner or a supervisor may do; the owner's claim is renewed."""
    refuse_without(roles.WORK, by)
    handoff = locked(handoff_id, version)
    handoff.refuse_strangers(by, act, now, may_act_for_others=by.has_perm(roles.SUPERVISE))
    if handoff.claimed_by_id == by.pk:
        handoff.renew(now, claim_lease())
    return handoff


def save(
    handoff: Handoff,
    change: str,
    *,
    by: User | None,
    now: datetime,
    data: Mapping[str, Any],
    subject: str | None = None,
) -> Event:
    """Write what the change decided, provided the row is still at the version that was read; record, publish."""
    fields = (field for field in Handoff._meta.concrete_fields if not field.primary_key)
    written = {field.attname: getattr(handoff, field.attname) for field in fields}
    if not Handoff.objects.filter(id=handoff.id, version=handoff.version - 1).update(**written):
        raise LostRace(Handoff.objects.get(id=handoff.id))
    return record(handoff, change, by=by, now=now, data={**data, "version": handoff.version}, subject=subject)


def record(
    handoff: Handoff,
    change: str,
    *,
    by: User | None,
    now: datetime,
    data: Mapping[str, Any],
    subject: str | None = None,
) -> Event:
    """One entry in the trail and one event in the outbox, about the handoff or the `subject` in it."""
    act = trail.Act(
        actor=by.get_username() if by else WORKER,
        action=change,
        subject=subject or handoff.id,
        customer_id=handoff.customer_id,
        data=data,
    )
    trail.record([act], now=now)
    event = Event(
        id=f"evt_{subject or f'{handoff.id}_{handoff.version}'}_{change.partition('.')[2]}",
        name=change,
        customer_id=handoff.customer_id,
        payload={"id": subject or handoff.id, "handoffId": handoff.id, "ticketId": handoff.ticket_id},
        created_at=now,
    )
    publish([event])
    return event
