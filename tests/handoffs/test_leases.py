"""P2: a claim is a lease. Who gives no sign of life loses it, with a record; who is late is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flowops.audit.models import Entry
from handoffs import services
from handoffs.models import Handoff
from handoffs.refusals import ClaimExpired
from handoffs.services import claim_lease, keep_claim, return_expired_claims, wake_due
from tests import factories
from tests.factories import NOW
from tests.handoffs import worlds
from tests.handoffs.worlds import assert_recorded, everything, perform

END = NOW + timedelta(minutes=30)
LATE = END + timedelta(seconds=1)


@pytest.fixture
def claimed(olga):
    return services.claim_handoff(factories.HandoffFactory(id="hof_1").id, by=olga, now=NOW)


def _until():
    return Handoff.objects.get().claimed_until


def _renew(person):
    keep_claim("hof_1", by=person, now=END - timedelta(seconds=1))


def test_a_claim_lasts_as_long_as_the_settings_say(claimed, settings, otto):
    assert claimed.claimed_until == END
    settings.CLAIM_MINUTES = 5
    other = services.claim_handoff(factories.HandoffFactory().id, by=otto, now=NOW)
    assert other.claimed_until == NOW + timedelta(minutes=5)


def test_a_claim_that_has_run_out_returns_to_the_queue_with_a_record_of_whose_it_was(claimed):
    assert return_expired_claims(END) == 1
    stored = Handoff.objects.get()
    assert (stored.status, stored.claimed_by, stored.claimed_at, stored.claimed_until) == ("pending", *(None,) * 3)
    entry = Entry.objects.latest("id")
    assert (entry.actor, entry.action, entry.at) == ("worker", "handoff.released", END)
    assert entry.data == {"owner": "olga", "expired": True, "version": 3}
    assert_recorded()


def test_a_claim_that_lasts_is_left_alone_and_nothing_is_returned_twice(claimed):
    assert return_expired_claims(END - timedelta(seconds=1)) == 0
    assert [return_expired_claims(LATE) for _ in range(3)] == [1, 0, 0]
    assert_recorded()


def test_a_sign_of_life_in_the_very_moment_keeps_the_claim(claimed, olga):
    with worlds.meanwhile('SELECT "handoffs_handoff"."id", "handoffs_handoff"."ticket_id"', lambda: _renew(olga)):
        assert return_expired_claims(LATE) == 0
    assert Handoff.objects.get().claimed_by == olga


def test_a_case_woken_in_the_very_moment_is_not_woken_twice(olga):
    factories.HandoffFactory(id="hof_1")
    services.snooze_handoff("hof_1", until=LATE, by=olga, now=NOW)

    def wake():
        services.wake_handoff("hof_1", by=olga, now=LATE)

    with worlds.meanwhile('SELECT "handoffs_handoff"."id", "handoffs_handoff"."ticket_id"', wake):
        assert wake_due(LATE) == 0
    assert Entry.objects.filter(action="handoff.woken").count() == 1


def test_only_so_many_are_returned_at_a_time_the_longest_expired_first(olga):
    for minutes in (3, 1, 2):
        handoff = factories.HandoffFactory(id=f"hof_{minutes}")
        services.claim_handoff(handoff.id, by=olga, now=NOW + timedelta(minutes=minutes))
    assert return_expired_claims(LATE + timedelta(hours=1), limit=2) == 2
    assert Handoff.objects.get(status="claimed").id == "hof_3"


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("act", ["release", "reassign", "snooze", "reply", "approve", "deny", "amend", "resolve"])
def test_a_late_act_by_the_old_owner_is_refused_and_changes_nothing(olga, otto, act):
    worlds.claimed_case(olga)
    Handoff.objects.update(claimed_until=timezone.now())
    before = everything()
    with pytest.raises(ClaimExpired, match="Your claim has run out; claim the handoff again"):
        perform(act, olga)
    assert everything() == before


def test_a_supervisor_may_act_on_a_case_whose_owner_went_missing(claimed, susan):
    services.release_handoff("hof_1", by=susan, now=LATE)
    assert Handoff.objects.get().status == "pending"


def test_who_lost_a_claim_may_claim_again_unless_somebody_has(claimed, olga, otto):
    return_expired_claims(LATE)
    services.claim_handoff("hof_1", by=otto, now=LATE)
    with pytest.raises(Exception, match="already claimed"):
        services.claim_handoff("hof_1", by=olga, now=LATE)
    with pytest.raises(Exception, match="Only the claiming operator can resolve"):
        services.resolve_handoff("hof_1", by=olga, notes="", now=LATE)


def test_a_heartbeat_renews_the_claim_and_is_no_change(claimed, olga):
    entries, half = Entry.objects.count(), NOW + timedelta(minutes=15)
    assert keep_claim("hof_1", by=olga, now=half) == half + claim_lease() == _until()
    stored = Handoff.objects.get()
    assert (stored.version, stored.updated_at, Entry.objects.count()) == (claimed.version, NOW, entries)
    assert return_expired_claims(LATE) == 0


def test_a_heartbeat_never_shortens_a_claim(claimed, olga):
    assert keep_claim("hof_1", by=olga, now=NOW - timedelta(minutes=9)) == END == _until()


@pytest.mark.parametrize("case", ["another's", "run out", "waiting", "resolved", "unknown"])
def test_a_heartbeat_keeps_no_claim_that_is_not_ones_own_and_alive(claimed, olga, otto, susan, case):
    match case:
        case "waiting":
            services.release_handoff("hof_1", by=olga, now=NOW)
        case "resolved":
            services.resolve_handoff("hof_1", by=olga, notes="", now=NOW)
    before = everything()
    name = "hof_9" if case == "unknown" else "hof_1"
    who, now = (otto if case == "another's" else olga), (END if case == "run out" else NOW)
    assert keep_claim(name, by=who, now=now) is None
    assert everything() == before


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("act", ["reply", "approve", "deny", "amend"])
def test_working_on_a_case_renews_the_owners_claim(olga, act):
    case = worlds.claimed_case(olga)
    Handoff.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert perform(act, olga).claimed_until > timezone.now() + timedelta(minutes=29)
    assert case.now().claimed_by == olga


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("act", ["reply", "approve", "deny", "amend"])
def test_a_supervisors_help_does_not_renew_the_owners_claim(olga, susan, act):
    worlds.claimed_case(olga)
    soon = timezone.now() + timedelta(minutes=1)
    Handoff.objects.update(claimed_until=soon)
    assert perform(act, susan).claimed_until == soon


NEXT_WEEK = NOW + timedelta(days=7)


def test_a_claim_lasts_through_its_sleep_and_not_longer(claimed, olga):
    services.snooze_handoff("hof_1", until=NEXT_WEEK, by=olga, now=NOW)
    assert _until() == NEXT_WEEK + claim_lease()
    assert return_expired_claims(NEXT_WEEK) == 0
    assert wake_due(NEXT_WEEK) == 1
    assert _until() == NEXT_WEEK + claim_lease()


@pytest.mark.parametrize("wake", ["its owner", "the customer"])
def test_who_is_woken_early_has_a_claim_like_any_other_again(claimed, olga, wake):
    """Else a case that slept for a week would stay with an absent owner for that week."""
    services.snooze_handoff("hof_1", until=NEXT_WEEK, by=olga, now=NOW)
    if wake == "its owner":
        services.wake_handoff("hof_1", by=olga, now=LATE)
    else:
        services.join(services.lock_live("hof_1"), issues=["writes again"], is_urgent=False, now=LATE)
    stored = Handoff.objects.get()
    assert (stored.snoozed_until, stored.claimed_until) == (None, LATE + claim_lease())


def test_a_follow_up_on_a_case_that_is_awake_leaves_the_claim_as_it_is(claimed):
    services.join(services.lock_live("hof_1"), issues=["writes again"], is_urgent=True, now=LATE)
    assert (_until(), Handoff.objects.get().priority) == (END, "high")


def test_a_case_is_woken_when_its_time_has_come_with_a_record(olga):
    factories.HandoffFactory(id="hof_1")
    services.snooze_handoff("hof_1", until=LATE, by=olga, now=NOW)
    assert wake_due(LATE - timedelta(seconds=1)) == 0
    assert [wake_due(LATE) for _ in range(2)] == [1, 0]
    stored, entry = Handoff.objects.get(), Entry.objects.latest("id")
    assert (stored.status, stored.snoozed_until) == ("pending", None)
    assert (entry.actor, entry.action, entry.data) == ("worker", "handoff.woken", {"version": 3})
    assert_recorded()


def test_a_case_that_sleeps_is_out_of_the_queue_until_it_wakes(olga):
    factories.HandoffFactory(id="hof_1")
    services.snooze_handoff("hof_1", until=LATE, by=olga, now=NOW)
    shown = Handoff.objects
    assert (shown.waiting(NOW).exists(), shown.asleep(NOW).exists()) == (False, True)
    assert (shown.waiting(LATE).exists(), shown.asleep(LATE).exists()) == (True, False)
    assert Handoff.objects.get().is_asleep(NOW)


def test_a_snoozed_case_that_is_released_or_runs_out_is_awake_in_the_queue(case, olga):
    now = timezone.now()
    services.snooze_handoff("hof_1", until=now + timedelta(days=7), by=olga, now=now)
    services.release_handoff("hof_1", by=olga, now=now)
    assert list(Handoff.objects.waiting(now)) == [case.now()]


def test_who_may_no_longer_work_keeps_no_claim_alive(case, olga):
    olga.groups.clear()
    stranger = type(olga).objects.get(pk=olga.pk)
    assert services.keep_claim("hof_1", by=stranger, now=timezone.now()) is None
