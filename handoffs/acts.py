"""What people can do to a handoff, by name: the same table serves the HTTP routes and the console's forms."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from flowops.accounts.models import User
from flowops.fields import Identifier, StrictSerializer, StrictString
from handoffs import conversation, decisions, services
from handoffs.decisions import Choice
from handoffs.models import Category, Handoff, Priority

TEXT_LIMIT = 10_000
LONGEST_SLEEP = timedelta(days=365)


class Nothing(StrictSerializer):
    """No members."""


class Words(StrictString):
    """Text that says something."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip():
            raise ValidationError("This field may not be blank.")
        return text


class ResolveRequest(StrictSerializer):
    resolutionNotes = StrictString(required=False, default="", allow_blank=True, max_length=TEXT_LIMIT)
    category = serializers.ChoiceField(Category.choices, required=False, default="", allow_blank=True)


class ReassignRequest(StrictSerializer):
    to = StrictString(max_length=150, help_text="The colleague's user name.")

    def validate_to(self, name: str) -> User:
        person = User.objects.filter(username=name, is_active=True).first()
        if person is None:
            raise ValidationError("Nobody has this user name.")
        return person


class SnoozeRequest(StrictSerializer):
    until = serializers.DateTimeField(required=False)
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=525_600)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if len(asked) != 1:
            raise ValidationError("Give either until or minutes.")
        until = asked.get("until") or timezone.now() + timedelta(minutes=asked["minutes"])
        if until > timezone.now() + LONGEST_SLEEP:
            raise ValidationError({"until": ["Must be within a year."]})
        return {"until": until}


class PriorityRequest(StrictSerializer):
    priority = serializers.ChoiceField(Priority.choices)


class NoteRequest(StrictSerializer):
    text = Words(max_length=TEXT_LIMIT)


class ReplyRequest(StrictSerializer):
    text = Words(max_length=TEXT_LIMIT)
    overrideReason = StrictString(
        required=False,
        default="",
        allow_blank=True,
        max_length=1000,
        help_text="Why it may be sent although the verifier cannot prove it; kept with your name.",
    )


class ChoiceRequest(StrictSerializer):
    """Which proposal, and the digest of its content as it was shown."""

    proposalId = Identifier()
    digest = Identifier()


class DenyRequest(ChoiceRequest):
    reason = Words(max_length=1000)


class AmendRequest(ChoiceRequest):
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class UndoRequest(StrictSerializer):
    """What is to be taken back: a reply by its comment's id, or the approval of a proposal."""

    commentId = Identifier(required=False)
    proposalId = Identifier(required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if len(asked) != 1:
            raise ValidationError("Give either commentId or proposalId.")
        return asked


class Caller(NamedTuple):
    """Who acts, when, and on which version; `request_id` tells a repeated reply from a second one."""

    by: User
    now: datetime
    version: int | None = None
    request_id: str | None = None

    @property
    def how(self) -> dict[str, Any]:
        return {"by": self.by, "now": self.now, "version": self.version}


class Perform(Protocol):
    def __call__(self, handoff_id: str, asked: Mapping[str, Any], caller: Caller, /) -> Handoff: ...


class Act(NamedTuple):
    summary: str
    request: type[StrictSerializer]
    perform: Perform


def _choice(asked: Mapping[str, Any]) -> Choice:
    return Choice(asked["proposalId"], asked["digest"])


def _claim(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.claim_handoff(handoff_id, **caller.how)


def _release(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.release_handoff(handoff_id, **caller.how)


def _reassign(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.reassign_handoff(handoff_id, to=asked["to"], **caller.how)


def _snooze(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.snooze_handoff(handoff_id, until=asked["until"], **caller.how)


def _wake(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.wake_handoff(handoff_id, **caller.how)


def _prioritise(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.prioritise_handoff(handoff_id, priority=asked["priority"], **caller.how)


def _resolve(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    notes, category = asked["resolutionNotes"], asked["category"]
    return services.resolve_handoff(handoff_id, notes=notes, category=category, **caller.how)


def _reopen(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return services.reopen_handoff(handoff_id, **caller.how)


def _note(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return conversation.note(handoff_id, text=asked["text"], **caller.how)


def _reply(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return conversation.reply(
        handoff_id,
        text=asked["text"],
        override_reason=asked["overrideReason"],
        request_id=caller.request_id,
        **caller.how,
    )


def _approve(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return decisions.approve(handoff_id, _choice(asked), **caller.how)


def _deny(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return decisions.deny(handoff_id, _choice(asked), reason=asked["reason"], **caller.how)


def _amend(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    return decisions.amend(handoff_id, _choice(asked), amount=asked["amount"], **caller.how)


def _undo(handoff_id: str, asked: Mapping[str, Any], caller: Caller) -> Handoff:
    if "commentId" in asked:
        return conversation.take_back_reply(handoff_id, asked["commentId"], **caller.how)
    return decisions.take_back_approval(handoff_id, asked["proposalId"], **caller.how)


ACTS: dict[str, Act] = {
    "claim": Act("Claim a waiting handoff", Nothing, _claim),
    "release": Act("Give a claimed handoff back to the queue", Nothing, _release),
    "reassign": Act("Give a handoff to a colleague", ReassignRequest, _reassign),
    "snooze": Act("Put a handoff aside until a time", SnoozeRequest, _snooze),
    "wake": Act("Bring a snoozed handoff back", Nothing, _wake),
    "priority": Act("Say how urgent a handoff is", PriorityRequest, _prioritise),
    "note": Act("Leave a note for colleagues", NoteRequest, _note),
    "reply": Act("Write to the customer", ReplyRequest, _reply),
    "approve": Act("Approve a proposed refund as it was shown", ChoiceRequest, _approve),
    "deny": Act("Deny a proposed refund", DenyRequest, _deny),
    "amend": Act("Propose another amount instead", AmendRequest, _amend),
    "undo": Act("Take back a reply or an approval that has not taken effect", UndoRequest, _undo),
    "resolve": Act("Resolve a claimed handoff and its ticket", ResolveRequest, _resolve),
    "reopen": Act("Put a resolved handoff back into the queue", Nothing, _reopen),
}


def read(act: Act, sent: Any) -> Mapping[str, Any]:
    """What was asked, checked. Raises ValidationError."""
    request = act.request(data=sent)
    request.is_valid(raise_exception=True)
    asked: Mapping[str, Any] = request.validated_data
    return asked
