"""M3: a yes is to exactly what was shown, and by two people where policy wants two; a no is for good."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from agent import turn
from flowops import canonical
from flowops.audit.models import Entry
from flowops.billing import ledger
from flowops.billing.models import Payment, Refund
from flowops.outbox.models import Delivery
from handoffs import decisions, services
from handoffs.decisions import Choice, amend, approve, deny, execute_due, take_back_approval
from handoffs.models import Handoff, Proposal, Ticket
from handoffs.refusals import NotDecidable, Refused
from tests import factories
from tests.handoffs import worlds
from tests.handoffs.worlds import approved, assert_recorded, claimed_case, meanwhile, moments_ago, refused

SECOND_WANTED = decisions.SECOND_WANTED
NOTHING_TO_UNDO = "There is no approval that could be taken back"


def _execute():
    return execute_due(timezone.now())


def test_a_yes_is_recorded_with_the_digest_of_what_was_shown_and_waits_for_the_undo_window(case, olga):
    now = timezone.now()
    approve("hof_1", case.shown, by=olga, now=now)
    stored = Proposal.objects.get()
    assert (stored.approved_by, stored.approved_at, stored.seconded_by) == (olga, now, None)
    assert (stored.not_before, stored.executed_at) == (now + timedelta(seconds=10), None)
    assert (stored.is_approved, stored.is_undecided, case.refund.status) == (True, False, "pending")
    data = {"proposal": "prp_p", "digest": stored.digest, "waitsForSecond": False, "version": 3}
    assert Entry.objects.latest("id").data == data
    assert _execute() == 0
    assert Delivery.objects.count() == 0


def test_a_second_yes_is_refused(case, olga, susan):
    approved(case, olga)
    for person in (olga, susan):
        refused(
            "The proposed refund is already approved", approve, "hof_1", case.shown, by=person, now=timezone.now()
        )
    _execute()
    refused("The proposed refund is already issued", approve, "hof_1", case.shown, by=susan, now=timezone.now())


@pytest.mark.parametrize("decide", [approve, deny, amend])
@pytest.mark.parametrize("changed", ["digest", "proposal", "another handoff's"])
def test_only_what_was_shown_here_can_be_decided(case, olga, decide, changed):
    other = claimed_case(olga, number=2)
    choice = {
        "digest": Choice(case.proposal.id, "0" * 64),
        "proposal": Choice("prp_9", case.proposal.digest),
        "another handoff's": other.shown,
    }[changed]
    words = decisions.CHANGED if changed == "digest" else "There is no such proposal on this handoff"
    more = {deny: {"reason": "x"}, amend: {"amount": Decimal("1.00")}}.get(decide, {})
    refused(words, decide, "hof_1", choice, by=olga, now=timezone.now(), **more)


@pytest.mark.parametrize("change", worlds.TAMPERINGS.values(), ids=worlds.TAMPERINGS)
@pytest.mark.parametrize("decide", [approve, deny, amend])
def test_a_proposal_that_was_tampered_with_can_not_be_decided(case, olga, decide, change):
    worlds.tamper(case.proposal, content=change(case.proposal.content))
    more = {deny: {"reason": "x"}, amend: {"amount": Decimal("1.00")}}.get(decide, {})
    refused(decisions.CHANGED, decide, "hof_1", case.shown, by=olga, now=timezone.now(), **more)


@pytest.mark.parametrize(
    "part",
    [
        {"money": {"amount": "2.00", "currency": "EUR"}},
        {"money": {"amount": "240.00", "currency": "USD"}},
        {"money": {"amount": "much", "currency": "EUR"}},
        {"money": {}},
        {"money": None},
        {"refund_id": "rfd_9"},
        {"invoice_id": "inv_9"},
    ],
    ids=str,
)
def test_content_and_digest_tampered_alike_are_not_what_the_ledger_reserves(case, olga, part):
    content = case.proposal.content | part
    worlds.tamper(case.proposal, content=content, digest=canonical.digest(content))
    choice = Choice(case.proposal.id, canonical.digest(content))
    refused(decisions.CHANGED, approve, "hof_1", choice, by=olga, now=timezone.now())


@pytest.mark.parametrize(("change", "why", "prefix"), worlds.NO_LONGER.values(), ids=worlds.NO_LONGER)
def test_what_policy_or_ledger_no_longer_allow_is_refused_with_the_reason_and_stays_open(
    case, olga, change, why, prefix
):
    change()
    refused(prefix + why, approve, "hof_1", case.shown, by=olga, now=timezone.now())
    assert case.now().status == "claimed"


@pytest.mark.parametrize(("decide", "more"), [(deny, {"reason": "x"}), (amend, {"amount": Decimal("1.00")})])
def test_what_is_decided_in_the_very_moment_is_not_decided_again(case, olga, decide, more):
    def elsewhere():
        ledger.withdraw("rfd_p", by="admin", now=timezone.now())

    with meanwhile('UPDATE "billing_refund"', elsewhere), pytest.raises(NotDecidable, match="already decided"):
        decide("hof_1", case.shown, by=olga, now=timezone.now(), **more)
    assert (case.now().version, Delivery.objects.count(), Proposal.objects.count()) == (2, 0, 1)


# Above the second limit two people say yes.


def test_above_the_second_limit_one_yes_is_not_enough(large, olga):
    approved(large, olga)
    stored = Proposal.objects.get()
    assert (stored.approved_by, stored.not_before, stored.is_undecided) == (olga, None, True)
    assert Entry.objects.latest("id").data["waitsForSecond"] is True
    assert _execute() == 0
    assert list(Handoff.objects.to_decide()) == [large.now()]


def test_the_same_person_cannot_say_yes_twice(large, olga, susan):
    approved(large, olga)
    refused(SECOND_WANTED, approve, "hof_1", large.shown, by=olga, now=timezone.now())
    take_back_approval("hof_1", "prp_p", by=olga, now=timezone.now())
    approved(large, susan)
    refused(SECOND_WANTED, approve, "hof_1", large.shown, by=susan, now=timezone.now())


def test_each_taking_back_forgets_both(large, olga, susan):
    approved(approved(large, olga), susan)
    take_back_approval("hof_1", "prp_p", by=olga, now=timezone.now())
    stored = Proposal.objects.get()
    assert (stored.approved_by, stored.seconded_by, stored.not_before) == (None, None, None)
    assert _execute() == 0


# Undo.


def test_a_yes_can_be_taken_back_until_it_is_carried_out(case, olga):
    approved(case, olga)
    take_back_approval("hof_1", "prp_p", by=olga, now=timezone.now())
    assert (_execute(), case.refund.status) == (0, "pending")
    approved(case, olga)
    assert (_execute(), case.refund.status) == (1, "issued")
    refused(NOTHING_TO_UNDO, take_back_approval, "hof_1", "prp_p", by=olga, now=timezone.now())


def test_taking_back_the_yes_a_closed_case_rests_on_brings_it_back(case, olga):
    approved(case, olga)
    services.resolve_handoff("hof_1", by=olga, notes="Refunded.", now=timezone.now())
    assert take_back_approval("hof_1", "prp_p", by=olga, now=timezone.now()).status == "pending"
    stored = case.now()
    assert (stored.resolved_by, stored.resolution_notes, Ticket.objects.get().status) == (None, "", "open")
    assert list(Handoff.objects.to_decide()) == [stored]
    assert_recorded()


def test_a_half_given_yes_whose_refund_was_withdrawn_is_nothing_to_take_back(large, olga):
    """Else taking it back would reopen the case for a refund nobody can decide on any more."""
    approved(large, olga)
    services.resolve_handoff("hof_1", by=olga, notes="", now=timezone.now())
    assert large.refund.status == "withdrawn"
    refused(NOTHING_TO_UNDO, take_back_approval, "hof_1", "prp_p", by=olga, now=timezone.now())


def test_anothers_yes_is_taken_back_by_a_supervisor_only(case, olga, otto, susan):
    approved(case, olga)
    with pytest.raises(Refused, match="Only who approved it or a supervisor can take it back"):
        take_back_approval("hof_1", "prp_p", by=otto, now=timezone.now())
    assert take_back_approval("hof_1", "prp_p", by=susan, now=timezone.now()).claimed_by == olga


# No.


def test_a_no_is_in_the_ledger_and_told_by_mail_with_its_reason_kept_for_colleagues(case, olga):
    deny("hof_1", case.shown, reason="Used for a month.", by=olga, now=timezone.now())
    assert (case.refund.status, case.refund.decided_by) == ("denied", "olga")
    (mail,) = Delivery.objects.all()
    assert mail.recipient == "cust_1@example.com"
    assert "Your refund was not approved." in mail.body
    assert "A member of our team has already decided against a refund for invoice inv_1." in mail.body
    assert "Used for a month" not in mail.body
    data = {"proposal": "prp_p", "refund": "rfd_p", "reason": "Used for a month."}
    assert Entry.objects.get(action="handoff.denied").data == data | {"version": 3}
    assert Entry.objects.get(action="refund.denied").data == data
    assert_recorded()


def test_what_is_denied_takes_no_yes_and_what_is_issued_no_no(case, olga):
    other = claimed_case(olga, number=2)
    deny("hof_1", case.shown, reason="x", by=olga, now=timezone.now())
    refused("The proposed refund is already denied", approve, "hof_1", case.shown, by=olga, now=timezone.now())
    approved(other, olga)
    words = "The proposed refund is already approved"
    refused(words, deny, "hof_2", other.shown, reason="x", by=olga, now=timezone.now())


def test_a_denial_is_not_asked_again(case, olga):
    """The next time the customer asks, they are told; nobody is bothered a second time."""
    deny("hof_1", case.shown, reason="x", by=olga, now=timezone.now())
    services.resolve_handoff("hof_1", by=olga, notes="", now=timezone.now())
    Payment.objects.update(paid_at=timezone.now() - timedelta(days=3))
    client = factories.api_client()[0]
    asks = {"customer_id": "cust_1", "message": "Please refund invoice inv_1.", "request_id": None}
    answer = json.loads(turn.live(client, **asks, now=timezone.now()).body)
    assert answer["decision"]["rule"] == "refund.denied_before"
    assert (answer["escalated"], Handoff.objects.live().count()) == (False, 0)
    assert "has already decided against a refund for invoice inv_1" in answer["reply"]
    assert Refund.objects.count() == 1


def test_the_undo_window_is_what_the_settings_say(case, olga, settings):
    settings.UNDO_SECONDS = 0
    approve("hof_1", case.shown, by=olga, now=moments_ago())
    assert Proposal.objects.get().not_before == Proposal.objects.get().approved_at
    assert decisions.undo_window() == timedelta(0)
