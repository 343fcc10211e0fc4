"""A message in plain words, and what it names: invoices, amounts, dates, haste.

Names are read in one pass, so no digit is read twice.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from re import Match
from typing import TypeVar

from agent.values import Entities
from flowops.money import CURRENCIES, PATTERN, SIGNS, Money, NotMoney, parse

Named = TypeVar("Named")

LONGEST_ID = 60
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# What people write for a currency, by the code that money reads. Longer words first.
CURRENCY_WORDS = {
    r"canadian dollars?|cad|ca?\$": "CAD",
    r"australian dollars?|aud|au?\$": "AUD",
    r"(?:us )?dollars?|usd|us\$": "USD",
    r"euros?|eur": "EUR",
    r"pounds?|gbp": "GBP",
    r"swiss francs?|chf": "CHF",
    r"yen|jpy": "JPY",
    r"sek|nok|dkk|pln": "",
}

_LETTER_BEFORE = r"(?<![^\W\d_])"
_CURRENCY = rf"(?:{'|'.join(CURRENCIES)}|[{''.join(SIGNS)}])"
_WORDS = re.compile(
    rf"{_LETTER_BEFORE}(?:{'|'.join(f'({words})' for words in CURRENCY_WORDS)})(?![^\W\d_])", re.IGNORECASE
)
_DOLLARS_OF = re.compile(r"\$(-?\d[\d.,]*(?<=\d)) ?(USD|CAD|AUD)\b(?! ?\d)")
_MINUS_FIRST = re.compile(rf"(?<![\w.,])-({_CURRENCY}) ?(?=\d)")

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    r"aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = rf"""
    (?P<iso>(?<![\w.,-])[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?!\d|-\d))
  | (?P<dotted>(?<![\w.,-])[0-9]{{1,2}}\.[ ]?[0-9]{{1,2}}\.[ ]?[0-9]{{4}}(?!\d))
  | (?P<day_first>(?<![\w.,-])(?i:[0-9]{{1,2}}(?:st|nd|rd|th|\.)?[ ](?:of[ ])?{_MONTH},?[ ][0-9]{{4}})(?!\d))
  | (?P<month_first>\b(?i:{_MONTH}[ ][0-9]{{1,2}}(?:st|nd|rd|th)?,?[ ][0-9]{{4}})(?!\d))
"""
_DATE_AHEAD = re.sub(r"\?P<\w+>", "?:", _DATE)

# inv_x takes any id; inv-1, INV 1 and inv #1 need a digit, or ordinary words would become ids.
_INVOICE = rf"""
    (?<![^\W_])[iI][nN][vV]
    (?: _ (?P<id>(?:(?!-[iI][nN][vV]_)[\w-])+)
      | - (?P<dashed>(?=[A-Za-z]*\d)(?:(?!-[iI][nN][vV]_)[\w-])+)
      | (?:[ ]?\#[ ]?|[ ]) (?!{_DATE_AHEAD}) (?P<spaced>\d[\w-]*+)
        (?! [.,]\d | [ ]?{_CURRENCY}(?![ ]?\d) ) )
"""

# PATTERN is entered only where a number or currency starts: each digit run is tried once, in linear time.
_GROUPS = r"\d{1,3}(?:[ ']\d{3}){1,3}(?:[.,]\d+)?"
_AMOUNT = rf"""
    (?P<amount>
        (?: {_LETTER_BEFORE}(?=[A-Z$]) | (?=[€£¥]) | (?<![\w.,'])(?=[\d-]) )
        (?: {_CURRENCY}[ ]?-?{_GROUPS} | -?{_GROUPS}[ ]?{_CURRENCY} | {PATTERN} )
        (?! [\w\u2044%] | [.,']\d | [ ]?(?:hundred|thousand|million|billion|cents?|k|m)\b )
    )
"""
_NAMED = re.compile(rf"{_INVOICE}|{_DATE}|{_AMOUNT}", re.VERBOSE)

_LATEST = re.compile(
    r"\b(?:last|latest|most recent) (?:(?:paid|monthly|annual|yearly|subscription) )?"
    r"(?:invoice|payment|charge|bill)\b",
    re.IGNORECASE,
)
_URGENT = re.compile(
    r"(?<!\bnot )(?<!n't )(?<!\bno )\b(?:urgent(?:ly)?|asap|a\.s\.a\.p|immediately|right now|emergency)\b",
    re.IGNORECASE,
)
_ASKED_BEFORE = re.compile(
    r"\b(?:refund|reimburse|back)(?:ed|ing)?"
    r"(?: (?:me|us|my|our|the|a|an|of|for|only|just|exactly|amount|part|at least|back)){0,4} $",
    re.IGNORECASE,
)
_ASKED_AFTER = re.compile(r" (?:back|refund|refunded|returned)\b", re.IGNORECASE)
_INVISIBLE = {*map(chr, range(0xFE00, 0xFE10)), "\u034f"}
_PLAIN = str.maketrans(dict.fromkeys("‘’‛ʼ`´", "'") | dict.fromkeys("“”„", '"') | dict.fromkeys("‐‑−", "-"))
# What people write, and how the reader of wishes wants it.
_WRITING = tuple(
    (re.compile(written), read)
    for written, read in (
        (r"[|~]", " "),
        (r"\b(?:can't|cannot|cant)\b", "can not"),
        (r"\b(?:won't|wont)\b", "will not"),
        (r"(?<=[a-z])n't\b", " not"),
        (r"\b(do|did|does|have|has|was|is)nt\b", r"\1 not"),
        (r"\b(what|where|how|when|it|that|who)(?:'s|s(?= my\b))", r"\1 is"),
        (r"'m\b", " am"),
        (r"'(?:ve|ll|d|re)\b", " "),
        (r"\b(?:pls|plz)\b", "please"),
        (r"\breimburse(?:ment)?(s|d)?\b", "refund"),
        (r"(?<!#)\bmoney[ -]back\b", "refund"),
        (r"\blog-in\b", "login"),
        (r"\?+", " ? | "),
        (r"[.!;:]+(?=\s|$)", " | "),
        (r",(?=\s|$)|[()\[\]{}\"*<>/\\—–…]| - ", " , "),
    )
)


def plain(text: str) -> str:
    """The same words in NFKC on one line: no invisible or control characters, straight quotes and minus."""
    visible = (
        " " if unicodedata.category(character) == "Cc" else character
        for character in unicodedata.normalize("NFKC", text)
        if unicodedata.category(character) != "Cf" and character not in _INVISIBLE
    )
    return " ".join("".join(visible).translate(_PLAIN).split())


def read(text: str) -> Entities:
    """What `plain` text names, in its order, each once. The malformed is left out, never repaired."""
    named = list(_NAMED.finditer(_with_currency_codes(text)))
    return Entities(
        invoices=_unique(map(_invoice, named)),
        amounts=_unique(map(_amount, named)),
        amounts_asked_back=_unique(_amount(found) for found in named if _is_asked_back(found)),
        dates=_unique(map(_date, named)),
        means_latest=_LATEST.search(text) is not None,
        urgent=_URGENT.search(text) is not None,
    )


def sentences(plain: str) -> str:
    """`plain` text as words in full (don't: do not), with | after every sentence and , between thoughts.

    An invoice is #id and an amount #money: nothing inside them is taken for a wish.
    """
    words = _NAMED.sub(_stand_in, _with_currency_codes(plain)).lower()
    for written, read in _WRITING:
        words = written.sub(read, words)
    return f"| {' '.join(words.split())} |"


def _stand_in(found: Match[str]) -> str:
    if _invoice(found):
        return "#id"
    return "#money" if _amount(found) else found.group()


def _unique(found: Iterable[Named | None]) -> tuple[Named, ...]:
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _with_currency_codes(text: str) -> str:
    codes = tuple(CURRENCY_WORDS.values())
    coded = _WORDS.sub(lambda word: codes[(word.lastindex or 1) - 1] or word.group().upper(), text)
    coded = _DOLLARS_OF.sub(r"\1 \2", coded)
    return _MINUS_FIRST.sub(r"\1-", coded)


def _invoice(found: Match[str]) -> str | None:
    number = (found["id"] or found["dashed"] or found["spaced"] or "").rstrip("_-")
    return f"inv_{number}" if number and number.isascii() and len(number) <= LONGEST_ID else None


def _amount(found: Match[str]) -> Money | None:
    if found["amount"] is None:
        return None
    try:
        return parse(re.sub(r"(?<=\d)[ '](?=\d)", "", found["amount"]))
    except NotMoney:
        return None


def _is_asked_back(found: Match[str]) -> bool:
    """ "Refund me €20", "€20 back"; but not "charged €20, refund it"."""
    before, after = found.string[max(0, found.start() - 40) : found.start()], found.string[found.end() :][:10]
    return _ASKED_BEFORE.search(before) is not None or _ASKED_AFTER.match(after) is not None


def _date(found: Match[str]) -> date | None:
    written = found["iso"] or found["dotted"] or found["day_first"] or found["month_first"]
    if written is None:
        return None
    try:
        return date(*_year_month_day(found, re.findall(r"[0-9]+", written)))
    except ValueError:
        return None


def _year_month_day(found: Match[str], numbers: list[str]) -> tuple[int, int, int]:
    if found["iso"]:
        return int(numbers[0]), int(numbers[1]), int(numbers[2])
    day, year = int(numbers[0]), int(numbers[-1])
    return year, int(numbers[1]) if found["dotted"] else _month(found), day


def _month(found: Match[str]) -> int:
    name = re.search(rf"{'|'.join(MONTHS)}", found.group(), re.IGNORECASE)
    return MONTHS.index(name.group().lower()) + 1 if name else 0
