"""Amounts with a currency. Pure: decimals in, decimals out."""

import re
from decimal import Decimal

from msgspec import Struct

# Minor-unit digits per ISO 4217 currency that FlowOps bills in.
CURRENCIES = {
    "EUR": 2,
    "USD": 2,
    "GBP": 2,
    "CHF": 2,
    "SEK": 2,
    "NOK": 2,
    "DKK": 2,
    "PLN": 2,
    "CAD": 2,
    "AUD": 2,
    "JPY": 0,
}
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
LARGEST = Decimal("9999999999.99")

_SIGN_OF = {currency: sign for sign, currency in SIGNS.items()}
_CURRENCY = rf"(?:{'|'.join(CURRENCIES)}|[{''.join(SIGNS)}])"
_NUMBER = r"\d(?:[\d.,]{0,18}\d)?"
# One amount with its currency on either side: €49, 49.00 EUR, EUR 1,299.50, 49,00 €.
PATTERN = rf"(?:-?{_CURRENCY}\s?-?{_NUMBER}|-?{_NUMBER}\s?{_CURRENCY})"

_GROUPED = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<group>[.,])\d{3}(?:(?P=group)\d{3})*)(?:(?!(?P=group))[.,](?P<fraction>\d+))?"
)
_SIMPLE = re.compile(r"(?P<whole>\d+)(?:[.,](?P<fraction>\d+))?")
_EXACT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


class NotMoney(ValueError):
    """The text or number is not an amount we can hold: unknown currency, NaN, too precise, too large."""


class Money(Struct, frozen=True, kw_only=True):
    """An exact amount; `amount` has the currency's minor-unit digits at the most."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        digits = CURRENCIES.get(self.currency, 2)
        number = f"{abs(self.amount):,.{digits}f}"
        minus = "-" if self.amount < 0 else ""
        sign = _SIGN_OF.get(self.currency)
        return f"{minus}{sign}{number}" if sign else f"{minus}{number} {self.currency}"


def money(amount: Decimal | str | int, currency: str) -> Money:
    """An amount of money, checked. Raises NotMoney."""
    if isinstance(amount, str) and not _EXACT.fullmatch(amount):
        raise NotMoney(f"{amount!r} is not a number")
    exact = Decimal(amount)
    if currency not in CURRENCIES:
        raise NotMoney(f"{currency!r} is not a currency we know")
    if not exact.is_finite() or exact.adjusted() > LARGEST.adjusted():
        raise NotMoney(f"{amount!r} is not an amount")
    step = Decimal(1).scaleb(-CURRENCIES[currency])
    if exact != exact.quantize(step):
        raise NotMoney(f"{amount!r} has more decimals than {currency}")
    return Money(amount=exact.quantize(step), currency=currency)


def parse(text: str) -> Money:
    """Read one amount with its currency, as `PATTERN` finds it. Raises NotMoney."""
    currency = re.search(_CURRENCY, text)
    number = re.search(_NUMBER, text)
    if currency is None or number is None:
        raise NotMoney(f"{text!r} is not an amount with a currency")
    sign = "-" if "-" in text else ""
    code = SIGNS.get(currency.group(), currency.group())
    return money(sign + plain_number(number.group()), code)


def plain_number(digits: str) -> str:
    """1,299.50 / 1.299,50 / 49,00 / 1.299 as a plain decimal text.

    1.299 is read as thousands: amounts with three decimals do not occur in the currencies we know.
    """
    if match := _GROUPED.fullmatch(digits):
        whole, fraction = re.sub(r"[.,]", "", match["whole"]), match["fraction"]
    elif match := _SIMPLE.fullmatch(digits):
        whole, fraction = match["whole"], match["fraction"]
    else:
        raise NotMoney(f"{digits!r} is not a number")
    return f"{whole}.{fraction}" if fraction else whole
