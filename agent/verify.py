"""Prove a reply: each clause is a sentence we know, and something known licenses it. The rest is blocked."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from agent import coherence, figures, languages, licence, parse, reference
from agent.known import Known
from agent.licences.proof import Fault, Verdict, destination_words
from agent.parse import Claim
from agent.reference import Talk
from agent.statements import Statement
from agent.values import Violation

STYLE = frozenset(("unrecognised", "ambiguous", "empty"))


class Sentence(NamedTuple):
    """A sentence with what it says and the ids of the facts that carry it, or with what is wrong with it."""

    text: str
    says: tuple[Statement, ...]
    cites: tuple[str, ...]
    violations: tuple[Violation, ...]


class _Reading(NamedTuple):
    says: tuple[Statement, ...]
    cites: tuple[str, ...]
    violations: tuple[Violation, ...]
    talk: Talk


def reply(text: str, known: Known, language: str) -> tuple[Violation, ...]:
    """The violations of a reply, in its order; none means every word of it is licensed."""
    return violations(sentences(text, known, language))


def any_language(text: str, known: Known) -> tuple[Violation, ...]:
    """The violations of a reply whose language nobody told us: in the likely one that most of it is read in."""
    found = (reply(text, known, language) for language in languages.likely(text))
    return min(found, key=lambda each: sum(violation.check == "unrecognised" for violation in each))


def violations(found: Sequence[Sentence]) -> tuple[Violation, ...]:
    if not found:
        return (Violation(check="empty", span="", detail="there is no reply"),)
    return tuple(violation for sentence in found for violation in sentence.violations)


def is_conflict(violation: Violation) -> bool:
    """Whether it contradicts what is known, rather than just being said in words we do not know."""
    return violation.check not in STYLE


def in_words(statement: Statement) -> str:
    """The kind of a statement, for people."""
    said = _tag(statement).replace("_", " ")
    return f"not: {said}" if getattr(statement, "negated", False) else said


def sentences(text: str, known: Known, language: str) -> list[Sentence]:
    """Each sentence of a reply, proven or blocked."""
    checked: list[Sentence] = []
    talk = Talk()
    for sentence in parse.reply(text, language, names(known)):
        if not sentence.readings:
            checked.append(Sentence(sentence.text, (), (), _unread(sentence, known)))
            continue
        best = _best(sentence, known, talk)
        talk = best.talk
        checked.append(Sentence(sentence.text, best.says, best.cites, best.violations))
    return checked


def names(known: Known) -> tuple[tuple[str, str], ...]:
    """The words that can be meant as a plan, the customer, a destination or ourselves."""
    plans = [known.plan, *(price.plan for price in known.prices), *(bill.plan for bill in known.bills)]
    plans += [name for done in known.done for name in (done.old, done.new)]
    people = (known.name, *known.name.split())
    hosts = (known.status_page or "").partition("://")[2].partition("/")[0].split(".")
    return (
        *(("plan", plan) for plan in dict.fromkeys(plans) if plan),
        *(("name", name) for name in dict.fromkeys(people) if name),
        *(("to", word) for word in destination_words(known)),
        *(("brand", host) for host in hosts if len(host) > 3),
    )


def _unread(sentence: parse.Sentence, known: Known) -> tuple[Violation, ...]:
    unheld = (
        Violation(check=token.kind, span=sentence.text[token.start - sentence.start : token.end - sentence.start],
                  detail=f"no fact holds this {name}")
        for token, name in figures.unheld(sentence.values, known)
    )  # fmt: skip
    return (*unheld, Violation(check="unrecognised", span=sentence.unread, detail="not a sentence we can prove"))


def _best(sentence: parse.Sentence, known: Known, talk: Talk) -> _Reading:
    """The reading that is wholly licensed, or else the one with the least wrong."""
    if _is_ambiguous(sentence):
        violation = Violation(
            check="ambiguous", span=sentence.text, detail="it can be read as true and as its opposite"
        )
        return _Reading((), (), (violation,), talk)
    readings = (_check(reading, sentence, known, talk) for reading in sentence.readings)
    best = next(readings)
    for reading in readings:
        if not best.violations:
            break
        best = min(best, reading, key=lambda found: len(found.violations))
    return best


def _is_ambiguous(sentence: parse.Sentence) -> bool:
    """Whether one reading affirms what another denies: then neither is what a reader is sure to understand."""
    said = [
        {claim.statement for claim in reading if hasattr(claim.statement, "negated")}
        for reading in sentence.readings
    ]
    return any(
        _opposite(statement) in other and _opposite(statement) not in one and statement not in other
        for one in said
        for other in said
        for statement in one
    )


def _opposite(statement: Statement) -> Statement:
    return msgspec.structs.replace(statement, negated=not getattr(statement, "negated", False))


def _check(reading: tuple[Claim, ...], sentence: parse.Sentence, known: Known, talk: Talk) -> _Reading:
    says: list[Statement] = []
    cites: list[str] = []
    wrong: list[Violation] = []
    for claim in reading:
        verdict, said = _verdict(claim.statement, known, talk)
        verdict = coherence.fault(claim, said, says, reading, known, talk) or verdict
        if coherence.is_sum_of_parts(said, reading):
            verdict = ("arithmetic.sum",)
        says.append(said)
        if isinstance(verdict, Fault):
            span = sentence.text[claim.start - sentence.start : claim.end - sentence.start]
            wrong.append(Violation(check=_tag(said), span=span, detail=verdict.detail))
        else:
            cites += verdict
        talk = reference.after(claim.statement, known, talk)
    for check, detail in coherence.faults_of_all(reading, says, known):
        wrong.append(Violation(check=check, span=sentence.text, detail=detail))
    return _Reading(tuple(says), tuple(dict.fromkeys(cites)), tuple(wrong), talk)


def _verdict(statement: Statement, known: Known, talk: Talk) -> tuple[Verdict, Statement]:
    """Of what a statement may mean, the first that is licensed; else the first.

    A denial must hold of all it may mean, and so must what is said of both.
    """
    if reference.may_be_the_refund(statement, talk):
        return Fault("it may be the refund"), statement
    meanings = reference.meanings(statement, known, talk)
    if not meanings:
        return Fault("it is not clear which invoice is meant"), statement
    verdicts = [(licence.of(meaning, known), meaning) for meaning in meanings]
    must_be_all = getattr(statement, "negated", False) or getattr(statement, "invoice", None) == "both"
    return next((found for found in verdicts if isinstance(found[0], Fault) == must_be_all), verdicts[0])


def _tag(statement: Statement) -> str:
    return str(type(statement).__struct_config__.tag)
