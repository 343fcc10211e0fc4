"""The case in six lines, made from the record alone: no sentence in it that the evidence does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowops.accounts.models import User
from flowops.outbox.models import DeliveryState
from handoffs import queue
from handoffs.models import Comment, CommentKind, HandoffStatus

if TYPE_CHECKING:
    from handoffs.case import ProposedAction

_WANTS = {
    "refund_request": "A refund",
    "refund_status": "To know where a refund is",
    "refund_policy": "To know the refund rules",
    "billing_question": "An answer about a bill",
    "account_access": "To know about the account",
    "cancel_subscription": "To cancel",
    "talk_to_human": "To talk to a person",
    "smalltalk": "Nothing in particular",
    "out_of_scope": "Something the agent was not taught",
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    wants: str
    verified: str
    promised: str
    still_open: str
    blocked_by: str
    next_step: str


def of(
    handoff: Any,
    interactions: Sequence[Any],
    actions: "Sequence[ProposedAction]",
    comments: Sequence[Comment],
    me: User,
) -> Summary:
    plan: dict[str, Any] = next((i.plan for i in reversed(interactions) if i.plan), {})
    undecided = [action for action in actions if action.is_undecided]
    return Summary(
        wants=_wants(plan),
        verified=_verified(plan),
        promised=_promised(interactions, comments),
        still_open=_still_open(handoff, interactions, undecided, comments),
        blocked_by="; ".join(dict.fromkeys(handoff.issues)) or "Nothing",
        next_step=_next_step(handoff, undecided, me),
    )


def _wants(plan: dict[str, Any]) -> str:
    reading = plan.get("reading")
    if reading is None:
        return "Not read"
    wishes = [reading["intent"], *reading.get("also", [])]
    said = " and ".join(_WANTS.get(wish, wish.replace("_", " ")) for wish in wishes)
    invoices = reading["entities"].get("invoices", [])
    return f"{said} for {', '.join(invoices)}" if invoices else said


def _verified(plan: dict[str, Any]) -> str:
    evidence = plan.get("evidence") or {}
    account = evidence.get("account")
    if account is None:
        return "Nothing: the customer is not known"
    about = [invoice for invoice in evidence.get("invoices", []) if invoice["id"] in plan["decision"]["invoices"]]
    return "; ".join([f"{account['plan']} plan", *map(_invoice, about)])


def _invoice(invoice: dict[str, Any]) -> str:
    return f"{invoice['id']} {invoice['status']}, {invoice['paid']} {invoice['total']['currency']} paid"


def _promised(interactions: Sequence[Any], comments: Sequence[Comment]) -> str:
    """The last words the customer had from us."""
    said = [(i.created_at, i.reply_text) for i in interactions if i.reply_text]
    said += [(reply.created_at, reply.text) for reply in _replies(comments)]
    return max(said)[1] if said else "Nothing"


def _still_open(
    handoff: Any, interactions: Sequence[Any], undecided: "Sequence[ProposedAction]", comments: Sequence[Comment]
) -> str:
    if handoff.status == HandoffStatus.RESOLVED:
        return "Nothing"
    waiting = [f"a decision on {action.money}" for action in undecided]
    last_message = max((i.created_at for i in interactions), default=None)
    if last_message and not any(reply.created_at > last_message for reply in _replies(comments)):
        waiting.append("a person's reply to the last message")
    return _sentence(" and ".join(waiting)) or "Nothing: it can be resolved"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _next_step(handoff: Any, undecided: "Sequence[ProposedAction]", me: User) -> str:
    if undecided and undecided[0].state == "second":
        return f"A second person decides on {undecided[0].money}"
    return queue.next_step(handoff, undecided[0].money if undecided else None, me)


def _replies(comments: Sequence[Comment]) -> list[Comment]:
    """What people wrote to the customer and did not take back."""
    replies = (comment for comment in comments if comment.kind == CommentKind.REPLY)
    return [reply for reply in replies if reply.delivery and reply.delivery.state != DeliveryState.WITHDRAWN]
