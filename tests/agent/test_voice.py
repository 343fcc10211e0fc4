"""T1, T2: people's mails state what their decision made true, and their replies are proven as the agent's are."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from agent.voice import VOICE
from flowops.accounts.models import Account, Customer
from flowops.billing import ledger
from flowops.billing.models import Payment, Refund
from flowops.money import money
from handoffs.models import Handoff
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def handoff(db):
    """A pro customer asks 240 EUR of inv_1 back, and a person has the case."""
    ticket = factories.TicketFactory(id="tck_1", customer_id="cust_1")
    made = factories.HandoffFactory(id="hof_1", ticket=ticket)
    invoice = factories.paid_invoice("cust_1", id="inv_1", amount="240.00")
    factories.proposed_refund(made, invoice)
    return made


def _findings(text, handoff):
    return [(found["check"], found["span"]) for found in VOICE.findings(text, handoff)]


def _decided(status):
    Refund.objects.update(status=status, decided_at=NOW, decided_by="olga")


ISSUED = "We have refunded €240.00 for invoice inv_1."
DENIED = "Your refund was not approved."
AGAINST = "A member of our team has already decided against a refund for invoice inv_1."
AWAITS = "A refund of €240.00 for invoice inv_1 is waiting for a decision by a member of our team."

SAYABLE = {
    "Thank you for your message.": ("pending", "issued", "denied", "withdrawn"),
    "Your ticket is tck_1.": ("pending", "issued", "denied", "withdrawn"),
    "We have passed your request to a member of our team.": ("pending", "issued", "denied", "withdrawn"),
    "Your account is on the pro plan.": ("pending", "issued", "denied", "withdrawn"),
    "Invoice inv_1 is for €240.00.": ("pending", "issued", "denied", "withdrawn"),
    "Refunds are possible within 30 days of payment.": ("pending", "issued", "denied", "withdrawn"),
    AWAITS: ("pending",),
    ISSUED: ("issued",),
    "Invoice inv_1 has already been refunded with €240.00.": ("issued",),
    DENIED: ("denied",),
    AGAINST: ("denied",),
    "Of invoice inv_1, €240.00 has been paid and not refunded.": ("denied", "withdrawn"),
    "No refund has been made for invoice inv_1.": ("denied", "withdrawn"),
}


@pytest.mark.parametrize("status", ["pending", "issued", "denied", "withdrawn"])
@pytest.mark.parametrize(("sentence", "when"), SAYABLE.items(), ids=SAYABLE)
def test_a_sentence_is_sayable_while_it_is_so(handoff, sentence, when, status):
    if status != "pending":
        _decided(status)
    assert (VOICE.findings(sentence, handoff) == []) is (status in when)


NEVER = {
    "You will have your money tomorrow.": "unrecognised",
    "Shipments leave on odd days.": "unrecognised",
    "We have refunded €241.00 for invoice inv_1.": "refund_issued",
    "We have refunded €240.00 for invoice inv_2.": "refund_issued",
    "Your ticket is tck_2.": "ticket_is",
    "This is a rehearsal, so nothing has been done.": "rehearsal",
    "We would refund €240.00 for invoice inv_1.": "would_refund",
    "Should we refund €240.00 for invoice inv_1?": "shall_we_refund",
    "Refunds are possible within 60 days of payment.": "refund_window",
}


@pytest.mark.parametrize(("sentence", "check"), NEVER.items(), ids=NEVER)
def test_what_is_not_so_is_found_at_its_place_between_what_is(handoff, sentence, check):
    assert _findings(f"Thank you for your message. {sentence} Your ticket is tck_1.", handoff) == [
        (check, sentence)
    ]


def test_nothing_is_a_finding_too(handoff):
    assert _findings("  ", handoff) == [("empty", "")]


def test_a_refund_of_another_case_is_not_told_as_done_on_this_one(handoff):
    other = factories.HandoffFactory(id="hof_2", ticket=factories.TicketFactory(customer_id="cust_2"))
    _decided("issued")
    assert _findings(ISSUED, other) == [("refund_issued", ISSUED)]
    assert _findings(DENIED, other) == [("refund_approved", DENIED)]


def test_of_a_customer_we_do_not_know_nothing_is_known(handoff):
    unknown = factories.HandoffFactory(ticket__customer_id="cust_9")
    assert _findings("Your account is on the free plan.", unknown) != []
    assert _findings("There are no invoices on your account.", unknown) != []
    assert _findings(f"Your ticket is {unknown.ticket_id}.", unknown) == []


def test_facts_are_those_of_now_not_of_when_the_case_was_handed_over(handoff):
    assert _findings("Your account is on the free plan.", handoff) != []
    Account.objects.update(plan="free")
    assert _findings("Your account is on the free plan.", handoff) == []


@pytest.mark.parametrize(
    ("say", "sentences"), [(VOICE.refund_issued, (ISSUED,)), (VOICE.refund_denied, (DENIED, AGAINST))]
)
def test_the_mail_of_a_decision_says_just_that_and_is_proven_once_it_is_so(handoff, say, sentences):
    text = say(handoff, Refund.objects.get())
    assert text == " ".join([*sentences, "Your ticket is tck_1."])
    assert _findings(text, handoff) != []
    _decided("issued" if say == VOICE.refund_issued else "denied")
    assert _findings(text, handoff) == []


def test_a_mail_names_its_own_refund_among_several(handoff):
    invoice = factories.paid_invoice("cust_1", id="inv_2", amount="300.00")
    factories.proposed_refund(handoff, invoice, "120.00", refund_id="rfd_q")
    ledger.settle("rfd_q", by="olga", now=NOW + timedelta(days=1))
    told = VOICE.refund_issued(handoff, Refund.objects.get(id="rfd_q"))
    assert told.startswith("We have refunded €120.00 for invoice inv_2.")
    assert _findings(told, handoff) == []
    assert Refund.objects.get(id="rfd_q").money == money("120.00", "EUR")


def test_it_is_the_voice_the_settings_name():
    assert import_string(settings.HANDOFF_VOICE) is VOICE


def test_reading_what_may_be_said_changes_nothing(handoff, django_assert_max_num_queries):
    with django_assert_max_num_queries(10) as captured:
        VOICE.findings(f"{ISSUED} {DENIED}", handoff)
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
    assert Handoff.objects.get().version == Customer.objects.count() == Payment.objects.count() == 1
