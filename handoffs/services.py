"""Who has a handoff, and in which state it is: one function for each change, for console, API and worker alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from flowops import canonical
from flowops.accounts.models import Account, User
from flowops.billing import ledger
from handoffs import roles
from handoffs.changes import claim_lease, locked, locked_for, record, refuse_without, save
from handoffs.models import Handoff, Proposal, Ticket, TicketStatus
from handoffs.refusals import Refused
from policy import versions


def plan_of(handoff: Handoff) -> str | None:
    return Account.objects.filter(customer=handoff.customer_id).values_list("plan", flat=True).first()


def claim_due(handoff: Handoff, now: datetime) -> datetime:
    """When a case that waits from now on is to be claimed, by the rules for its customer's plan."""
    rules = versions.active().ruleset.for_plan(plan_of(handoff))
    return now + timedelta(minutes=rules.claim_minutes)


def claim_handoff(handoff_id: str, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Take a waiting handoff. Raises NotAllowed, HandoffNotFound, VersionMismatch, NotClaimable."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        handoff.claim(by, now, claim_lease())
        save(handoff, "handoff.claimed", by=by, now=now, data={})
    return handoff


def release_handoff(handoff_id: str, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Give a claim back to the queue. Raises NotAllowed, HandoffNotFound, VersionMismatch, Refused."""
    with transaction.atomic():
        handoff = locked_for(handoff_id, "release", by=by, now=now, version=version)
        owner = _name(handoff.claimed_by)
        handoff.release(now)
        save(handoff, "handoff.released", by=by, now=now, data={"owner": owner})
    return handoff


def reassign_handoff(handoff_id: str, *, to: User, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Give a handoff to a colleague: the owner a claimed one, a supervisor any. Raises as `release_handoff`."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        if not by.has_perm(roles.SUPERVISE):
            handoff.refuse_strangers(by, "reassign", now, may_act_for_others=False)
        if not (to.is_active and to.has_perm(roles.WORK)):
            raise Refused(f"{to.get_username()} cannot work on handoffs", handoff)
        owner = _name(handoff.claimed_by)
        handoff.reassign(to, now, claim_lease())
        save(handoff, "handoff.reassigned", by=by, now=now, data={"owner": owner, "to": to.get_username()})
    return handoff


def snooze_handoff(
    handoff_id: str, *, until: datetime, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Put a case aside until a time: a waiting one anybody, a claimed one its owner.

    Raises as `release_handoff`.
    """
    with transaction.atomic():
        handoff = _locked_unless_waiting(handoff_id, "snooze", by, now, version)
        handoff.snooze(until, now, claim_lease())
        save(handoff, "handoff.snoozed", by=by, now=now, data={"until": until.isoformat()})
    return handoff


def wake_handoff(handoff_id: str, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Bring a snoozed case back before its time. Raises as `release_handoff`."""
    with transaction.atomic():
        handoff = _locked_unless_waiting(handoff_id, "snooze", by, now, version)
        handoff.wake(now, claim_lease())
        save(handoff, "handoff.woken", by=by, now=now, data={})
    return handoff


def prioritise_handoff(
    handoff_id: str, *, priority: str, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Anybody who works here may say how urgent a live case is. Raises as `claim_handoff`, AlreadyResolved."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        before = handoff.priority
        handoff.prioritise(priority, now)
        save(handoff, "handoff.prioritised", by=by, now=now, data={"from": before, "to": priority})
    return handoff


def resolve_handoff(
    handoff_id: str,
    *,
    by: User,
    notes: str,
    now: datetime,
    category: str = "",
    version: int | None = None,
) -> Handoff:
    """Close a claimed handoff and its ticket. A proposal nobody decided on is withdrawn, freeing its amount.

    Raises NotAllowed, HandoffNotFound, VersionMismatch, Refused.
    """
    with transaction.atomic():
        handoff = locked_for(handoff_id, "resolve", by=by, now=now, version=version)
        handoff.resolve(by, notes, category, now)
        save(handoff, "handoff.resolved", by=by, now=now, data={"notes": notes, "category": category})
        _withdraw_undecided(handoff, by=by, now=now)
        Ticket.objects.filter(id=handoff.ticket_id, status=TicketStatus.OPEN).update(
            status=TicketStatus.RESOLVED, resolved_at=now
        )
    return handoff


def reopen_handoff(handoff_id: str, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Put a resolved case back into the queue, and its ticket with it. Raises as `claim_handoff`, Refused."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        handoff.reopen(now, claim_due(handoff, now))
        if not reopen_ticket(handoff):
            raise Refused("The customer has another open ticket", Handoff.objects.get(id=handoff_id))
        save(handoff, "handoff.reopened", by=by, now=now, data={})
    return handoff


def reopen_ticket(handoff: Handoff) -> bool:
    """False when the customer has another open ticket: a concern has one thread at a time."""
    try:
        with transaction.atomic():
            Ticket.objects.filter(id=handoff.ticket_id).update(status=TicketStatus.OPEN, resolved_at=None)
    except IntegrityError:  # one_open_ticket_per_customer: looking first would miss one opened meanwhile
        return False
    return True


def record_breach(handoff_id: str, *, by: User, now: datetime) -> Handoff:
    """Mark a live handoff as having missed its due time; once is enough. Raises NotFound, AlreadyResolved."""
    refuse_without(roles.SUPERVISE, by)
    with transaction.atomic():
        handoff = locked(handoff_id)
        if handoff.breach(now):
            save(handoff, "handoff.sla_breached", by=by, now=now, data={})
    return handoff


def keep_claim(handoff_id: str, *, by: User, now: datetime) -> datetime | None:
    """A sign of life from a person at work. Until when their claim now lasts; None when it is not theirs.

    No state change: it moves nothing but the end of the lease, and only while that lasts.
    """
    if not by.has_perm(roles.WORK):
        return None
    until = now + claim_lease()
    mine = Handoff.objects.filter(id=handoff_id, claimed_by=by, status="claimed", claimed_until__gt=now)
    mine.filter(claimed_until__lt=until).update(claimed_until=until)
    return mine.values_list("claimed_until", flat=True).first()


# The worker's part.


def return_expired_claims(now: datetime, *, limit: int = 50) -> int:
    """Put cases whose owner gave no sign of life back into the queue. Returns how many."""
    run_out = Handoff.objects.filter(status="claimed", claimed_until__lte=now).order_by("claimed_until")
    return sum(_expire(handoff_id, now) for handoff_id in run_out.values_list("id", flat=True)[:limit])


def wake_due(now: datetime, *, limit: int = 50) -> int:
    """Wake the cases whose time has come. Returns how many."""
    due = Handoff.objects.live().filter(snoozed_until__lte=now).order_by("snoozed_until")
    return sum(_wake(handoff_id, now) for handoff_id in due.values_list("id", flat=True)[:limit])


def _expire(handoff_id: str, now: datetime) -> bool:
    with transaction.atomic():
        handoff = locked(handoff_id)
        owner = _name(handoff.claimed_by)
        if not handoff.expire(now):
            return False
        save(handoff, "handoff.released", by=None, now=now, data={"owner": owner, "expired": True})
    return True


def _wake(handoff_id: str, now: datetime) -> bool:
    with transaction.atomic():
        handoff = locked(handoff_id)
        if handoff.snoozed_until is None or handoff.is_asleep(now) or not handoff.is_live:
            return False
        handoff.wake(now, claim_lease())
        save(handoff, "handoff.woken", by=None, now=now, data={})
    return True


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
    handoff.join(issues, is_urgent=is_urgent, now=now, lease=claim_lease())
    fields = ("issues", "priority", "snoozed_until", "claimed_until", "updated_at", "version")
    handoff.save(update_fields=fields)


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


def _locked_unless_waiting(handoff_id: str, act: str, by: User, now: datetime, version: int | None) -> Handoff:
    """For an act on a waiting case by anybody at work, on a claimed one by its owner."""
    refuse_without(roles.WORK, by)
    handoff = locked(handoff_id, version)
    if handoff.status != "pending":
        handoff.refuse_strangers(by, act, now, may_act_for_others=by.has_perm(roles.SUPERVISE))
    return handoff


def _withdraw_undecided(handoff: Handoff, *, by: User, now: datetime) -> None:
    for proposal in handoff.proposals.undecided().order_by("refund__invoice_id"):  # as all who take several
        if ledger.withdraw(proposal.refund_id, by=by.get_username(), now=now):
            data = {"handoff": handoff.id, "proposal": proposal.id}
            record(handoff, "refund.withdrawn", by=by, now=now, data=data, subject=proposal.refund_id)


def _name(person: User | None) -> str | None:
    return person.get_username() if person else None
