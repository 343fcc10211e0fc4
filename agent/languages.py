"""Which language a text is in, by its small words. Deterministic, and silent where it is not sure."""

import re
from functools import cache
from importlib import resources

import yaml

ENGLISH = "en"
_WORD = re.compile(r"[^\W\d_]+")
LOOKED_AT = 2000  # characters; a message that has not shown its language by then has none
# Small words of languages the reader was not taught: Dutch, Swedish, Danish, Norwegian, Polish, Czech, Turkish, Finnish,
# Hungarian, Romanian, Indonesian. None of them is a word of a language it was taught.
_UNTAUGHT = frozenset(
    "ik mijn jij jullie het een niet voor naar kan hebben heb graag terug geld wil dit deze wordt werd factuur bedankt "
    "jag och att inte är min mitt vill ha tillbaka pengar har för på jeg og ikke mine penge tilbake vil gerne kvittering "
    "proszę nie jest mój moje chcę zwrot pieniędzy dziękuję się został faktura prosím chci peníze není jsem děkuji "
    "ben benim için bir ve istiyorum iade lütfen teşekkürler para minä haluan rahat takaisin ei ole kiitos ja minun "
    "kérem szeretném vissza pénzt nem köszönöm az és vreau banii înapoi vă rog mulțumesc nu este și saya ingin uang "
    "kembali tolong tidak dan terima kasih".split()
) - {"min", "para", "ei", "ha", "vil", "har", "nu", "dan", "os"}


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


def readable(text: str) -> str | None:
    """The language the reader should read a text in; None for one it was not taught.

    Small words decide; without any, what is written in plain Latin letters is read as English, as short messages are.
    """
    words = _WORD.findall(text[:LOOKED_AT].lower())
    votes = _votes(text)
    if sum(word in _UNTAUGHT for word in words) > (votes[0][1] if votes else 0):
        return None
    if votes and votes[0][1] > 1:  # one small word is a slip as often as a language
        return votes[0][0]
    letters = [letter for word in words for letter in word]
    return ENGLISH if letters and 2 * sum(letter.isascii() for letter in letters) > len(letters) else None
