"""Values in a reply that nothing known holds: an amount, a date, an id, an address that nobody gave us.

A sentence that no phrasebook has is blocked in any case; such a value in it shows that it is not only style.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from agent import licence
from agent import statements as say
from agent.known import Known
from agent.licences.amounts import amounts
from agent.licences.proof import same_day
from agent.tokens import BAD, Token

_NAMES = {BAD: "date or amount", "url": "link", "id": "id"}


def unheld(values: Iterable[Token], known: Known) -> list[tuple[Token, str]]:
    """Those of the values that no fact holds, each with what it is in words."""
    return [(value, _NAMES.get(value.kind, value.kind)) for value in values if not _is_held(value, known)]


def _is_held(token: Token, known: Known) -> bool:
    match token.kind:
        case "money":
            return _is_amount(token, known)
        case "date":
            return any(same_day(token.value, day) for day in _days(known))
        case "percent":
            return token.value in (known.decision.percent, Decimal(100)) or _is_share(token.value, known)
        case "email":
            return str(token.value).lower() in {str(to).lower() for to in (known.email, *_destinations(known))}
        case "url":
            return known.status_page is not None and token.value.rstrip("/") == known.status_page.rstrip("/")
        case "id":
            return token.value.removeprefix("#") in _ids(known) or token.value in known.customer_message
        case _:
            return False


def _is_amount(token: Token, known: Known) -> bool:
    money = token.value
    sayings = (say.Total(money=money), say.Difference(money=money), say.CustomerSaid(money=money))
    return (
        money in amounts(known)
        or money == known.rules.auto_limit
        or any(licence.is_so(saying, known) for saying in sayings)
    )


def _is_share(percent: Decimal, known: Known) -> bool:
    return licence.is_so(say.Share(percent=percent), known)


def _days(known: Known) -> list[date]:
    days = [day for bill in known.bills for day in (bill.date, bill.paid_on)]
    days += [day for done in known.done for day in (done.date, done.effective)]
    return [day for day in (*days, known.today, known.renewal and known.renewal.date) if day]


def _destinations(known: Known) -> Iterable[str | None]:
    return (done.to for done in known.done)


def _ids(known: Known) -> set[str]:
    ids = {bill.id for bill in known.bills} | {str(done.id) for done in known.done}
    return {name.removeprefix("#") for name in ids}
