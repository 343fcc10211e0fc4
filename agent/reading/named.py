"""What a message names: amounts, dates, invoices, tickets, plans, addresses, error codes, and haste.

Each is found where it stands; nothing is invented, completed or repaired.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from msgspec.structs import replace

from agent.reading import amounts, dates
from agent.reading import names as naming
from agent.reading.names import Names
from agent.reading.text import Plain
from agent.values import Entities, Entity, EntityKind
from flowops.money import money

Named = TypeVar("Named")

# Where two readings of the same characters overlap, the earlier kind here is right.
_FIRST = ("email", "invoice", "ticket", "date", "money", "error_code", "plan")
_MASKED = re.compile(r"\[[a-z ]+ (?:removed|ending \w{4})\]")

_LATEST = re.compile(
    r"\b(?:last|latest|most recent) (?:(?:paid|monthly|annual|yearly|subscription) )?"
    r"(?:invoice|payment|charge|bill)\b",
    re.IGNORECASE,
)
_URGENT = re.compile(
    r"(?<!\bnot )(?<!n't )(?<!\bno )\b(?:urgent(?:ly)?|asap|a\.s\.a\.p|immediately|right now|emergency)\b",
    re.IGNORECASE,
)
_ASKED_BEFORE = re.compile(
    r"\b(?:refund|reimburse|back)(?:ed|ing)?"
    r"(?: (?:me|us|my|our|the|a|an|of|for|only|just|exactly|amount|part|at least|back)){0,4} $",
    re.IGNORECASE,
)
_ASKED_AFTER = re.compile(r" (?:back|refund|refunded|returned)\b", re.IGNORECASE)


def find(plain: Plain, *, today: date, names: Names) -> tuple[Entity, ...]:
    """The entities in order, none overlapping another. Their spans are of `plain.text`."""
    found = sorted(_all(plain.text, today, names), key=lambda one: (_FIRST.index(one.kind), one.start, -one.end))
    taken = bytearray(len(plain.text))  # by character: the time stays linear in the text
    for match in _MASKED.finditer(plain.text):
        taken[match.start() : match.end()] = b"x" * (match.end() - match.start())
    kept: list[Entity] = []
    for entity in found:
        if not any(taken[entity.start : entity.end]):
            taken[entity.start : entity.end] = b"x" * (entity.end - entity.start)
            kept.append(entity)
    return tuple(sorted(kept, key=lambda one: one.start))


def of(plain: Plain, found: tuple[Entity, ...], *, original: str, names: Names) -> Entities:
    """What policy asks of them, each once; and all of them, with their places in the `original`."""
    text = plain.text
    sums = [(entity, money(entity.value, entity.currency)) for entity in found if entity.currency]
    return Entities(
        invoices=_unique(_id(entity, names.invoice_prefixes[0]) for entity in found if entity.kind == "invoice"),
        amounts=_unique(amount for _, amount in sums),
        amounts_asked_back=_unique(amount for entity, amount in sums if _is_asked_back(entity, text)),
        dates=_unique(date.fromisoformat(entity.value) for entity in found if entity.kind == "date"),
        means_latest=_LATEST.search(text) is not None,
        urgent=_URGENT.search(text) is not None,
        found=tuple(_in_original(entity, plain, original) for entity in found),
    )


def _all(text: str, today: date, names: Names) -> Iterator[Entity]:
    for amount in (*amounts.find(text), *amounts.bare(text)):
        currency = amount.money.currency if amount.money else None
        yield _entity("money", text, amount.start, amount.end, str(amount.number), currency)
    for day in dates.find(text, today):
        yield _entity("date", text, day.start, day.end, day.date.isoformat())
    for name in naming.find(text, names):
        yield _entity(name.kind, text, name.start, name.end, name.value)


def _entity(kind: EntityKind, text: str, start: int, end: int, value: str, currency: str | None = None) -> Entity:
    return Entity(kind=kind, start=start, end=end, text=text[start:end], value=value, currency=currency)


def _in_original(entity: Entity, plain: Plain, original: str) -> Entity:
    start, end = plain.span(entity.start, entity.end)
    return replace(entity, start=start, end=end, text=original[start:end])


def _id(entity: Entity, prefix: str) -> str:
    """The id as the company writes it: of a bare number, with the company's prefix."""
    return entity.value if "_" in entity.value else f"{prefix}_{entity.value}"


def _is_asked_back(entity: Entity, text: str) -> bool:
    """ "Refund me €20", "€20 back"; but not "charged €20, refund it"."""
    before, after = text[max(0, entity.start - 40) : entity.start], text[entity.end :][:10]
    return _ASKED_BEFORE.search(before) is not None or _ASKED_AFTER.match(after) is not None


def _unique(found: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(dict.fromkeys(found))
