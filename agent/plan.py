"""Think one message through to a Plan. Pure: equal arguments give equal plans, and nothing has changed yet."""

from collections.abc import Callable

from agent import actions, draft, effects, phrases, understand, verify
from agent.values import Entities, Evidence, Grounds, Message, Plan, Reading, Violation
from policy import engine
from policy.ruleset import Ruleset
from policy.values import Decision, Facts, Intent

Drafter = Callable[[Grounds], str]


def template_reply(grounds: Grounds) -> str:
    """The drafter that is always there: statements rendered by templates."""
    return phrases.render(draft.reply(grounds))


def compose(
    message: Message,
    evidence: Evidence,
    ruleset: Ruleset,
    *,
    policy_version: int,
    drafter: Drafter = template_reply,
) -> Plan:
    """Understand, decide, draft and verify. A reply that cannot be proven is never sent, and nothing it
    speaks of is done: a person takes over."""
    reading = understand.message(message.text, today=message.now.date())
    decision = engine.decide(_facts(message, reading, evidence), ruleset, version=policy_version)
    plan = _carry_out(decision, message, reading, evidence, ruleset, drafter)
    if not plan.violations:
        return plan
    issues = tuple(f"{violation.check}: {violation.span}" for violation in plan.violations)
    instead = engine.overruled(decision, "escalate.verification_failed", issues)
    return _carry_out(instead, message, reading, evidence, ruleset, None, plan.violations)


def give_up(message: Message, evidence: Evidence, ruleset: Ruleset, *, policy_version: int) -> Plan:
    """The plan when thinking itself broke down: a person gets the message, nothing else happens."""
    unread = Reading(intent=Intent.OUT_OF_SCOPE, confidence=0.0, entities=Entities())
    decision = engine.escalate("escalate.internal_error", ("the message could not be processed",), policy_version)
    return _carry_out(decision, message, unread, evidence, ruleset, None)


def _carry_out(
    decision: Decision,
    message: Message,
    reading: Reading,
    evidence: Evidence,
    ruleset: Ruleset,
    drafter: Drafter | None,
    blocked: tuple[Violation, ...] = (),
) -> Plan:
    """What this decision does and says, with the violations found in it; `blocked` are an earlier draft's.

    Without a drafter it is a hand-over, the last resort: templates speak, and must always be provable.
    """
    rules = ruleset.for_plan(evidence.plan)
    done = effects.carrying_out(decision, message=message, reading=reading, evidence=evidence, ruleset=ruleset)
    grounds = Grounds(
        mode=message.mode,
        evidence=evidence,
        decision=decision,
        effects=done,
        refund_window_days=rules.refund_window_days,
    )
    reply = (drafter or template_reply)(grounds)
    violations = verify.reply(reply, grounds)
    if violations and drafter is None:
        raise AssertionError(f"a hand-over must always be provable: {violations}")
    mail = tuple(effects.email(reply, done, message=message, evidence=evidence))
    return Plan(
        message=message,
        reading=reading,
        evidence=evidence,
        decision=decision,
        reply=reply,
        violations=violations or blocked,
        effects=(*done, *mail),
        actions=actions.vocabulary(message.mode, evidence, decision, (*done, *mail), violations or blocked),
    )


def _facts(message: Message, reading: Reading, evidence: Evidence) -> Facts:
    return Facts(
        now=message.now,
        intent=reading.intent,
        also=reading.also,
        confidence=reading.confidence,
        plan=evidence.plan,
        invoices=evidence.invoices,
        named_invoices=reading.entities.invoices,
        named_amounts=reading.entities.amounts,
        asked_amounts=reading.entities.amounts_asked_back,
        means_latest=reading.entities.means_latest,
        recently_escalated=evidence.recently_escalated,
        failed_tools=evidence.failed_tools,
    )
