"""O2: cut off at any point, by kill -9 or by an exception, a turn ends as if nothing had happened, once."""

import re
import signal
import subprocess
import sys
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from agent import turn
from agent.models import Interaction
from flowops.audit.models import Entry
from flowops.billing.models import Refund
from flowops.outbox.models import Delivery, Event
from handoffs.models import Handoff, Proposal, Ticket
from tests import factories
from tests.agent.crash_points import POINTS, stopping_at
from tests.factories import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("policy")]

AMOUNTS = {"refund": Decimal("49.00"), "proposal": Decimal("240.00")}
MESSAGE = "refund inv_1"


@pytest.fixture
def client():
    return factories.api_client()[0]


def ask(client, ports=turn.PORTS):
    return turn.live(client, customer_id="cust_1", message=MESSAGE, request_id="r1", now=NOW, ports=ports)


def retried_by_its_client(client):
    ask(client)


def finished_by_the_worker(client):
    turn.finish_orphans(lambda: NOW)


RECOVERIES = {"retry": retried_by_its_client, "worker": finished_by_the_worker}


def end_state() -> dict:
    """All that a turn leaves, without the ids that differ from run to run."""
    rows = {
        "interactions": Interaction.objects.values_list(
            "state", "turn", "escalated", "verified", "reply_text", "actions"
        ),
        "tickets": Ticket.objects.values_list("status", "subject", "customer_id"),
        "refunds": Refund.objects.values_list("invoice_id", "amount", "status"),
        "handoffs": Handoff.objects.values_list("status", "reason", "priority", "version"),
        "proposals": Proposal.objects.values_list("content__money", "content__rule"),
        "mails": Delivery.objects.values_list("recipient", "body", "state"),
        "events": Event.objects.exclude(customer_id="").order_by("name").values_list("name", "customer_id"),
        "trail": Entry.objects.exclude(customer_id="").order_by("action").values_list("action", "actor"),
    }
    return {name: re.sub(r"_[0-9a-f]{20}", "_id", repr(list(found))) for name, found in rows.items()}


def undisturbed(client, amount) -> dict:
    """The end state of the same turn when nothing goes wrong; leaves the database as it was."""
    ask(client)
    state = end_state()
    for model in (Proposal, Delivery, Event, Interaction, Handoff, Ticket, Refund):
        model.objects.all().delete()
    Entry.objects.all()._raw_delete("default")
    return state


def lapse() -> None:
    Interaction.objects.filter(state="started").update(lease_until=NOW)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("case", "recovery"), [("refund", "retry"), ("proposal", "worker")])
def test_killed_at_any_point_it_ends_as_if_nothing_had_happened(client, case, recovery, point):
    factories.paid_invoice("cust_1", id="inv_1", amount=AMOUNTS[case])
    expected = undisturbed(client, AMOUNTS[case])
    name = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.agent.crash_child", name, str(client.id), MESSAGE, point]
    child = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    ended_before = child.returncode == 0 and point.startswith("statement")  # it has no such statement
    assert ended_before or child.returncode == -signal.SIGKILL, child.stderr
    assert ended_before or point == "applied" or not Ticket.objects.exists()
    lapse()
    RECOVERIES[recovery](client)
    assert end_state() == expected


class CutOff(Exception):
    pass


@pytest.mark.parametrize("error", [CutOff, OperationalError])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("case", "recovery"), [("proposal", "retry"), ("refund", "worker")])
def test_broken_off_at_any_point_it_ends_as_if_nothing_had_happened(client, case, recovery, point, error):
    factories.paid_invoice("cust_1", id="inv_1", amount=AMOUNTS[case])
    expected = undisturbed(client, AMOUNTS[case])

    def stop():
        raise error

    with stopping_at(point, stop, before=True) as ports:
        try:
            ask(client, ports)
        except error:
            pass
        else:
            assert point.startswith("statement")
    lapse()
    RECOVERIES[recovery](client)
    assert end_state() == expected


def test_the_points_reach_every_statement_of_apply(client):
    """Else the sweep above would stop short of some of them without saying so."""
    factories.paid_invoice("cust_1", id="inv_1", amount=AMOUNTS["proposal"])
    reached = []
    with stopping_at(POINTS[-1], lambda: reached.append(POINTS[-1])) as ports:
        ask(client, ports)
    assert reached == []
