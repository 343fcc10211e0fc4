"""S4: whatever is sent to the routes of the acts is refused by its name and changes nothing; never a 500."""

import pytest

from flowops.accounts.models import User
from handoffs import acts
from handoffs.acts import ACTS
from tests.handoffs.test_act_routes import ROUTES
from tests.handoffs.worlds import PROVEN, asked, assert_problem, everything, reach

pytestmark = pytest.mark.usefixtures("policy")

WITH_BODY = [name for name, act in ACTS.items() if act.request is not acts.Nothing]
HOSTILE = {
    "an unknown member": {"x": 1},
    "an array": [],
    "a full array": [{}],
    "a text": b'""',
    "a full text": b'"approve"',
    "a number": b"0",
    "false": b"false",
    "null": b"null",
    "broken": b"{",
    "NUL": b'{"text": "\\u0000", "reason": "\\u0000"}',
    "half a surrogate": b'{"text": "\\ud800", "to": "\\ud800"}',
    "a member twice": b'{"text": "a", "text": "b", "minutes": 1, "minutes": 2}',
    "too deep": b"[" * 1000,
    "no UTF-8": b'{"text": "\xff"}',
    "3 MB": b" " * 3_000_000,
}


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_hostile_body_is_refused_and_changes_nothing(post, route):
    reach(ROUTES[route][0])
    before = everything()
    for kind, body in HOSTILE.items():
        assert_problem(post(route, body=body), 400, 413)
        assert everything() == before, kind


@pytest.mark.parametrize("body", [{"x": 1}, b"{", b"\xff"], ids=repr)
@pytest.mark.parametrize("route", ["claim", "release", "wake", "reopen"])
def test_an_act_that_takes_no_body_takes_any(post, route, body):
    """As the first FlowOps did: its clients go on working."""
    reach(ROUTES[route][0])
    assert post(route, body=body).status_code == 200


@pytest.mark.parametrize("route", WITH_BODY)
def test_a_body_of_another_kind_or_of_no_length_is_refused(post, route):
    reach(ROUTES[route][0])
    before = everything()
    assert_problem(post(route, body=b"a=b", media_type="application/x-www-form-urlencoded"), 415)
    assert_problem(post(route, **{"Transfer-Encoding": "chunked"}), 411)
    assert everything() == before


LONG = "x" * 10_001
VALUES = {
    "reassign": [{"to": value} for value in (None, "", 1, True, [], {}, "nobody", LONG, "a\n", "\u202e")],
    "snooze": [
        *({"minutes": value} for value in (0, -1, 525_601, 10**15, 1.5, True, None, [], "soon", "9" * 1001)),
        *(
            {"until": value}
            for value in (None, 1, [], "soon", "2026-13-45", "9999-12-31T23:59:59Z", "2999-01-01T00:00Z")
        ),
        *({"until": value} for value in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")),
        {"minutes": 5, "until": "2999-01-01T00:00Z"},
        {},
    ],
    "priority": [{"priority": value} for value in (None, "", "medium", "urgent", 1, True, [], {}, LONG)],
    "note": [{"text": value} for value in (None, "", " ", "\n", 1, True, [], {}, LONG)],
    "reply": [
        *({"text": value} for value in (None, "", " \t", 1, True, [], {}, LONG)),
        *({"text": PROVEN, "overrideReason": value} for value in (None, 1, [], "x" * 1001)),
    ],
    "approve": [{"proposalId": "prp_p", "digest": value} for value in (None, "", 1, [], "x" * 129, "a b", "a\n")],
    "deny": [{"reason": value} for value in (None, "", " ", 1, [], "x" * 1001)],
    "amend": [
        {"amount": value}
        for value in (
            None,
            "",
            "x",
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "1.001",
            "1e400",
            "9" * 30,
            10**12,
            True,
            [],
            {},
        )
    ],
    "undo": [{}, {"proposalId": "prp_p", "commentId": "cmt_1"}, {"commentId": None}, {"commentId": "a b"}],
    "resolve": [
        *({"category": value} for value in (None, "lost", 1, True, [], {})),
        *({"resolutionNotes": value} for value in (None, 1, [], LONG)),
    ],
}


@pytest.mark.parametrize("route", VALUES)
def test_a_value_that_is_none_of_ours_is_refused_by_its_name(post, route):
    reach(ROUTES[route][0])
    before = everything()
    for value in VALUES[route]:
        body = value if route in ("undo", "snooze") else {**asked(route), **value}
        told = assert_problem(post(route, body=body), 400)
        assert {fault["field"].partition(".")[0] for fault in told["errors"]} <= {*value, ""}, value
        assert everything() == before, value


REFUSED = {
    "a time that is over": ("snooze", {"until": "2020-01-01T00:00:00Z"}),
    "the oldest time": ("snooze", {"until": "0001-01-01T00:00:00Z"}),
    "more than there is": ("amend", {"amount": "240.01"}),
    "nothing": ("amend", {"amount": "0"}),
    "less than nothing": ("amend", {"amount": -5}),
    "another digest": ("approve", {"digest": "0" * 64}),
    "another proposal": ("deny", {"proposalId": "prp_9"}),
    "no such comment": ("undo", {"commentId": "cmt_9"}),
    "to herself": ("reassign", {"to": "olga"}),
    "to a viewer": ("reassign", {"to": "vera"}),
}


@pytest.mark.parametrize(("route", "value"), REFUSED.values(), ids=REFUSED)
def test_what_can_be_read_but_not_done_is_refused_with_owner_and_version(post, route, value):
    reach("claimed")
    before = everything()
    body = value if route in ("undo", "snooze") else {**asked(route), **value}
    told = assert_problem(post(route, body=body), 409)
    assert (told["ok"], told["owner"], told["version"], told["error"]) == (False, "olga", 2, told["detail"])
    assert everything() == before


def test_a_colleague_who_has_left_is_nobody(post):
    reach("claimed")
    User.objects.filter(username="otto").update(is_active=False)
    assert "Nobody has this user name." in post("reassign").content.decode()
