"""P1: one winner per claim, and every change of state is one function's: checked, recorded, published, or undone.

M3 too: what was proposed and not decided is withdrawn when its handoff closes, and its amount is free again.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from flowops import canonical
from flowops.accounts.models import User
from flowops.audit.models import Entry
from flowops.billing import ledger
from flowops.billing.models import Refund
from flowops.money import money
from flowops.outbox.models import Event
from flowops.problems import NotFound, Problem
from handoffs import services
from handoffs.models import Handoff, Ticket
from handoffs.refusals import LostRace, NotClaimable, Refused, VersionMismatch
from handoffs.services import claim_handoff, record_breach, resolve_handoff
from tests import factories
from tests.factories import NOW

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def waiting(db):
    return factories.HandoffFactory(id="hof_1")


@pytest.fixture
def claimed(waiting, olga):
    return claim_handoff(waiting.id, by=olga, now=NOW)


def _resolve(handoff, by, **changed):
    return resolve_handoff(handoff.id, **({"by": by, "notes": "done", "now": LATER} | changed))


def _everything():
    """All that a change of a handoff may touch."""
    return [list(model.objects.order_by("pk").values()) for model in (Handoff, Ticket, Refund, Entry, Event)]


def test_a_claim_names_its_owner_and_counts_as_a_change(waiting, olga):
    claim_handoff(waiting.id, by=olga, now=LATER)
    stored = Handoff.objects.get()
    assert (stored.status, stored.claimed_by, stored.claimed_at) == ("claimed", olga, LATER)
    assert (stored.version, stored.updated_at, stored.created_at) == (2, LATER, NOW)


def test_the_second_operator_is_refused_told_whose_it_is_and_nothing_changes(claimed, otto):
    before = _everything()
    with pytest.raises(NotClaimable) as refusal:
        claim_handoff(claimed.id, by=otto, now=LATER)
    assert refusal.value.detail == "Handoff already claimed or not pending"
    assert (refusal.value.extra["owner"], refusal.value.extra["version"]) == ("olga", 2)
    assert _everything() == before


def test_resolving_closes_the_handoff_and_its_ticket(claimed, olga):
    _resolve(claimed, olga, notes="Called her back.")
    stored = Handoff.objects.get()
    assert (stored.status, stored.resolved_by, stored.resolved_at) == ("resolved", olga, LATER)
    assert (stored.resolution_notes, stored.version, stored.claimed_by) == ("Called her back.", 3, olga)
    assert Ticket.objects.values_list("status", "resolved_at").get() == ("resolved", LATER)


def test_another_customers_ticket_stays_open(claimed, olga):
    other = factories.HandoffFactory()
    _resolve(claimed, olga)
    assert Ticket.objects.get(status="open") == other.ticket
    assert Handoff.objects.get(id=other.id).status == "pending"


def test_a_supervisor_may_resolve_for_another_and_both_are_named(claimed, olga, susan):
    _resolve(claimed, susan)
    stored = Handoff.objects.get()
    assert (stored.claimed_by, stored.resolved_by) == (olga, susan)


def test_another_operator_may_not_resolve(claimed, otto):
    before = _everything()
    with pytest.raises(Refused, match="Only the claiming operator can resolve"):
        _resolve(claimed, otto)
    assert _everything() == before


@pytest.mark.parametrize("act", [_resolve, lambda handoff, by: claim_handoff(handoff.id, by=by, now=LATER)])
def test_a_resolved_handoff_takes_no_more(claimed, susan, act):
    _resolve(claimed, susan)
    before = _everything()
    with pytest.raises(Problem):
        act(claimed, susan)
    assert _everything() == before


def test_what_is_not_claimed_cannot_be_resolved_not_even_by_a_supervisor(waiting, susan):
    with pytest.raises(Refused, match="Handoff must be claimed before resolving"):
        _resolve(waiting, susan)
    assert Handoff.objects.get().status == "pending"


ACTS = {
    "claim": lambda by, **how: claim_handoff("hof_1", by=by, now=LATER, **how),
    "resolve": lambda by, **how: resolve_handoff("hof_1", by=by, notes="", now=LATER, **how),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_decision_made_on_another_version_is_refused(waiting, susan, act):
    Handoff.objects.update(version=5)
    before = _everything()
    for outdated in (4, 6, 0):
        with pytest.raises(VersionMismatch) as refusal:
            act(susan, version=outdated)
        assert refusal.value.extra["version"] == 5
    assert _everything() == before


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_unknown_handoff_is_not_found(susan, act):
    with pytest.raises(NotFound, match="Handoff not found"):
        act(susan)
    assert Entry.objects.count() == Event.objects.count() == 0


def test_a_breach_is_recorded_once_and_stops_nobody_from_working(waiting, susan, olga):
    for _ in range(2):
        assert record_breach(waiting.id, by=susan, now=LATER).sla_breached_at == LATER
    assert Handoff.objects.get().version == 2
    assert list(Entry.objects.values_list("action", flat=True)) == ["handoff.sla_breached"]
    assert claim_handoff(waiting.id, by=olga, now=LATER).sla_breached_at == LATER


def test_a_resolved_handoff_cannot_breach(claimed, susan):
    _resolve(claimed, susan)
    with pytest.raises(Refused, match="Handoff already resolved"):
        record_breach(claimed.id, by=susan, now=LATER)
    assert Handoff.objects.get().sla_breached_at is None


@pytest.fixture
def proposed(claimed):
    """The claimed handoff holds a proposal to refund all of inv_1's 49 EUR."""
    factories.paid_invoice(claimed.customer_id, id="inv_1")
    ledger.reserve("rfd_7", invoice_id="inv_1", money=money("49.00", "EUR"), now=NOW)
    content = factories.proposal_content("rfd_7", "inv_1", "49.00")
    return services.propose(content, handoff_id=claimed.id, now=NOW)


def test_a_proposal_is_frozen_with_the_digest_of_exactly_its_content(proposed):
    assert (proposed.id, proposed.refund_id) == ("prp_7", "rfd_7")
    stored = type(proposed).objects.get()
    assert stored.digest == canonical.digest(stored.content)
    assert stored.is_intact
    stored.content |= {"money": {"amount": "49.01", "currency": "EUR"}}
    assert not stored.is_intact
    with pytest.raises(IntegrityError, match="proposal_is_frozen"), transaction.atomic():
        stored.save()


def test_a_proposal_left_open_is_withdrawn_and_its_amount_is_free_again(proposed, claimed, olga):
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.issue("rfd_8", invoice_id="inv_1", money=money("0.01", "EUR"), by="agent", now=NOW)
    _resolve(claimed, olga)
    left = Refund.objects.get()
    assert (left.status, left.decided_by, left.decided_at) == ("withdrawn", "olga", LATER)
    ledger.issue("rfd_8", invoice_id="inv_1", money=money("49.00", "EUR"), by="agent", now=LATER)
    assert Refund.objects.get(status="issued").amount == Decimal("49.00")


def test_a_withdrawal_is_recorded_and_published_beside_the_resolution(proposed, claimed, olga):
    _resolve(claimed, olga)
    acts = list(Entry.objects.order_by("id").values_list("action", "actor", "subject"))
    assert acts == [
        ("handoff.claimed", "olga", "hof_1"),
        ("handoff.resolved", "olga", "hof_1"),
        ("refund.withdrawn", "olga", "rfd_7"),
    ]
    assert Entry.objects.get(action="refund.withdrawn").data == {"handoff": "hof_1", "proposal": "prp_7"}
    assert set(Event.objects.values_list("name", flat=True)) == {name for name, _, _ in acts}


@pytest.mark.parametrize("status", ["issued", "denied"])
def test_what_was_decided_before_stays_decided(proposed, claimed, olga, status):
    Refund.objects.update(status=status, decided_at=NOW, decided_by="susan")
    _resolve(claimed, olga)
    assert Refund.objects.values_list("status", "decided_at", "decided_by").get() == (status, NOW, "susan")
    assert not Entry.objects.filter(action="refund.withdrawn").exists()


def test_each_change_has_one_entry_and_one_event(claimed, olga):
    _resolve(claimed, olga, notes="Called her back.")
    stored = Handoff.objects.get()
    entries = list(
        Entry.objects.order_by("id").values_list("at", "actor", "action", "subject", "customer_id", "data")
    )
    who = ("hof_1", stored.customer_id)
    assert entries == [
        (NOW, "olga", "handoff.claimed", *who, {"version": 2}),
        (LATER, "olga", "handoff.resolved", *who, {"version": 3, "notes": "Called her back.", "category": ""}),
    ]
    events = list(
        Event.objects.order_by("created_at").values_list("id", "name", "created_at", "customer_id", "payload")
    )
    about = {"id": "hof_1", "handoffId": "hof_1", "ticketId": stored.ticket_id}
    assert events == [
        ("evt_hof_1_2_claimed", "handoff.claimed", NOW, stored.customer_id, about),
        ("evt_hof_1_3_resolved", "handoff.resolved", LATER, stored.customer_id, about),
    ]


def test_a_write_that_finds_another_version_than_was_read_has_lost_and_leaves_nothing(waiting, olga):
    """What SQLite, ignoring the lock, could let in: another change between our reading and our writing."""
    before = _everything()
    raised = []

    def another_comes_first(execute, sql, params, many, context):
        if sql.startswith('UPDATE "handoffs_handoff"') and not raised:
            raised.append(sql)
            Handoff.objects.update(version=9)
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(another_comes_first),
        pytest.raises(LostRace, match="changed by somebody else"),
    ):
        claim_handoff(waiting.id, by=olga, now=LATER)
    assert raised
    assert _everything() == before


def test_releasing_gives_the_case_back_to_all_and_names_whose_it_was(claimed, susan):
    services.release_handoff(claimed.id, by=susan, now=LATER)
    stored = Handoff.objects.get()
    assert (stored.status, stored.claimed_by, stored.claimed_at, stored.claimed_until) == ("pending", *(None,) * 3)
    assert Entry.objects.latest("id").data == {"owner": "olga", "version": 3}


def test_reassigning_starts_the_colleagues_claim_anew_and_names_both(claimed, olga, otto):
    services.reassign_handoff(claimed.id, to=otto, by=olga, now=LATER)
    stored = Handoff.objects.get()
    assert (stored.claimed_by, stored.claimed_at) == (otto, LATER)
    assert stored.claimed_until == LATER + services.claim_lease()
    assert Entry.objects.latest("id").data == {"owner": "olga", "to": "otto", "version": 3}


def test_a_supervisor_assigns_from_the_queue(waiting, otto, susan):
    services.reassign_handoff(waiting.id, to=otto, by=susan, now=LATER)
    assert (Handoff.objects.get().claimed_by, Entry.objects.latest("id").data["owner"]) == (otto, None)


@pytest.mark.parametrize("who", ["a viewer", "somebody who has left", "the owner"])
def test_a_case_is_given_to_nobody_who_could_not_work_on_it_nor_to_its_owner(claimed, olga, vera, otto, who):
    User.objects.filter(username="otto").update(is_active=False)
    otto.refresh_from_db()
    to = {"a viewer": vera, "somebody who has left": otto, "the owner": olga}[who]
    words = "Handoff already belongs to olga" if to is olga else f"{to.username} cannot work on handoffs"
    before = _everything()
    with pytest.raises(Refused, match=words):
        services.reassign_handoff(claimed.id, to=to, by=olga, now=LATER)
    assert _everything() == before


def test_snoozing_until_a_time_that_is_over_is_refused(waiting, olga):
    for until in (LATER, NOW):
        with pytest.raises(Refused, match="A handoff can only sleep until a time to come"):
            services.snooze_handoff(waiting.id, until=until, by=olga, now=LATER)
    assert Handoff.objects.get().snoozed_until is None


def test_who_claims_or_resolves_a_sleeping_case_wakes_it(waiting, olga):
    services.snooze_handoff(waiting.id, until=LATER, by=olga, now=NOW)
    assert claim_handoff(waiting.id, by=olga, now=NOW).snoozed_until is None
    services.snooze_handoff(waiting.id, until=LATER, by=olga, now=NOW)
    assert _resolve(waiting, olga, now=NOW).snoozed_until is None


def test_a_priority_is_recorded_with_what_it_was_before(waiting, olga):
    assert services.prioritise_handoff(waiting.id, priority="low", by=olga, now=LATER).priority == "low"
    assert Entry.objects.latest("id").data == {"from": "med", "to": "low", "version": 2}


def test_resolving_keeps_the_category_and_reopening_forgets_how_it_ended(claimed, olga, policy):
    _resolve(claimed, olga, category="fixed")
    assert Handoff.objects.get().resolution_category == "fixed"
    services.reopen_handoff(claimed.id, by=olga, now=LATER)
    stored = Handoff.objects.get()
    assert (stored.status, stored.claimed_by, stored.resolved_by, stored.resolved_at) == ("pending", *(None,) * 3)
    assert (stored.resolution_notes, stored.resolution_category) == ("", "")
    assert Ticket.objects.values_list("status", "resolved_at").get() == ("open", None)


@pytest.mark.parametrize(("plan", "minutes"), [("free", 240), ("pro", 60), ("enterprise", 15), (None, 240)])
def test_a_reopened_case_is_due_as_a_new_one_of_its_plan_would_be_however_often(policy, susan, plan, minutes):
    handoff = factories.HandoffFactory()
    if plan:
        factories.CustomerFactory(id=handoff.customer_id, account__plan=plan)
    for days in (10, 20):
        now = NOW + timedelta(days=days)
        claim_handoff(handoff.id, by=susan, now=now)
        _resolve(handoff, susan, now=now)
        Handoff.objects.update(sla_breached_at=now)
        reopened = services.reopen_handoff(handoff.id, by=susan, now=now)
        assert (reopened.sla_due_at, reopened.sla_breached_at) == (now + timedelta(minutes=minutes), None)


def test_a_case_stays_closed_while_its_customer_has_another_open_ticket(claimed, olga, policy):
    _resolve(claimed, olga)
    factories.TicketFactory(customer_id=claimed.customer_id)
    before = _everything()
    with pytest.raises(Refused, match="The customer has another open ticket") as refusal:
        services.reopen_handoff(claimed.id, by=olga, now=LATER)
    assert refusal.value.extra["version"] == 3
    assert _everything() == before


@pytest.mark.django_db(transaction=True)
def test_of_eight_operators_who_claim_at_once_one_wins_and_seven_are_refused():
    people = [factories.operator(f"operator{number}", "operator")[0] for number in range(8)]
    factories.HandoffFactory(id="hof_1")
    start = threading.Barrier(len(people))

    def claim(person):
        try:
            start.wait(timeout=10)
            return claim_handoff("hof_1", by=person, now=LATER).claimed_by.username
        except NotClaimable as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as threads:
        outcomes = list(threads.map(claim, people))
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, NotClaimable)]
    assert [refusal.extra["version"] for refusal in refusals] == [2] * 7
    stored = Handoff.objects.get()
    assert (stored.claimed_by.username, stored.version) == (winner, 2)
    assert [entry.actor for entry in Entry.objects.all()] == [winner]
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_resolved_twice_at_once_it_is_resolved_once():
    olga, susan = factories.operator("olga", "operator")[0], factories.operator("susan", "supervisor")[0]
    claim_handoff(factories.HandoffFactory(id="hof_1").id, by=olga, now=NOW)
    start = threading.Barrier(2)

    def resolve(person):
        try:
            start.wait(timeout=10)
            return _resolve(Handoff(id="hof_1"), person).status
        except Refused as refusal:
            return refusal.detail
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(resolve, [olga, susan])) == ["Handoff already resolved", "resolved"]
    assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
        "handoff.claimed",
        "handoff.resolved",
    ]
    assert Handoff.objects.get().version == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["resolve", "breach", "claim"])
def test_who_waits_for_the_lock_sees_the_owner_who_held_it(act):
    """PostgreSQL re-reads the locked row after the wait, but nothing that was joined to it."""
    olga, _ = factories.operator("olga", "operator")
    susan, _ = factories.operator("susan", "supervisor")
    handoff = factories.HandoffFactory()
    claimed = threading.Event()

    def second():
        claimed.wait(5)
        try:
            match act:
                case "resolve":
                    resolve_handoff(handoff.id, by=susan, notes="", now=LATER)
                case "breach":
                    record_breach(handoff.id, by=susan, now=LATER)
                case "claim":
                    claim_handoff(handoff.id, by=susan, now=LATER)
        except Problem as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        with transaction.atomic():
            claim_handoff(handoff.id, by=olga, now=NOW)
            claimed.set()
            time.sleep(0.3)
        refusal = waiting.result()
    assert Handoff.objects.get().claimed_by == olga
    assert (refusal and refusal.extra["owner"]) == ("olga" if act == "claim" else None)
