"""Amounts of money in a text, as people write them: €49, 49,00 EUR, $1.2k, fifty dollars, "charged 59"."""

import re
from collections.abc import Iterator
from decimal import Decimal
from re import Match
from typing import NamedTuple

from agent.reading import numbers
from flowops.money import CURRENCIES, SIGNS, Money, NotMoney, money, plain_number

# What people write for a currency; longer words first. A word that several countries use is the most usual one's.
_WORDS = {
    r"canadian dollars?|c(?:a|dn)?\$": "CAD",
    r"australian dollars?|au?\$": "AUD",
    r"(?:u\.?s\.? )?dollars?|bucks|us\$": "USD",
    r"euros?": "EUR",
    r"(?:british )?pounds?(?: sterling)?|quid": "GBP",
    r"swiss francs?|franken": "CHF",
    r"(?:japanese )?yen": "JPY",
    r"swedish kron(?:or|a)": "SEK",
    r"norwegian kroner?": "NOK",
    r"danish kroner?": "DKK",
    r"(?:polish )?z[łl]ot(?:ys?|ych|e)": "PLN",
}
_NO_LETTER_BEFORE = r"(?<![^\W\d_])"
_NO_LETTER_AFTER = r"(?![^\W\d_])"
_CODES = "|".join(CURRENCIES)
_SIGNS = f"[{''.join(SIGNS)}]"
_NAMES = "|".join(f"(?:{words})" for words in _WORDS)
_CURRENCY = rf"(?:{_NO_LETTER_BEFORE}(?:{_NAMES}|{_CODES}){_NO_LETTER_AFTER}|(?<![A-Za-z]){_SIGNS})"
_BEFORE = rf"(?:{_NO_LETTER_BEFORE}(?:{_NAMES}|{_CODES})(?:[.:])?|(?<![A-Za-z]){_SIGNS})"

# One, or groups of three parted by space, apostrophe, comma or point. Bounded, so each digit run is tried once.
_DIGITS = r"(?:\d{1,3}(?:[ ']\d{3}){1,3}(?:[.,]\d+)?(?!\d)|\d(?:[\d.,]{0,18}\d)?)(?:,-|\.-)?"
_TIMES = r"(?:[ ]?(?:k|thousand|m|mio\.?|million)(?![^\W_]))"
_WHOLE = r"(?![\w\u2044%]|[.,']\d|[ ]?(?:hundred|billion|cents?|percent|times)\b)"
_CHARGED = (
    r"(?:charged|billed|debited|invoiced|deducted|withdrew|withdrawn|paid|paying|pay|owe|refund|refunded|cost|costs)"
    r"(?:[ ](?:me|us|about|only|for|like|over|exactly|a|total|of|my|card|account|an|extra)){0,3}[ ]"
)
_NO_UNIT_AFTER = (
    r"(?![ -]?(?:st|nd|rd|th|x|%|percent|times?|seats?|users?|licen[sc]es?|months?|days?|weeks?|years?|hours?|minutes?|mins?|invoices?|bills?|"
    r"orders?|payments?|charges?|people|accounts?|of|am|pm|o'clock|business|working|"
    r"jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)\b|[/:-]\d)"
)
_AMOUNT = re.compile(
    rf"""
    (?P<sign>(?<![\w.,-])-)?
    (?:
        (?P<before>{_BEFORE}) [ ]? (?P<first>-?{_DIGITS}) (?P<first_times>{_TIMES})? {_WHOLE}
            (?P<narrower>[ ]?(?:usd|cad|aud)\b(?![ ]?\d))?
      | (?<![\w.,'/]) (?P<second>-?{_DIGITS}) (?P<second_times>{_TIMES})? [ ]?(?P<after>{_CURRENCY}) (?!\d)
      | \b(?P<words>{numbers.PATTERN}) [ ](?P<spoken>{_NAMES}|{_CODES}){_NO_LETTER_AFTER}
    )
    (?:[ ]and[ ](?P<cents>\d{{1,2}}|{numbers.PATTERN})[ ]cents?\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BARE = re.compile(
    rf"\b{_CHARGED}(?P<bare>\d{{1,6}}(?:[.,]\d\d)?)(?![\w%]|[.,']\d){_NO_UNIT_AFTER}", re.IGNORECASE
)
_CODE_OF = tuple((re.compile(words, re.IGNORECASE), code) for words, code in _WORDS.items())


class Amount(NamedTuple):
    """`money` is None where a number was clearly an amount, but no currency was said."""

    start: int
    end: int
    number: Decimal
    money: Money | None


def find(text: str) -> Iterator[Amount]:
    """The amounts in `text`, in order. What is no exact amount of its currency is left out, never repaired."""
    for match in _AMOUNT.finditer(text):
        try:
            amount = money(_number(match), _currency(match))
        except NotMoney:
            continue
        yield Amount(match.start(), match.end(), amount.amount, amount)


def bare(text: str) -> Iterator[Amount]:
    """Numbers that only the verb before them makes amounts, as in "I was charged 59"."""
    for match in _BARE.finditer(text):
        yield Amount(match.start("bare"), match.end("bare"), Decimal(match["bare"].replace(",", ".")), None)


def _number(match: Match[str]) -> Decimal:
    cents = Decimal(0)
    if match["cents"]:
        spoken = match["cents"]
        cents = Decimal(int(spoken) if spoken.isdigit() else numbers.value(spoken)) / 100
    if match["words"]:
        return Decimal(numbers.value(match["words"])) + cents
    digits = (match["first"] or match["second"]).removesuffix(",-").removesuffix(".-")
    minus = -1 if match["sign"] or digits.startswith("-") else 1
    number = Decimal(plain_number(re.sub(r"[ ']", "", digits.lstrip("-"))))
    times = (match["first_times"] or match["second_times"] or "").strip().lower()
    return minus * (number * _multiplier(times) + cents)


def _multiplier(times: str) -> int:
    return {"": 1, "k": 1000, "thousand": 1000}.get(times, 1_000_000)


def _currency(match: Match[str]) -> str:
    narrower = (match["narrower"] or "").strip().upper()
    written = (match["before"] or match["after"] or match["spoken"] or "").rstrip(".:")
    if narrower and written == "$":
        return narrower
    if written in SIGNS:
        return SIGNS[written]
    if written.upper() in CURRENCIES:
        return written.upper()
    return next((code for words, code in _CODE_OF if words.fullmatch(written)), "")
