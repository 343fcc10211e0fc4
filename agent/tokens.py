"""A reply as tokens: words, punctuation, and the values in it, each with its place in the text.

Values are found before any sentence is read, whatever stands around them: so a value that no sentence of ours has
a slot for is left over, and what is left over is blocked. What looks like a value and is none (31 February,
€1.2345, a weekday that does not fit its date) becomes a `bad` token, which no sentence accepts.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from re import Match
from typing import Any, NamedTuple

from babel import Locale
from babel.dates import get_day_names, get_month_names
from msgspec import Struct

from agent.writing import CURRENCY_WORDS, NUMBER, SIGN_WORDS, any_of, layout
from agent.writing import kinds as kinds_of_token
from flowops.money import CURRENCIES, SIGNS, NotMoney, money, plain_number

BAD = "bad"

_STRAIGHT = dict.fromkeys("‘’‛ʼ`´", "'") | dict.fromkeys("‐‑‒−", "-") | {"—": "–"}
_PLAIN_WORD = frozenset(("word", "to"))


class YearlessDate(Struct, frozen=True, kw_only=True):
    """A day of the year as people write it: 3 May."""

    month: int
    day: int


class RelativeDay(Struct, frozen=True, kw_only=True):
    """A day counted from today: yesterday is -1."""

    days: int


class Token(NamedTuple):
    """`key` is what a pattern names literally; `kinds` are the slots it can fill, with `value`.

    The key of a value is its kind in braces: no word that a pattern names is ever mistaken for one.
    """

    key: str
    kinds: frozenset[str]
    value: Any
    start: int
    end: int

    @property
    def kind(self) -> str:
        """Of a value, which it is; of anything else, nothing."""
        return self.key[1:-1] if self.key.startswith("{") and len(self.key) > 1 else ""


class Habits(NamedTuple):
    """How a language writes numbers, dates and contractions. `day_first` None: 03/04/2026 may be either.

    `same` maps words to the one that stands for all that mean the same in each sentence of ours; without `unheard`
    words no sentence means anything else: articles, "kindly". Both hold of texts and patterns alike. `limiting`
    words are unheard too, but not behind one of the `denials`: "not just" is another thing than "not".
    `confirming` words answer what was asked, so they never stand alone. `links` are words that tell, by the name
    of the link, how a clause hangs together with the one before it.
    """

    locale: str
    day_first: bool | None
    numbers: dict[str, int]
    contractions: dict[str, str]
    endings: frozenset[str] = frozenset()
    same: dict[str, str] = {}
    unheard: frozenset[str] = frozenset()
    limiting: frozenset[str] = frozenset()
    confirming: frozenset[str] = frozenset()
    links: dict[str, frozenset[str]] = {}
    denials: frozenset[str] = frozenset()


Names = Iterable[tuple[str, str]]  # a kind of slot, and words that can fill it


def normal(text: str) -> str:
    """NFKC without invisible characters; line ends kept, other white space made single."""
    composed = unicodedata.normalize("NFKC", text).replace("\r\n", "\n").replace("\r", "\n")
    visible = "".join(map(_visible, composed))
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", visible)).strip()


def _visible(character: str) -> str:
    if character.isascii() and character >= " ":
        return "'" if character == "`" else character
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character == "\u034f":
        return ""
    if character == "\n" or category not in ("Cc", "Zl", "Zp"):
        return _STRAIGHT.get(character, character)
    return " "


class Tokens:
    """The tokeniser of one language."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        locale = Locale.parse(habits.locale)
        self._months = _names(get_month_names, locale)
        self._weekdays = _names(get_day_names, locale)
        self._spelled = lru_cache(4096)(self._spell)  # few names come up again and again
        self._capitalised = habits.locale[:2] in ("en", "de")
        self._layout = layout(self._months)
        kinds = kinds_of_token(self._months, self._weekdays, habits.numbers)
        self._scan = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds), re.IGNORECASE)
        self._read: dict[str, Callable[[Match[str]], tuple[str, Any]]] = {
            "money": self._money,
            "date": self._date,
            "number": _number,
            "percent": _percent,
        }

    def of(self, text: str, names: Names = ()) -> list[Token]:
        """The tokens of a `normal` text, in order; every character but white space and layout belongs to one.

        Tokens that spell one of the `names` can also fill the slot of its kind.
        """
        bare = self._layout.sub(lambda found: " " * len(found.group()), text)
        tokens = list(self._in_full(self._found(bare)))
        _mark(tokens, ((kind, self._spelled(name)) for kind, name in names))
        return [self._canonical(token) for token in tokens]

    def heard(self, tokens: Iterable[Token]) -> list[Token]:
        """The tokens that a sentence would mean something else without."""
        heard: list[Token] = []
        for token in tokens:
            is_denied = bool(heard) and heard[-1].key in self._habits.denials
            if not self._is_unheard(token, is_denied=is_denied):
                heard.append(token)
        return heard

    def keys(self, literal: str) -> list[str]:
        """What a piece of a pattern is as tokens. Some tokens want a neighbour, so it is given one."""
        tokens = list(self._in_full(self._found(f"{literal} x")))[:-1]
        return [self._canonical(token).key for token in self.heard(tokens)]

    def _is_unheard(self, token: Token, *, is_denied: bool) -> bool:
        unheard = token.key in self._habits.unheard or (token.key in self._habits.limiting and not is_denied)
        return unheard and token.kinds <= _PLAIN_WORD

    def _canonical(self, token: Token) -> Token:
        return token._replace(key=self._habits.same.get(token.key, token.key))

    def _spell(self, name: str) -> tuple[str, ...]:
        """How a name appears among tokens."""
        return tuple(map(_spelling, self._in_full(self._found(normal(name)))))

    def _found(self, text: str) -> Iterator[Token]:
        for match in self._scan.finditer(text):
            kind, key = str(match.lastgroup), match.group().lower()
            if kind == "word":
                yield from self._words(match)
            elif read := self._read.get(kind):
                kind, value = read(match)
                yield Token(f"{{{kind}}}", frozenset((kind,)), value, *match.span())
            else:
                named = key if kind in ("sign", "short") else f"{{{kind}}}"
                yield Token(named, frozenset((kind,)), _bare(kind, match), *match.span())

    def _words(self, match: Match[str]) -> Iterator[Token]:
        """One word, or two where one is glued to an ending that is a word too: Plus-Tarif."""
        text, start = match.group(), match.start()
        stem, hyphen, ending = text.rpartition("-")
        if hyphen and ending.lower() in self._habits.endings:
            yield self._word(stem, start)
            yield self._word(ending, start + len(stem) + 1)
        else:
            yield self._word(text, start)

    def _word(self, value: str, start: int) -> Token:
        kinds, key = ["word"], value.lower()
        if key in self._habits.numbers:
            kinds.append("number")
        if key in self._months and (value[0].isupper() or not self._capitalised):
            kinds.append("month")
        return Token(key, frozenset(kinds), value, start, start + len(value))

    def _in_full(self, tokens: Iterator[Token]) -> Iterator[Token]:
        """Contractions as the words they stand for: "don't" is do, not; each has the place of both."""
        held: Token | None = None
        for token in tokens:
            full = self._full(held, token) if held is not None and held.end == token.start else None
            if held is not None and full is not None:
                stem = held.value[:-1] if isinstance(held.value, str) else ""
                for word in full.split():
                    spelled = stem if word == stem.lower() else word
                    yield self._word(spelled, held.start)._replace(end=token.end)
                held = None
                continue
            if held is not None:
                yield from self._alone(held)
            held = token
        if held is not None:
            yield from self._alone(held)

    def _alone(self, token: Token) -> Iterator[Token]:
        full = self._habits.contractions.get(token.key)
        if full is None:
            yield token
        else:
            yield from (Token(w, frozenset(("word",)), w, token.start, token.end) for w in full.split())

    def _full(self, held: Token, token: Token) -> str | None:
        contractions = self._habits.contractions
        pair = held.key + token.key
        if pair in contractions:
            return contractions[pair]
        ending = contractions.get("'" + token.key) if held.key.endswith("'") else None
        return None if ending is None else f"{held.key[:-1]} {ending}"

    def number(self, token: Token) -> int | str:
        """The number a token stands for, in digits or in words."""
        return self._habits.numbers[token.value.lower()] if "word" in token.kinds else token.value

    def month(self, token: Token) -> int:
        return self._months[token.value.lower()]

    def _money(self, match: Match[str]) -> tuple[str, Any]:
        text = match.group()
        digits = re.search(NUMBER, text)
        try:
            if digits is not None:
                currency = text[: digits.start()] + text[digits.end() :]
                return "money", money(plain_number(digits.group().replace(" ", "")), _currency(currency))
            spelled = re.match(any_of(self._habits.numbers), text, re.IGNORECASE)
            number = spelled.group() if spelled else ""
            return "money", money(self._habits.numbers[number.lower()], _currency(text[len(number) :]))
        except NotMoney:
            return BAD, None

    def _date(self, match: Match[str]) -> tuple[str, Any]:
        try:
            day = self._day(match)
        except ValueError:
            return BAD, None
        weekday = match["weekday"]
        fits = not weekday or (isinstance(day, date) and self._weekdays[weekday.lower()] == day.weekday())
        return ("date", day) if day is not None and fits else (BAD, None)

    def _day(self, match: Match[str]) -> date | YearlessDate | None:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        if match["dmy"] or match["dm"]:
            return self._numeric(match)
        which = "1" if match["m1"] else "2"
        month, day, year = self._months[match["m" + which].lower()], int(match["d" + which]), match["y" + which]
        return date(int(year), month, day) if year else _yearless(month, day)

    def _numeric(self, match: Match[str]) -> date | YearlessDate | None:
        numbers = [int(digits) for digits in re.findall(r"\d+", match["dmy"] or match["dm"])]
        first, second = numbers[:2]
        if match["dm"]:
            return _yearless(second, first)
        day_first = self._habits.day_first if "/" in match["dmy"] else True
        if day_first is None:  # only what can be one day is read
            if first <= 12 and second <= 12 and first != second:
                return None
            day_first = second <= 12
        day, month = (first, second) if day_first else (second, first)
        return date(numbers[2], month, day)


def _spelling(token: Token) -> str:
    return f"{token.key} {token.value}".lower() if token.kind else token.key


def _mark(tokens: list[Token], names: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """Let the tokens that spell a name fill its slot, quoted or not."""
    by_first: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kind, spelled in names:
        if spelled:
            by_first.setdefault(spelled[0], []).append((kind, spelled))
    spellings = [_spelling(token) for token in tokens]
    for at, token in enumerate(tokens):
        if token.kind == "quote":
            _mark_quote(tokens, at, by_first)
        for kind, spelled in by_first.get(spellings[at], ()):
            if tuple(spellings[at : at + len(spelled)]) == spelled:
                for place in range(at, at + len(spelled)):
                    tokens[place] = tokens[place]._replace(kinds=tokens[place].kinds | {kind})


def _mark_quote(tokens: list[Token], at: int, by_first: Mapping[str, list[tuple[str, tuple[str, ...]]]]) -> None:
    words = tuple(str(tokens[at].value).lower().split())
    for kind, spelled in by_first.get(words[0], ()) if words else ():
        if words == spelled:
            tokens[at] = tokens[at]._replace(kinds=tokens[at].kinds | {kind})


def _names(get: Callable[..., Any], locale: Locale) -> dict[str, int]:
    """Lower-case names, wide and short, with their number; months from 1, weekdays from 0 (Monday)."""
    return {
        str(name).lower().rstrip("."): number
        for context in ("format", "stand-alone")
        for width in ("abbreviated", "wide")
        for number, name in get(width, context, locale).items()
    }


def _yearless(month: int, day: int) -> YearlessDate:
    date(2000, month, day)  # raises ValueError for what is no day of any year
    return YearlessDate(month=month, day=day)


def _bare(kind: str, match: Match[str]) -> str:
    return match.group()[1:-1] if kind == "quote" else match.group()


def _currency(text: str) -> str:
    name = text.strip(" -").upper()
    if code := SIGNS.get(name) or SIGN_WORDS.get(name) or (name if name in CURRENCIES else None):
        return code
    return next(code for words, code in CURRENCY_WORDS.items() if re.fullmatch(words, name.lower()))


def _number(match: Match[str]) -> tuple[str, Any]:
    text = match.group()
    return ("number", int(text)) if text.isdecimal() and len(text) <= 9 else ("long_number", text)


def _percent(match: Match[str]) -> tuple[str, Any]:
    digits = re.match(NUMBER, match.group())
    try:
        return "percent", Decimal(plain_number(digits.group())) if digits else None
    except NotMoney:
        return BAD, None
