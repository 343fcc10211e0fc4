"""M3: what was approved is checked again, then carried out once, or goes back to people with the reason."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from flowops.accounts.models import Customer
from flowops.audit.models import Entry
from flowops.billing import ledger
from flowops.billing.models import Invoice, Refund
from flowops.outbox.models import Delivery, Event
from handoffs import decisions, services
from handoffs.decisions import execute_due, take_back_approval
from handoffs.models import Proposal, Ticket
from tests import factories
from tests.handoffs import worlds
from tests.handoffs.worlds import activate, approved, assert_recorded, claimed_case, meanwhile, moments_ago


def _execute():
    return execute_due(timezone.now())


def test_carried_out_the_ledger_has_it_and_the_customer_is_told_once(case, olga):
    approved(case, olga)
    assert [_execute() for _ in range(3)] == [1, 0, 0]
    assert (case.refund.status, case.refund.decided_by) == ("issued", "olga")
    assert Proposal.objects.get().executed_at is not None
    (mail,) = Delivery.objects.all()
    assert (mail.recipient, mail.event_id) == ("cust_1@example.com", "evt_rfd_p_issued")
    assert "We have refunded €240.00 for invoice inv_1." in mail.body
    assert "Your ticket is tck_1." in mail.body
    assert case.now().actions == ["refund_issued:rfd_p"]
    acts = Entry.objects.filter(action__in=["handoff.executed", "refund.issued"]).order_by("id")
    data = {"proposal": "prp_p", "refund": "rfd_p", "approvedBy": ["olga"]}
    assert [(entry.actor, entry.subject, entry.data) for entry in acts] == [
        ("worker", "hof_1", data | {"version": 4}),
        ("worker", "rfd_p", data),
    ]
    assert Event.objects.filter(name="refund.issued").count() == 1
    assert_recorded()


def test_a_case_that_was_resolved_meanwhile_stays_resolved_when_the_refund_is_carried_out(case, olga):
    approved(case, olga)
    services.resolve_handoff("hof_1", by=olga, notes="", now=timezone.now())
    assert case.refund.status == "pending"
    assert _execute() == 1
    assert (case.now().status, case.refund.status) == ("resolved", "issued")
    assert_recorded()


def test_a_customer_without_an_address_is_refunded_and_not_mailed(case, olga):
    Customer.objects.update(email="")
    approved(case, olga)
    assert _execute() == 1
    assert (case.refund.status, Delivery.objects.count()) == ("issued", 0)


def test_a_second_persons_yes_has_it_carried_out_in_both_names(large, olga, susan):
    approved(approved(large, olga), susan)
    assert Entry.objects.latest("id").data["waitsForSecond"] is False
    assert _execute() == 1
    assert (large.refund.status, large.refund.decided_by) == ("issued", "olga and susan")
    assert Entry.objects.get(action="handoff.executed").data["approvedBy"] == ["olga", "susan"]
    stored = Proposal.objects.get()
    assert (stored.approved_by, stored.seconded_by) == (olga, susan)
    assert_recorded()


def test_up_to_the_limit_one_is_enough(policy, olga):
    case = approved(claimed_case(olga, "500.00"), olga)
    assert (_execute(), case.refund.status) == (1, "issued")


def test_a_limit_that_was_lowered_after_the_yes_sends_it_back_for_a_second(case, olga):
    approved(case, olga)
    activate(second_person_over={"EUR": "100.00"})
    assert _execute() == 1
    assert case.refund.status == "pending"
    assert case.now().issues[-1] == f"approved, but not carried out: {decisions.SECOND_WANTED}"


@pytest.mark.parametrize("is_resolved", [False, True], ids=["open", "resolved"])
@pytest.mark.parametrize(("change", "why", "prefix"), worlds.NO_LONGER.values(), ids=worlds.NO_LONGER)
def test_what_changed_since_the_yes_is_not_carried_out_but_goes_back_to_people(
    case, olga, change, why, prefix, is_resolved
):
    approved(case, olga)
    if is_resolved:
        services.resolve_handoff("hof_1", by=olga, notes="", now=timezone.now())
    change()
    assert [_execute() for _ in range(2)] == [1, 0]
    back, proposal = case.now(), Proposal.objects.get()
    assert back.status == ("pending" if is_resolved else "claimed")
    assert Ticket.objects.get(id="tck_1").status == "open"
    assert back.issues[-1] == f"approved, but not carried out: {why}"
    assert (proposal.approved_by, proposal.approved_at, proposal.not_before, proposal.executed_at) == (None,) * 4
    assert not Refund.objects.filter(id="rfd_p", status="issued").exists()
    assert Delivery.objects.count() == 0
    entry = Entry.objects.get(action="handoff.execution_refused")
    assert (entry.actor, entry.data["objection"]) == ("worker", why)
    assert_recorded()


@pytest.mark.parametrize("change", worlds.TAMPERINGS.values(), ids=worlds.TAMPERINGS)
def test_a_proposal_tampered_with_after_the_yes_is_not_carried_out(case, olga, change):
    approved(case, olga)
    worlds.tamper(case.proposal, content=change(case.proposal.content))
    assert _execute() == 1
    assert (case.refund.status, Delivery.objects.count()) == ("pending", 0)
    assert case.now().issues[-1] == f"approved, but not carried out: {decisions.CHANGED}"


def test_a_refund_decided_in_the_very_moment_of_its_execution_is_not_issued_nor_told(case, olga):
    approved(case, olga)
    with meanwhile('UPDATE "billing_refund"', lambda: ledger.withdraw("rfd_p", by="admin", now=timezone.now())):
        assert _execute() == 1
    assert (case.refund.status, Delivery.objects.count()) == ("withdrawn", 0)
    assert "already decided" in case.now().issues[-1]


def test_a_yes_taken_back_in_the_very_moment_of_its_execution_is_not_carried_out(case, olga):
    """Found due, then undone, then locked: what was found is of before."""
    approved(case, olga)

    def undo():
        take_back_approval("hof_1", "prp_p", by=olga, now=timezone.now())

    with meanwhile('SELECT "handoffs_handoff"."id"', undo):
        assert _execute() == 0
    assert (case.refund.status, Delivery.objects.count()) == ("pending", 0)
    assert Entry.objects.latest("id").action == "handoff.approval_undone"
    assert_recorded()


def test_a_no_to_another_refund_of_the_same_invoice_leaves_an_approved_one_alone(case, olga):
    approved(case, olga)
    invoice = Invoice.objects.get(id="inv_1")
    factories.RefundFactory(invoice=invoice, amount="1.00", status="denied")
    assert (_execute(), case.refund.status) == (1, "issued")


def test_one_that_fails_holds_up_no_other(case, olga, caplog):
    approved(case, olga, at=moments_ago() - timedelta(seconds=10))
    other = approved(claimed_case(olga, number=2), olga)
    voided = meanwhile('UPDATE "billing_refund"', worlds.void)  # between the review and the ledger, which refuses
    with voided, caplog.at_level(logging.ERROR):
        assert _execute() == 1
    assert "approval_failed proposal=prp_p" in caplog.text
    assert (case.refund.status, other.refund.status) == ("pending", "issued")


def test_one_whose_customer_has_another_open_ticket_meanwhile_still_goes_back_to_people(case, olga):
    approved(case, olga)
    services.resolve_handoff("hof_1", by=olga, notes="", now=timezone.now())
    factories.TicketFactory(customer_id="cust_1")
    worlds.void()
    assert _execute() == 1
    assert (case.now().status, Ticket.objects.get(id="tck_1").status) == ("pending", "resolved")


@pytest.mark.django_db(transaction=True)
def test_carried_out_by_four_workers_at_once_it_is_carried_out_once(policy, olga):
    cases = [approved(claimed_case(olga, number=number), olga) for number in range(1, 6)]
    start = Barrier(4)

    def work(_):
        try:
            start.wait(timeout=10)
            return execute_due(timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(work, range(4)))
    assert sum(done) == len(cases)
    assert [case.refund.status for case in cases] == ["issued"] * len(cases)
    assert Delivery.objects.count() == Entry.objects.filter(action="refund.issued").count() == len(cases)
    for case in cases:
        assert_recorded(case.handoff.id)
