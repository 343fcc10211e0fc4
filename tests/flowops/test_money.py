"""M2: an amount is exact, finite, in a currency we know and no finer than it; anything else is refused."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowops.money import CURRENCIES, LARGEST, PATTERN, Money, NotMoney, money, parse

REFUSED = {
    "NaN": (Decimal("NaN"), "EUR", "is not an amount"),
    "signalling NaN": (Decimal("sNaN"), "EUR", "is not an amount"),
    "infinity": (Decimal("Infinity"), "EUR", "is not an amount"),
    "minus infinity": (Decimal("-Infinity"), "EUR", "is not an amount"),
    "an exponent": ("1E+3", "EUR", "is not a number"),
    "an underscore": ("1_000", "EUR", "is not a number"),
    "padded": (" 12 ", "EUR", "is not a number"),
    "other digits": ("٣", "EUR", "is not a number"),
    "a word": ("much", "EUR", "is not a number"),
    "nothing": ("", "EUR", "is not a number"),
    "a grouped number": ("1,299.50", "EUR", "is not a number"),
    "tenths of a cent": ("1.999", "EUR", "has more decimals than EUR"),
    "far below a cent": (Decimal("1E-30"), "EUR", "has more decimals than EUR"),
    "cents of a yen": ("1.50", "JPY", "has more decimals than JPY"),
    "one cent too much": ("10000000000.00", "EUR", "is not an amount"),
    "one cent too little": ("-10000000000.00", "EUR", "is not an amount"),
    "far too much": (Decimal("1E+500"), "EUR", "is not an amount"),
    "unknown currency": ("1", "XXX", "is not a currency we know"),
    "small letters": ("1", "eur", "is not a currency we know"),
    "a sign for a code": ("1", "€", "is not a currency we know"),
    "no currency": ("1", "", "is not a currency we know"),
}


@pytest.mark.parametrize(("amount", "currency", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_money_is_refused_with_its_reason(amount, currency, why):
    with pytest.raises(NotMoney, match=why):
        money(amount, currency)


TAKEN = {
    "whole": (49, "EUR", "49.00"),
    "one decimal": ("49.5", "EUR", "49.50"),
    "trailing zeros": ("49.0000", "EUR", "49.00"),
    "yen": ("4900.00", "JPY", "4900"),
    "negative": ("-0.01", "USD", "-0.01"),
    "exponent": (Decimal("1E+3"), "EUR", "1000.00"),
    "largest": (LARGEST, "EUR", "9999999999.99"),
    "smallest": (-LARGEST, "EUR", "-9999999999.99"),
}


@pytest.mark.parametrize(("amount", "currency", "held"), TAKEN.values(), ids=TAKEN)
def test_an_amount_is_held_with_its_currencys_digits(amount, currency, held):
    assert str(money(amount, currency).amount) == held


SHOWN = {
    "euro": (money("49", "EUR"), "€49.00"),
    "grouped": (money("1299.5", "USD"), "$1,299.50"),
    "no sign of its own": (money("1299.5", "CHF"), "1,299.50 CHF"),
    "yen": (money("129900", "JPY"), "¥129,900"),
    "negative": (money("-1299.5", "EUR"), "-€1,299.50"),
    "negative, no sign": (money("-5", "SEK"), "-5.00 SEK"),
    "minus nothing": (money("-0", "EUR"), "€0.00"),
}


@pytest.mark.parametrize(("amount", "shown"), SHOWN.values(), ids=[*SHOWN])
def test_an_amount_is_shown_in_one_way(amount, shown):
    assert str(amount) == shown


READ = {
    "€49": "49.00 EUR",
    "€ 49": "49.00 EUR",
    "49€": "49.00 EUR",
    "49 EUR": "49.00 EUR",
    "EUR 49": "49.00 EUR",
    "49,00 €": "49.00 EUR",
    "49.00 EUR": "49.00 EUR",
    "49,5 EUR": "49.50 EUR",
    "0.99 USD": "0.99 USD",
    "1,299.50 USD": "1299.50 USD",
    "1.299,50 EUR": "1299.50 EUR",
    "1.299 EUR": "1299.00 EUR",
    "1,299 EUR": "1299.00 EUR",
    "1.299.500 EUR": "1299500.00 EUR",
    "1,299,500.25 GBP": "1299500.25 GBP",
    "1.299.500,25 PLN": "1299500.25 PLN",
    "-49 EUR": "-49.00 EUR",
    "€-49": "-49.00 EUR",
    "-1.299,50 CHF": "-1299.50 CHF",
    "¥1,200": "1200 JPY",
    "1200 JPY": "1200 JPY",
    "$9999999999.99": "9999999999.99 USD",
    "£0": "0.00 GBP",
    "0.500 EUR": "0.50 EUR",
    "1299.500 EUR": "1299.50 EUR",
}


@pytest.mark.parametrize(("text", "meant"), READ.items(), ids=[*READ])
def test_amounts_are_read_as_people_write_them(text, meant):
    amount, currency = meant.split()
    assert parse(text) == Money(amount=Decimal(amount), currency=currency)


UNREADABLE = ["", "EUR", "49", "fifty EUR", "49 XXX", "49 eur", "¥1.50", "0.5 JPY", "10,000,000,000.00 EUR"]
UNREADABLE += ["1299.501 EUR", "1.2.3 EUR", "12,34,56 EUR", "1,299,50 EUR"]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text or "nothing")
def test_a_text_without_an_amount_and_a_currency_is_refused(text):
    with pytest.raises(NotMoney):
        parse(text)


@pytest.mark.parametrize("currency", CURRENCIES)
@given(data=st.data())
@settings(deadline=None)
def test_what_is_shown_is_read_back(currency, data):
    amounts = st.decimals(-LARGEST, LARGEST, places=CURRENCIES[currency])
    amount = money(data.draw(amounts.filter(lambda drawn: abs(drawn) <= LARGEST)), currency)
    assert parse(str(amount)) == amount


@given(st.text("0123456789.,- €$¥EURJPYx٣", max_size=24))
@settings(deadline=None, max_examples=300)
def test_reading_an_amount_yields_checked_money_or_the_refusal(text):
    try:
        read = parse(text)
    except NotMoney:
        return
    assert read == money(read.amount, read.currency)


@given(st.decimals() | st.integers() | st.text(max_size=10), st.sampled_from([*CURRENCIES, "XXX"]))
@settings(deadline=None)
def test_no_input_raises_anything_but_the_refusal(amount, currency):
    try:
        held = money(amount, currency)
    except NotMoney:
        return
    assert held.amount.is_finite()
    assert abs(held.amount) <= LARGEST


def test_the_pattern_is_for_finding_amounts_in_a_sentence():
    sentence = "You paid €49.00 on 2026-03-12 and 1.299,50 EUR before; 12 seats."
    assert [parse(found) for found in re.findall(PATTERN, sentence)] == [
        money("49", "EUR"),
        money("1299.50", "EUR"),
    ]
