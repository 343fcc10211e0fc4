"""Names in a text: invoices, tickets, plans, e-mail addresses and error codes, just as they are written."""

import re
from collections.abc import Iterator
from functools import lru_cache
from re import Pattern
from typing import NamedTuple

from msgspec import Struct

from agent.reading.dates import MONTH
from agent.values import EntityKind

LONGEST_ID = 60
_INVOICE_NOUN = r"invoices?|bills?|receipts?|rechnung(?:en)?|factures?|facturas?|fattura|fatture|faturas?"
_TICKET_NOUN = r"tickets?|cases?|support requests?"
_NUMBER_SIGN = r"(?:[ ]?(?:\#|no\.?|nr\.?|num(?:ber)?\.?|id|nummer|n[º°o]\.?|ref(?:erence)?\.?)){0,2}[ ]?[:#]?[ ]?"
_PLAN_NOUN = r"(?:plan|tier|subscription|account|package|edition|licen[sc]e|version|membership)s?"
# Plans that other companies have, too: read as plans only where the word "plan" or its like stands by them.
_PLAN_WORDS = "basic starter standard plus pro professional premium team teams business enterprise ultimate free growth scale".split()
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![\w@-])")
_CODE = re.compile(
    r"""
    \b(?:error|err|fehler|erreur|errore|erro|status|http|exception)(?:[ -]?(?:code|message|no\.?|number|status))?[ ]?[:#=(]?[ ]?"?
        (?P<after>(?=[\w-]*\d|[A-Z]+_)[A-Za-z0-9][\w-]{1,30}|\d{3,5})(?![\w%-])
  | \bcode[ ]?[:#=]?[ ]?"?(?P<code>(?=[\w-]*\d)[A-Z][A-Z0-9_-]{2,20}|[45]\d\d)(?![\w%-])
  | (?<![\w.,/-])(?P<before>[45]\d\d)(?=[ -](?:errors?|responses?|status|internal|bad|gateway|unauthori[sz]ed|forbidden|not[ ]found)\b)
  | (?<![\w-])(?P<alone>0x[0-9A-Fa-f]{4,16}|(?-i:ERR[A-Z]*[_-][A-Z0-9_-]{2,40}|E-?\d{3,6}|[A-Z]{3,}(?:_[A-Z0-9]+)+))(?![\w-])
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Names(Struct, frozen=True, kw_only=True):
    """What a company calls its things. The first prefix is the one its own ids are written with."""

    invoice_prefixes: tuple[str, ...] = ("inv",)
    ticket_prefixes: tuple[str, ...] = ("tck",)
    plans: tuple[str, ...] = ("free", "pro", "enterprise")


class Name(NamedTuple):
    """`value` is the name as written; of an id with a prefix, with that prefix in its own spelling and an underscore."""

    kind: EntityKind
    start: int
    end: int
    value: str


def find(text: str, names: Names) -> Iterator[Name]:
    yield from ids(text, "invoice", names.invoice_prefixes, _INVOICE_NOUN)
    yield from ids(text, "ticket", names.ticket_prefixes, _TICKET_NOUN)
    for found in _plan_pattern(names.plans).finditer(text):
        group = found.lastgroup or ""
        yield Name("plan", found.start(group), found.end(group), found[group].lower())
    for found in _EMAIL.finditer(text):
        yield Name("email", found.start(), found.end(), found.group())
    for found in _CODE.finditer(text):
        group = found.lastgroup or ""
        if not _is_id(found[group], names):
            yield Name("error_code", found.start(group), found.end(group), found[group])


def ids(text: str, kind: EntityKind, prefixes: tuple[str, ...], noun: str) -> Iterator[Name]:
    for found in _id_pattern(prefixes, noun).finditer(text):
        group = found.lastgroup or ""
        number = found[group].rstrip("_-")
        if not number or not number.isascii() or len(number) > LONGEST_ID:
            continue
        if group == "plain":
            yield Name(kind, found.start(group), found.start(group) + len(number), number)
        else:
            cut = len(found[group]) - len(number)
            yield Name(kind, found.start("prefix"), found.end() - cut, f"{found['prefix'].lower()}_{number}")


@lru_cache(8)
def _id_pattern(prefixes: tuple[str, ...], noun: str) -> Pattern[str]:
    """inv_x takes any id; inv-1, INV 1, inv #1 and "invoice 1" need a digit, or ordinary words would become ids."""
    prefix = "|".join(re.escape(one) for one in prefixes)
    return re.compile(
        rf"""
        (?<![^\W_])(?P<prefix>{prefix})
        (?: _ (?P<id>(?:(?!-(?:{prefix})_)[\w-])+)
          | - (?P<dashed>(?=[A-Za-z]*\d)(?:(?!-(?:{prefix})_)[\w-])+)
          | (?:[ ]?\#[ ]?|[ ]) (?P<spaced>\d[\w-]*+) (?![.,]\d|[ ]?[€$£¥%]|[ ]{MONTH}\b|[ ](?:eur|usd|gbp|euros?|dollars?|pounds?|days?|weeks?|months?)\b)
          | (?P<joined>\d{{3,}}\b) )
      | (?:\b(?:{noun}){_NUMBER_SIGN}|(?<=[\w]),?[ ](?:and|&|or)[ ]\#)
        (?P<plain>(?:(?=[A-Za-z]{{0,4}}[-/]?\d{{2}})[A-Za-z]{{0,4}}[-/]?\d[\w/-]{{2,30}}|(?<=\#)\d[\w-]*))
            (?![\w€$£¥%]|[.,]\d|[ ]?[€$£¥%]|[ ]?(?:eur|usd|gbp|euros?|dollars?|pounds?|days?|weeks?|months?|times)\b)
        """,
        re.VERBOSE | re.IGNORECASE,
    )


@lru_cache(8)
def _plan_pattern(plans: tuple[str, ...]) -> Pattern[str]:
    own = "|".join(map(re.escape, plans))
    clear = "|".join(re.escape(plan) for plan in plans if plan != "free") or "(?!)"
    known = "|".join(sorted({*plans, *_PLAN_WORDS}, key=len, reverse=True))
    return re.compile(
        rf"""
        (?<![\w-])(?P<named>{known})(?=[ -](?:(?:annual|yearly|monthly)[ ])?{_PLAN_NOUN}\b)
      | \b(?:upgrad\w+|downgrad\w+|switch\w*|mov\w+|go(?:ing)?|chang\w+|from|plan)[ ](?:(?:me|us|it|from|to|the|our|my|back|over|down|up|is|called)[ ]){{0,3}}(?P<moved>{known})(?![\w-])
      | (?<![\w-])(?P<on>(?<=on[ ])(?:{own})|(?<=on[ ]the[ ])(?:{own})|(?<=to[ ])(?:{clear}))(?![\w-])
        """,
        re.VERBOSE | re.IGNORECASE,
    )


def _is_id(text: str, names: Names) -> bool:
    lowered = text.lower()
    return any(
        re.match(rf"{re.escape(prefix)}[_-]", lowered)
        for prefix in (*names.invoice_prefixes, *names.ticket_prefixes)
    )
