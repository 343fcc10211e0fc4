"""Every state change of a handoff: one function, one transaction: lock, check, change, record, publish.

The lock makes operators take turns on PostgreSQL. SQLite ignores it, so the write itself repeats the check: it
names the version that was read, and a write that changes no row has lost the race.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from flowops import canonical
from flowops.accounts.models import User
from flowops.audit import trail
from flowops.billing import ledger
from flowops.billing.models import RefundStatus
from flowops.outbox.models import Event
from flowops.outbox.publish import publish
from flowops.problems import Problem
from handoffs import roles
from handoffs.models import Handoff, HandoffNotFound, Proposal, Refused, Ticket, TicketStatus


class VersionMismatch(Problem):
    """The caller's If-Match names another version than the stored one."""

    status = 412
    error = "version_mismatch"


class LostRace(Refused):
    """Somebody changed the handoff between our read and our write."""

    def __init__(self, handoff: Handoff) -> None:
        super().__init__("Handoff was changed by somebody else", handoff)


def claim_handoff(handoff_id: str, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Take a waiting handoff. Raises NotFound, VersionMismatch, NotClaimable."""
    with transaction.atomic():
        handoff = _locked(handoff_id, version)
        handoff.claim(by, now)
        _save(handoff, by=by, now=now, change="handoff.claimed", data={})
    return handoff


def resolve_handoff(
    handoff_id: str, *, by: User, notes: str, now: datetime, version: int | None = None
) -> Handoff:
    """Close a claimed handoff and its ticket. A proposal nobody decided on is withdrawn, freeing its amount.

    Raises NotFound, VersionMismatch, NotResolvable.
    """
    with transaction.atomic():
        handoff = _locked(handoff_id, version)
        handoff.resolve(by, notes, now, may_act_for_others=by.has_perm(roles.SUPERVISE))
        _save(handoff, by=by, now=now, change="handoff.resolved", data={"notes": notes})
        _withdraw_open_proposals(handoff, by=by, now=now)
        Ticket.objects.filter(id=handoff.ticket_id, status=TicketStatus.OPEN).update(
            status=TicketStatus.RESOLVED, resolved_at=now
        )
    return handoff


def record_breach(handoff_id: str, *, by: User, now: datetime) -> Handoff:
    """Mark a live handoff as having missed its due time; once is enough. Raises NotFound, AlreadyResolved."""
    with transaction.atomic():
        handoff = _locked(handoff_id, None)
        if handoff.breach(now):
            _save(handoff, by=by, now=now, change="handoff.sla_breached", data={})
    return handoff


# What the agent does when it hands over. Inside its transaction; the caller records and publishes.


def open_ticket(ticket_id: str, *, customer_id: str, subject: str, stays_open: bool, now: datetime) -> None:
    Ticket.objects.create(
        id=ticket_id,
        customer_id=customer_id,
        subject=subject,
        status=TicketStatus.OPEN if stays_open else TicketStatus.RESOLVED,
        created_at=now,
        resolved_at=None if stays_open else now,
    )


def continue_ticket(ticket_id: str, *, customer_id: str, stays_open: bool, now: datetime) -> bool:
    """Go on in the customer's open ticket, perhaps to its end. False when it is no longer open."""
    still_open = Ticket.objects.filter(id=ticket_id, customer_id=customer_id, status=TicketStatus.OPEN)
    if stays_open:
        return still_open.exists()
    return still_open.update(status=TicketStatus.RESOLVED, resolved_at=now) == 1


def lock_live(handoff_id: str) -> Handoff | None:
    """The handoff if people still have it. Whoever takes several locks takes this one first."""
    rows = Handoff.objects.live().select_for_update(of=("self",), no_key=True)
    return rows.filter(id=handoff_id).first()


def join(handoff: Handoff, *, issues: Sequence[str], is_urgent: bool, now: datetime) -> None:
    """Add a follow-up to a handoff that `lock_live` gave. An urgent one makes the case urgent."""
    handoff.join(issues, is_urgent=is_urgent, now=now)
    handoff.save(update_fields=["issues", "priority", "updated_at", "version"])


def propose(content: Mapping[str, Any], *, handoff_id: str, now: datetime) -> Proposal:
    """Freeze what a person is asked to approve, with its digest. `content` has `refund_id`."""
    refund_id = content["refund_id"]
    return Proposal.objects.create(
        id=f"prp_{refund_id.partition('_')[2]}",
        handoff_id=handoff_id,
        refund_id=refund_id,
        content=dict(content),
        digest=canonical.digest(content),
        created_at=now,
    )


def _locked(handoff_id: str, version: int | None) -> Handoff:
    # No join: after waiting for the lock PostgreSQL re-reads this row, but not the rows joined to it.
    rows = Handoff.objects.select_for_update(of=("self",), no_key=True)
    handoff = rows.filter(id=handoff_id).first()
    if handoff is None:
        raise HandoffNotFound
    if version is not None and version != handoff.version:
        raise VersionMismatch(
            f"The handoff is at version {handoff.version}.",
            extra={"ok": False, "version": handoff.version},
        )
    return handoff


def _save(handoff: Handoff, *, by: User, now: datetime, change: str, data: Mapping[str, Any]) -> None:
    """Write what the change decided, provided the row is still at the version that was read; then record it."""
    changed = Handoff.objects.filter(id=handoff.id, version=handoff.version - 1).update(
        status=handoff.status,
        claimed_by=handoff.claimed_by_id,
        claimed_at=handoff.claimed_at,
        resolved_by=handoff.resolved_by_id,
        resolved_at=handoff.resolved_at,
        resolution_notes=handoff.resolution_notes,
        sla_breached_at=handoff.sla_breached_at,
        updated_at=handoff.updated_at,
        version=handoff.version,
    )
    if changed != 1:
        raise LostRace(Handoff.objects.get(id=handoff.id))
    trail.record([_act(handoff, by, change, {**data, "version": handoff.version})], now=now)
    publish([_event(handoff, change, now)])


def _withdraw_open_proposals(handoff: Handoff, *, by: User, now: datetime) -> None:
    for proposal in handoff.proposals.filter(refund__status=RefundStatus.PENDING):
        if ledger.withdraw(proposal.refund_id, by=by.get_username(), now=now):
            data = {"handoff": handoff.id, "proposal": proposal.id}
            trail.record([_act(handoff, by, "refund.withdrawn", data, subject=proposal.refund_id)], now=now)
            publish([_event(handoff, "refund.withdrawn", now, refund_id=proposal.refund_id)])


def _act(
    handoff: Handoff, by: User, action: str, data: Mapping[str, Any], *, subject: str | None = None
) -> trail.Act:
    return trail.Act(
        actor=by.get_username(),
        action=action,
        subject=subject or handoff.id,
        customer_id=handoff.customer_id,
        data=data,
    )


def _event(handoff: Handoff, name: str, now: datetime, *, refund_id: str | None = None) -> Event:
    payload = {"id": refund_id or handoff.id, "handoffId": handoff.id, "ticketId": handoff.ticket_id}
    return Event(
        id=f"evt_{refund_id or f'{handoff.id}_{handoff.version}'}_{name.partition('.')[2]}",
        name=name,
        customer_id=handoff.customer_id,
        payload=payload,
        created_at=now,
    )
