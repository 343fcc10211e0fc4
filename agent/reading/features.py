"""What the linear reader sees of a text: words and pairs of words, pieces of words, and concepts.

Three sets of strings, each a group that is weighed by itself. Training and reading use these same functions.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from agent.reading import concepts

_TOKEN = re.compile(r"#[a-z]+|[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[?!]|[\U0001f300-\U0001faff\u2600-\u27bf]")
_IN_FULL = {
    "can't": "can not", "cannot": "can not", "cant": "can not", "won't": "will not", "wont": "will not", "dont": "do not", "doesnt": "does not",
    "didnt": "did not", "isnt": "is not", "wasnt": "was not", "havent": "have not", "hasnt": "has not", "arent": "are not", "wouldnt": "would not",
    "couldnt": "could not", "im": "i am", "ive": "i have", "id": "i would", "pls": "please", "plz": "please", "u": "you", "ur": "your",
    "thx": "thanks", "ty": "thanks", "tnx": "thanks", "wanna": "want to", "gonna": "going to", "gimme": "give me", "whats": "what is",
    "wheres": "where is", "hows": "how is", "thats": "that is", "acct": "account", "acc": "account", "pw": "password", "pwd": "password",
    "msg": "message", "info": "information", "sub": "subscription",
}  # fmt: skip
_ENDINGS = {"n't": " not", "'s": " is", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
_REPEATED = re.compile(r"(.)\1{2,}")
SHORTEST, LONGEST = 2, 5  # characters of a piece


class Features(NamedTuple):
    words: frozenset[str]
    pieces: frozenset[str]
    concepts: frozenset[str]


def tokens(text: str) -> list[str]:
    """Lower-case words without accents, short forms in full; ? and !, emoji, and # before what stands for an entity."""
    found: list[str] = []
    for token in _TOKEN.findall(_folded(text)):
        found += _in_full(token).split()
    return found


def of(words: list[str]) -> Features:
    """The features of `tokens`."""
    bounded = ["^", *words, "$"]
    pieces: set[str] = set()
    for word in words:
        pieces.update(_pieces(word))
    return Features(
        words=frozenset((*words, *(f"{one} {two}" for one, two in pairwise(bounded)))),
        pieces=frozenset(pieces),
        concepts=concepts.of(words),
    )


def _folded(text: str) -> str:
    lowered = text.lower()
    if not lowered.isascii():
        decomposed = unicodedata.normalize("NFD", lowered.replace("ß", "ss"))
        lowered = "".join(one for one in decomposed if not unicodedata.combining(one))
    return _REPEATED.sub(r"\1\1", lowered)


@lru_cache(20_000)
def _in_full(token: str) -> str:
    if token.isdigit():
        return "#n"
    if (known := _IN_FULL.get(token)) is not None:
        return known
    for ending, full in _ENDINGS.items():
        if token.endswith(ending):
            return token.removesuffix(ending) + full
    return token.replace("'", " ")


@lru_cache(20_000)
def _pieces(word: str) -> tuple[str, ...]:
    if word.startswith("#"):
        return ()
    padded = f" {word[:24]} "
    return tuple(
        padded[start : start + length]
        for length in range(SHORTEST, LONGEST + 1)
        for start in range(len(padded) - length + 1)
    )
