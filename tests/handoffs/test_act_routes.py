"""P1, S1 on the wire: every act as a route, for every role, and what it answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from flowops.accounts.models import OperatorToken, User
from flowops.outbox.models import Delivery
from handoffs import decisions
from handoffs.acts import ACTS
from handoffs.models import Handoff, Proposal
from tests import factories
from tests.handoffs import worlds
from tests.handoffs.worlds import PROVEN, UNPROVEN, asked, assert_problem, everything, reach

pytestmark = pytest.mark.usefixtures("policy")

# The state in which each route is tried, and what it answers to olga (whose case it is), otto and susan.
ROUTES = {
    "claim": ("waiting", 200, 200, 200),
    "release": ("claimed", 200, 409, 200),
    "reassign": ("claimed", 200, 409, 200),
    "snooze": ("claimed", 200, 409, 200),
    "wake": ("claimed asleep", 200, 409, 200),
    "priority": ("claimed", 200, 200, 200),
    "note": ("claimed", 200, 200, 200),
    "reply": ("claimed", 200, 409, 200),
    "approve": ("claimed", 200, 409, 200),
    "deny": ("claimed", 200, 409, 200),
    "amend": ("claimed", 200, 409, 200),
    "undo": ("approved", 200, 409, 200),
    "resolve": ("claimed", 200, 409, 200),
    "reopen": ("resolved", 200, 200, 200),
    "heartbeat": ("claimed", 200, 409, 409),
}
OTHERS = {
    **dict.fromkeys(["nobody", "mistyped", "revoked", "inactive", "client"], 401),
    **dict.fromkeys(["vera", "groupless"], 403),
}
TABLE = [
    pytest.param(route, state, who, status, id=f"{route}-{who}")
    for route, (state, *statuses) in ROUTES.items()
    for who, status in zip(["olga", "otto", "susan"], statuses, strict=True)
]


@pytest.mark.parametrize("route", ROUTES)
def test_who_has_no_role_or_none_that_works_changes_nothing(post, route):
    reach(ROUTES[route][0])
    before = everything()
    for who, status in OTHERS.items():
        told = assert_problem(post(route, who), status)
        assert told["error"] == {401: "unauthorized", 403: "forbidden"}[status], who
        assert everything() == before, who


@pytest.mark.parametrize(("route", "state", "who", "status"), TABLE)
def test_each_role_gets_what_it_may(post, route, state, who, status):
    reach(state)
    before, version = everything(), Handoff.objects.get().version
    answer = post(route, who)
    if status == 409:
        told = assert_problem(answer, 409)
        assert (told["ok"], told["owner"], told["version"]) == (False, "olga", version)
        assert everything() == before
        return
    told = answer.json()
    assert (answer.status_code, told["ok"]) == (200, True)
    if route != "heartbeat":
        assert (told["handoff"]["version"], answer["ETag"]) == (version + 1, f'"{version + 1}"')


def test_every_route_is_in_the_table():
    assert set(ROUTES) == {*ACTS, "heartbeat"}


@pytest.mark.parametrize("route", ACTS)
def test_an_act_decided_on_another_version_is_told_the_one_there_is(post, route):
    reach(ROUTES[route][0])
    before, version = everything(), Handoff.objects.get().version
    for header in ('"0"', f'"{version + 1}"'):
        told = assert_problem(post(route, **{"If-Match": header}), 412)
        assert (told["ok"], told["error"], told["version"]) == (False, "version_mismatch", version)
        assert everything() == before
    assert post(route, **{"If-Match": f'"{version}"'}).status_code == 200


def test_an_unknown_handoff_is_not_found_in_the_known_shape(call, keys):
    worlds.case()
    for route in ROUTES:
        answer = call("POST", f"/handoffs/hof_9/{route}", keys["susan"], asked(route))
        assert assert_problem(answer, 404)["error"] == "Handoff not found"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_an_act_is_only_posted(call, keys, method):
    worlds.case()
    before = everything()
    for route in ROUTES:
        assert_problem(call(method, f"/handoffs/hof_1/{route}", keys["susan"]), 405)
    assert everything() == before


# What each answers.


def test_a_reply_that_cannot_be_proven_answers_with_its_findings_and_may_be_overridden(post):
    reach("claimed")
    told = assert_problem(post("reply", body={"text": f"{PROVEN} {UNPROVEN}"}), 409)
    assert told["error"] == "The reply says what cannot be proven"
    assert [finding["span"] for finding in told["findings"]] == [UNPROVEN]
    assert post("reply", body={"text": UNPROVEN, "overrideReason": "Billing told me."}).status_code == 200


def test_the_same_idempotency_key_sends_one_reply(post):
    reach("claimed")
    key = {"Idempotency-Key": "r1", "If-Match": '"2"'}
    first, second = (post("reply", **key) for _ in range(2))
    assert (first.status_code, second.json(), second["ETag"]) == (200, first.json(), first["ETag"])
    assert Delivery.objects.count() == 1
    told = assert_problem(post("reply", body={"text": f"{PROVEN} {PROVEN}"}, **key), 422)
    assert told["error"] == "idempotency_payload_mismatch"
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "ä", "a,b"])
def test_an_idempotency_key_that_is_none_is_refused_by_its_name(post, key):
    reach("claimed")
    told = assert_problem(post("reply", **{"Idempotency-Key": key}), 400)
    assert [fault["field"] for fault in told["errors"]] == ["Idempotency-Key"]
    assert Delivery.objects.count() == 0


def test_a_refund_goes_its_whole_way_over_http(post, call, keys):
    reach("claimed")
    shown = call("GET", "/handoffs/hof_1", keys["olga"]).json()["proposal"]
    assert (shown["id"], shown["status"], shown["intact"], shown["money"]["amount"]) == (
        "prp_p",
        "pending",
        True,
        "240.00",
    )
    choice = {"proposalId": shown["id"], "digest": shown["digest"]}
    approved = post("approve", body=choice).json()["handoff"]["proposal"]
    assert (approved["approvedBy"], approved["secondedBy"], approved["executedAt"]) == ("olga", None, None)
    assert approved["executesAt"] is not None
    undone = post("undo", body={"proposalId": shown["id"]}).json()["handoff"]["proposal"]
    assert (undone["approvedBy"], undone["executesAt"]) == (None, None)
    amended = post("amend", body=choice | {"amount": "100.00"}).json()["handoff"]["proposal"]
    assert (amended["amends"], amended["money"]["amount"], amended["status"]) == ("prp_p", "100.00", "pending")
    post("approve", body={"proposalId": amended["id"], "digest": amended["digest"]})
    Proposal.objects.filter(id=amended["id"]).update(not_before=worlds.moments_ago())
    assert decisions.execute_due(timezone.now()) == 1
    done = call("GET", "/handoffs/hof_1", keys["olga"]).json()
    assert (done["proposal"]["status"], done["actions"]) == ("issued", ["refund_issued:rfd_p-1"])
    assert done["proposal"]["executedAt"] is not None


def test_of_several_proposals_the_one_that_waits_is_shown(call, keys):
    """Else nobody could approve over HTTP what was proposed before the newest."""
    made = worlds.case()
    invoice = factories.paid_invoice("cust_1", id="inv_2", amount="300.00")
    newer = factories.proposed_refund(made.handoff, invoice, refund_id="rfd_q")
    Proposal.objects.filter(id=newer.id).update(executed_at=None)
    type(newer.refund).objects.filter(id="rfd_q").update(status="denied", decided_at=timezone.now())
    assert call("GET", "/handoffs/hof_1", keys["vera"]).json()["proposal"]["id"] == "prp_p"


def test_a_heartbeat_tells_until_when_the_claim_lasts_and_is_no_change(post):
    reach("claimed")
    Handoff.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    told = post("heartbeat").json()
    stored = Handoff.objects.get()
    assert told == {"ok": True, "claimedUntil": stored.claimed_until.isoformat().replace("+00:00", "Z")}
    assert (stored.claimed_until > timezone.now() + timedelta(minutes=29), stored.version) == (True, 2)
    assert assert_problem(post("heartbeat", "otto"), 409)["error"] == "Handoff is not claimed by you"


def test_a_claim_that_ran_out_is_refused_in_words(post):
    reach("claimed")
    Handoff.objects.update(claimed_until=timezone.now())
    assert assert_problem(post("resolve"), 409)["error"] == "Your claim has run out; claim the handoff again"
    assert assert_problem(post("heartbeat"), 409)["error"] == "Handoff is not claimed by you"


SIGNALS = {
    "latestRiskLevel": None,
    "riskStatus": "not_assessed",
    "hasDraft": False,
    "hasSummary": False,
    "lastArtifactAt": None,
}


@pytest.mark.parametrize(
    ("query", "has_signals"), [("", False), ("?includeSignals=0", False), ("?includeSignals=1", True)]
)
def test_signals_are_listed_when_asked_for(call, keys, query, has_signals):
    worlds.case()
    Handoff.objects.update(sla_due_at=timezone.now() + timedelta(minutes=10))
    (shown,) = call("GET", f"/handoffs{query}", keys["vera"]).json()
    assert ("signals" in shown) is query.endswith("1")
    if "signals" in shown:
        left = shown["signals"].pop("slaRemainingSeconds")
        assert 590 <= left <= 600
        assert shown["signals"] == SIGNALS


@pytest.mark.parametrize("query", ["includeSignals=2", "includeSignals=", "includeSignals=yes", "signals=1"])
def test_signals_asked_for_in_other_words_are_refused(call, keys, query):
    told = assert_problem(call("GET", f"/handoffs?{query}", keys["vera"]), 400)
    assert [fault["field"] for fault in told["errors"]] == [query.partition("=")[0]]


def test_the_list_costs_the_same_however_many_were_approved(call, keys, django_assert_num_queries):
    people = [User.objects.get(username=name) for name in ("olga", "susan")]
    for number in range(1, 6):
        made = worlds.claimed_case(people[0], "500.01", number=number)
        for person in people:
            worlds.approved(made, person)
    with django_assert_num_queries(5):  # the token, two for permissions, handoffs, proposals
        shown = call("GET", "/handoffs?includeSignals=1", keys["vera"]).json()
    assert {handoff["proposal"]["secondedBy"] for handoff in shown} == {"susan"}


def test_a_token_of_somebody_demoted_works_no_more(post):
    reach("claimed")
    User.objects.get(username="olga").groups.clear()
    assert OperatorToken.objects.filter(user__username="olga", revoked_at=None).exists()
    before = everything()
    for route in ROUTES:
        assert_problem(post(route), 403)
    assert everything() == before
