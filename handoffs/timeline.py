"""A case from its first message to its last delivery, as moments in order: what was seen, thought, said and done.

What the agent thought is read from the plans stored with its interactions: plain JSON, shown as it was recorded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flowops.audit.models import Entry
from flowops.outbox.models import Delivery
from handoffs import queue
from handoffs.models import Comment, CommentKind


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing that happened. `kind` picks its look; `raw` is the record it was read from."""

    at: datetime
    kind: str
    title: str
    text: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    raw: Any = None
    comment: Comment | None = None
    brief: str = ""  # said in one line, the rest folded away
    proof: list[dict[str, Any]] = field(default_factory=list)  # of a reply, its sentences with what carries each
    id: str = ""  # of what it was read from

    @property
    def is_quiet(self) -> bool:
        return bool(self.brief)


def of(
    interactions: Iterable[Any],
    entries: Iterable[Entry],
    comments: Iterable[Comment],
    mails: dict[str, Delivery],
    told: Iterable[Delivery],
) -> list[Moment]:
    """`mails` are those of the turns, by id; `told` those that made a person's decision known."""
    moments = [moment for interaction in interactions for moment in _turn(interaction, mails)]
    moments += [moment for entry in entries if (moment := _act(entry)) is not None]
    moments += [_comment(comment) for comment in comments]
    moments += map(_decision_mail, told)
    return sorted(moments, key=lambda moment: moment.at)


def _turn(interaction: Any, mails: dict[str, Delivery]) -> Iterator[Moment]:
    """One message and all the agent made of it."""
    at, plan = interaction.created_at, interaction.plan or {}
    yield Moment(at=at, kind="customer", title="The customer wrote", text=interaction.request_text)
    if not plan:
        return
    yield _read(at, plan)
    yield _evidence(at, plan)
    yield _memory(at, plan)
    yield _decision(at, plan)
    yield _verification(at, plan)
    mail = mails.get(f"eml_{interaction.id.partition('_')[2]}")
    yield Moment(
        at=at,
        kind="agent",
        title="The agent replied",
        text=interaction.reply_text,
        lines=[_delivery(mail)] if mail else [("Mail", "none: nobody to send it to")],
        raw=list(interaction.actions),
        proof=plan.get("proof", []),
        id=interaction.id,
    )


def _read(at: datetime, plan: dict[str, Any]) -> Moment:
    reading = plan["reading"]
    named = reading.get("entities", {})
    lines = [("Intent", reading["intent"]), ("Confidence", f"{reading['confidence']:.0%}")]
    lines += [("Names invoices", ", ".join(named["invoices"]))] if named.get("invoices") else []
    amounts = [f"{money['amount']} {money['currency']}" for money in named.get("amounts", [])]
    lines += [("Names amounts", ", ".join(amounts))] if amounts else []
    brief = f"{reading['intent'].replace('_', ' ')}, {reading['confidence']:.0%} sure"
    return Moment(at=at, kind="step", title="Understood", lines=lines, raw=reading, brief=brief)


def _evidence(at: datetime, plan: dict[str, Any]) -> Moment:
    evidence = plan["evidence"]
    account = evidence.get("account")
    known = f"{account['plan']} plan, API key {account['api_key_status']}" if account else "not known"
    lines = [("account", known)]
    lines += [("billing", _invoice(invoice)) for invoice in evidence.get("invoices", [])]
    lines += [(tool, "could not be read") for tool in evidence.get("failed_tools", [])]
    brief = f"{known}, {len(evidence.get('invoices', []))} invoices"
    return Moment(at=at, kind="step", title="Looked up", lines=lines, raw=evidence, brief=brief)


def _invoice(invoice: dict[str, Any]) -> str:
    total = invoice["total"]
    said = f"{invoice['id']}: {total['amount']} {total['currency']}, {invoice['status']}"
    said += f" on {invoice['paid_at'][:10]}" if invoice.get("paid_at") else ""
    return f"{said}, refunded {invoice['refunded']}, pending {invoice['pending']}"


def _memory(at: datetime, plan: dict[str, Any]) -> Moment:
    evidence = plan["evidence"]
    open_case = evidence.get("open_case") or {}
    lines = [
        ("Earlier messages", str(evidence["turn"])),
        ("Recently escalated", "yes, not resolved" if evidence.get("recently_escalated") else "no"),
        ("Open ticket", open_case.get("ticket_id") or "none"),
    ]
    brief = f"{evidence['turn']} earlier messages, {'an' if open_case else 'no'} open ticket"
    return Moment(at=at, kind="step", title="Remembered", lines=lines, raw=open_case, brief=brief)


def _decision(at: datetime, plan: dict[str, Any]) -> Moment:
    decision = plan["decision"]
    lines = [("Rule", decision["rule"]), ("Because", "; ".join(decision["reasons"]))]
    lines.append(("Asked before", f"{max(len(decision['trace']) - 1, 0)} rules that did not apply"))
    lines.append(("Policy version", str(decision["policy_version"])))
    outcome = decision["outcome"].replace("_", " ")
    return Moment(at=at, kind="step", title=f"Policy decided: {outcome}", lines=lines, raw=decision)


def _verification(at: datetime, plan: dict[str, Any]) -> Moment:
    violations = plan["violations"]
    if not violations:
        return Moment(at=at, kind="proven", title="Every sentence of the reply was proven")
    lines = [(violation["check"], f"“{violation['span']}”: {violation['detail']}") for violation in violations]
    return Moment(at=at, kind="blocked", title="The verifier blocked a draft", lines=lines, raw=violations)


_ACTS = {
    "handoff.opened": "Handed to people",
    "handoff.joined": "Added to this case",
    "handoff.claimed": "Claimed",
    "handoff.released": "Released to the queue",
    "handoff.reassigned": "Reassigned",
    "handoff.snoozed": "Snoozed",
    "handoff.woken": "Woken",
    "handoff.prioritised": "Priority changed",
    "handoff.approved": "Refund approved",
    "handoff.approval_undone": "Approval taken back",
    "handoff.denied": "Refund denied",
    "handoff.amended": "Another amount proposed",
    "handoff.executed": "Refund carried out",
    "handoff.execution_refused": "Refund not carried out",
    "handoff.reply_undone": "Reply taken back",
    "handoff.resolved": "Resolved",
    "handoff.reopened": "Reopened",
    "handoff.sla_breached": "Due time missed",
}
_TOLD = {
    "owner": "Was with",
    "to": "To",
    "from": "From",
    "until": "Until",
    "reason": "Reason",
    "notes": "Notes",
    "category": "Category",
    "objection": "Because",
    "expired": "The claim ran out",
    "waitsForSecond": "Waits for a second person",
    "approvedBy": "Approved by",
}


def act_in_words(action: str) -> str:
    return _ACTS.get(action, action.partition(".")[2].replace("_", " ").capitalize())


def _act(entry: Entry) -> Moment | None:
    """Notes and replies stand in the timeline as themselves, and a refund as the act that moved it."""
    if entry.action not in _ACTS:
        return None
    told = {**entry.data, "reason": _reason(entry), "until": _until(entry)}
    lines = [(_TOLD[key], _plain(value)) for key, value in told.items() if key in _TOLD and value]
    title = f"{_ACTS[entry.action]} by {entry.actor}"
    return Moment(at=entry.at, kind="act", title=title, lines=lines, raw=entry.data)


def _reason(entry: Entry) -> str:
    """A rule's name in words; what a person wrote as it is."""
    reason = str(entry.data.get("reason", ""))
    return queue.reason_in_words(reason) if entry.action == "handoff.opened" else reason


def _until(entry: Entry) -> str:
    until = entry.data.get("until")
    return f"{datetime.fromisoformat(until):%d %b %Y %H:%M %Z}" if until else ""


def _plain(value: Any) -> str:
    if value is True:
        return "yes"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _comment(comment: Comment) -> Moment:
    lines = [_delivery(comment.delivery)] if comment.delivery else []
    if comment.findings:
        lines.append(("Sent unproven, because", comment.override_reason))
        lines += [("Not proven", f"“{finding['span']}”: {finding['detail']}") for finding in comment.findings]
    is_note = comment.kind == CommentKind.NOTE
    return Moment(
        at=comment.created_at,
        kind=comment.kind,
        title=f"{comment.by} noted for colleagues" if is_note else f"{comment.by} replied",
        text=comment.text,
        lines=lines,
        raw=comment.findings or None,
        comment=comment,
    )


def _decision_mail(mail: Delivery) -> Moment:
    # A moment later than its cause, so that it stands behind it.
    at = mail.created_at + timedelta(microseconds=1)
    return Moment(at=at, kind="agent", title="The customer was told", text=mail.body, lines=[_delivery(mail)])


def _delivery(mail: Delivery) -> tuple[str, str]:
    said = f"{mail.state} to {mail.recipient}"
    if mail.attempts:
        said += f", {mail.attempts} attempt{'s' if mail.attempts > 1 else ''}"
    if mail.last_error:
        said += f", last error: {mail.last_error}"
    return "Mail", said
