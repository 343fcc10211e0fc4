"""S4: what bad input gets, and what good input gets; the same on both databases, and nothing stored for a 4xx."""

import json

import jsonschema
import pytest
from django.apps import apps
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.utils import timezone

from agent.models import Interaction
from flowops.accounts.models import ApiClient
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]

GOOD = {"customerId": "cust_1", "message": "refund please", "mode": "live"}


@pytest.fixture
def key() -> str:
    return factories.api_client()[1]


def post(key, body, *, content_type="application/json", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return Client().generic("POST", "/chat", raw, content_type=content_type, headers=headers)


def rows() -> int:
    return sum(model._base_manager.count() for model in apps.get_models())


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


BAD = {
    "no customer": (without("customerId"), 400, "customerId"),
    "no message": (without("message"), 400, "message"),
    "blank message": (GOOD | {"message": " \n"}, 400, "message"),
    "empty message": (GOOD | {"message": ""}, 400, "message"),
    "message too long": (GOOD | {"message": "x" * 8001}, 400, "message"),
    "message is a number": (GOOD | {"message": 5}, 400, "message"),
    "message is null": (GOOD | {"message": None}, 400, "message"),
    "message is a list": (GOOD | {"message": ["refund"]}, 400, "message"),
    "customer is a number": (GOOD | {"customerId": 1}, 400, "customerId"),
    "customer is true": (GOOD | {"customerId": True}, 400, "customerId"),
    "customer with a space": (GOOD | {"customerId": "cust 1"}, 400, "customerId"),
    "customer too long": (GOOD | {"customerId": "x" * 129}, 400, "customerId"),
    "unknown mode": (GOOD | {"mode": "test"}, 400, "mode"),
    "mode in capitals": (GOOD | {"mode": "LIVE"}, 400, "mode"),
    "mode is true": (GOOD | {"mode": True}, 400, "mode"),
    "mode is a list": (GOOD | {"mode": ["live"]}, 400, "mode"),
    "mode is null": (GOOD | {"mode": None}, 400, "mode"),
    "padded requestId": (GOOD | {"requestId": "  r1  "}, 400, "requestId"),
    "requestId with a newline": (GOOD | {"requestId": "r1\n"}, 400, "requestId"),
    "empty requestId": (GOOD | {"requestId": ""}, 400, "requestId"),
    "requestId is a number": (GOOD | {"requestId": 5}, 400, "requestId"),
    "requestId is null": (GOOD | {"requestId": None}, 400, "requestId"),
    "requestId too long": (GOOD | {"requestId": "r" * 129}, 400, "requestId"),
    "requestId not ASCII": (GOOD | {"requestId": "r١"}, 400, "requestId"),
    "unknown field": (GOOD | {"amount": 5}, 400, "amount"),
    "a list": ([GOOD], 400, ""),
    "a string": ("refund", 400, ""),
    "null": (None, 400, ""),
    "not JSON": (b"{", 400, None),
    "empty": (b"", 400, None),
    "the same member twice": (b'{"customerId":"cust_1","message":"x","mode":"shadow","mode":"live"}', 400, None),
    "NaN": (b'{"customerId":"cust_1","message":NaN}', 400, None),
    "an integer of thirty digits": (b'{"customerId":"cust_1","message":' + b"9" * 30 + b"}", 400, None),
    "nested a thousand deep": (b'{"customerId":' + b"[" * 1000 + b"]" * 1000 + b"}", 400, None),
    "NUL in the message": (GOOD | {"message": "a\x00b"}, 400, None),
    "half a surrogate pair": (b'{"customerId":"cust_1","message":"\\ud800"}', 400, None),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), 400, None),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), 400, None),
    "larger than 64 KiB": (GOOD | {"message": "x" * 70_000}, 413, None),
    "3 MB": (GOOD | {"message": "x" * 3_000_000}, 413, None),
}


@pytest.mark.parametrize(("body", "status", "field"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_clear_answer_and_leaves_nothing(key, body, status, field):
    before = rows()
    answer = post(key, body)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    if field is not None:
        assert [fault["field"] for fault in problem["errors"]] == [field]
    assert rows() == before


def test_a_message_of_eight_thousand_characters_is_read(key):
    assert post(key, GOOD | {"message": "é" * 8000, "mode": "shadow"}).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ("application/json; charset=bogus", 400),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_only_json_in_utf8_is_read(key, content_type, status):
    assert post(key, GOOD | {"mode": "shadow"}, content_type=content_type).status_code == status


def test_a_chunked_body_is_refused_instead_of_read_as_empty(key):
    answer = post(key, b"", **{"Transfer-Encoding": "chunked"})
    assert answer.status_code == 411


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_allowed(key, method):
    answer = getattr(Client(), method)("/chat", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer nonsense"}, id="nonsense"),
        pytest.param({"Authorization": "Bearer "}, id="empty"),
        pytest.param({"Authorization": "Basic dTpw"}, id="another scheme"),
        pytest.param({"Authorization": "Bearer flow_live_ab_cd_00000000"}, id="wrong checksum"),
        pytest.param({"Authorization": "Bearer \xff\xfe"}, id="not ASCII"),
    ],
)
def test_without_a_key_nobody_is_answered(headers):
    answer = post(None, GOOD, **headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"] == "unauthorized"
    assert not Interaction.objects.exists()


def test_a_revoked_key_opens_nothing(key):
    ApiClient.objects.update(revoked_at=timezone.now())
    assert post(key, GOOD).status_code == 401


def test_an_operators_token_is_no_api_key():
    _, token = factories.operator("op", "operator")
    assert post(token, GOOD).status_code == 401


def test_the_mode_is_shadow_unless_said_otherwise(key):
    assert post(key, without("mode")).json()["mode"] == "shadow"
    assert not Interaction.objects.exists()


def test_the_header_stands_for_the_request_id(key):
    first = post(key, GOOD, **{"Idempotency-Key": "r1"})
    second = post(key, GOOD | {"requestId": "r1"})
    both = post(key, GOOD | {"requestId": "r1"}, **{"Idempotency-Key": "r1"})
    assert first.json()["requestId"] == "r1"
    assert first.content == second.content == both.content
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == both["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "header"), [({"requestId": "r1"}, "r2"), ({}, "r 1"), ({}, "")], ids=["differs", "malformed", "empty"]
)
def test_a_header_that_differs_or_is_malformed_is_refused(key, body, header):
    assert post(key, GOOD | body, **{"Idempotency-Key": header}).status_code == 400
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("change", [{"message": "thanks"}, {"mode": "shadow"}], ids=["message", "mode"])
def test_a_request_id_with_another_content_is_422_and_tells_nothing(key, change):
    post(key, GOOD | {"requestId": "r1"})
    answer = post(key, GOOD | {"requestId": "r1"} | change)
    assert (answer.status_code, answer.json()["error"]) == (422, "idempotency_payload_mismatch")
    assert "refund" not in answer.content.decode()


def test_a_database_that_is_away_is_503_with_a_time_to_retry(key, monkeypatch):
    def away(*args, **options):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(CursorWrapper, "execute", away)
    answer = post(key, GOOD)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.fixture
def schema():
    return Client().get("/openapi.json").json()


ANSWERS = {
    "live": (GOOD, 200),
    "shadow": (GOOD | {"mode": "shadow"}, 200),
    "with a requestId": (GOOD | {"requestId": "r1"}, 200),
    "unknown customer": (GOOD | {"customerId": "nobody"}, 200),
    "small talk": (GOOD | {"message": "thanks"}, 200),
    "bad": (GOOD | {"mode": "x"}, 400),
}


@pytest.mark.parametrize(("body", "status"), ANSWERS.values(), ids=ANSWERS)
def test_answers_are_as_the_published_schema_says(key, schema, body, status):
    factories.paid_invoice("cust_1", id="inv_1", paid_at=timezone.now())
    answer = post(key, body)
    assert answer.status_code == status
    content = schema["paths"]["/chat"]["post"]["responses"][str(status)]["content"]
    published = content[answer["Content-Type"]]["schema"]
    strict = {"additionalProperties": False} if status == 200 else {}
    resolved = schema["components"]["schemas"][published["$ref"].rpartition("/")[2]] | strict
    jsonschema.validate(answer.json(), resolved | {"components": schema["components"]})


def test_the_schema_and_its_page_are_public(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/chat", "/handoffs", "/handoffs/{handoff_id}/claim"} <= set(paths)
    page = client.get("/docs")
    assert page.status_code == 200
    assert b"cdn" not in page.content.lower()
    assert b"<script>" not in page.content
