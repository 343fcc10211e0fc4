"""M3, M2: another amount is another proposal, within policy and ledger, with its own digest and its own yes."""

from decimal import Decimal

import pytest
from django.utils import timezone

from flowops.audit.models import Entry
from flowops.billing import ledger
from flowops.billing.models import Refund
from flowops.money import money
from handoffs.decisions import Choice, amend, approve, execute_due
from handoffs.models import Proposal
from handoffs.refusals import NotDecidable
from tests.factories import NOW
from tests.handoffs import worlds
from tests.handoffs.worlds import approved, assert_recorded, claimed_case, meanwhile, moments_ago, refused


def _execute():
    return execute_due(timezone.now())


def test_an_amended_refund_takes_the_place_of_the_first_and_is_approved_by_its_own_digest(case, olga):
    amend("hof_1", case.shown, amount=Decimal("120"), by=olga, now=timezone.now())
    old, new = Proposal.objects.order_by("created_at")
    assert (old.refund.status, new.refund.status) == ("withdrawn", "pending")
    assert (new.refund_id, new.id, new.refund.amount) == ("rfd_p-1", "prp_p-1", Decimal("120.00"))
    assert new.content["money"] == {"amount": "120.00", "currency": "EUR"}
    assert (new.content["amends"], new.content["amended_by"], new.is_intact) == ("prp_p", "olga", True)
    data = {"proposal": "prp_p-1", "instead": "prp_p", "from": "240.00", "to": "120.00", "version": 3}
    assert Entry.objects.get(action="handoff.amended").data == data
    moved = Entry.objects.filter(action__startswith="refund.").order_by("id").values_list("action", "subject")
    assert list(moved) == [("refund.withdrawn", "rfd_p"), ("refund.pending", "rfd_p-1")]
    refused("The proposed refund is already withdrawn", approve, "hof_1", case.shown, by=olga, now=timezone.now())
    approve("hof_1", Choice(new.id, new.digest), by=olga, now=moments_ago())
    assert _execute() == 1
    assert Refund.objects.get(status="issued").amount == Decimal("120.00")
    assert_recorded()


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("240.01", f"{worlds.POLICY}the message says €240.01; €240.00 of inv_1 can be refunded"),
        ("0.00", f"{worlds.POLICY}a refund must be more than zero"),
        ("-1.00", f"{worlds.POLICY}a refund must be more than zero"),
        ("1.001", "'1.001' has more decimals than EUR"),
        ("NaN", "'NaN' is not a number"),
        ("1E+40", f"'1{'0' * 40}' is not an amount"),
    ],
)
def test_an_amount_that_policy_ledger_or_currency_do_not_allow_is_refused(case, olga, amount, words):
    refused(words, amend, "hof_1", case.shown, amount=Decimal(amount), by=olga, now=timezone.now())


def test_yen_have_no_decimals(policy, olga):
    """M2: the database, which keeps two for all, would take them."""
    case = claimed_case(olga, "9000", currency="JPY")
    words = "'100.50' has more decimals than JPY"
    refused(words, amend, "hof_1", case.shown, amount=Decimal("100.50"), by=olga, now=timezone.now())
    amend("hof_1", case.shown, amount=Decimal("100.00"), by=olga, now=timezone.now())
    assert Proposal.objects.latest("created_at").content["money"] == {"amount": "100", "currency": "JPY"}
    assert Proposal.objects.latest("created_at").is_intact


def test_an_amended_refund_keeps_the_day_on_which_the_customer_asked(case, olga):
    """Waiting for us costs them nothing: the window counts from when they asked."""
    amend("hof_1", case.shown, amount=Decimal("200.00"), by=olga, now=timezone.now())
    first = Proposal.objects.latest("created_at")
    assert first.content["asked_at"] == NOW.isoformat()
    amend("hof_1", Choice(first.id, first.digest), amount=Decimal("100.00"), by=olga, now=timezone.now())
    second = Proposal.objects.latest("created_at")
    assert (second.id, second.content["asked_at"]) == ("prp_p-2", NOW.isoformat())
    approve("hof_1", Choice(second.id, second.digest), by=olga, now=moments_ago())
    assert (_execute(), Refund.objects.get(status="issued").amount) == (1, Decimal("100.00"))


def test_amending_forgets_a_first_yes_and_asks_as_many_as_the_new_amount_needs(large, olga):
    approved(large, olga)
    amend("hof_1", large.shown, amount=Decimal("500.00"), by=olga, now=timezone.now())
    new = Proposal.objects.latest("created_at")
    approve("hof_1", Choice(new.id, new.digest), by=olga, now=moments_ago())
    assert (_execute(), Refund.objects.get(status="issued").amount) == (1, Decimal("500.00"))


def test_another_refund_of_the_invoice_in_the_very_moment_is_told(policy, olga):
    case = claimed_case(olga, "240.00")
    amend("hof_1", case.shown, amount=Decimal("100.00"), by=olga, now=timezone.now())
    newest = Proposal.objects.latest("created_at")

    def elsewhere():
        ledger.issue("rfd_x", invoice_id="inv_1", money=money("50.00", "EUR"), by="agent", now=timezone.now())

    choice, told = Choice(newest.id, newest.digest), "Another refund of this invoice came in between"
    with meanwhile('INSERT INTO "billing_refund"', elsewhere), pytest.raises(NotDecidable, match=told):
        amend("hof_1", choice, amount=Decimal("240.00"), by=olga, now=timezone.now())
    assert newest.refund.status == "pending"


def test_an_amended_proposal_says_who_proposes_it_and_no_limit_that_is_not_its_own(case, olga):
    amend("hof_1", case.shown, amount=Decimal("50.00"), by=olga, now=timezone.now())
    content = Proposal.objects.latest("created_at").content
    assert (content["reasons"], content["limit"]) == (["olga proposes €50.00 instead of €240.00"], None)


def test_amended_often_the_ids_stay_short_and_differ(case, olga):
    for amount in range(1, 31):
        newest = Proposal.objects.latest("created_at")
        choice = Choice(newest.id, newest.digest)
        amend("hof_1", choice, amount=Decimal(amount), by=olga, now=timezone.now())
    assert Proposal.objects.latest("created_at").id == "prp_p-30"
    assert Refund.objects.filter(status="pending").count() == 1
