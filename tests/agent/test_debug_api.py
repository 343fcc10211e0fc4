"""The routes that show internal state, in the shapes of the first FlowOps."""

import json
from decimal import Decimal

import pytest
from django.utils import timezone

from agent import turn
from flowops.outbox.models import Delivery
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]


@pytest.fixture
def get(client):
    _, token = factories.operator("vera", "viewer")

    def call(path, status=200):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
        return answer.json()

    return call


def live(text, customer_id="cust_1"):
    api_client, _ = factories.api_client(f"client for {text}")
    turn.live(api_client, customer_id=customer_id, message=text, request_id="r1", now=timezone.now())


def test_interactions_are_shown_newest_first_with_their_actions_as_a_json_string(get):
    factories.CustomerFactory(id="cust_1")
    live("thanks")
    live("let me talk to a human")
    newest, oldest = get("/debug/interactions/cust_1")
    assert (newest["requestText"], oldest["requestText"]) == ("let me talk to a human", "thanks")
    assert set(newest) >= {
        "replyText",
        "confidence",
        "escalated",
        "verified",
        "requestId",
        "ticketId",
        "mode",
        "createdAt",
    }
    assert "escalate_to_human" in json.loads(newest["actionsJson"])
    assert newest["createdAt"].endswith("Z")
    assert get("/debug/interactions/nobody") == []


def test_an_account_is_shown_as_the_tool_sees_it(get):
    factories.CustomerFactory(id="cust_1")
    assert get("/debug/account/cust_1") == {
        "ok": True,
        "data": {"plan": "pro", "apiKeyStatus": "active", "slaHours": 24, "email": "cust_1@example.com"},
    }
    assert get("/debug/account/nobody", 404)["error"] == "Customer not found"


REFUNDS = {
    "pro/49": (True, False, 100.0, "refund.within_limits"),
    "free/100.00": (True, False, 100.0, "refund.within_limits"),
    "pro/100.01": (False, True, 100.0, "refund.auto_limit"),
    "enterprise/1": (False, True, 0.0, "refund.plan_needs_person"),
    "pro/0": (False, False, 100.0, "refund.not_positive"),
    "pro/-5": (False, False, 100.0, "refund.not_positive"),
    "pro/49?currency=USD": (False, True, 0.0, "refund.no_limit_in_currency"),
}


@pytest.mark.parametrize(("path", "expected"), REFUNDS.items(), ids=[*REFUNDS])
def test_refund_policy_is_told_for_a_plan_and_an_amount(get, path, expected):
    told = get(f"/debug/policy/refund/{path}")
    assert (told["allow"], told["needsHuman"], told["maxAmount"], told["rule"]) == expected
    assert told["reason"]
    assert told["policyVersion"] == 1


ESCALATIONS = {"pro/0.9/true": False, "pro/0.74/true": True, "enterprise/0.75/true": False, "free/1/false": True}


@pytest.mark.parametrize(("path", "escalates"), ESCALATIONS.items(), ids=[*ESCALATIONS])
def test_escalation_policy_is_told(get, path, escalates):
    told = get(f"/debug/policy/escalate/{path}")
    assert told["escalate"] is escalates
    assert told["reason"]


@pytest.mark.parametrize(
    "path",
    [
        "refund/platinum/49",
        "refund/pro/much",
        "refund/pro/NaN",
        "refund/pro/1.001",
        "refund/pro/49?currency=XXX",
        "escalate/platinum/0.9/true",
        "escalate/pro/much/true",
        "escalate/pro/nan/true",
        "escalate/pro/1.1/true",
        "escalate/pro/0.9/maybe",
    ],
)
def test_what_is_no_plan_amount_or_probability_is_refused(get, path):
    assert get(f"/debug/policy/{path}", 400)["errors"]


def test_the_outbox_is_listed_by_state(get):
    factories.CustomerFactory(id="cust_1")
    live("let me talk to a human")
    (queued,) = get("/debug/outbox")
    assert (queued["event"], queued["status"], queued["recipient"]) == (
        "interaction.completed",
        "pending",
        "cust_1@example.com",
    )
    assert get("/debug/outbox?status=delivered") == []
    assert len(get("/debug/outbox?status=pending")) == 1
    assert get("/debug/outbox?status=lost", 400)["errors"][0]["field"] == "status"


def test_a_handoffs_context_is_all_that_is_known_of_it(get):
    factories.paid_invoice("cust_1", id="inv_1", amount=Decimal("240.00"), paid_at=timezone.now())
    live("refund inv_1")
    (handoff,) = get("/handoffs")
    context = get(f"/debug/ai/handoff-context/{handoff['id']}")
    assert context["handoff"]["proposal"]["money"] == {"amount": "240.00", "currency": "EUR"}
    assert context["account"]["plan"] == "pro"
    assert [row["requestText"] for row in context["interactions"]] == ["refund inv_1"]
    assert get("/debug/ai/handoff-context/hof_none", 404)["error"] == "Handoff not found"
    assert Delivery.objects.count() == 1
