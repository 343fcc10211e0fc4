"""What a load balancer, a browser and a stranger get; S4: what is not there is a problem, not a page."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from agent.health import OUTBOX_IS_STUCK_AFTER
from flowops.outbox.models import Delivery, DeliveryState, Event


def test_a_program_is_greeted(client):
    answer = client.get("/", headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert client.get("/").json() == client.get("/", headers={"Accept": "*/*"}).json() == answer.json()


def test_a_browser_is_sent_to_the_console(client):
    answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_health_says_that_this_process_answers_and_asks_no_database(client):
    """No database mark: a query would fail this test."""
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "service": "FlowOps AI"})


@pytest.mark.django_db
@pytest.mark.usefixtures("policy")
def test_it_is_ready_when_all_it_needs_is_there(client):
    answer = client.get("/readyz")
    checks = {"database": "ok", "migrations": "ok", "policy": "ok", "outbox": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": checks})
    assert "Retry-After" not in answer


@pytest.mark.django_db
@pytest.mark.usefixtures("policy")
def test_it_is_not_ready_while_a_migration_is_to_be_applied(client):
    MigrationRecorder(connection).record_unapplied("agent", "0001_initial")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer["Retry-After"]) == (503, "not ready", "5")
    checks = answer.json()["checks"]
    assert checks.pop("migrations").endswith("to apply")
    assert checks == {"database": "ok", "policy": "ok", "outbox": "ok"}


def _delivery(age: timedelta, state: str = DeliveryState.PENDING) -> None:
    due = timezone.now() - age
    event = Event.objects.create(id="evt_1", name="reply.sent", customer_id="c", payload={}, created_at=due)
    Delivery.objects.create(
        id="eml_1",
        event=event,
        recipient="lea@example.com",
        subject="s",
        body="b",
        state=state,
        delivered_at=due if state == DeliveryState.DELIVERED else None,
        not_before=due,
        created_at=due,
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("policy")
def test_it_is_not_ready_while_mails_stay_behind(client):
    _delivery(OUTBOX_IS_STUCK_AFTER + timedelta(seconds=1))
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["checks"]["outbox"] == "1 deliveries are late; is the worker running?"


LEFT_IN_TIME = {
    "due a moment ago": (timedelta(minutes=14), DeliveryState.PENDING),
    "not due yet": (-timedelta(hours=1), DeliveryState.PENDING),
    "delivered long ago": (timedelta(days=9), DeliveryState.DELIVERED),
    "discarded long ago": (timedelta(days=9), DeliveryState.DISCARDED),
}


@pytest.mark.django_db
@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(("age", "state"), LEFT_IN_TIME.values(), ids=LEFT_IN_TIME)
def test_a_mail_that_is_not_late_keeps_nobody_from_being_ready(client, age, state):
    _delivery(age, state)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("policy")
def test_without_its_database_it_is_alive_and_not_ready(client):
    def away(*args: object) -> None:
        raise OperationalError("server closed the connection: host=db.internal")

    with connection.execute_wrapper(away):
        assert client.get("/health").status_code == 200
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"database": "unavailable"}}


@pytest.mark.parametrize("path", ["/health", "/"])
def test_what_can_be_read_can_be_asked_for_by_head(client, path):
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/health", "/readyz"])
def test_health_routes_take_nothing(client, path):
    assert client.post(path, {}, content_type="application/json").status_code == 405


NOWHERE = [
    "/nowhere",
    "/health/",
    "/nowhere/",
    "/chat/",
    "/handoffs/a%20b",
    "/%E2%98%83",
    "/.env",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_a_path_that_leads_nowhere_is_a_problem(client, path):
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this path.",
        "error": "not_found",
        "message": "There is nothing at this path.",
    }


@pytest.mark.django_db
def test_it_is_not_ready_while_no_policy_is_active(client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "load_policy" in answer.json()["checks"]["policy"]
