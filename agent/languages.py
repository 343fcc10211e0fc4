"""Which language a text is in, by its small words. Deterministic, and silent where it is not sure."""

import re
from collections import Counter
from functools import cache
from importlib import resources

import yaml

ENGLISH = "en"
_WORD = re.compile(r"[^\W\d_]+")
LOOKED_AT = 2000  # characters; a message that has not shown its language by then has none


@cache
def _small_words() -> dict[str, list[str]]:
    """By word, the languages it counts for."""
    text = (resources.files("agent") / "phrasebooks" / "common_words.yaml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for language, words in yaml.safe_load(text).items():
        for word in words.split():
            found.setdefault(word, []).append(language)
    return found


def sure(text: str) -> str | None:
    """The language, when at least two small words speak for it and twice as many as for any other; else None."""
    (first, votes), (_, others) = _leading(text)
    return first if votes >= 2 and votes >= 2 * others else None


def likeliest(text: str) -> str:
    """The language most small words speak for; English where none do."""
    (first, votes), _ = _leading(text)
    return first if votes else ENGLISH


def _leading(text: str) -> tuple[tuple[str, float], tuple[str, float]]:
    votes: Counter[str] = Counter()
    for word in _WORD.findall(text[:LOOKED_AT].lower()):
        languages = _small_words().get(word, ())
        for language in languages:
            votes[language] += 1 / len(languages)  # type: ignore[assignment]
    ranked = [*votes.most_common(2), (ENGLISH, 0), (ENGLISH, 0)]
    return ranked[0], ranked[1]
