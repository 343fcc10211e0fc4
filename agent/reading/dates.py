"""Dates in a text: written out (ISO, d.m.y, "5th of October"), and told from today ("last Tuesday", "3 days ago").

A date without a year is the next one where that is near, else the last one. What cannot be a day, or only a span of days, is left out.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from re import Match
from typing import NamedTuple

from agent.reading import numbers

# The beginnings of the months' names in the six languages, without accents; what follows them is in MONTH.
_MONTHS = (
    r"jan(?:uar[yi]?|vier)?|janeiro|enero|ene|gen(?:naio)?",
    r"feb(?:ruar[yi]?|rero|braio)?|f[eé]v(?:rier|ereiro)?",
    r"mar(?:ch|s|zo|[cç]o)?|m[aä]rz",
    r"apr(?:il[e]?)?|abr(?:il)?|avr(?:il)?",
    r"may|mai|mayo|mag(?:gio)?|maio",
    r"jun[ei]?|juin|junio|junho|giu(?:gno)?",
    r"jul[yi]?|juil(?:let)?|julio|julho|lug(?:lio)?",
    r"aug(?:ust)?|ao[uû]t|ago(?:sto)?",
    r"sept?(?:ember|embre|iembre|tembre)?|set(?:embro|tembre)?",
    r"o[ck]t(?:ober|obre|ubre)?|ott(?:obre)?|out(?:ubro)?",
    r"nov(?:ember|embre|iembre|embro)?",
    r"de[cz](?:ember|embro)?|d[eé]c(?:embre)?|dic(?:iembre|embre)?",
)
MONTH = rf"(?:{'|'.join(_MONTHS)})"
_DAYS = (
    r"mon(?:day)?", r"tue(?:s(?:day)?)?", r"wed(?:nesday)?", r"thu(?:r(?:s(?:day)?)?)?", r"fri(?:day)?", r"sat(?:urday)?", r"sun(?:day)?",
)  # fmt: skip
_DAY_NAME = rf"(?:{'|'.join(_DAYS)})"
_COUNT = rf"(?:\d{{1,3}}|a couple of|{numbers.PATTERN}|an?)"
_START = r"(?<![\w.,/-])"

SOON = 60  # days; customers write of the past and of what is due soon
PATTERN = rf"""
    {_START}(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})(?!\d|-\d)
  | {_START}(?P<dotted>\d{{1,2}}\.[ ]?\d{{1,2}}\.(?:[ ]?(?:\d{{4}}|\d\d(?!\d))|(?=[ ,;!?)]|$)))(?![\d]|\.\d)
  | {_START}(?P<slashed>\d{{1,2}}([/-])\d{{1,2}}\4(?:\d{{4}}|\d\d))(?![\d/])
  | {_START}(?P<day_first>\d{{1,2}}(?:st|nd|rd|th|er|\.|º|°)?[ ]?(?:of[ ]|de[ ])?{MONTH}\b\.?
        (?:,?[ ](?:de[ ])?(?P<y1>\d{{4}})(?!\d))?)(?![\w])
  | \b(?P<month_first>{MONTH}\.?[ ](?:the[ ])?\d{{1,2}}(?:st|nd|rd|th)?(?![\w]|[.,:/]\d)(?:,?[ ](?P<y2>\d{{4}})(?!\d))?)
  | \b(?P<relative>today|yesterday|tomorrow|day[ ]before[ ]yesterday|day[ ]after[ ]tomorrow|heute|gestern|hier|ayer|ieri|ontem
        |(?P<which>last|this[ ]past|past|next|this|on|since|until|by)[ ](?P<day>{_DAY_NAME})(?![\w'-])
        |(?P<ago>{_COUNT})[ ](?P<unit>days?|weeks?)[ ](?:ago|back|earlier)
        |(?P<in>in[ ]{_COUNT}[ ](?P<in_unit>days?|weeks?))[ ]?(?!of|ago))\b
"""
_PATTERN = re.compile(PATTERN, re.VERBOSE | re.IGNORECASE)
_RELATIVE = {
    "today": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2, "day after tomorrow": 2, "heute": 0, "gestern": -1,
    "ayer": -1, "ieri": -1, "ontem": -1, "hier": -1,
}  # fmt: skip


class Day(NamedTuple):
    start: int
    end: int
    date: date


def find(text: str, today: date, *, day_first: bool = True) -> Iterator[Day]:
    """The dates in `text`, in order. `day_first` says what 03/04/2026 is where it could be both."""
    for match in _PATTERN.finditer(text):
        try:
            found = _date(match, today, day_first)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            yield Day(match.start(), match.end(), found)


def _date(match: Match[str], today: date, day_first: bool) -> date | None:
    if match["iso"]:
        return date.fromisoformat(match["iso"])
    if match["relative"]:
        return _relative(match, today)
    if match["dotted"] or match["slashed"]:
        return _numeric(match, today, day_first)
    written = match["day_first"] or match["month_first"]
    day = re.search(r"\d{1,2}(?!\d)", written)
    year = match["y1"] or match["y2"]
    month = _month(written)
    if day is None or month is None:
        return None
    return date(int(year), month, int(day.group())) if year else _without_year(today, month, int(day.group()))


def _numeric(match: Match[str], today: date, day_first: bool) -> date | None:
    numbers_ = [int(number) for number in re.findall(r"\d+", match["dotted"] or match["slashed"])]
    first, second, *rest = numbers_
    day, month = (first, second) if match["dotted"] or day_first or first > 12 else (second, first)
    if month > 12:
        day, month = month, day
    if not rest:
        return _without_year(today, month, day)
    year = rest[0] if rest[0] > 99 else 2000 + rest[0]
    return date(year, month, day)


def _month(written: str) -> int | None:
    name = re.search(
        rf"[^\W\d_]*{MONTH}",
        re.sub(r"^\d+(?:st|nd|rd|th|er|\.|º|°)?[ ]?(?:of |de )?", "", written, flags=re.I),
        re.I,
    )
    if name is None:
        return None
    return next(
        (number for number, names in enumerate(_MONTHS, start=1) if re.fullmatch(names, name.group(), re.I)), None
    )


def _without_year(today: date, month: int, day: int) -> date | None:
    """The next such day where it is near, else the last one; None for a day that neither year has."""
    days = []
    for year in range(today.year - 4, today.year + 2):
        try:
            days.append(date(year, month, day))
        except ValueError:  # 29 February
            continue
    near = [one for one in days if one <= today + timedelta(days=SOON)]
    return near[-1] if near else None


def _relative(match: Match[str], today: date) -> date | None:
    words = match["relative"].lower()
    if words in _RELATIVE:
        return today + timedelta(days=_RELATIVE[words])
    if match["day"]:
        return _weekday(match["which"].lower(), match["day"], today)
    count, unit, sign = (
        (match["ago"], match["unit"], -1)
        if match["ago"]
        else (match["in"][3:].rsplit(" ", 1)[0], match["in_unit"], 1)
    )
    days = _count(count.lower()) * (7 if unit.lower().startswith("week") else 1)
    return today + timedelta(days=sign * days)


def _weekday(which: str, day: str, today: date) -> date:
    """ "Last" and "on" are the last one before today, "next" and "by" the first after it."""
    wanted = next(number for number, names in enumerate(_DAYS) if re.fullmatch(names, day, re.IGNORECASE))
    if which in ("next", "this", "until", "by"):
        return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
    return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)


def _count(words: str) -> int:
    if words.isdigit():
        return int(words)
    if words.startswith("a couple"):
        return 2
    return 1 if words in ("a", "an") else numbers.value(words)
