"""Who else has a case open: told while their page says so, and never a reason to refuse anything."""

from datetime import timedelta

import pytest

from handoffs import presence
from handoffs.models import Handoff, Presence
from handoffs.presence import Present
from tests import factories
from tests.factories import NOW
from tests.handoffs.worlds import everything


@pytest.fixture(autouse=True)
def handoff(db):
    return factories.HandoffFactory(id="hof_1")


def _seen(by, seconds, *, is_replying=False, handoff_id="hof_1"):
    presence.touch(handoff_id, by=by, is_replying=is_replying, now=NOW + timedelta(seconds=seconds))


def _others(than, seconds, handoff_id="hof_1"):
    return presence.others(handoff_id, than=than, now=NOW + timedelta(seconds=seconds))


def test_each_sees_the_others_by_name_and_what_they_do_and_not_themselves(olga, otto, vera):
    _seen(otto, 0, is_replying=True)
    _seen(olga, 1)
    _seen(vera, 2)
    assert _others(olga, 3) == [Present("otto", True), Present("vera", False)]
    assert _others(otto, 3) == [Present("olga", False), Present("vera", False)]


def test_a_page_that_went_silent_is_closed(olga, otto):
    _seen(otto, 0)
    assert _others(olga, 39) == [Present("otto", False)]
    assert _others(olga, 40) == []
    _seen(otto, 50)
    assert _others(olga, 60) == [Present("otto", False)]


def test_a_person_is_there_once_as_they_were_last(olga, otto):
    for second, is_replying in enumerate([False, True, False, True]):
        _seen(otto, second, is_replying=is_replying)
    assert _others(olga, 5) == [Present("otto", True)]
    assert Presence.objects.count() == 1


def test_who_looks_at_another_case_is_not_here(olga, otto):
    factories.HandoffFactory(id="hof_2")
    _seen(otto, 0, handoff_id="hof_2")
    assert (_others(olga, 1), _others(olga, 1, "hof_2")) == ([], [Present("otto", False)])


def test_presence_changes_nothing_of_the_case(olga, django_assert_num_queries):
    before = everything()
    _seen(olga, 0)
    after = everything()
    changed = [old != new for old, new in zip(before, after, strict=True)]
    assert sum(changed) == 1
    assert Handoff.objects.get().version == 1
    with django_assert_num_queries(1):
        _others(olga, 1)
