"""Ideas in a text, by the lexicon in `concepts.txt`: each, and the order in which two follow each other."""

import re
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

_ENTRY = re.compile(r'"([^"]+)"|(\S+)')
_SHORTEST_STEM = 2


class _Lexicon(NamedTuple):
    words: dict[str, tuple[str, ...]]
    stems: dict[str, tuple[str, ...]]
    phrases: dict[str, dict[tuple[str, ...], tuple[str, ...]]]  # by their first word


def of(words: list[str]) -> frozenset[str]:
    """The ideas of some tokens, and pairs "one>two" of those that follow each other."""
    ideas = _in_order(words)
    return frozenset((*ideas, *(f"{one}>{two}" for one, two in pairwise(ideas) if one != two)))


def _in_order(words: list[str]) -> list[str]:
    lexicon = _lexicon()
    ideas: list[str] = []
    for position, word in enumerate(words):
        ideas += _of_word(word)
        for phrase, meant in lexicon.phrases.get(word, {}).items():
            if tuple(words[position : position + len(phrase)]) == phrase:
                ideas += meant
    return ideas


@cache
def _lexicon() -> _Lexicon:
    text = (resources.files("agent") / "reading" / "concepts.txt").read_text(encoding="utf-8")
    found = _Lexicon({}, {}, {})
    for line in text.splitlines():
        idea, _, entries = line.partition(":")
        if line.startswith("#") or not entries:
            continue
        for phrase, word in _ENTRY.findall(entries):
            _add(found, idea, phrase or word)
    return found


def _add(lexicon: _Lexicon, idea: str, entry: str) -> None:
    if " " in entry:
        words = tuple(entry.split())
        meant = lexicon.phrases.setdefault(words[0], {})
        meant[words] = (*meant.get(words, ()), idea)
        return
    table = lexicon.stems if entry.endswith("*") else lexicon.words
    stem = entry.rstrip("*")
    table[stem] = (*table.get(stem, ()), idea)


@lru_cache(20_000)
def _of_word(word: str) -> tuple[str, ...]:
    lexicon = _lexicon()
    stems = (lexicon.stems.get(word[:length], ()) for length in range(_SHORTEST_STEM, len(word) + 1))
    return tuple(dict.fromkeys((*lexicon.words.get(word, ()), *(idea for found in stems for idea in found))))
