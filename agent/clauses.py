"""A sentence as clauses: chains of patterns with glue before, between and behind them, nothing left out."""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from agent.grammar import ALTERNATIVES, Capture, End, Exhausted, Node, Reader, Shape, candidates
from agent.phrasebook import Phrasebook, Rule, book

MOST_CLAUSES = 14  # in one sentence; one of more is nobody's


class Clause(NamedTuple):
    """A pattern with the tokens it spans and what its slots were filled by, glue around it included."""

    rule: Rule
    start: int
    end: int
    captures: tuple[Capture, ...]


Clauses = tuple[Clause, ...]


@lru_cache(maxsize=4096)
def read(language: str, shape: Shape, asks: bool) -> tuple[tuple[Clauses, ...], int]:
    """The chains of clauses that a sentence of this shape is, and how far reading came. Values play no part in it,
    so a sentence like one that was read before costs nothing."""
    reading = _Reading(book(language), shape, asks)
    try:
        return tuple(reading.chains(0)), reading.furthest
    except Exhausted:
        return (), 0


class _Reading:
    """One sentence being read. What follows from a place is found out once."""

    def __init__(self, spoken: Phrasebook, shape: Shape, asks: bool) -> None:
        self._spoken, self._shape, self._asks = spoken, shape, asks
        self._reader = Reader(shape)
        self._found: dict[int, list[Clauses]] = {}
        self._clauses: Callable[[int], list[Clause]] = cache(lambda at: list(self._clauses_at(at)))
        self.furthest = 0

    def chains(self, at: int) -> list[Clauses]:
        """Some of the ways to read from here to the end, those of the fewest clauses first: each says the most."""
        if at not in self._found:
            some = dict.fromkeys(islice(self._chains(at), 8 * ALTERNATIVES))
            self._found[at] = sorted(some, key=len)[:ALTERNATIVES]
        return self._found[at]

    def _chains(self, at: int) -> Iterator[Clauses]:
        for opened in self._over(self._spoken.glue.opens, at):
            for clause in self._clauses(opened.at):
                for closed in self._over(self._spoken.glue.closes, clause.end):
                    captures = opened.captures + clause.captures + closed.captures
                    yield from self._goes_on(clause._replace(captures=captures), closed.at)

    def _goes_on(self, clause: Clause, at: int) -> Iterator[Clauses]:
        """The clause and what may follow it: nothing, or a join and more. A question comes last."""
        self._reader.step()
        if at == len(self._shape):
            if clause.rule.is_question == self._asks:
                yield (clause,)
        elif not clause.rule.is_question:
            for joined in self._spoken.glue.joins.ends(self._reader, at):
                if joined.at > at:
                    yield from ((clause, *rest) for rest in self.chains(joined.at) if len(rest) < MOST_CLAUSES)

    def _over(self, glue: Node, at: int) -> list[End]:
        """Where one comes from here over any number of glue words, and what they name on the way."""
        places = fresh = [End(at, ())]
        while fresh:
            further = (
                End(end.at, place.captures + end.captures)
                for place in fresh
                for end in glue.ends(self._reader, place.at)
            )
            fresh = [end for end in dict.fromkeys(further) if end not in places][:ALTERNATIVES]
            places = places + fresh
        self.furthest = max(self.furthest, *(place.at for place in places))
        return places

    def _clauses_at(self, at: int) -> Iterator[Clause]:
        if at >= len(self._shape):
            return
        for rule in candidates(self._spoken.by_first, self._shape[at]):
            for end in rule.node.ends(self._reader, at):
                if end.at > at:
                    yield Clause(rule, at, end.at, end.captures)
