"""Which language a text is in, by its small words. Deterministic, and silent where it is not sure."""

import re
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
    (first, votes), (_, others) = [*_votes(text), (ENGLISH, 0.0), (ENGLISH, 0.0)][:2]
    return first if votes >= 2 and votes >= 2 * others else None


def likely(text: str) -> list[str]:
    """The languages it may be in, the likeliest first: those with half as many small words as the first, three at
    most. English where none speaks."""
    ranked = _votes(text)
    return [language for language, votes in ranked if votes >= ranked[0][1] / 2][:3] or [ENGLISH]


def _votes(text: str) -> list[tuple[str, float]]:
    """Languages by the small words that speak for them; a word of several languages speaks for each in part."""
    votes: dict[str, float] = {}
    for word in _WORD.findall(text[:LOOKED_AT].lower()):
        languages = _small_words().get(word, ())
        for language in languages:
            votes[language] = votes.get(language, 0.0) + 1 / len(languages)
    return sorted(votes.items(), key=lambda item: -item[1])
