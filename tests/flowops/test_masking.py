"""Card numbers, bank accounts and keys are taken out of a message, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import idempotency, turn
from agent.models import Interaction
from agent.values import Mode
from flowops.masking import masked
from tests.factories import NOW, AccountFactory, api_client


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("my card 4111 1111 1111 1111 was charged", "my card [card ending 1111] was charged"),
        ("4111111111111111.", "[card ending 1111]."),
        ("378282246310005", "[card ending 0005]"),
        ("41\u200b11 1111\n1111.1111", "[card ending 1111]"),
        ("DE89 3704 0044 0532 0130 00 please", "[bank account ending 3000] please"),
        ("gb82west12345698765432", "[bank account ending 5432]"),
        ("my key is sk_live_abcdefghijklmnop1234!", "my key is [key removed]!"),
        ("api key: ABCD1234efgh5678ijkl90", "api key: [key removed]"),
        ("Bearer eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM.SflKxwRJSM", "Bearer [key removed]"),
    ],
)
def test_what_is_sensitive_is_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "GB83 WEST 1234 5698 7654 32",
        "inv_4111111111111111",
        "€4111111111111111",
        "0000 0000 0000 0000",
        "call +49 30 901820 on 2026-11-24 about invoice 00123842",
        "my password does not work",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text):
    assert masked(text) == text


@given(st.text(alphabet="0123456789 -ADE4skey_:.\u200b€", max_size=60))
def test_masking_twice_changes_nothing(text):
    assert masked(masked(text)) == masked(text)


@pytest.mark.django_db
def test_the_number_of_a_card_is_never_stored(policy):
    customer, (client, _) = AccountFactory().customer, api_client()
    said = "Please refund my card 4111 1111 1111 1111"

    turn.live(client, customer_id=customer.id, message=said, request_id="r1", now=NOW)

    stored = Interaction.objects.get()
    assert "4111 1111" not in f"{stored.request_text}{stored.plan}{stored.response}"
    assert stored.request_text == "Please refund my card [card ending 1111]"


def test_another_number_is_another_request():
    def mark(number):
        return idempotency.fingerprint(customer_id="c", message=f"card {number}", mode=Mode.LIVE)

    assert mark("4111 1111 1111 1111") == mark("4111 1111 1111 1111")
    assert mark("4111 1111 1111 1111") != mark("4111111111111111")
