"""Prove a reply: every clause is a sentence we know, and something known licenses what it says. All else is blocked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from agent import figures, licence, parse
from agent.known import Known
from agent.licence import Fault
from agent.parse import Claim
from agent.statements import InvoiceIs, RefundApproved, RefundIssued, Statement, WouldRefund
from agent.tokens import RelativeDay
from agent.values import Violation

IT = "it"  # in the slot `invoice`: the one that was mentioned last
STYLE = frozenset(("unrecognised", "ambiguous", "empty"))


class Sentence(NamedTuple):
    """A sentence of a reply with what it says and the ids of the facts that carry it, or with what is wrong with it."""

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
    return violations(sentences(text, known, language))


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
    mentioned: tuple[str, ...] = ()
    for sentence in parse.reply(text, language, names(known)):
        if not sentence.readings:
            checked.append(Sentence(sentence.text, (), (), _unread(sentence, known)))
            continue
        best = _best(sentence, known, mentioned)
        mentioned = best.mentioned
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
        *(("to", word) for word in licence.destination_words(known)),
        *(("brand", host) for host in hosts if len(host) > 3),
    )


def _unread(sentence: parse.Sentence, known: Known) -> tuple[Violation, ...]:
    unheld = (
        Violation(check=token.kind, span=sentence.text[token.start - sentence.start : token.end - sentence.start],
                  detail=f"no fact holds this {name}")
        for token, name in figures.unheld(sentence.values, known)
    )  # fmt: skip
    return (*unheld, Violation(check="unrecognised", span=sentence.unread, detail="not a sentence we can prove"))


def _best(sentence: parse.Sentence, known: Known, mentioned: tuple[str, ...]) -> _Reading:
    """The reading that is wholly licensed, or else the one with the least wrong."""
    if _is_ambiguous(sentence):
        violation = Violation(check="ambiguous", span=sentence.text, detail="it can be read as true and as its opposite")
        return _Reading((), (), (violation,), mentioned)
    readings = (_check(reading, sentence, known, mentioned) for reading in sentence.readings)
    best = next(readings)
    for reading in readings:
        if not best.violations:
            break
        best = min(best, reading, key=lambda found: len(found.violations))
    return best


def _is_ambiguous(sentence: parse.Sentence) -> bool:
    """Whether one reading affirms what another denies: then neither is what a reader is sure to understand."""
    polarities = [
        {(type(claim.statement), claim.statement.negated) for claim in reading if hasattr(claim.statement, "negated")}
        for reading in sentence.readings
    ]
    return any(
        (kind, not negated) in other and (kind, not negated) not in one
        for one in polarities
        for other in polarities
        for kind, negated in one
        if (kind, negated) not in other
    )


def _check(
    reading: tuple[Claim, ...], sentence: parse.Sentence, known: Known, mentioned: tuple[str, ...]
) -> _Reading:
    says, cites, wrong = [], [], []
    for claim in reading:
        verdict, said = _verdict(_meanings(claim.statement, known, mentioned), known)
        if isinstance(said, InvoiceIs) and any(map(_is_refund_of_something, says)):
            verdict = _amount_beside_a_refund(said, known, verdict)
        says.append(said)
        if isinstance(verdict, Fault):
            span = sentence.text[claim.start - sentence.start : claim.end - sentence.start]
            wrong.append(Violation(check=_tag(said), span=span, detail=verdict.detail))
        else:
            cites += verdict
        mentioned = _mentioned(said, known, mentioned)
    return _Reading(tuple(says), tuple(dict.fromkeys(cites)), tuple(wrong), mentioned)


def _is_refund_of_something(said: Statement) -> bool:
    """Whether it speaks of a refund without its amount: an amount that follows is understood to be that."""
    return (
        isinstance(said, RefundIssued | RefundApproved | WouldRefund)
        and said.money is None
        and said.percent is None
        and not getattr(said, "negated", False)
    )


def _amount_beside_a_refund(said: InvoiceIs, known: Known, verdict: licence.Verdict) -> licence.Verdict:
    refunds = {known.decision.money, *(done.money for done in known.done if done.type == "refund")}
    if said.money is None or said.money in refunds:
        return verdict
    return Fault("beside a refund, this amount reads as what was refunded")


def _verdict(meanings: list[Statement], known: Known) -> tuple[licence.Verdict, Statement]:
    """Of what a statement may mean, the first that is licensed; else the first. A denial must hold of all of it."""
    verdicts = [(licence.of(statement, known), statement) for statement in meanings]
    if getattr(meanings[0], "negated", False):
        return next((found for found in verdicts if isinstance(found[0], Fault)), verdicts[0])
    return next((found for found in verdicts if not isinstance(found[0], Fault)), verdicts[0])


def _meanings(statement: Statement, known: Known, mentioned: tuple[str, ...]) -> list[Statement]:
    """The statement with the invoice it can mean: the one it names, else those last spoken of, else any."""
    statement = _dated(statement, known)
    invoice = getattr(statement, "invoice", "")
    if invoice not in (None, IT):
        return [statement]
    if invoice is None and (getattr(statement, "money", None) is not None or not mentioned):
        return [statement]
    meant = mentioned or _default(known)
    return [msgspec.structs.replace(statement, invoice=name) for name in meant or (None,)]


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


def _mentioned(statement: Statement, known: Known, before: tuple[str, ...]) -> tuple[str, ...]:
    """The invoices that "it" means from here on."""
    invoice = getattr(statement, "invoice", None)
    if invoice is not None:
        return (invoice,)
    if not isinstance(statement, InvoiceIs):
        return before
    meant = (msgspec.structs.replace(statement, invoice=bill.id) for bill in known.bills)
    return tuple(m.invoice for m in meant if not isinstance(licence.of(m, known), Fault)) or before


def _tag(statement: Statement) -> str:
    return str(type(statement).__struct_config__.tag)
