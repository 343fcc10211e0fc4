"""What a message names: amounts, dates, invoices, tickets, plans, addresses and error codes.

Each is found where it stands; nothing is invented, completed or repaired.
"""

import re
from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from agent.reading import amounts, dates
from agent.reading import names as naming
from agent.reading.names import Names
from agent.reading.text import Plain
from agent.values import Entity, EntityKind

# Where two readings of the same characters overlap, the earlier kind here is right.
_FIRST = ("email", "invoice", "ticket", "date", "money", "error_code", "plan")
_MASKED = re.compile(r"\[[a-z ]+ (?:removed|ending \w{4})\]")


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


def placed(found: tuple[Entity, ...], plain: Plain, original: str) -> tuple[Entity, ...]:
    """The entities with their places in the `original`."""
    return tuple(_in_original(entity, plain, original) for entity in found)


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
