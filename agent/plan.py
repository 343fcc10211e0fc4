"""Think one message through to a Plan. Pure: equal arguments give equal plans, and nothing has changed yet."""

from collections.abc import Callable
from functools import partial

import msgspec

from agent import actions, draft, effects, languages, phrasebook, sources, understand, verify
from agent.grounds import known as to_known
from agent.known import Known
from agent.values import Entities, Evidence, Grounds, Message, Plan, Proof, Reading, Violation
from policy import engine
from policy.ruleset import Ruleset
from policy.values import Decision, Facts, Intent

Drafter = Callable[[Grounds], str]


def template_reply(grounds: Grounds) -> str:
    """The drafter that is always there: statements rendered by templates."""
    return phrasebook.render(draft.reply(grounds), grounds.language)


def compose(
    message: Message,
    evidence: Evidence,
    ruleset: Ruleset,
    *,
    policy_version: int,
    drafter: Drafter = template_reply,
) -> Plan:
    """Understand, decide, draft and verify. A reply that cannot be proven is never sent.

    A draft that only says what we do not recognise costs style: a template speaks in its place. One that says what
    is not so, of facts or deeds, shows that something is wrong: nothing is done, and a person takes over.
    """
    reading = understand.message(message.text, today=message.now.date())
    decision = engine.decide(_facts(message, reading, evidence), ruleset, version=policy_version)
    carry_out = partial(_carry_out, message=message, reading=reading, evidence=evidence, ruleset=ruleset)
    plan = carry_out(decision, drafter)
    if plan.violations and drafter is not template_reply and not any(map(verify.is_conflict, plan.violations)):
        rejected = plan.violations
        plan = msgspec.structs.replace(carry_out(decision, template_reply), rejected=rejected)
    if not plan.violations:
        return plan
    issues = tuple(f"{violation.check}: {violation.span}" for violation in plan.violations)
    instead = engine.overruled(decision, "escalate.verification_failed", issues)
    return carry_out(instead, None, blocked=plan.violations)


def give_up(message: Message, evidence: Evidence, ruleset: Ruleset, *, policy_version: int) -> Plan:
    """The plan when thinking itself broke down: a person gets the message, nothing else happens."""
    language = languages.sure(message.text) or languages.ENGLISH
    unread = Reading(intent=Intent.OUT_OF_SCOPE, confidence=0.0, entities=Entities(), language=language)
    decision = engine.escalate("escalate.internal_error", ("the message could not be processed",), policy_version)
    return _carry_out(decision, None, message=message, reading=unread, evidence=evidence, ruleset=ruleset)


def _carry_out(
    decision: Decision,
    drafter: Drafter | None,
    *,
    message: Message,
    reading: Reading,
    evidence: Evidence,
    ruleset: Ruleset,
    blocked: tuple[Violation, ...] = (),
) -> Plan:
    """What this decision does and says, with the violations found in it; `blocked` are an earlier draft's.

    Without a drafter it is a hand-over, the last resort: templates speak, and must always be provable.
    """
    rules = ruleset.for_plan(evidence.plan)
    done = effects.carrying_out(decision, message=message, reading=reading, evidence=evidence, ruleset=ruleset)
    grounds = Grounds(
        mode=message.mode,
        today=message.now.date(),
        customer_message=message.text,
        language=reading.language,
        evidence=evidence,
        decision=decision,
        effects=done,
        refund_window_days=rules.refund_window_days,
    )
    known = to_known(grounds)
    reply = (drafter or template_reply)(grounds)
    sentences = verify.sentences(reply, known, reading.language)
    violations = verify.violations(sentences)
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
        proof=tuple(_proof(sentence, known) for sentence in sentences),
        effects=(*done, *mail),
        actions=actions.vocabulary(message.mode, evidence, decision, (*done, *mail), violations or blocked),
    )


def _proof(sentence: verify.Sentence, known: Known) -> Proof:
    facts = tuple(sources.of(cite, known) for cite in sentence.cites)
    return Proof(text=sentence.text, says=tuple(map(verify.in_words, sentence.says)), facts=facts)


def _facts(message: Message, reading: Reading, evidence: Evidence) -> Facts:
    return Facts(
        now=message.now,
        intent=reading.intent,
        also=reading.also,
        confidence=reading.confidence,
        sure_from=reading.sure_from,
        flags=reading.flags,
        plan=evidence.plan,
        invoices=evidence.invoices,
        named_invoices=reading.entities.invoices,
        named_amounts=reading.entities.amounts,
        asked_amounts=reading.entities.amounts_asked_back,
        means_latest=reading.entities.means_latest,
        recently_escalated=evidence.recently_escalated,
        failed_tools=evidence.failed_tools,
    )
