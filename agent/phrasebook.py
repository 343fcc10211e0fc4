"""The phrasebooks: how each statement is written in a language, and which sentences are read as saying it.

A phrasebook is a directory of YAML files in `agent/phrasebooks/`, written to be edited by people: `shared.yaml`
has the language's habits, its glue words and phrases that sentences are made of; the others hold `statements`. A
key there is a statement's tag, `not` for the negated one, constants, and `+` for a sentence that says two things:

    not refund_issued:
      write: [No refund has been made for invoice {invoice}.]   # what we write, where just these slots are filled
      read: ["<we> have not refunded <invoice>"]                # what else we understand
    passed_to_person + response_time:
      read: ["(a colleague|<team>) will answer [you] within {hours} hours"]
"""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, get_args

import msgspec
import yaml
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_percent

from agent.grammar import Choice, Node, NotAPattern, Patterns, SlotKind
from agent.statements import InvoiceIs, Statement
from agent.tokens import Habits, RelativeDay, Tokens
from flowops.money import Money

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
KINDS: dict[str, type[Statement]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Statement)}
LINKS = ("because", "therefore", "additive", "topics")
MENTION = "of_"  # a slot `of_date` says which invoice is meant: the one of that date

_ID, _NUMBER, _DATE = frozenset(("id", "number", "long_number")), frozenset(("number",)), frozenset(("date",))
_SLOT_KINDS = {
    **dict.fromkeys(("invoice", "invoices", "ref", "ticket", "handoff", "code"), SlotKind(_ID)),
    **dict.fromkeys(("days", "hours", "low", "high", "count", "over", "year"), SlotKind(_NUMBER)),
    **dict.fromkeys(("date", "paid_on", "effective"), SlotKind(_DATE)),
    "limit": SlotKind(frozenset(("money",))),
    **dict.fromkeys(("money", "percent", "email", "url", "quote", "month"), None),
    **dict.fromkeys(("plan", "old", "new", "than"), SlotKind(frozenset(("plan",)), 5)),
    **dict.fromkeys(("status", "about"), SlotKind(frozenset(("status",)), 4)),
    "brand": SlotKind(frozenset(("brand",)), 3),
    "to": SlotKind(frozenset(("to",)), 6),
    "name": SlotKind(frozenset(("name",)), 4),
}


class Said(NamedTuple):
    """One thing a pattern says: a kind of statement and the slots it sets by itself."""

    kind: type[Statement]
    constants: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Rule:
    """One pattern of a phrasebook: what it says, and whether it is a question."""

    pattern: str
    says: tuple[Said, ...]
    is_question: bool
    node: Node


class Glue(NamedTuple):
    """What may stand before a clause, between two, and behind the last, without saying anything."""

    opens: Node
    joins: Node
    closes: Node


class Phrasebook:
    """One language. Raises NotAPattern for what is malformed."""

    def __init__(self, language: str, parts: Iterable[Mapping[str, Any]]) -> None:
        shared: dict[str, Any] = {}
        phrases: dict[str, str] = {}
        self.templates: list[tuple[Said, str]] = []
        read: list[tuple[str, str]] = []
        for part in parts:
            shared |= {key: value for key, value in part.items() if key not in ("phrases", "statements")}
            for name, text in (part.get("phrases") or {}).items():
                if name in phrases:
                    raise NotAPattern(f"{language}: <{name}> is defined twice")
                phrases[name] = _alternatives(text)
            for key, entry in (part.get("statements") or {}).items():
                self.templates += [(_said(key), _as_written(text)) for text in entry.get("write", ())]
                read += [(key, text) for text in (*entry.get("write", ()), *entry.get("read", ()))]
        self.language = language
        self.habits = _habits(shared)
        self.tokens = Tokens(self.habits)
        self._dates = shared["dates"]
        self._statuses = {
            name: words if isinstance(words, list) else [words] for name, words in shared["statuses"].items()
        }
        self.statuses = {word: name for name, words in self._statuses.items() for word in words}
        self.status_names = tuple(("status", word) for word in self.statuses)
        self.patterns = Patterns(phrases, slot_kind, cache(self.tokens.keys))
        self.rules = [self._rule(key, text) for key, text in read]
        self.glue = Glue(*(self._any_of(shared["glue"][name]) for name in ("opens", "joins", "closes")))
        self.by_first: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for first in rule.node.first:
                self.by_first.setdefault(first, []).append(rule)

    def write(self, statement: Statement) -> str:
        """The statement as a sentence of this language. Raises KeyError where its slots have no template."""
        slots = {name: getattr(statement, name) for name in statement.__struct_fields__}
        given = {name: value for name, value in slots.items() if value is not None and value is not False}
        for said, template in self.templates:
            free = set(_SLOT.findall(template))
            is_kind = isinstance(statement, said.kind) and free | set(said.constants) == set(given)
            if is_kind and all(given[name] == value for name, value in said.constants.items()):
                return template.format_map({name: self._written(name, given[name]) for name in free})
        raise KeyError(f"{self.language}: no template for {statement}")

    def _written(self, slot: str, value: Any) -> str:
        if slot == "status":
            return str(self._statuses.get(value, [value])[0])
        if slot == "percent":
            return format_percent(value / 100, "#,##0.##%", locale=self.habits.locale)
        match value:
            case Money():
                return format_currency(value.amount, value.currency, locale=self.habits.locale)
            case date():
                return format_date(value, self._dates, locale=self.habits.locale)
            case tuple():
                return format_list(value, style="or", locale=self.habits.locale)
            case _:
                return str(value)

    def _rule(self, key: str, text: str) -> Rule:
        says = tuple(map(_said, key.split(" + ")))
        is_question = text.endswith("?")
        try:
            node = self.patterns.compile(_with_lists(text.rstrip(".?! ").removeprefix("¿"), self.habits.locale))
        except NotAPattern as fault:
            raise NotAPattern(f"{self.language}, {key}: {fault}") from None
        return Rule(text, says, is_question, node)

    def _any_of(self, texts: Iterable[str]) -> Node:
        return Choice([self.patterns.compile(text) for text in texts])


def slot_kind(name: str) -> SlotKind:
    """How a slot is filled. Raises NotAPattern for one nobody knows."""
    plain = name.removeprefix(MENTION).partition(".")[0]
    if plain not in _SLOT_KINDS:
        raise NotAPattern(f"{{{name}}} is no slot")
    return _SLOT_KINDS[plain] or SlotKind(frozenset((plain,)))


def render(statements: Iterable[Statement], language: str) -> str:
    """Prose for these statements, in their order."""
    return " ".join(map(book(language).write, statements))


@cache
def book(language: str) -> Phrasebook:
    """The phrasebook of a language, read once."""
    directory = resources.files("agent") / "phrasebooks" / language
    files = sorted((file for file in directory.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parts = [yaml.load(file.read_text(encoding="utf-8"), loader) or {} for file in files]  # noqa: S506
    with _no_garbage():
        return Phrasebook(language, parts)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """What is made here is kept for ever: to look for garbage in it would take as long as making it, and later
    stop a reply for half a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _said(text: str) -> Said:
    words = text.split()
    constants: dict[str, Any] = {}
    if words[0] == "not":
        words, constants = words[1:], {"negated": True}
    kind = KINDS.get(words[0])
    if kind is None:
        raise NotAPattern(f"{words[0]!r} is no statement")
    for word in words[1:]:
        name, _, value = word.partition("=")
        if name not in kind.__struct_fields__:
            raise NotAPattern(f"{words[0]} has no slot {name!r}")
        constants[name] = coerced(name, value)
    return Said(kind, constants)


def coerced(slot: str, constant: str) -> Any:
    """A constant written in a phrasebook, as the slot's type."""
    plain = slot.removeprefix(MENTION)
    if plain == "percent":
        return Decimal(constant)
    if _SLOT_KINDS.get(plain) == SlotKind(_DATE):
        return RelativeDay(days=int(constant))
    return int(constant) if _SLOT_KINDS.get(plain) == SlotKind(_NUMBER) or plain == "month" else constant


def _as_written(text: str) -> str:
    """A template is what people will read. Raises NotAPattern for one that holds a pattern's marks."""
    if marks := sorted(set("()[]<>|\\") & set(text)):
        raise NotAPattern(f"{text!r}: what we write has no {' '.join(marks)}")
    return text


def _with_lists(text: str, locale: str) -> str:
    """A template's {invoices} as the list of them that is written there: a, b or c."""
    word = format_list(("", ""), style="or", locale=locale).strip()
    return text.replace("{invoices}", f"{{invoices}} [(, {{invoices}})* [,] {word} {{invoices}}]")


def _habits(shared: Mapping[str, Any]) -> Habits:
    numbers = {word.strip(): number for number, word in enumerate(shared["numbers"].split(","))}
    numbers |= shared.get("more_numbers") or {}
    endings = _words(shared, "endings")
    same = {word: kept for kept, words in (shared.get("same") or {}).items() for word in words.split()}
    return Habits(
        locale=shared["locale"],
        day_first=shared["day_first"],
        numbers=numbers,
        contractions=shared.get("contractions") or {},
        endings=endings,
        same=same,
        unheard=_words(shared, "unheard"),
        limiting=_words(shared, "limiting"),
        confirming=frozenset(same.get(word, word) for word in _words(shared, "confirming")),
        links={name: frozenset(same.get(word, word) for word in _words(shared, name)) for name in LINKS},
        denials=_words(shared, "denials"),
    )


def _words(shared: Mapping[str, Any], name: str) -> frozenset[str]:
    return frozenset((shared.get(name) or "").split())


def _alternatives(text: Any) -> str:
    """A phrase may be written as a list of its alternatives."""
    return "|".join(text) if isinstance(text, list) else str(text)


_SLOT = re.compile(r"\{(\w+)\}")


@cache
def required_slots(kind: type[Statement]) -> frozenset[str]:
    """The slots without which a statement of this kind says nothing."""
    return frozenset(field.name for field in msgspec.structs.fields(kind) if field.required)


def mention_fields() -> Iterator[str]:
    return (name for name in InvoiceIs.__struct_fields__ if name not in ("negated", "invoice"))
