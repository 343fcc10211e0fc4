"""What people write on a case: notes for colleagues, replies to the customer.

A reply is checked by the agent's own verifier before it is queued. What the verifier finds, a person may override
with a reason; both are kept. It leaves after the undo window, and can be taken back until then.
"""

import secrets
from datetime import datetime

from django.db import transaction

from flowops.accounts.models import User
from flowops.outbox.publish import take_back
from handoffs import mail, roles
from handoffs.changes import locked, locked_for, refuse_without, save
from handoffs.decisions import undo_window
from handoffs.models import Comment, CommentKind, Handoff
from handoffs.refusals import HandoffNotFound, KeyReused, Refused, ReplyFindings
from handoffs.voice import voice


def note(handoff_id: str, *, text: str, by: User, now: datetime, version: int | None = None) -> Handoff:
    """Leave a note for colleagues, on any case. Raises NotAllowed, HandoffNotFound, VersionMismatch."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        handoff.touch(now)
        comment = Comment.objects.create(
            id=_new_id(), handoff=handoff, kind=CommentKind.NOTE, text=text, by=by, created_at=now
        )
        save(handoff, "handoff.noted", by=by, now=now, data={"comment": comment.id})
    return handoff


def reply(
    handoff_id: str,
    *,
    text: str,
    by: User,
    now: datetime,
    override_reason: str = "",
    request_id: str | None = None,
    version: int | None = None,
) -> Handoff:
    """Write to the customer. The same `request_id` again sends nothing and answers as if it had.

    Raises NotAllowed, HandoffNotFound, VersionMismatch, Refused; ReplyFindings unless overridden; KeyReused.
    """
    refuse_without(roles.WORK, by)
    shown = Handoff.objects.filter(id=handoff_id).first()
    if shown is None:
        raise HandoffNotFound
    if _is_repeated(shown, by, request_id, text):
        return Handoff.objects.get(id=handoff_id)  # `shown` may be of before the reply that was found
    findings = voice().findings(text, shown)
    with transaction.atomic():
        handoff = locked_for(handoff_id, "reply", by=by, now=now, version=version)
        if _is_repeated(handoff, by, request_id, text):
            return handoff
        if handoff.version != shown.version:  # something was decided in between: what was true may not be now
            findings = voice().findings(text, handoff)
        if findings and not override_reason.strip():
            raise ReplyFindings(handoff, findings)
        if not mail.address_of(handoff):
            raise Refused("The customer has no e-mail address on file", handoff)
        _send(handoff, text, findings, override_reason if findings else "", request_id, by, now)
    return handoff


def take_back_reply(
    handoff_id: str, comment_id: str, *, by: User, now: datetime, version: int | None = None
) -> Handoff:
    """Keep a reply from leaving: one's own, or as a supervisor any. Raises as `note`, Refused."""
    refuse_without(roles.WORK, by)
    with transaction.atomic():
        handoff = locked(handoff_id, version)
        sent = handoff.comments.filter(id=comment_id, delivery__isnull=False).first()
        if sent is None or sent.delivery_id is None:
            raise Refused("There is no such reply on this handoff", handoff)
        if sent.by_id != by.pk and not by.has_perm(roles.SUPERVISE):
            raise Refused("Only who sent it or a supervisor can take it back", handoff)
        if not take_back(sent.delivery_id):
            raise Refused("The reply has left already", handoff)
        handoff.touch(now)
        save(handoff, "handoff.reply_undone", by=by, now=now, data={"comment": sent.id})
    return handoff


def _send(
    handoff: Handoff,
    text: str,
    findings: list[dict[str, str]],
    override_reason: str,
    request_id: str | None,
    by: User,
    now: datetime,
) -> None:
    comment_id = _new_id()
    handoff.touch(now)
    data = {"comment": comment_id, "findings": len(findings), "overrideReason": override_reason}
    event = save(handoff, "handoff.replied", by=by, now=now, data=data)
    until = now + undo_window()
    delivery = mail.to_customer(handoff, f"eml_{comment_id}", text, event=event, now=now, not_before=until)
    Comment.objects.create(
        id=comment_id,
        handoff=handoff,
        kind=CommentKind.REPLY,
        text=text,
        by=by,
        created_at=now,
        findings=findings,
        override_reason=override_reason,
        request_id=request_id,
        delivery=delivery,
    )


def _is_repeated(handoff: Handoff, by: User, request_id: str | None, text: str) -> bool:
    """Whether this very reply was queued already. Raises KeyReused when the key was used for another text."""
    if request_id is None:
        return False
    before = handoff.comments.filter(by=by, request_id=request_id).first()
    if before is not None and before.text != text:
        raise KeyReused
    return before is not None


def _new_id() -> str:
    return f"cmt_{secrets.token_hex(10)}"
