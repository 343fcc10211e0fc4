"""Exact sentences with slots and choices, read from left to right.

A pattern is written as it is spoken, with a little notation:

    {money}             a slot, filled by a token of its kind (a name by several)
    full{percent=100}   a word that also fills a slot, with a constant
    (a|b c|d)  [a|b]    one of these; one of these or nothing
    (a|b)*  (a|b)+      any number of these; at least one
    <name>              another pattern, by its name
    \\( \\)               parentheses that are meant as such

There is no "any word" and no gap: a text is one of the sentences a pattern spells out, or it is not. Patterns
cannot call themselves, and what one has read from a place is remembered, so reading takes polynomial time at worst
and, with sentences of bounded length, time linear in the text.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeVar

from agent.tokens import Token

MOST_STEPS = 6_000  # choices looked at in one sentence; real ones take some hundreds
LONGEST_SENTENCE = 160  # tokens; a longer one is nobody's, and is not read
ALTERNATIVES = 16  # readings of one sentence that are looked at


T = TypeVar("T")


class Capture(NamedTuple):
    """A slot with the tokens it was filled by, or with a constant."""

    slot: str
    start: int
    end: int
    constant: str | None = None


class End(NamedTuple):
    at: int
    captures: tuple[Capture, ...]


class SlotKind(NamedTuple):
    """Which kinds of token fill a slot, and how many of them in a row."""

    kinds: frozenset[str]
    longest: int = 1


Shape = tuple[tuple[str, frozenset[str]], ...]


class NotAPattern(ValueError):
    """The text of a pattern is malformed, or names what does not exist."""


class Exhausted(Exception):
    """A sentence took more steps than any real one does."""


class Reader:
    """One sentence being read; remembers what each named pattern found from each place, and counts its steps."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.found: dict[tuple[int, int], list[End]] = {}
        self.steps = 0

    def step(self) -> None:
        """Raises Exhausted."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Exhausted


class Node(ABC):
    """A piece of a pattern. `first` are the keys and kinds it can begin with; `nullable`: it may be nothing."""

    first: frozenset[str] = frozenset()
    nullable = False

    @abstractmethod
    def ends(self, reader: Reader, at: int) -> list[End]:
        """Where it can end when it begins here, each with what it fills on the way."""
        ...


class Word(Node):
    def __init__(self, key: str) -> None:
        self.key = key
        self.first = frozenset((key,))

    def ends(self, reader: Reader, at: int) -> list[End]:
        if at >= len(reader.shape) or reader.shape[at][0] != self.key:
            return []
        return [End(at + 1, ())]


_word = cache(Word)  # one for each key: they hold nothing else


class Constant(Node):
    """A slot filled without a word: the one it was written at is not heard."""

    nullable = True

    def __init__(self, slot: str, value: str) -> None:
        self.slot, self.value = slot, value

    def ends(self, reader: Reader, at: int) -> list[End]:
        return [End(at, (Capture(self.slot, at, at, self.value),))]


class Slot(Node):
    def __init__(self, name: str, kind: SlotKind) -> None:
        self.name, self.kind = name, kind
        self.first = frozenset("=" + kind for kind in kind.kinds)

    def ends(self, reader: Reader, at: int) -> list[End]:
        ends, end = [], at
        while end < len(reader.shape) and end - at < self.kind.longest and self.kind.kinds & reader.shape[end][1]:
            end += 1
            ends.append(End(end, (Capture(self.name, at, end),)))
        return ends


class Chain(Node):
    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = parts
        self.nullable = all(part.nullable for part in parts)
        first: set[str] = set()
        for part in parts:
            first |= part.first
            if not part.nullable:
                break
        self.first = frozenset(first)

    def ends(self, reader: Reader, at: int) -> list[End]:
        ends = [End(at, ())]
        for part in self.parts:
            ends = [_further(end, further) for end in ends for further in part.ends(reader, end.at)]
            if not ends:
                break
        return ends


class Choice(Node):
    """One of several; which can begin at a token is looked up, not tried."""

    def __init__(self, options: Sequence[Node]) -> None:
        self.options = options
        self.nullable = any(option.nullable for option in options)
        self.first = frozenset().union(*(option.first for option in options))
        self._nullable = [option for option in options if option.nullable]
        self._by_first: dict[str, list[Node]] = {}
        for option in options:
            for key in option.first:
                self._by_first.setdefault(key, []).append(option)

    def ends(self, reader: Reader, at: int) -> list[End]:
        reader.step()
        ends = [end for option in self._nullable for end in option.ends(reader, at) if end.at == at]
        if at < len(reader.shape):
            for option in candidates(self._by_first, reader.shape[at]):
                ends += [end for end in option.ends(reader, at) if end.at > at]
        return _unique(ends)


class Repeat(Node):
    def __init__(self, part: Node, at_least_once: bool) -> None:
        self.part, self.at_least_once = part, at_least_once
        self.nullable = not at_least_once or part.nullable
        self.first = part.first

    def ends(self, reader: Reader, at: int) -> list[End]:
        rounds, ends = [End(at, ())], [] if self.at_least_once else [End(at, ())]
        while rounds:
            rounds = _unique(
                _further(end, further)
                for end in rounds
                for further in self.part.ends(reader, end.at)
                if further.at > end.at
            )
            ends += rounds
        return _unique(ends)


class Named(Node):
    """A named pattern: read once from each place, however many patterns use it."""

    def __init__(self, body: Node) -> None:
        self.body, self.first, self.nullable = body, body.first, body.nullable

    def ends(self, reader: Reader, at: int) -> list[End]:
        key = (id(self), at)
        if key not in reader.found:
            reader.found[key] = self.body.ends(reader, at)
        return reader.found[key]


def candidates(by_first: Mapping[str, list[T]], token: tuple[str, frozenset[str]]) -> list[T]:
    """What can begin with the token, each once."""
    key, kinds = token
    found = [options for name in (key, *map(_AS_FIRST, kinds)) if (options := by_first.get(name))]
    if len(found) < 2:
        return found[0] if found else []
    return list(dict.fromkeys(option for options in found for option in options))


def shape_of(tokens: Iterable[Token]) -> Shape:
    return tuple((token.key, token.kinds) for token in tokens)


class Patterns:
    """The patterns of one language, compiled on demand; `named` are those others may use by name."""

    def __init__(
        self, named: Mapping[str, str], slots: Callable[[str], SlotKind], words: Callable[[str], list[str]]
    ) -> None:
        self._texts, self._slots, self._words = named, slots, words
        self._made: dict[str, Named] = {}
        self._making: list[str] = []

    def compile(self, text: str) -> Node:
        """Raises NotAPattern."""
        pieces = [piece for piece in _PIECE.findall(text) if piece.strip()]
        node, rest = self._choice(pieces, 0)
        if rest != len(pieces):
            raise NotAPattern(f"{text!r}: {pieces[rest]!r} is not opened")
        return node

    def _choice(self, pieces: list[str], at: int) -> tuple[Node, int]:
        options: list[Node] = []
        while True:
            chain, at = self._chain(pieces, at)
            options.append(chain)
            if at >= len(pieces) or pieces[at] != "|":
                return (options[0] if len(options) == 1 else Choice(options)), at
            at += 1

    def _chain(self, pieces: list[str], at: int) -> tuple[Node, int]:
        parts: list[Node] = []
        while at < len(pieces) and pieces[at] not in ("|", ")", "]"):
            piece = pieces[at]
            if piece in ("(", "["):
                part, at = self._group(pieces, at)
                parts.append(part)
                continue
            parts += self._simple(piece)
            at += 1
        return (parts[0] if len(parts) == 1 else Chain(parts)), at

    def _group(self, pieces: list[str], at: int) -> tuple[Node, int]:
        closing = ")" if pieces[at] == "(" else "]"
        inner, end = self._choice(pieces, at + 1)
        if end >= len(pieces) or pieces[end] != closing:
            raise NotAPattern(f"{' '.join(pieces)!r}: {pieces[at]!r} is not closed")
        end += 1
        if closing == "]":
            return Choice([inner, Chain([])]), end
        if end < len(pieces) and pieces[end] in ("*", "+"):
            return Repeat(inner, pieces[end] == "+"), end + 1
        return inner, end

    def _simple(self, piece: str) -> list[Node]:
        if piece.startswith("<"):
            return [self._named(piece[1:-1])]
        if piece.startswith("{"):
            name, is_constant, value = piece[1:-1].partition("=")
            if not is_constant:
                return [Slot(name, self._slots(name))]
            return [Constant(name, value)]
        if piece.startswith("\\"):
            return [Word(piece[1])]
        return [_word(key) for key in self._words(piece)]

    def _named(self, name: str) -> Named:
        if name in self._made:
            return self._made[name]
        if name in self._making:
            raise NotAPattern(f"<{name}> uses itself")
        if name not in self._texts:
            raise NotAPattern(f"<{name}> is not defined")
        self._making.append(name)
        self._made[name] = Named(self.compile(self._texts[name]))
        self._making.pop()
        return self._made[name]


_AS_FIRST = "={}".format
_PIECE = re.compile(r"\\[()|]|\{[^{}]*\}|<[^<>]*>|[()\[\]|]|(?<=\))[*+]|[^\\{}<>()\[\]|]+")


def _further(end: End, further: End) -> End:
    return End(further.at, end.captures + further.captures) if end.captures else further


def _unique(ends: Iterable[End]) -> list[End]:
    found = list(ends)
    return found if len(found) < 2 else list(dict.fromkeys(found))
