"""Decide: ask the rules in order, and answer with the first verdict and the way there."""

import msgspec

from policy.case import Case
from policy.rules import PRECEDENCE
from policy.ruleset import Ruleset
from policy.values import Decision, Facts, Outcome, Step


def decide(facts: Facts, ruleset: Ruleset, *, version: int) -> Decision:
    """The decision for these facts under this ruleset. Pure: equal arguments give equal answers."""
    case = Case(facts=facts, ruleset=ruleset)
    trace: list[Step] = []
    for rule, ask in PRECEDENCE:
        verdict = ask(case)
        trace.append(Step(rule=rule, decided=verdict is not None))
        if verdict is not None:
            return Decision(
                outcome=verdict.outcome,
                rule=rule,
                reasons=verdict.reasons,
                action=verdict.action,
                invoices=verdict.invoices,
                trace=tuple(trace),
                policy_version=version,
                answers=verdict.answers,
            )
    raise AssertionError("the last rule always answers")


def escalate(rule: str, reasons: tuple[str, ...], version: int) -> Decision:
    """A decision that no rule was asked for: a person takes the case, nothing is done."""
    return Decision(
        outcome=Outcome.ESCALATE,
        rule=rule,
        reasons=reasons,
        action=None,
        invoices=(),
        trace=(Step(rule=rule, decided=True),),
        policy_version=version,
    )


def overruled(decision: Decision, rule: str, reasons: tuple[str, ...]) -> Decision:
    """An escalation in place of a decision that must not be carried out; the way to it stays in the trace."""
    instead = escalate(rule, reasons, decision.policy_version)
    return msgspec.structs.replace(instead, trace=(*decision.trace, *instead.trace))
