"""Prove a reply: every clause is a sentence we know, and something known licenses what it says. All else is blocked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import msgspec

from agent import licence, parse
from agent.known import Known
from agent.licence import Fault
from agent.parse import Claim, Sentence
from agent.statements import Statement
from agent.tokens import RelativeDay
from agent.values import Violation

IT = "it"  # the invoice that was mentioned last


class Proven(NamedTuple):
    """A sentence of a reply with what it says and the ids of the facts that carry it; a courtesy has none."""

    text: str
    says: tuple[Statement, ...]
    cites: tuple[str, ...]
    violations: tuple[Violation, ...]


class _Reading(NamedTuple):
    says: tuple[Statement, ...]
    cites: tuple[str, ...]
    violations: tuple[Violation, ...]
    mentioned: tuple[str, ...]


def reply(text: str, known: Known, language: str) -> tuple[Violation, ...]:
    """The violations of a reply, in its order; none means every word of it is licensed."""
    sentences = proof(text, known, language)
    if not sentences:
        return (Violation(check="empty", span="", detail="there is no reply"),)
    return tuple(violation for sentence in sentences for violation in sentence.violations)


def proof(text: str, known: Known, language: str) -> list[Proven]:
    """Each sentence of a reply with what carries it, or with what is wrong with it."""
    proven: list[Proven] = []
    mentioned: tuple[str, ...] = ()
    for sentence in parse.reply(text, language):
        if not sentence.readings:
            proven.append(Proven(sentence.text, (), (), (_unread(sentence),)))
            continue
        best = _best(sentence, known, mentioned)
        mentioned = best.mentioned
        proven.append(Proven(sentence.text, best.says, best.cites, best.violations))
    return proven


def _unread(sentence: Sentence) -> Violation:
    return Violation(check="unrecognised", span=sentence.unread, detail="not a sentence we can prove")


def _best(sentence: Sentence, known: Known, mentioned: tuple[str, ...]) -> _Reading:
    """The reading that is wholly licensed, or else the one with the least wrong."""
    best: _Reading | None = None
    for reading in sentence.readings:
        checked = _check(reading, sentence, known, mentioned)
        if not checked.violations:
            return checked
        if best is None or len(checked.violations) < len(best.violations):
            best = checked
    if best is None:
        raise AssertionError("a sentence that was read has a reading")
    return best


def _check(reading: tuple[Claim, ...], sentence: Sentence, known: Known, mentioned: tuple[str, ...]) -> _Reading:
    says, cites, violations = [], [], []
    for claim in reading:
        about = _about(claim.statement, known, mentioned)
        verdict, said = _verdict(about, known)
        says.append(said)
        if isinstance(verdict, Fault):
            start, end = claim.start - sentence.start, claim.end - sentence.start
            violations.append(Violation(check=_tag(said), span=sentence.text[start:end], detail=verdict.detail))
        else:
            cites += verdict
        mentioned = _mentioned(claim.statement, known, mentioned)
    return _Reading(tuple(says), tuple(dict.fromkeys(cites)), tuple(violations), mentioned)


def _tag(statement: Statement) -> str:
    return str(type(statement).__struct_config__.tag)


def _about(statement: Statement, known: Known, mentioned: tuple[str, ...]) -> list[Statement]:
    """The statement with the invoice it can mean: the one it names, else those last spoken of, else any."""
    statement = _dated(statement, known)
    if not hasattr(statement, "invoice"):
        return [statement]
    invoice = statement.invoice
    if invoice not in (None, IT):
        return [statement]
    if invoice is None and (getattr(statement, "money", None) is not None or not mentioned):
        return [statement]
    meant = mentioned or _default(known)
    if not meant:
        return [msgspec.structs.replace(statement, invoice=None)]
    return [msgspec.structs.replace(statement, invoice=name) for name in meant]


def _dated(statement: Statement, known: Known) -> Statement:
    """The statement with "today" and its like as dates."""
    days = {
        name: known.today + timedelta(days=value.days)
        for name in statement.__struct_fields__
        if isinstance(value := getattr(statement, name), RelativeDay)
    }
    return msgspec.structs.replace(statement, **days) if days else statement


def _default(known: Known) -> tuple[str, ...]:
    return (known.decision.invoice,) if known.decision.invoice else tuple(bill.id for bill in known.bills)


def _verdict(about: Iterator[Statement] | list[Statement], known: Known) -> tuple[licence.Verdict, Statement]:
    first: tuple[licence.Verdict, Statement] | None = None
    for statement in about:
        verdict = licence.of(statement, known)
        if not isinstance(verdict, Fault):
            return verdict, statement
        first = first or (verdict, statement)
    if first is None:
        raise AssertionError("a statement is about something")
    return first


def _mentioned(statement: Statement, known: Known, before: tuple[str, ...]) -> tuple[str, ...]:
    """The invoices that "it" means from here on."""
    invoice = getattr(statement, "invoice", None)
    if invoice not in (None, IT):
        return (invoice,)
    if invoice == IT or not isinstance(statement, licence.say.InvoiceIs):
        return before
    meant = tuple(
        bill.id for bill in known.bills if not isinstance(licence.of(_at(statement, bill.id), known), Fault)
    )
    return meant or before


def _at(statement: Statement, invoice: str) -> Statement:
    return msgspec.structs.replace(statement, invoice=invoice)
