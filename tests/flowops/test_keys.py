"""S1: a key proves its owner by its secret; the database never holds it, and a revoked one proves nothing."""

import re
import zlib

import pytest
from django.utils import timezone

from flowops.accounts import keys
from flowops.accounts.models import ApiClient, OperatorToken
from tests import factories


def _with_checksum(body: str) -> str:
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def test_a_key_says_what_it_is_and_is_never_the_same():
    first, second = keys.make(), keys.make()
    assert re.fullmatch(r"flow_live_[0-9a-f]{12}_[0-9a-f]{48}_[0-9a-f]{8}", first.plain)
    assert first.prefix in first.plain
    assert len({first.plain, second.plain}) == len({first.prefix, second.prefix}) == 2


@pytest.mark.parametrize(("demo", "word"), [(True, "demo"), (False, "live")])
def test_a_key_of_the_demo_can_be_told_by_looking(settings, demo, word):
    settings.DEMO = demo
    assert keys.make().plain.split("_")[1] == word


def test_the_prefix_of_a_key_is_read_from_it():
    made = keys.make()
    assert keys.prefix_of(made.plain) == made.prefix


@pytest.mark.parametrize("position", range(-8, 0))
def test_any_changed_digit_of_the_checksum_makes_it_no_key(position):
    plain = keys.make().plain
    changed = "0" if plain[position] != "0" else "1"
    end = plain[position + 1 :] if position != -1 else ""
    assert keys.prefix_of(plain[:position] + changed + end) is None


MALFORMED = {
    "nothing": "",
    "a word": "secret",
    "underscores": "____",
    "another product's": _with_checksum("sk_live_0123456789ab_0123"),
    "a part too few": _with_checksum("flow_live_0123456789ab"),
    "a part too many": _with_checksum("flow_live_0123456789ab_01_23"),
    "checksum in capitals": keys.make().plain.upper(),
    "checksum alone": "_00000000",
    "letters beyond ASCII": "flow_live_ä_ö_ü",
}


@pytest.mark.parametrize("plain", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_shaped_like_a_key_has_no_prefix(plain):
    assert keys.prefix_of(plain) is None


def test_a_digest_is_keyed_and_tells_keys_apart(settings):
    plain = keys.make().plain
    ours = keys.digest(plain)
    assert ours == keys.digest(plain) != keys.digest(plain + "0")
    settings.SECRET_KEY = "another installation's"
    assert keys.digest(plain) != ours


@pytest.mark.django_db
def test_a_key_finds_its_own_client():
    factories.api_client("backend")
    client, key = factories.api_client("website")
    assert ApiClient.objects.for_key(key) == client


@pytest.mark.django_db
def test_a_clients_key_is_nothing_among_operators_tokens_and_the_other_way_round():
    _, client_key = factories.api_client()
    _, token_key = factories.operator("olga", "operator")
    assert OperatorToken.objects.for_key(client_key) is None
    assert ApiClient.objects.for_key(token_key) is None
    assert OperatorToken.objects.for_key(token_key).user.username == "olga"


@pytest.mark.django_db
def test_an_unknown_key_finds_nobody():
    factories.api_client()
    assert ApiClient.objects.for_key(keys.make().plain) is None


@pytest.mark.django_db
def test_the_right_prefix_with_a_wrong_secret_finds_nobody():
    client, key = factories.api_client()
    forged = _with_checksum(f"flow_live_{client.prefix}_{'0' * 48}")
    assert keys.prefix_of(forged) == client.prefix == keys.prefix_of(key)
    assert ApiClient.objects.for_key(forged) is None


@pytest.mark.django_db
def test_a_revoked_key_finds_nobody():
    client, key = factories.api_client()
    client.revoked_at = timezone.now()
    client.save()
    assert ApiClient.objects.for_key(key) is None


@pytest.mark.django_db
def test_a_mistyped_key_costs_no_query(django_assert_num_queries):
    _, key = factories.api_client()
    with django_assert_num_queries(0):
        assert ApiClient.objects.for_key(key[:-1]) is None


@pytest.mark.django_db
@pytest.mark.parametrize("model", [ApiClient, OperatorToken])
def test_the_key_itself_is_nowhere_in_the_database(model):
    _, key = factories.api_client() if model is ApiClient else factories.operator("olga", "operator")
    (row,) = model.objects.values()
    secret = key.split("_")[3]
    assert not any(secret in str(value) for value in row.values())
    assert row["digest"] == keys.digest(key)
