"""O1, M1 under real threads: whoever comes at once, one execution and no euro too much."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from agent.models import Interaction
from flowops.billing.models import Refund
from flowops.outbox.models import Delivery
from flowops.problems import Problem
from handoffs import services
from handoffs.models import Handoff, Ticket
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("policy")]


HTTP = Client()  # one for all threads: its middleware is loaded once


@pytest.fixture
def key() -> str:
    return factories.api_client()[1]


@contextmanager
def threads(count):
    """A function that calls another with 0 … count-1, each in a thread of its own, all released by one barrier."""
    barrier = Barrier(count)

    def released(ask, number):
        barrier.wait()
        return ask(number)

    def close(_):
        connection.close()

    with ThreadPoolExecutor(count) as pool:
        yield lambda ask: list(pool.map(released, [ask] * count, range(count)))
        list(pool.map(released, [close] * count, range(count)))


def repeat(key, body, _):
    return chat(key, **body)


def chat(key, **body):
    return HTTP.post(
        "/chat",
        json.dumps({"customerId": "cust_1", "mode": "live"} | body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )


def test_nine_refunds_from_eight_threads_pay_once(key):
    """Two of the nine come from the same thread; the order is the threads' business."""
    factories.paid_invoice("cust_1", id="inv_1", paid_at=timezone.now())

    def ask(thread):
        numbers = (thread, 8) if thread == 0 else (thread,)
        return [chat(key, message="refund inv_1", requestId=f"r{number}") for number in numbers]

    with threads(8) as at_once:
        answers = [answer.json() for some in at_once(ask) for answer in some]
    assert len(answers) == 9
    assert sum("refund_auto_approved" in answer["actions"] for answer in answers) == 1
    told = [answer["reply"] for answer in answers if "refund_auto_approved" not in answer["actions"]]
    assert all("Invoice inv_1 has already been refunded with €49.00." in reply for reply in told)
    assert [refund.amount for refund in Refund.objects.filter(status="issued")] == [Decimal("49.00")]
    assert sorted(Interaction.objects.values_list("turn", flat=True)) == list(range(1, 10))


def test_two_hundred_identical_requests_are_one_execution_twenty_times(key):
    with threads(200) as at_once:
        for number in range(20):
            factories.paid_invoice(f"cust_{number}", id=f"inv_{number}", paid_at=timezone.now())
            body = {"customerId": f"cust_{number}", "message": f"refund inv_{number}", "requestId": "r1"}
            answers = at_once(partial(repeat, key, body))
            finished = [answer for answer in answers if answer.status_code == 200]
            assert {answer.status_code for answer in answers} <= {200, 409}
            assert len({answer.content for answer in finished}) == 1
            assert sum("Idempotent-Replayed" not in answer for answer in finished) == 1
            assert Interaction.objects.count() == Ticket.objects.count() == Refund.objects.count() == number + 1
            assert Delivery.objects.count() == number + 1


def test_escalations_at_once_share_one_handoff(key):
    factories.CustomerFactory(id="cust_1")
    with threads(8) as at_once:
        answers = at_once(lambda number: chat(key, message="let me talk to a human", requestId=f"r{number}"))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert {answer.json()["handoffId"] for answer in answers} == {Handoff.objects.get().id}
    assert Ticket.objects.count() == 1


def test_the_customers_limit_holds_over_several_invoices_at_once(key):
    """200 EUR in 30 days without a person: of eight times 49 EUR, four."""
    for number in range(8):
        factories.paid_invoice("cust_1", id=f"inv_{number}", paid_at=timezone.now())
    with threads(8) as at_once:
        at_once(lambda number: chat(key, message=f"refund inv_{number}"))
    assert Counter(Refund.objects.values_list("status", flat=True)) == {"issued": 4, "pending": 4}


def test_follow_ups_and_operators_on_one_case_never_lock_each_other_out(key):
    """Resolving frees money and the ticket while follow-ups take both: one order of locks, or deadlocks."""
    boss, _ = factories.operator("boss", "supervisor")
    answers = []

    def work(round_number, number):
        if number % 2:
            answers.append(chat(key, message=f"refund inv_{number}", requestId=f"r{round_number}_{number}"))
            return
        for handoff in Handoff.objects.live():
            with suppress(Problem):
                services.claim_handoff(handoff.id, by=boss, now=timezone.now())
            with suppress(Problem):
                services.resolve_handoff(handoff.id, by=boss, notes="", now=timezone.now())

    for number in range(8):
        amount = Decimal("240.00") if number % 4 == 1 else Decimal("9.00")
        factories.paid_invoice("cust_1", id=f"inv_{number}", amount=amount, paid_at=timezone.now())
    with threads(8) as at_once:
        for round_number in range(15):
            at_once(partial(work, round_number))
    assert {answer.status_code for answer in answers} == {200}
    assert not Interaction.objects.filter(state="started").exists()
    open_tickets = Ticket.objects.filter(status="open")
    assert all(ticket.handoffs.live().exists() for ticket in open_tickets)
    assert (
        not Refund.objects.filter(status="pending").exclude(proposal__handoff__in=Handoff.objects.live()).exists()
    )
