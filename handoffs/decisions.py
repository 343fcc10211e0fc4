"""A person's yes or no to a proposed refund (M3).

A yes names the digest of what was shown. It is checked when it is given and again when it is carried out: by then
the proposal must be the same, and policy and ledger must still allow it. Between the two it can be taken back.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from flowops.accounts.models import User
from flowops.billing import ledger
from flowops.billing.models import Refund, RefundStatus
from flowops.money import Money, NotMoney, money
from handoffs import mail, roles, services
from handoffs.changes import locked, locked_for, record, refuse_without, save
from handoffs.models import Handoff, Proposal
from handoffs.refusals import NotDecidable, Refused
from handoffs.voice import voice
from policy import approval, versions
from policy.facts import invoices_of

logger = logging.getLogger(__name__)

CHANGED = "The proposal is not what was shown"
DECIDED = "The proposed refund is already decided"
SECOND_WANTED = "A second person must approve this refund"


class Choice(NamedTuple):
    """Which proposal is meant, and the digest of its content as the person saw it."""

    proposal_id: str
    digest: str


def undo_window() -> timedelta:
    """How long what a person sent or approved can be taken back."""
    return timedelta(seconds=settings.UNDO_SECONDS)


def approve(handoff_id: str, choice: Choice, *, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Say yes. The refund is carried out after the undo window; above the second limit, once a second person
    has said yes too. Raises NotAllowed, HandoffNotFound, VersionMismatch, Refused."""
    with transaction.atomic():
        handoff = locked_for(handoff_id, "approve", by=by, now=now, version=version)
        proposal = _chosen(handoff, choice)
        people = _people_needed(handoff, proposal)
        is_first = proposal.approved_by_id is None
        if proposal.approved_by_id == by.pk:
            raise NotDecidable(SECOND_WANTED, handoff)
        if is_first:
            proposal.approved_by, proposal.approved_at = by, now
        else:
            proposal.seconded_by, proposal.seconded_at = by, now
        if not is_first or people == 1:
            proposal.not_before = now + undo_window()
        proposal.save(update_fields=[*_DECISION, "not_before"])
        handoff.touch(now)
        data = {"proposal": proposal.id, "digest": proposal.digest, "waitsForSecond": proposal.not_before is None}
        save(handoff, "handoff.approved", by=by, now=now, data=data)
    return handoff


def take_back_approval(
    handoff_id: str, proposal_id: str, *, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Undo a yes that has not been carried out: one's own, or as a supervisor any. A case that was closed on
    the strength of it comes back. Raises NotAllowed, HandoffNotFound, VersionMismatch, Refused."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        proposal = (
            handoff.proposals.filter(id=proposal_id, approved_by__isnull=False).select_related("refund").first()
        )
        if proposal is None or proposal.refund.status != RefundStatus.PENDING:
            raise NotDecidable("There is no approval that could be taken back", handoff)
        if by.pk not in (proposal.approved_by_id, proposal.seconded_by_id) and not by.has_perm(roles.SUPERVISE):
            raise Refused("Only who approved it or a supervisor can take it back", handoff)
        _forget_approval(proposal)
        _back_to_people(handoff, now)
        save(handoff, "handoff.approval_undone", by=by, now=now, data={"proposal": proposal.id})
    return handoff


def deny(
    handoff_id: str, choice: Choice, *, reason: str, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Say no, for good; the customer is told by mail. Raises as `approve`."""
    told = _in_words(handoff_id, choice, voice().refund_denied)
    with transaction.atomic():
        handoff = locked_for(handoff_id, "deny", by=by, now=now, version=version)
        proposal = _chosen(handoff, choice)
        if not ledger.deny(proposal.refund_id, by=by.get_username(), now=now):
            raise NotDecidable(DECIDED, handoff)
        handoff.touch(now)
        data = {"proposal": proposal.id, "refund": proposal.refund_id, "reason": reason}
        save(handoff, "handoff.denied", by=by, now=now, data=data)
        event = record(handoff, "refund.denied", by=by, now=now, data=data, subject=proposal.refund_id)
        mail.to_customer(handoff, f"eml_{proposal.refund_id}_denied", told, event=event, now=now)
    return handoff


def amend(
    handoff_id: str, choice: Choice, *, amount: Decimal, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Propose another amount instead, if policy and ledger allow it: nothing is approved yet.

    Raises as `approve`.
    """
    with transaction.atomic():
        handoff = locked_for(handoff_id, "amend", by=by, now=now, version=version)
        old = _chosen(handoff, choice)
        wanted = _money(handoff, amount, old.refund.currency)
        people = _refuse_unless_allowed(handoff, old, wanted).people
        if not ledger.withdraw(old.refund_id, by=by.get_username(), now=now):
            raise NotDecidable(DECIDED, handoff)
        refund_id = f"{old.refund_id.partition('-')[0]}-{handoff.proposals.count()}"
        _reserve(handoff, refund_id, old, wanted, now)
        content = {
            **old.content,
            "refund_id": refund_id,
            "money": {"amount": str(wanted.amount), "currency": wanted.currency},
            "asked_at": _asked_at(old).isoformat(),
            "people": people,
            "limit": None,
            "reasons": [f"{by.get_username()} proposes {wanted} instead of {old.refund.money}"],
            "amends": old.id,
            "amended_by": by.get_username(),
        }
        new = services.propose(content, handoff_id=handoff.id, now=now)
        handoff.touch(now)
        data = {"proposal": new.id, "instead": old.id, "from": str(old.refund.amount), "to": str(wanted.amount)}
        save(handoff, "handoff.amended", by=by, now=now, data=data)
        record(handoff, "refund.withdrawn", by=by, now=now, data=data, subject=old.refund_id)
        record(handoff, "refund.pending", by=by, now=now, data=data, subject=refund_id)
    return handoff


def _reserve(handoff: Handoff, refund_id: str, old: Proposal, wanted: Money, now: datetime) -> None:
    try:
        with transaction.atomic():
            ledger.reserve(refund_id, invoice_id=old.refund.invoice_id, money=wanted, now=now)
    except IntegrityError as error:
        raise NotDecidable("Another refund of this invoice came in between", handoff) from error


def execute_due(now: datetime, *, limit: int = 20) -> int:
    """Carry out the approved refunds whose undo window has passed, or refuse them. Returns how many.

    One that fails stays for the next round and holds up no other.
    """
    due = Proposal.objects.approved().filter(not_before__lte=Now()).order_by("not_before")
    return sum(_try_to_execute(proposal, now) for proposal in due.select_related("refund", "handoff")[:limit])


def _try_to_execute(proposal: Proposal, now: datetime) -> bool:
    try:
        return _execute(proposal, now)
    except Exception:
        logger.exception("approval_failed proposal=%s", proposal.id)
        return False


def _execute(found: Proposal, now: datetime) -> bool:
    """One refund, in one transaction; a second attempt finds it done and changes nothing."""
    told = voice().refund_issued(found.handoff, found.refund)
    with transaction.atomic():
        handoff = locked(found.handoff_id)
        proposal = _still_approved(found)
        if proposal is None:
            return False
        approvers = [person.get_username() for person in (proposal.approved_by, proposal.seconded_by) if person]
        objection = _objection(handoff, proposal, len(approvers))
        if not objection and not ledger.settle(proposal.refund_id, by=" and ".join(approvers), now=now):
            objection = DECIDED
        if objection:
            _give_up(handoff, proposal, objection, now)
            return True
        Proposal.objects.filter(id=proposal.id).update(executed_at=now)
        handoff.actions = [*handoff.actions, f"refund_issued:{proposal.refund_id}"]
        handoff.touch(now)
        data = {"proposal": proposal.id, "refund": proposal.refund_id, "approvedBy": approvers}
        save(handoff, "handoff.executed", by=None, now=now, data=data)
        event = record(handoff, "refund.issued", by=None, now=now, data=data, subject=proposal.refund_id)
        mail.to_customer(handoff, f"eml_{proposal.refund_id}_issued", told, event=event, now=now)
    return True


_DECISION = ("approved_by", "approved_at", "seconded_by", "seconded_at")


def _chosen(handoff: Handoff, choice: Choice) -> Proposal:
    """The proposal that was shown, still undecided and unchanged. Raises NotDecidable."""
    proposal = handoff.proposals.select_related("refund").filter(id=choice.proposal_id).first()
    if proposal is None:
        raise NotDecidable("There is no such proposal on this handoff", handoff)
    if not proposal.is_undecided:
        done = "approved" if proposal.is_approved else proposal.refund.status
        raise NotDecidable(f"The proposed refund is already {done}", handoff)
    if proposal.digest != choice.digest or not proposal.is_intact:
        raise NotDecidable(CHANGED, handoff)
    return proposal


def _people_needed(handoff: Handoff, proposal: Proposal) -> int:
    return _refuse_unless_allowed(handoff, proposal, proposal.refund.money).people


def _refuse_unless_allowed(handoff: Handoff, proposal: Proposal, wanted: Money) -> approval.Finding:
    finding = _review(handoff, proposal, wanted)
    if finding.objections:
        raise NotDecidable(f"Policy no longer allows it: {'; '.join(finding.objections)}", handoff)
    return finding


def _money(handoff: Handoff, amount: Decimal, currency: str) -> Money:
    try:
        return money(f"{amount:f}", currency)
    except NotMoney as error:
        raise NotDecidable(str(error), handoff) from error


def _asked_at(proposal: Proposal) -> datetime:
    """When the customer asked: an amended proposal carries it on."""
    carried = proposal.content.get("asked_at")
    return datetime.fromisoformat(carried) if carried else proposal.created_at


def _review(handoff: Handoff, proposal: Proposal, wanted: Money) -> approval.Finding:
    policy = versions.active()
    asked_at = _asked_at(proposal)
    since = asked_at - timedelta(days=policy.ruleset.auto_refund_limits.per_customer_days)
    request = approval.Request(
        invoice=proposal.refund.invoice_id,
        money=wanted,
        reserved=proposal.refund.money,
        plan=services.plan_of(handoff),
        asked_at=asked_at,
    )
    invoices = invoices_of(handoff.customer_id, recent_from=since)
    return approval.review(request, invoices, policy.ruleset, version=policy.number)


def _still_approved(found: Proposal) -> Proposal | None:
    """Read again under the handoff's lock; None when it was taken back or carried out meanwhile."""
    rows = Proposal.objects.approved().select_related("refund", "approved_by", "seconded_by")
    return rows.filter(id=found.id, not_before__lte=Now()).first()


def _objection(handoff: Handoff, proposal: Proposal, approvals: int) -> str | None:
    """Why what was approved cannot be carried out any more."""
    if not proposal.is_intact:
        return CHANGED
    if proposal.refund.status != RefundStatus.PENDING:
        return f"The proposed refund is already {proposal.refund.status}"
    finding = _review(handoff, proposal, proposal.refund.money)
    if not finding.objections and approvals < finding.people:
        return SECOND_WANTED
    return "; ".join(finding.objections) or None


def _give_up(handoff: Handoff, proposal: Proposal, objection: str, now: datetime) -> None:
    """What cannot be carried out goes back to people, with the reason."""
    logger.warning("approval_not_executed proposal=%s", proposal.id)
    _forget_approval(proposal)
    handoff.issues = [*handoff.issues, f"approved, but not carried out: {objection}"]
    _back_to_people(handoff, now)
    data = {"proposal": proposal.id, "objection": objection}
    save(handoff, "handoff.execution_refused", by=None, now=now, data=data)


def _forget_approval(proposal: Proposal) -> None:
    Proposal.objects.filter(id=proposal.id).update(**dict.fromkeys((*_DECISION, "not_before")))


def _back_to_people(handoff: Handoff, now: datetime) -> None:
    """A closed case is reopened, its ticket too unless the customer has another; a live one only changes."""
    if handoff.is_live:
        handoff.touch(now)
    else:
        handoff.reopen(now, services.claim_due(handoff, now))
        services.reopen_ticket(handoff)


def _in_words(handoff_id: str, choice: Choice, say: Any) -> str:
    """The mail for a decision, composed before the transaction; empty when there is no such proposal."""
    refund = Refund.objects.filter(proposal__id=choice.proposal_id, proposal__handoff=handoff_id).first()
    return say(Handoff.objects.get(id=handoff_id), refund) if refund else ""
