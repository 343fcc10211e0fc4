"""Text back to statements: sentences, the clauses in each, and what each clause says. Nothing is left out."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agent import clauses
from agent.clauses import Clauses
from agent.grammar import LONGEST_SENTENCE, Capture, shape_of
from agent.phrasebook import MENTION, Phrasebook, Rule, book, coerced, mention_fields, required_slots
from agent.statements import (
    Courtesy,
    CustomerIs,
    CustomerSaid,
    DayIs,
    EmailOnFile,
    InvoiceIs,
    PlanChanged,
    PlanCosts,
    PlanExists,
    PlanIs,
    SignedBy,
    Statement,
    StatusPage,
)
from agent.tokens import BAD, Names, RelativeDay, Token, normal

_STOPS = frozenset((".", "!", "?", "{newline}", "{dots}"))
PRONOUNS = frozenset(("it", "other", "both", "any"))  # what can stand in the slot of an invoice besides its id
VALUES = frozenset(("money", "date", "percent", "id", "email", "url", "phone", BAD))
_TRAILING = frozenset((",", ":", ";", "–", "-"))


class Claim(NamedTuple):
    """One statement and the words that make it, in which clause, and how that hangs on the one before."""

    statement: Statement
    start: int
    end: int
    clause: int = 0
    links: frozenset[str] = frozenset()


class Sentence(NamedTuple):
    """A sentence with the ways it can be read; none, and `unread` is the part that no pattern spells out."""

    text: str
    start: int
    readings: tuple[tuple[Claim, ...], ...]
    unread: str
    values: tuple[Token, ...] = ()


def reply(text: str, language: str, names: Names = ()) -> list[Sentence]:
    """The sentences of a reply in this language, in order; every character but white space is in one.

    `names` are the words that can stand for a plan, a person, a destination; others are not read as such.
    """
    plain, spoken = normal(text), book(language)
    tokens = spoken.tokens.of(plain, (*names, *spoken.status_names))
    return [_sentence(plain, spoken, tokens[first:last], stop) for first, last, stop in _split(tokens)]


def _split(tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    """Where sentences begin and end, and the mark that ends each."""
    first = 0
    for at, token in enumerate(tokens):
        if token.key in _STOPS:
            if at > first:
                yield first, at, token.key
            first = at + 1
    if first < len(tokens):
        yield first, len(tokens), ""


def _sentence(plain: str, spoken: Phrasebook, tokens: list[Token], stop: str) -> Sentence:
    start, end = tokens[0].start, tokens[-1].end
    text = plain[start : end + (stop in (".", "!", "?"))]
    values = tuple(token for token in tokens if token.kind in VALUES)
    if len(tokens) > LONGEST_SENTENCE:
        return Sentence(text, start, (), text, values)
    body = spoken.tokens.heard(tokens)
    while body and body[-1].key in _TRAILING:
        body = body[:-1]
    if not body:  # "Kindly." says nothing, "Definitely." answers
        confirms = any(token.key in spoken.habits.confirming for token in tokens)
        return Sentence(text, start, () if confirms else ((),), text if confirms else "")
    chains, furthest = clauses.read(spoken.language, shape_of(body), stop == "?")
    heard = {body[0].start: start}, {body[-1].end: start + len(text)}
    readings = ((_glue(tokens, body, chain), chain) for chain in chains)
    made = ((glue, _claims(plain, spoken, body, chain, glue)) for glue, chain in readings)
    sound = tuple(
        dict.fromkeys(
            _whole(reading, *heard)
            for glue, reading in made
            if reading is not None and not (_answers_nothing(reading) and _confirms(spoken, glue))
        )
    )
    if sound:
        return Sentence(text, start, sound, "")
    left = body[min(furthest, len(body) - 1)].start if furthest else start
    return Sentence(text, start, (), plain[left : start + len(text)], values)


def _glue(tokens: list[Token], body: list[Token], chain: Clauses) -> list[frozenset[str]]:
    """The words before each clause and behind the last that are in none, unheard ones too."""
    edges = [0, *(place for clause in chain for place in (body[clause.start].start, body[clause.end - 1].end))]
    gaps = [*zip(edges[::2], edges[1::2], strict=False), (edges[-1], tokens[-1].end)]
    return [frozenset(token.key for token in tokens if first <= token.start < last) for first, last in gaps]


def _links(spoken: Phrasebook, first: Token, glue: frozenset[str]) -> frozenset[str]:
    """How a clause hangs together with what was before: by the words there, or by its own first one."""
    words = glue | {first.key}
    return frozenset(name for name, linking in spoken.habits.links.items() if not linking.isdisjoint(words))


def _confirms(spoken: Phrasebook, glue: list[frozenset[str]]) -> bool:
    """Whether it answers ("yes") or names a topic ("as for the refund"), and so consents to it."""
    return not spoken.habits.confirming.isdisjoint(frozenset().union(*glue))


_ANSWERS_NOTHING = (
    Courtesy,
    CustomerIs,
    SignedBy,
    PlanIs,
    StatusPage,
    EmailOnFile,
    PlanExists,
    DayIs,
    CustomerSaid,
)


def _answers_nothing(reading: tuple[Claim, ...]) -> bool:
    """Nothing but politeness and background: behind a "yes" it would confirm whatever was said before."""
    return all(isinstance(claim.statement, _ANSWERS_NOTHING) for claim in reading)


def _whole(reading: tuple[Claim, ...], starts: dict[int, int], ends: dict[int, int]) -> tuple[Claim, ...]:
    """Claims at the edges of a sentence, with the words and marks there that are not heard."""
    return tuple(
        claim._replace(start=starts.get(claim.start, claim.start), end=ends.get(claim.end, claim.end))
        for claim in reading
    )


def _claims(
    plain: str, spoken: Phrasebook, body: list[Token], chain: Clauses, glue: list[frozenset[str]]
) -> tuple[Claim, ...] | None:
    """What a chain of clauses says; None where a slot is filled with two different values."""
    claims: list[Claim] = []
    for number, clause in enumerate(chain):
        slots = _slots(plain, spoken, body, clause.captures)
        if slots is None:
            return None
        said = _statements(clause.rule, slots)
        if said is None:
            return None
        start, end = body[clause.start].start, body[clause.end - 1].end
        said_before = frozenset[str]()
        if all(
            isinstance(claim.statement, Courtesy) for claim in claims
        ):  # "About the cancellation, thanks: it is …"
            said_before = frozenset(token.key for token in body[: clause.start])
        links = _links(spoken, body[clause.start], glue[number] | said_before)
        claims += [Claim(statement, start, end, number, links) for statement in said]
    return tuple(claims)


def _slots(
    plain: str, spoken: Phrasebook, body: list[Token], captures: tuple[Capture, ...]
) -> dict[str, Any] | None:
    slots: dict[str, Any] = {}
    for capture in captures:
        value = _value(plain, spoken, body, capture)
        if value is None:
            return None
        if capture.slot == "invoices":
            slots["invoices"] = (*slots.get("invoices", ()), value)
        elif isinstance(slots.get(capture.slot), RelativeDay) and not isinstance(value, RelativeDay):
            slots["day_is"] = DayIs(days=slots[capture.slot].days, date=value)  # "today, 9 July": both are checked
            slots[capture.slot] = value
        elif slots.setdefault(capture.slot, value) != value:
            return None
    return slots


def _value(plain: str, spoken: Phrasebook, body: list[Token], capture: Capture) -> Any:
    if capture.constant is not None:
        return coerced(capture.slot, capture.constant)
    first, last = body[capture.start], body[capture.end - 1]
    match capture.slot.removeprefix(MENTION).partition(".")[0]:
        case "month":
            return spoken.tokens.month(first)
        case "days" | "hours" | "low" | "high" | "count" | "over" | "year":
            return spoken.tokens.number(first)
        case "status":
            return spoken.statuses.get(plain[first.start : last.end].lower())
        case "money" | "limit" | "percent" | "date" | "paid_on" | "effective" | "quote":
            return first.value
        case _:
            return plain[first.start : last.end].strip("“”„\"«»'")


def _whose_price(rule: Rule, slots: Mapping[str, Any]) -> dict[str, Any]:
    """A price told beside the customer's plan is theirs; beside a change of plan, it is the new plan's."""
    kinds = {said.kind for said in rule.says}
    if PlanChanged in kinds and "new" in slots and "plan" not in slots:
        return {"plan": slots["new"]}
    return {"own": True} if PlanIs in kinds else {}


def _statements(rule: Rule, slots: Mapping[str, Any]) -> list[Statement] | None:
    """What a clause says; None where a value has no place in any of its statements and would go unchecked."""
    mention = {name: slots[MENTION + name] for name in mention_fields() if MENTION + name in slots}
    placed = {MENTION + name for name in mention}
    named = slots.get("invoice")
    said: list[Statement] = [InvoiceIs(invoice=None if named in PRONOUNS else named, **mention)] if mention else []
    if "day_is" in slots:
        said.append(slots["day_is"])
        placed.add("day_is")
    if "name" in slots:
        said.append(CustomerIs(name=slots["name"]))
        placed.add("name")
    for number, each in enumerate(rule.says, 1):
        own = {
            name: slot
            for name in each.kind.__struct_fields__
            for slot in (name, f"{name}.{number}")
            if slot in slots
        }
        values = {**{name: slots[slot] for name, slot in own.items()}, **each.constants}
        if mention and "invoice" in each.kind.__struct_fields__:
            values.setdefault("invoice", "it")  # the invoice that this very clause describes
        if each.kind is PlanCosts:
            values |= _whose_price(rule, slots)
        if not required_slots(each.kind) <= set(values):
            return None
        said.append(each.kind(**values))
        placed |= set(own) | set(own.values())
    left = set(slots) - placed
    if left == {"invoice"}:
        return [InvoiceIs(invoice=named), *said]
    return None if left - ({"invoice"} if mention else set()) else said
