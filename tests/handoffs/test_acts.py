"""P1: every act by everybody in every state is done and recorded once, or refused in words and changes nothing."""

import pytest
from django.utils import timezone

from flowops.audit.models import Entry
from flowops.outbox.models import Event
from flowops.problems import NotFound, Problem
from handoffs.acts import ACTS
from handoffs.models import Handoff
from handoffs.refusals import VersionMismatch
from tests.handoffs import worlds
from tests.handoffs.worlds import assert_recorded, everything, perform, reach

pytestmark = pytest.mark.usefixtures("policy")

TAKEN = "Handoff already claimed or not pending"
RESOLVED = "Handoff already resolved"
NOT_RESOLVED = "Handoff is not resolved"
NOT_ASLEEP = "Handoff is not snoozed"
NOTHING_TO_UNDO = "There is no approval that could be taken back"
NOT_THEIRS = "Only who approved it or a supervisor can take it back"
NO_ROLE = "You do not have permission to perform this action."


def _unclaimed(act):
    return f"Handoff must be claimed before {act}"


def _only_owner(act):
    return f"Only the claiming operator can {act}"


def _owners(act, doing):
    """An act that the owner does, or a supervisor for them."""
    return {
        "waiting": dict.fromkeys(["olga", "otto", "susan"], _unclaimed(doing)),
        "claimed": {"olga": None, "otto": _only_owner(act), "susan": None},
        "resolved": dict.fromkeys(["olga", "otto", "susan"], RESOLVED),
    }


def _anybodys(**refusals):
    """An act of anybody at work, in each state unless there is a refusal for it."""
    states = ("waiting", "asleep", "claimed", "resolved")
    return {state: dict.fromkeys(["olga", "otto", "susan"], refusals.get(state)) for state in states}


# Of each act, in each state of the case: who may (None), and the words in which the others are refused.
RULES = {
    "claim": _anybodys(claimed=TAKEN, resolved=TAKEN),
    "release": _owners("release", "releasing"),
    "reassign": _owners("reassign", "reassigning")
    | {"waiting": {"olga": _unclaimed("reassigning"), "otto": _unclaimed("reassigning"), "susan": None}},
    "snooze": _owners("snooze", "snoozing") | {"waiting": {"olga": None, "otto": None, "susan": None}},
    "wake": _anybodys(waiting=NOT_ASLEEP, resolved=RESOLVED)
    | {"claimed": {"olga": NOT_ASLEEP, "otto": _only_owner("snooze"), "susan": NOT_ASLEEP}},
    "priority": _anybodys(resolved=RESOLVED),
    "note": _anybodys(),
    "reply": _owners("reply", "replying"),
    "approve": _owners("approve", "approving"),
    "deny": _owners("deny", "denying"),
    "amend": _owners("amend", "amending"),
    "undo": _anybodys(
        waiting=NOTHING_TO_UNDO, asleep=NOTHING_TO_UNDO, claimed=NOTHING_TO_UNDO, resolved=NOTHING_TO_UNDO
    )
    | {"approved": {"olga": None, "otto": NOT_THEIRS, "susan": None}},
    "resolve": _owners("resolve", "resolving"),
    "reopen": _anybodys(waiting=NOT_RESOLVED, asleep=NOT_RESOLVED, claimed=NOT_RESOLVED),
}
DONE = {
    "claim": "handoff.claimed",
    "release": "handoff.released",
    "reassign": "handoff.reassigned",
    "snooze": "handoff.snoozed",
    "wake": "handoff.woken",
    "priority": "handoff.prioritised",
    "note": "handoff.noted",
    "reply": "handoff.replied",
    "approve": "handoff.approved",
    "deny": "handoff.denied",
    "amend": "handoff.amended",
    "undo": "handoff.approval_undone",
    "resolve": "handoff.resolved",
    "reopen": "handoff.reopened",
}
TABLE = [
    pytest.param(act, state, who, words, id=f"{act}-{state}-{who}")
    for act, states in RULES.items()
    for state, people in states.items()
    for who, words in {"vera": NO_ROLE, **people}.items()
]


@pytest.fixture
def people(vera, olga, otto, susan):
    return {person.username: person for person in (vera, olga, otto, susan)}


@pytest.mark.parametrize(("act", "state", "who", "words"), TABLE)
def test_an_act_is_done_and_recorded_once_or_refused_in_words_and_nothing_changes(people, act, state, who, words):
    reach(state)
    before, entries, version = everything(), Entry.objects.count(), Handoff.objects.get().version
    if words is None:
        assert perform(act, people[who]).version == version + 1
        assert (who, DONE[act], "hof_1") in worlds.new_records(entries)
        assert_recorded()
        return
    with pytest.raises(Problem) as refusal:
        perform(act, people[who])
    assert refusal.value.detail == words
    assert refusal.value.status == (403 if words == NO_ROLE else 409)
    if words != NO_ROLE:
        owner = "olga" if state in ("claimed", "resolved", "approved") else None
        assert (refusal.value.extra["owner"], refusal.value.extra["version"]) == (owner, version)
    assert everything() == before


ALLOWED = {act: next(state for state in states if None in states[state].values()) for act, states in RULES.items()}


@pytest.mark.parametrize(("act", "state"), ALLOWED.items(), ids=ALLOWED)
def test_an_act_decided_on_another_version_is_refused_and_told_the_owner(people, act, state):
    reach(state)
    before, stored = everything(), Handoff.objects.get()
    for outdated in (stored.version - 1, stored.version + 1, 0):
        with pytest.raises(VersionMismatch) as refusal:
            perform(act, people["susan"], version=outdated)
        owner = stored.claimed_by and stored.claimed_by.username
        assert (refusal.value.extra["owner"], refusal.value.extra["version"]) == (owner, stored.version)
    assert everything() == before
    assert perform(act, people["susan"], version=stored.version).version == stored.version + 1


@pytest.mark.parametrize("act", ACTS)
def test_an_act_on_an_unknown_handoff_finds_nothing(people, act):
    worlds.case()
    with pytest.raises(NotFound, match="Handoff not found"):
        perform(act, people["susan"], handoff_id="hof_9")
    assert Entry.objects.filter(subject="hof_9").count() == Event.objects.filter(payload__id="hof_9").count() == 0


@pytest.mark.parametrize("act", ACTS)
def test_a_person_who_has_left_does_nothing(people, act):
    reach(ALLOWED[act])
    before = everything()
    people["susan"].is_active = False
    with pytest.raises(Problem, match=NO_ROLE):
        perform(act, people["susan"])
    assert everything() == before


def test_every_act_is_in_the_table():
    assert set(ACTS) == set(RULES) == set(DONE)


def test_a_case_that_went_through_every_act_has_each_in_its_trail_once(people):
    """S3: what became of a case can be read from its records alone."""
    olga, susan = people["olga"], people["susan"]
    worlds.case()
    way = "snooze wake claim priority note reply approve undo amend release claim reassign resolve reopen claim"
    way = way.split()
    for act in way:
        perform(act, susan if act in ("reassign", "resolve") else olga, now=timezone.now())
    assert Handoff.objects.get().version == len(way) + 1
    assert_recorded()
