"""What `/chat` answers, rendered once: the stored bytes are what a replay sends."""

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent.values import Fact, Mode, Plan, Violation
from policy.values import Outcome


class DecisionOut(Struct, frozen=True, kw_only=True, rename="camel"):
    outcome: Outcome
    rule: str
    policy_version: int
    reasons: tuple[str, ...]


class ChatResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    reply: str
    mode: Mode
    escalated: bool
    confidence: float
    actions: tuple[str, ...]
    intent: str
    verified: bool
    decision: DecisionOut
    evidence: tuple[Fact, ...]
    violations: tuple[Violation, ...]
    needs_human: bool
    ticket_id: str | UnsetType = UNSET
    handoff_id: str | UnsetType = UNSET
    interaction_id: str | UnsetType = UNSET
    request_id: str | UnsetType = UNSET


def of(plan: Plan, *, request_id: str | None) -> bytes:
    """The JSON body for this plan. Ids of things appear only when live has made them."""
    live = plan.message.mode is Mode.LIVE
    response = ChatResponse(
        reply=plan.reply,
        mode=plan.message.mode,
        escalated=plan.escalated,
        confidence=plan.reading.confidence,
        actions=plan.actions,
        intent=plan.reading.intent.value,
        verified=not plan.violations,
        decision=DecisionOut(
            outcome=plan.decision.outcome,
            rule=plan.decision.rule,
            policy_version=plan.decision.policy_version,
            reasons=plan.decision.reasons,
        ),
        evidence=plan.evidence.facts(plan.decision.invoices),
        violations=plan.violations,
        needs_human=plan.escalated,
        ticket_id=(plan.ticket_id if live else None) or UNSET,
        handoff_id=(plan.handoff_id if live else None) or UNSET,
        interaction_id=plan.message.interaction_id or UNSET,
        request_id=request_id or UNSET,
    )
    return msgspec.json.encode(response)
