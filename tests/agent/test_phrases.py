"""Statements and prose say the same: what is rendered parses back to the very statements."""

import time
import unicodedata
from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import phrases
from agent import statements as say
from agent.statements import Statement
from flowops.money import CURRENCIES, Money

amounts = st.builds(
    lambda units, currency: Money(
        amount=Decimal(units).scaleb(-CURRENCIES[currency]).quantize(Decimal(1).scaleb(-CURRENCIES[currency])),
        currency=currency,
    ),
    st.integers(0, 10**9),
    st.sampled_from(sorted(CURRENCIES)),
)
ids = st.from_regex(r"\Ainv_[A-Za-z0-9_-]{0,10}[A-Za-z0-9]\Z")
words = st.sampled_from(["paid", "open", "void", "pro", "free", "enterprise", "active", "expired"])
FIELDS = {
    "money": amounts,
    "invoice": ids,
    "invoices": st.lists(ids, min_size=1, max_size=5).map(tuple),
    "ticket": ids,
    "date": st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    "status": words,
    "plan": words,
    "days": st.integers(0, 3650),
    "hours": st.integers(1, 65535),
    "text": st.sampled_from(phrases.COURTESIES),
}


def any_of_kind(kind: type) -> st.SearchStrategy[Statement]:
    return st.builds(kind, **{name: FIELDS[name] for name in kind.__struct_fields__})


@pytest.mark.parametrize("kind", get_args(Statement), ids=lambda kind: kind.__name__)
def test_what_is_rendered_parses_back_to_the_statement(kind):
    @given(any_of_kind(kind))
    def holds(statement):
        (span,) = phrases.parse(phrases.render([statement]))
        assert span.statement == statement

    holds()


@given(st.lists(st.one_of(*map(any_of_kind, get_args(Statement))), max_size=8))
def test_a_whole_reply_parses_back_in_its_order(statements):
    assert [span.statement for span in phrases.parse(phrases.render(statements))] == statements


def test_every_statement_has_a_template():
    assert {*phrases.TEMPLATES, say.Courtesy} == set(get_args(Statement))


def test_a_second_template_is_understood_too():
    (span,) = phrases.parse("The refund was not approved.")
    assert span.statement == say.RefundNotApproved()


def test_an_unknown_sentence_stands_between_known_ones_as_itself():
    spans = phrases.parse("Thank you for your message. All is well! Your ticket is tck_1.")
    assert [(span.text, span.statement) for span in spans] == [
        (phrases.THANKS, say.Courtesy(text=phrases.THANKS)),
        ("All is well!", None),
        ("Your ticket is tck_1.", say.TicketIs(ticket="tck_1")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Invoice inv_1 was paid on 31 February 2026.", id="no such day"),
        pytest.param("Invoice inv_1 is for €1.2345.", id="too precise"),
        pytest.param("Invoice inv_1 is for €49.00, and more.", id="goes on"),
        pytest.param("Well, invoice inv_1 is for €49.00.", id="starts earlier"),
        pytest.param("invoice inv_1 is for €49.00.", id="other case"),
        pytest.param("Your refund was not approved", id="unfinished"),
        pytest.param("Your refund was approved.", id="negation lost"),
    ],
)
def test_nearly_ours_is_not_ours(text):
    assert all(span.statement is None for span in phrases.parse(text))


@given(st.text(max_size=400))
def test_nothing_of_a_reply_is_left_out(text):
    spans = phrases.parse(text)
    assert all(span.text.strip() for span in spans)
    kept = "".join("".join(span.text for span in spans).split())
    normal = unicodedata.normalize("NFKC", text).translate(phrases._ZERO_WIDTH)
    assert kept == "".join(normal.split())


@pytest.mark.parametrize(
    "text",
    ["9" * 8000, "Invoice " + "a" * 8000, "a." * 4000, "€1," * 2600, "Which invoice do you mean: " + "a, " * 2600],
    ids=["digits", "letters", "stops", "amounts", "list"],
)
def test_a_hostile_reply_is_read_in_no_time(text):
    started = time.perf_counter()
    phrases.parse(text)
    assert time.perf_counter() - started < 5  # a backtracking pattern would take hours
