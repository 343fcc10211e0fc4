"""The English template bank: statements to prose, and prose back to the very statements.

The first template of a kind is written; all of them are understood. There are no optional words and no
"any of these" gaps: a sentence is one of ours with its slots filled, or it is not understood at all.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from agent import statements as say
from agent.statements import Statement
from flowops import money
from flowops.money import NotMoney

THANKS = "Thank you for your message."
WELCOME = "You are welcome to write to us any time."
CHECK_NUMBER = "Please check the number and write to us again."
ANSWER_HOW = 'Please answer with the word "refund" and the number of the invoice.'
MORE_THAN_ZERO = "A refund has to be more than zero."
REHEARSAL = "This is a rehearsal, so nothing has been done."
COURTESIES = (THANKS, WELCOME, CHECK_NUMBER, ANSWER_HOW, MORE_THAN_ZERO, REHEARSAL)

TEMPLATES: dict[type[Statement], tuple[str, ...]] = {
    say.RefundIssued: ("We have refunded {money} for invoice {invoice}.",),
    say.RefundAwaitsPerson: (
        "A refund of {money} for invoice {invoice} is waiting for a decision by a member of our team.",
    ),
    say.RefundNotApproved: ("Your refund was not approved.", "The refund was not approved."),
    say.AlreadyRefunded: ("Invoice {invoice} has already been refunded with {money}.",),
    say.NotRefunded: ("No refund has been made for invoice {invoice}.",),
    say.PersonDecidedAgainst: (
        "A member of our team has already decided against a refund for invoice {invoice}.",
    ),
    say.InvoiceIs: ("Invoice {invoice} is {status}.",),
    say.InvoiceTotal: ("Invoice {invoice} is for {money}.",),
    say.InvoicePaidOn: ("Invoice {invoice} was paid on {date}.",),
    say.StillPaid: ("Of invoice {invoice}, {money} has been paid and not refunded.",),
    say.RefundWindow: ("Refunds are possible within {days} days of payment.",),
    say.NoSuchInvoice: ("We could not find invoice {invoice} on your account.",),
    say.NoPaidInvoice: ("There is no paid invoice on your account.",),
    say.NoInvoices: ("There are no invoices on your account.",),
    say.NoRefunds: ("There are no refunds on your account.",),
    say.WhichInvoice: ("Which invoice do you mean: {invoices}?",),
    say.ShallWeRefund: ("Should we refund {money} for invoice {invoice}?",),
    say.PlanIs: ("Your account is on the {plan} plan.",),
    say.ApiKeyIs: ("Your API key is {status}.",),
    say.NoApiKey: ("Your account has no API key yet.",),
    say.ResponseTime: ("Our response time for your plan is {hours} hours.",),
    say.PassedToPerson: ("We have passed your request to a member of our team.",),
    say.TicketIs: ("Your ticket is {ticket}.",),
    say.WouldRefund: ("We would refund {money} for invoice {invoice}.",),
    say.WouldAskPerson: (
        "We would ask a member of our team to decide on a refund of {money} for invoice {invoice}.",
    ),
    say.WouldPassToPerson: ("We would pass your request to a member of our team.",),
}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ID = r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,126}[A-Za-z0-9_])?"
_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


class Span(NamedTuple):
    """A piece of a reply: the statement it makes, or None where it is not one of ours."""

    text: str
    statement: Statement | None


class _Slot(NamedTuple):
    pattern: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _write_date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _read_date(text: str) -> date:
    day, month, year = text.split(" ")
    return date(int(year), _MONTHS.index(month) + 1, int(day))


def _write_list(items: tuple[str, ...]) -> str:
    return " or ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def _read_list(text: str) -> tuple[str, ...]:
    return tuple(re.split(r", | or ", text))


_TEXT = (str, str)
_SLOTS = {
    "money": _Slot(money.PATTERN, str, money.parse),
    "date": _Slot(rf"\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}", _write_date, _read_date),
    "invoice": _Slot(_ID, *_TEXT),
    "invoices": _Slot(rf"{_ID}(?:, {_ID})*(?: or {_ID})?", _write_list, _read_list),
    "ticket": _Slot(_ID, *_TEXT),
    "status": _Slot(r"[a-z]+", *_TEXT),
    "plan": _Slot(r"[a-z]+", *_TEXT),
    "days": _Slot(r"\d{1,4}", str, int),
    "hours": _Slot(r"\d{1,5}", str, int),
}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    body = "".join(
        re.escape(part) if position % 2 == 0 else f"(?P<{part}>{_SLOTS[part].pattern})"
        for position, part in enumerate(parts)
    )
    return re.compile(body + r"(?=\s|$)")


_PATTERNS = [(kind, _pattern(template)) for kind, templates in TEMPLATES.items() for template in templates]
_COURTESY = re.compile(f"(?:{'|'.join(map(re.escape, COURTESIES))})" + r"(?=\s|$)")
_UNKNOWN = re.compile(r"\S.*?(?:[.!?\n](?=\s|$)|$)", re.DOTALL)
_SPACE = re.compile(r"\s*")


def render(statements: Iterable[Statement]) -> str:
    """Prose for these statements, in their order."""
    return " ".join(_sentence(statement) for statement in statements)


def parse(reply: str) -> list[Span]:
    """The reply as spans, in order and with nothing left out; an unknown sentence has no statement."""
    text = unicodedata.normalize("NFKC", reply).translate(_ZERO_WIDTH)
    spans, position = [], _skip_space(text, 0)
    while position < len(text):
        span, position = _next_span(text, position)
        spans.append(span)
        position = _skip_space(text, position)
    return spans


def _sentence(statement: Statement) -> str:
    if isinstance(statement, say.Courtesy):
        return statement.text
    template = TEMPLATES[type(statement)][0]
    names = re.findall(r"\{(\w+)\}", template)
    return template.format_map({name: _SLOTS[name].write(getattr(statement, name)) for name in names})


def _next_span(text: str, position: int) -> tuple[Span, int]:
    if match := _COURTESY.match(text, position):
        return Span(match.group(), say.Courtesy(text=match.group())), match.end()
    for kind, pattern in _PATTERNS:
        if match := pattern.match(text, position):
            return Span(match.group(), _filled(kind, match)), match.end()
    unknown = _UNKNOWN.match(text, position)
    end = unknown.end() if unknown else len(text)
    return Span(text[position:end], None), end


def _filled(kind: type[Statement], match: re.Match[str]) -> Statement | None:
    """The statement with its slots read, or None when a slot holds no such value (31 February, €1.2345)."""
    try:
        return kind(**{name: _SLOTS[name].read(value) for name, value in match.groupdict().items()})
    except (NotMoney, ValueError):
        return None


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
