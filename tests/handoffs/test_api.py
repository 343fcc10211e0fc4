"""P1, S1, S4 on the wire: who may do what to a handoff, in the exact words of the first FlowOps, never a 500."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from flowops.accounts.models import User
from handoffs.models import Handoff, Proposal
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting():
    return factories.HandoffFactory(id="hof_1", issues=["amount over limit"], actions=["refund_needs_human"])


READ, LISTED, DEBUG = ("GET", "/handoffs/hof_1"), ("GET", "/handoffs"), ("GET", "/debug/handoffs")
CLAIM, RESOLVE = ("POST", "/handoffs/hof_1/claim"), ("POST", "/handoffs/hof_1/resolve")
BREACH = ("POST", "/debug/handoffs/hof_1/force-sla-breach")
ROUTES = (READ, LISTED, DEBUG, CLAIM, RESOLVE, BREACH)
STATUSES = {  # RESOLVE comes after CLAIM by the same person
    **dict.fromkeys(["nobody", "mistyped", "revoked", "inactive", "client"], (401,) * 6),
    "groupless": (403,) * 6,
    "vera": (200, 200, 200, 403, 403, 403),
    "olga": (200, 200, 200, 200, 200, 403),
    "susan": (200, 200, 200, 200, 200, 409),
}


@pytest.mark.parametrize(("who", "statuses"), STATUSES.items(), ids=[*STATUSES])
def test_each_role_gets_what_it_may(call, keys, waiting, who, statuses):
    answers = [call(method, path, keys[who]) for method, path in ROUTES]
    assert tuple(answer.status_code for answer in answers) == statuses
    for answer in answers:
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
        if error := {401: "unauthorized", 403: "forbidden"}.get(answer.status_code):
            assert (answer.json()["error"], bool(answer.json()["message"])) == (error, True)
        assert answer.get("WWW-Authenticate") == ('Bearer realm="FlowOps"' if answer.status_code == 401 else None)
    if 200 not in statuses[3:]:
        assert Handoff.objects.values_list("status", "version").get() == ("pending", 1)


SHAPE = """id customerId ticketId reason priority mode confidence status claimedBy claimedAt resolvedBy resolvedAt
resolutionNotes issues actions createdAt updatedAt slaDueAt slaBreachedAt proposal version claimedUntil
snoozedUntil resolutionCategory"""


def test_a_handoff_is_shown_with_every_member_and_its_newest_proposal(call, keys, waiting):
    for number, age in ((1, 1), (2, 0)):
        refund = factories.RefundFactory(status="pending", decided_at=None)
        frozen = {"content": {"refund_id": refund.id}, "digest": "d", "created_at": NOW - timedelta(hours=age)}
        Proposal.objects.create(id=f"prp_{number}", handoff=waiting, refund=refund, **frozen)
    answer = call(*READ, keys["vera"])
    shown = answer.json()
    assert set(shown) == set(SHAPE.split())
    assert (shown["id"], shown["status"], shown["claimedBy"]) == ("hof_1", "pending", None)
    assert (shown["createdAt"], shown["slaDueAt"]) == ("2026-03-15T12:00:00Z", "2026-03-15T13:00:00Z")
    assert (shown["issues"], shown["actions"]) == (["amount over limit"], ["refund_needs_human"])
    undecided = dict.fromkeys(["approvedBy", "secondedBy", "executesAt", "executedAt"]) | {"status": "pending"}
    newest = {"id": "prp_2", "digest": "d", "intact": False, "refund_id": refund.id}
    assert shown["proposal"] == newest | undecided
    assert answer["ETag"] == '"1"'


def test_claiming_and_resolving_answer_with_the_changed_handoff(call, keys, waiting):
    claimed = call(*CLAIM, keys["olga"])
    assert (claimed.json()["ok"], claimed.json()["handoff"]["claimedBy"], claimed["ETag"]) == (True, "olga", '"2"')
    resolved = call(*RESOLVE, keys["olga"], {"resolutionNotes": " Called. "}).json()
    assert (resolved["ok"], resolved["handoff"]["status"]) == (True, "resolved")
    assert (resolved["handoff"]["resolvedBy"], resolved["handoff"]["resolutionNotes"]) == ("olga", " Called. ")
    assert call(*READ, keys["vera"]).json() == resolved["handoff"]


def _refusal(answer):
    told = answer.json()
    return answer.status_code, told["ok"], told["error"], told["owner"], told["version"]


def test_refusals_keep_the_words_older_clients_know(call, keys, waiting):
    pending = "Handoff must be claimed before resolving"
    assert _refusal(call(*RESOLVE, keys["olga"])) == (409, False, pending, None, 1)
    call(*CLAIM, keys["olga"])
    taken = "Handoff already claimed or not pending"
    assert _refusal(call(*CLAIM, keys["otto"])) == (409, False, taken, "olga", 2)
    foreign = "Only the claiming operator can resolve"
    assert _refusal(call(*RESOLVE, keys["otto"])) == (409, False, foreign, "olga", 2)
    assert call(*RESOLVE, keys["susan"], {}).json()["handoff"]["resolvedBy"] == "susan"
    resolved = "Handoff already resolved"
    assert _refusal(call(*RESOLVE, keys["olga"])) == (409, False, resolved, "olga", 3)
    assert _refusal(call(*CLAIM, keys["olga"])) == (409, False, taken, "olga", 3)


@pytest.mark.parametrize("route", [READ, CLAIM, RESOLVE, BREACH], ids=lambda route: route[1])
def test_an_unknown_handoff_is_not_found_in_the_known_shape(call, keys, route):
    answer = call(*route, keys["susan"])
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["error"] == "Handoff not found"


IF_MATCH = {
    "the version": ('"1"', 200),
    "without quotes": ("1", 200),
    "an older one": ('"0"', 412),
    "a newer one": ('"2"', 412),
    "a word": ('"abc"', 400),
    "nothing": ("", 400),
    "thirty digits": ("1" * 30, 400),
    "other digits": ("²", 400),
}


@pytest.mark.parametrize(("header", "status"), IF_MATCH.values(), ids=IF_MATCH)
def test_a_change_decided_on_another_version_is_refused(call, keys, waiting, header, status):
    answer = call(*CLAIM, keys["olga"], **{"If-Match": header})
    assert answer.status_code == status
    assert Handoff.objects.get().status == ("claimed" if status == 200 else "pending")
    told = {"ok": False, "version": 1, "error": "version_mismatch"}
    assert status != 412 or told.items() <= answer.json().items()


HOSTILE = {
    "an unknown member": ({"notes": "x"}, 400),
    "an array": ([], 400),
    "null": (b"null", 400),
    "a number for a text": ({"resolutionNotes": 1}, 400),
    "null for a text": ({"resolutionNotes": None}, 400),
    "NUL": (rb'{"resolutionNotes": "\u0000"}', 400),
    "a member twice": (b'{"resolutionNotes": "a", "resolutionNotes": "b"}', 400),
    "too deep": (b"[" * 1000, 400),
    "too long a text": ({"resolutionNotes": "x" * 10_001}, 400),
    "3 MB": (b" " * 3_000_000, 413),
}


@pytest.mark.parametrize(("body", "status"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_notes_are_refused_and_change_nothing(call, keys, waiting, body, status):
    call(*CLAIM, keys["olga"])
    answer = call(*RESOLVE, keys["olga"], body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert Handoff.objects.values_list("status", "version").get() == ("claimed", 2)


def test_a_body_of_another_kind_or_of_no_length_is_refused(call, keys, waiting):
    call(*CLAIM, keys["olga"])
    assert call(*RESOLVE, keys["olga"], b"a=b", "text/plain").status_code == 415
    assert call(*RESOLVE, keys["olga"], b"{}", "application/json; charset=utf-7").status_code == 400
    assert call(*RESOLVE, keys["olga"], **{"Transfer-Encoding": "chunked"}).status_code == 411
    assert Handoff.objects.get().status == "claimed"


@pytest.fixture
def queue(keys):
    """Four handoffs that differ in all that can be asked for; c is the newest and due first."""
    now = timezone.now()
    held = {"status": "claimed", "claimed_by": User.objects.get(username="olga"), "claimed_at": NOW}
    made = {
        "a": {"priority": "low", "sla_due_at": now + timedelta(hours=3)},
        "b": {"reason": "unverified", "sla_due_at": now - timedelta(hours=1)},
        "c": {"sla_due_at": now - timedelta(hours=2), **held},
        "d": {"priority": "high", "sla_due_at": now + timedelta(hours=2), "sla_breached_at": now},
    }
    for age, (name, values) in enumerate(made.items()):
        created = NOW + timedelta(minutes=min(age, 4 - age))
        factories.HandoffFactory(id=name, ticket__customer_id=f"cust_{name}", created_at=created, **values)


ASKED = {
    "": "cdba",
    "status=pending": "dba",
    "status=claimed": "c",
    "priority=low": "a",
    "priority=high&status=pending": "d",
    "reason=unverified": "b",
    "claimedBy=olga": "c",
    "customerId=cust_b": "b",
    "breached=true": "db",
    "breached=false": "ca",
    "ordering=createdAt": "abdc",
    "ordering=slaDueAt": "cbda",
    "ordering=-slaDueAt": "adbc",
    "limit=2": "cd",
}


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize(("query", "names"), ASKED.items(), ids=[query or "nothing" for query in ASKED])
def test_the_list_shows_what_was_asked_for(call, keys, query, names):
    shown = call("GET", f"/handoffs?{query}", keys["vera"]).json()
    assert "".join(handoff["id"] for handoff in shown) == names


BAD = """status=done priority=medium ordering=id ordering= limit=0 limit=201 limit=-1 limit=1.5 limit= limit=%C2%B2
breached=maybe breached=1 cursor=a cursor=! cursor=cD1nYXJiYWdl cursor=cD0yMDI2LTEzLTQ1 cursor=cD0yMDI2LTAxLTAx
cursor=cD0A"""


@pytest.mark.parametrize("query", BAD.split())
def test_what_cannot_be_asked_for_is_refused_by_its_name(call, keys, waiting, query):
    answer = call("GET", f"/handoffs?{query}", keys["vera"])
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert query.partition("=")[0] in [fault["field"] for fault in answer.json()["errors"]]


@pytest.mark.parametrize(
    "query", ["limit=50", "limit=7", "limit=7&ordering=createdAt", "limit=9&ordering=slaDueAt"]
)
def test_following_the_links_shows_each_handoff_once_in_order(call, keys, query):
    for number in range(120):  # ten share each moment
        moment = NOW + timedelta(seconds=number // 10)
        factories.HandoffFactory(created_at=moment, sla_due_at=moment)
    seen, path = [], f"/handoffs?{query}"
    while path:
        answer = call("GET", path, keys["vera"])
        seen += answer.json()
        link = re.search(r'<http://testserver([^>]+)>; rel="next"', answer.get("Link", ""))
        path = link and link[1]
    member = "slaDueAt" if "slaDueAt" in query else "createdAt"
    moments = [handoff[member] for handoff in seen]
    assert moments == sorted(moments, reverse="ordering" not in query)
    assert len(seen) == len({handoff["id"] for handoff in seen}) == 120
    assert "next" not in answer.get("Link", "")


def test_the_list_costs_the_same_for_three_and_for_thirty(call, keys, django_assert_num_queries):
    held = {"status": "claimed", "claimed_by": User.objects.get(username="olga"), "claimed_at": NOW}
    for count in (3, 27):
        for _ in range(count):
            handoff, refund = factories.HandoffFactory(**held), factories.RefundFactory()
            Proposal.objects.create(id=f"prp_{refund.id}", handoff=handoff, refund=refund, content={}, digest="d")
        with django_assert_num_queries(5):  # the token, two for permissions, handoffs, proposals
            shown = call(*LISTED, keys["vera"]).json()
        assert all(handoff["claimedBy"] == "olga" and handoff["proposal"] for handoff in shown)
    assert len(shown) == 30


VISITS = {
    "the demo, on this machine": (True, {}, 200),
    "over IPv6": (True, {"REMOTE_ADDR": "::1"}, 200),
    "no demo": (False, {}, 401),
    "from elsewhere": (True, {"REMOTE_ADDR": "192.0.2.7"}, 401),
    "from nowhere": (True, {"REMOTE_ADDR": ""}, 401),
    "handed on by a proxy": (True, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, 401),
    "with a bad key": (True, {"HTTP_AUTHORIZATION": "Bearer nonsense"}, 401),
}


@pytest.mark.parametrize(("demo", "meta", "status"), VISITS.values(), ids=VISITS)
def test_without_a_key_only_the_demos_own_machine_may_look(client, settings, waiting, demo, meta, status):
    settings.DEMO = demo
    assert client.get("/debug/handoffs", **meta).status_code == status
    for route in (LISTED, READ, CLAIM, RESOLVE, BREACH):
        assert client.generic(*route, **meta).status_code == 401


@pytest.mark.usefixtures("queue")
def test_debugging_lists_by_status_and_id(call, keys):
    answers = [call("GET", f"/debug/handoffs{q}", keys["vera"]) for q in ("", "?status=claimed", "?id=b", "?id=x")]
    assert [[handoff["id"] for handoff in answer.json()] for answer in answers] == [[*"cdba"], ["c"], ["b"], []]
    assert call("GET", "/debug/handoffs?status=done", keys["vera"]).status_code == 400


def test_a_supervisor_may_mark_a_handoff_late(call, keys, waiting):
    first, second = (call(*BREACH, keys["susan"]).json()["handoff"] for _ in range(2))
    assert first == second
    assert (first["version"], first["slaBreachedAt"] is not None) == (2, True)


@pytest.mark.parametrize(
    "path", ["/handoffs?reason=%00", "/handoffs/a%00b", "/admin/?q=%00", "/debug/handoffs?id=a%00"]
)
def test_a_nul_in_the_address_is_refused_before_any_database_sees_it(call, keys, path):
    answer = call("GET", path, keys["susan"])
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_limit_of_five_thousand_digits_is_refused(call, keys):
    assert call("GET", f"/handoffs?limit={'9' * 5000}", keys["vera"]).status_code == 400
