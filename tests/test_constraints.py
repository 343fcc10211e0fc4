"""Each named constraint of the database, and the write that only it refuses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from agent.models import Interaction
from flowops.outbox.models import Delivery, Event
from handoffs.models import Comment, Presence
from policy.models import PolicyVersion
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

OURS = {"accounts", "billing", "outbox", "audit", "policy", "handoffs", "agent"}


def interaction(number: int = 1, **values):
    client = values.pop("client", None) or factories.api_client(f"client {number}")[0]
    defaults = {
        "id": f"int_{number}",
        "client": client,
        "customer_id": "cust_1",
        "fingerprint": "",
        "request_text": "",
        "created_at": NOW,
        "lease_until": NOW,
    }
    return Interaction.objects.create(**(defaults | values))


def delivery():
    event = Event.objects.create(id="evt_1", name="x", customer_id="", payload={}, created_at=NOW)
    return Delivery.objects.create(
        id="eml_1", event=event, recipient="a@example.com", not_before=NOW, created_at=NOW
    )


def same_request():
    client = factories.api_client()[0]
    for number in (1, 2):
        interaction(number, client=client, request_id="r1")


def same_turn():
    for number in (1, 2):
        interaction(number, state="done", turn=1, completed_at=NOW)


def two_active_policies():
    factories.active_policy()
    PolicyVersion.objects.create(number=9, content={}, checksum="", is_active=True)


def change(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)


def two(factory, **values):
    for _ in range(2):
        factory(**values)


def comment(number=1, **values):
    """A note, unless told."""
    handoff = values.pop("handoff", None) or factories.HandoffFactory()
    by = values.pop("by", None) or factories.UserFactory()
    defaults = {"id": f"cmt_{number}", "kind": "note", "text": "x", "created_at": NOW}
    return Comment.objects.create(handoff=handoff, by=by, **(defaults | values))


def same_reply(request_id="r1"):
    handoff, person = factories.HandoffFactory(), factories.UserFactory()
    for number in (1, 2):
        comment(number, handoff=handoff, by=person, request_id=request_id)


def same_presence():
    handoff, person = factories.HandoffFactory(), factories.UserFactory()
    for _ in (1, 2):
        Presence.objects.create(handoff=handoff, user=person, seen_at=NOW)


def proposal(**values):
    invoice = factories.paid_invoice(amount="240.00")
    change(factories.proposed_refund(factories.HandoffFactory(), invoice), **values)


def approved_twice_by_one():
    person = factories.UserFactory()
    proposal(approved_by=person, seconded_by=person)


WRITES: dict[str, Callable[[], object]] = {
    "plan_is_known": lambda: change(factories.AccountFactory(), plan="platinum"),
    "api_key_status_is_known": lambda: change(factories.AccountFactory(), api_key_status="lost"),
    "sla_hours_are_positive": lambda: change(factories.AccountFactory(), sla_hours=0),
    "invoice_amount_not_negative": lambda: factories.InvoiceFactory(amount="-0.01"),
    "invoice_status_is_known": lambda: factories.InvoiceFactory(status="lost"),
    "invoice_currency_is_known": lambda: factories.InvoiceFactory(currency="XXX"),
    "payment_amount_is_positive": lambda: factories.PaymentFactory(amount="0.00"),
    "refund_amount_is_positive": lambda: factories.RefundFactory(amount="0.00"),
    "refund_status_is_known": lambda: factories.RefundFactory(status="lost"),
    "decided_refund_has_its_time": lambda: factories.RefundFactory(decided_at=None),
    "delivery_state_is_known": lambda: change(delivery(), state="lost"),
    "delivered_has_its_time": lambda: change(delivery(), state="delivered"),
    "one_active_policy": two_active_policies,
    "one_open_ticket_per_customer": lambda: two(factories.TicketFactory, customer_id="cust_1"),
    "ticket_status_is_known": lambda: factories.TicketFactory(status="resolved"),
    "one_live_handoff_per_ticket": lambda: two(factories.HandoffFactory, ticket=factories.TicketFactory()),
    "handoff_status_has_its_people": lambda: factories.HandoffFactory(status="claimed"),
    "handoff_priority_is_known": lambda: factories.HandoffFactory(priority="urgent"),
    "handoff_category_is_known": lambda: factories.HandoffFactory(resolution_category="lost"),
    "two_approvals_are_by_two_people": approved_twice_by_one,
    "nothing_unapproved_is_due": lambda: proposal(not_before=NOW),
    "nothing_unapproved_is_executed": lambda: proposal(executed_at=NOW),
    "one_reply_per_request": same_reply,
    "a_reply_has_its_mail_and_a_note_none": lambda: comment(kind="reply"),
    "findings_are_overridden_with_a_reason": lambda: comment(findings=[{"check": "unrecognised"}]),
    "one_presence_per_person": same_presence,
    "handoff_confidence_is_probability": lambda: factories.HandoffFactory(confidence=1.01),
    "one_interaction_per_request": same_request,
    "one_interaction_per_turn": same_turn,
    "done_interaction_has_its_turn": lambda: interaction(state="done", completed_at=NOW),
}


def refused_by(error: IntegrityError, name: str) -> bool:
    """By name; of a unique constraint SQLite tells the columns instead."""
    if name in str(error):
        return True
    unique = {c.name: c for model in apps.get_models() for c in model._meta.constraints}[name]
    columns = [unique_column.rpartition(".")[2] for unique_column in str(error).partition(": ")[2].split(", ")]
    return isinstance(unique, models.UniqueConstraint) and [c.removesuffix("_id") for c in columns] == [
        field.removesuffix("_id") for field in unique.fields
    ]


@pytest.mark.parametrize("name", WRITES)
def test_the_constraint_refuses_the_write(name):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        WRITES[name]()
    assert refused_by(refusal.value, name), refusal.value


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda: two(factories.TicketFactory), id="tickets of two customers"),
        pytest.param(lambda: two(factories.HandoffFactory), id="handoffs on two tickets"),
        pytest.param(
            lambda: two(factories.TicketFactory, customer_id="cust_1", status="resolved", resolved_at=NOW),
            id="two resolved tickets of one customer",
        ),
        pytest.param(lambda: [interaction(n, state="started") for n in (1, 2)], id="two started interactions"),
        pytest.param(lambda: same_reply(request_id=None), id="two notes of one person without a key"),
        pytest.param(lambda: comment(findings=[{}], override_reason="she asked"), id="findings with a reason"),
        pytest.param(lambda: factories.InvoiceFactory(issued_at=NOW - timedelta(days=900)), id="an old invoice"),
    ],
)
def test_what_is_allowed_goes_through(write):
    write()


def test_every_constraint_has_its_write():
    declared = {
        constraint.name
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for constraint in model._meta.constraints
    }
    assert declared == set(WRITES)
