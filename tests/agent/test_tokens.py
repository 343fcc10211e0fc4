"""Values are found whatever stands around them; what looks like one and is none is no value at all."""

from datetime import date
from decimal import Decimal

import pytest

from agent.phrasebook import LANGUAGES, book
from agent.tokens import YearlessDate, normal
from flowops.money import CURRENCIES, money


def values(text, language="en"):
    tokens = book(language).tokens.of(normal(text))
    return [(token.kind, token.value) for token in tokens if token.kind not in ("", "newline")]


EUR = money("1299.50", "EUR")
READ = [
    ("€1,299.50", "en", [("money", EUR)]),
    ("1.299,50 €", "en", [("money", EUR)]),
    ("1 299,50 €", "fr", [("money", EUR)]),
    ("1 299,50 EUR", "fr", [("money", EUR)]),
    ("EUR 1,299.50", "en", [("money", EUR)]),
    ("forty-nine euros", "en", [("money", money("49", "EUR"))]),
    ("49 US dollars", "en", [("money", money("49", "USD"))]),
    ("US$49", "en", [("money", money("49", "USD"))]),
    ("\u20ac\uff14\uff19", "en", [("money", money("49", "EUR"))]),
    ("€4\u200b9", "en", [("money", money("49", "EUR"))]),
    ("€1.2345", "en", [("bad", None)]),
    ("3 May 2026", "en", [("date", date(2026, 5, 3))]),
    ("May 3rd, 2026", "en", [("date", date(2026, 5, 3))]),
    ("the 3rd of May", "en", [("date", YearlessDate(month=5, day=3))]),
    ("Sunday, 3 May 2026", "en", [("date", date(2026, 5, 3))]),
    ("Monday, 3 May 2026", "en", [("bad", None)]),
    ("31 February 2026", "en", [("bad", None)]),
    ("04/05/2026", "en", [("bad", None)]),
    ("14/05/2026", "en", [("date", date(2026, 5, 14))]),
    ("04/05/2026", "fr", [("date", date(2026, 5, 4))]),
    ("3. Mai 2026", "de", [("date", date(2026, 5, 3))]),
    ("am 03.05.2026", "de", [("date", date(2026, 5, 3))]),
    ("le 1er mai 2026", "fr", [("date", date(2026, 5, 1))]),
    ("3 de mayo de 2026", "es", [("date", date(2026, 5, 3))]),
    ("2026-05-03", "en", [("date", date(2026, 5, 3))]),
    ("effective 18 December. If", "en", [("date", YearlessDate(month=12, day=18))]),
    ("49\x07 %", "en", [("percent", Decimal(49))]),
    ("1.2.3 %", "en", [("bad", None)]),
    ("25 %", "de", [("percent", Decimal(25))]),
    ("25 percent", "en", [("percent", Decimal(25))]),
    ("lea@sommer.example", "en", [("email", "lea@sommer.example")]),
    ("see https://a.example/b?c=d.", "en", [("url", "https://a.example/b?c=d")]),
    ("see evil.com now", "en", [("url", "evil.com")]),
    ("call +49 30 1234567", "en", [("phone", "+49 30 1234567")]),
    ("INV-2026-001", "en", [("id", "INV-2026-001")]),
    ("#4711", "en", [("id", "#4711")]),
    ("“as good as new”", "en", [("quote", "as good as new")]),
    ("5-10", "en", [("number", 5), ("number", 10)]),
    ("at 14:00", "en", [("clock", "14:00")]),
]


@pytest.mark.parametrize(("text", "language", "expected"), READ, ids=[f"{r[1]} {r[0]}" for r in READ])
def test_what_is_written_is_read(text, language, expected):
    assert values(text, language) == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("currency", CURRENCIES)
def test_an_amount_that_we_write_is_one_token(language, currency):
    """As Babel writes it, in each currency we bill in."""
    spoken = book(language)
    for digits in ("0", "7", "1234", "1000000"):
        amount = money(digits, currency)
        (token,) = spoken.tokens.of(normal(spoken._written("money", amount)))
        assert (token.kind, token.value) == ("money", amount)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_date_that_we_write_is_one_token(language):
    spoken = book(language)
    for month in range(1, 13):
        day = date(2026, month, 1)
        (token,) = spoken.tokens.of(normal(spoken._written("date", day)))
        assert (token.kind, token.value) == ("date", day)


def test_a_word_is_never_taken_for_a_value_it_is_named_like():
    (token,) = book("en").tokens.of("money")
    assert (token.key, token.kind) == ("money", "")


def test_a_name_of_nothing_marks_nothing():
    assert book("en").tokens.of("Pro", [("plan", " ")]) == book("en").tokens.of("Pro")


def test_layout_is_not_speech_but_keeps_its_place():
    tokens = book("en").tokens.of("1. Open it\n- **Then** wait")
    assert [(token.key, token.start) for token in tokens] == [
        ("open", 3),
        ("it", 8),
        ("{newline}", 10),
        ("then", 15),
        ("wait", 22),
    ]


def test_contractions_are_words_in_full():
    assert [token.key for token in book("en").tokens.of("we've can't cannot")] == [
        "we",
        "have",
        "can",
        "not",
        "can",
        "not",
    ]
