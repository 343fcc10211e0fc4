"""The case in six lines, made from the record alone: no sentence in it that the evidence does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowops.accounts.models import User
from flowops.outbox.models import Delivery, DeliveryState
from handoffs import queue
from handoffs.models import Comment, HandoffStatus

if TYPE_CHECKING:
    from handoffs.case import ProposedAction

_WANTS = {
    "refund_request": "A refund",
    "refund_status": "To know where a refund is",
    "refund_policy": "To know the refund rules",
    "billing_question": "An answer about a bill",
    "account_access": "To know about the account",
    "invoice_request": "The document of an invoice",
    "duplicate_charge": "A double charge looked into",
    "unrecognized_charge": "To know who charged them",
    "cancel_subscription": "To cancel",
    "change_plan": "Another plan",
    "pricing_question": "To know prices",
    "payment_problem": "A payment to go through",
    "update_payment_method": "To pay in another way",
    "account_update": "Account details changed",
    "account_create": "A new account",
    "data_deletion": "Their data deleted",
    "complaint": "To complain",
    "technical_issue": "Something repaired",
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
    told: Sequence[Delivery],
    me: User,
) -> Summary:
    """`told` are the mails by which people's decisions were made known."""
    plan: dict[str, Any] = next((i.plan for i in reversed(interactions) if i.plan), {})
    words = _words_of_people(comments, told)
    undecided = [action for action in actions if action.is_undecided]
    return Summary(
        wants=_wants(plan),
        verified=_verified(plan),
        promised=_promised(interactions, words),
        still_open=_still_open(handoff, interactions, undecided, words),
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


def _promised(interactions: Sequence[Any], words: Sequence[tuple[datetime, str]]) -> str:
    """The last words the customer had from us."""
    said = [(i.created_at, i.reply_text) for i in interactions if i.reply_text]
    return max([*said, *words])[1] if said or words else "Nothing"


def _still_open(
    handoff: Any,
    interactions: Sequence[Any],
    undecided: "Sequence[ProposedAction]",
    words: Sequence[tuple[datetime, str]],
) -> str:
    if handoff.status == HandoffStatus.RESOLVED:
        return "Nothing"
    waiting = [f"a decision on {action.money}" for action in undecided]
    last_message = max((i.created_at for i in interactions), default=None)
    if last_message and not any(at > last_message for at, _ in words):
        waiting.append("a person's reply to the last message")
    return _sentence(" and ".join(waiting)) or "Nothing: it can be resolved"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _next_step(handoff: Any, undecided: "Sequence[ProposedAction]", me: User) -> str:
    if undecided and undecided[0].state == "second":
        return f"A second person decides on {undecided[0].money}"
    return queue.next_step(handoff, undecided[0].money if undecided else None, me)


def _words_of_people(comments: Sequence[Comment], told: Sequence[Delivery]) -> list[tuple[datetime, str]]:
    """What people wrote to the customer and did not take back, and what their decisions made us write."""
    replies = [
        (c.created_at, c.text) for c in comments if c.delivery and c.delivery.state != DeliveryState.WITHDRAWN
    ]
    return [*replies, *((mail.created_at, mail.body) for mail in told)]
