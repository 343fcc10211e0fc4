"""The phrasebooks: every statement can be written in each language, and what is written reads back as itself."""

import os
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import parse, phrasebook
from agent import statements as say
from agent.grammar import NotAPattern
from agent.phrasebook import KINDS, LANGUAGES, Phrasebook, book
from flowops.money import CURRENCIES, Money

amounts = st.builds(
    lambda units, currency: Money(
        amount=Decimal(units).scaleb(-CURRENCIES[currency]).quantize(Decimal(1).scaleb(-CURRENCIES[currency])),
        currency=currency,
    ),
    st.integers(0, 10**9),
    st.sampled_from(sorted(CURRENCIES)),
)
ids = st.from_regex(r"\Ainv_[A-Za-z0-9_-]{0,10}[0-9]\Z")
days = st.dates(date(1900, 1, 1), date(2200, 1, 1))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("invoice", "ref", "ticket", "handoff", "code"), ids),
    **dict.fromkeys(("money", "limit"), amounts),
    **dict.fromkeys(("date", "paid_on", "effective"), days),
    **dict.fromkeys(("days", "hours", "low", "high", "count", "over"), st.integers(0, 99999)),
    **dict.fromkeys(("plan", "old", "new", "than"), st.sampled_from(["Pro", "Team Plus", "Studio 2000"])),
    "invoices": st.lists(ids, min_size=1, max_size=5).map(tuple),
    "status": st.sampled_from(["paid", "open", "overdue", "void", "refunded", "active", "expired"]),
    "percent": st.integers(1, 100).map(Decimal),
    "email": st.from_regex(r"\A[a-z]{1,8}@[a-z]{1,8}\.example\Z"),
    "url": st.just("https://status.flowops.example"),
    "name": st.sampled_from(["Lea", "Lea Sommer"]),
    "quote": st.sampled_from(["Where is it?", "twice, I say"]),
    "month": st.integers(1, 12),
    "year": st.integers(2000, 2100),
    "brand": st.just("FlowOps"),
    "to": st.just("card"),
}
EXAMPLES_A_LANGUAGE = max(60, int(os.environ.get("TRUTH_EXAMPLES", "0")) // len(LANGUAGES))
NAMES = [("plan", "Pro"), ("plan", "Team Plus"), ("plan", "Studio 2000"), ("name", "Lea"), ("name", "Sommer")]
NAMES += [("brand", "FlowOps"), ("to", "card")]


def forms(language):
    """Each form we write: a kind, what it sets by itself, and the slots that are filled."""
    for said, template in book(language).templates:
        yield said.kind, dict(said.constants), frozenset(phrasebook._SLOT.findall(template))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_reads_back_as_the_statement(language):
    @settings(deadline=None, max_examples=EXAMPLES_A_LANGUAGE)
    @given(st.data())
    def holds(data):
        kind, constants, slots = data.draw(st.sampled_from(list(forms(language))))
        filled = {name: data.draw(VALUES[name]) for name in sorted(slots)}
        statement = kind(**filled, **constants)
        (sentence,) = parse.reply(phrasebook.render([statement], language), language, NAMES)
        said = [tuple(claim.statement for claim in reading) for reading in sentence.readings]
        said = [tuple(s for s in reading if s != say.Courtesy()) for reading in said]
        assert (statement,) in said, (sentence, said)

    holds()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_statement_can_be_written(language):
    assert {kind for kind, _, _ in forms(language)} == set(KINDS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_writes_what_english_writes(language):
    def shapes(of):
        return {(kind, frozenset(constants.items()), slots) for kind, constants, slots in forms(of)}

    assert shapes("en") - shapes(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_write_is_never_read_as_its_opposite(language):
    for said, template in book(language).templates:
        values = {name: EXAMPLES[name] for name in phrasebook._SLOT.findall(template)}
        text = book(language).write(said.kind(**values, **said.constants))
        for sentence in parse.reply(text, language, NAMES):
            said = {claim.statement for reading in sentence.readings for claim in reading}
            denied = {one for one in said if getattr(one, "negated", False)}
            assert not {msgspec.structs.replace(one, negated=False) for one in denied} & said, (text, said)


EXAMPLES = {
    **dict.fromkeys(("invoice", "ref", "ticket", "handoff", "code"), "inv_1"),
    **dict.fromkeys(("money", "limit"), Money(amount=Decimal("49.00"), currency="EUR")),
    **dict.fromkeys(("date", "paid_on", "effective"), date(2026, 5, 3)),
    **dict.fromkeys(("days", "hours", "low", "high", "count", "over"), 7),
    **dict.fromkeys(("plan", "old", "new", "than"), "Pro"),
    "invoices": ("inv_1", "inv_2"), "status": "paid", "percent": Decimal(25), "email": "a@b.example",
    "url": "https://status.flowops.example", "quote": "Where?", "month": 5, "year": 2026, "name": "Lea",
    "brand": "FlowOps", "to": "card",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_of_a_pattern_has_a_place_in_what_it_says(language):
    """Else the pattern could never be read: a value without a place is unchecked, and so unread."""
    for rule in book(language).rules:
        fields = {name for said in rule.says for name in said.kind.__struct_fields__}
        required = {name for said in rule.says for name in phrasebook.required_slots(said.kind)}
        constants = {name for said in rule.says for name in said.constants}
        assert constants <= fields
        assert required <= fields


SHARED: dict[str, Any] = {
    "locale": "en", "dates": "d MMMM y", "day_first": None, "numbers": "zero,one", "statuses": {"paid": "paid"},
    "glue": {"opens": ["well ,"], "joins": [", and"], "closes": ["too"]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"statements": {"no_such_thing": {"read": ["x"]}}}, "'no_such_thing' is no statement"),
        ({"statements": {"plan_is colour=red": {"read": ["x"]}}}, "plan_is has no slot 'colour'"),
        ({"statements": {"plan_is": {"read": ["your {colour}"]}}}, "{colour} is no slot"),
        ({"statements": {"plan_is": {"read": ["your (plan"]}}}, "plan_is: .*is not closed"),
        ({"statements": {"plan_is": {"write": ["(Your|The) plan is {plan}."]}}}, "what we write has no"),
        ({"phrases": {"we": "us"}, "statements": {}}, "<we> is defined twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_in_a_phrasebook_is_named(part, fault):
    with pytest.raises(NotAPattern, match=fault):
        Phrasebook("en", [SHARED, {"phrases": {"we": "we"}}, part])


def test_a_statement_without_a_template_for_its_slots_is_not_written_somehow():
    with pytest.raises(KeyError):
        book("en").write(say.RefundIssued(percent=Decimal(25)))


def test_a_slot_that_is_not_said_is_none_in_every_kind():
    for kind in KINDS.values():
        optional = [field for field in msgspec.structs.fields(kind) if not field.required]
        assert {field.default for field in optional} <= {None, False}
