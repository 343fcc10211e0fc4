"""The console without a browser: who may open and press what, what a page costs, what a refusal keeps (P1, S1)."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agent import turn
from flowops.accounts.models import User
from flowops.audit.models import Entry
from flowops.outbox.models import Delivery
from handoffs import services
from handoffs.acts import ACTS
from handoffs.models import Comment, Handoff, SavedReply, Ticket
from tests import factories

pytestmark = pytest.mark.django_db

QUEUE = "/admin/handoffs/handoff/"
MOST_STATEMENTS = 12


def case_of(handoff_id: str) -> str:
    return f"{QUEUE}{handoff_id}/change/"


def do(handoff_id: str, act: str) -> str:
    return f"{QUEUE}{handoff_id}/do/{act}/"


def person(name: str, role: str | None) -> User:
    made = User.objects.filter(username=name).first() or factories.UserFactory(username=name)
    made.groups.set(Group.objects.filter(name=role))
    return made


@pytest.fixture
def olga() -> User:
    return person("olga", "operator")


@pytest.fixture
def desk(client, olga) -> Client:
    """Olga at her console."""
    client.force_login(olga)
    return client


@pytest.fixture
def proposed(policy) -> Handoff:
    """A customer's refund of 240 EUR, handed over by the agent itself."""
    factories.paid_invoice("cust_1", id="inv_1", amount="240.00", paid_at=timezone.now())
    turn.live(
        factories.api_client()[0],
        customer_id="cust_1",
        message="please refund inv_1",
        request_id=None,
        now=timezone.now(),
    )
    return Handoff.objects.get()


@pytest.fixture
def claimed(proposed, olga) -> Handoff:
    return services.claim_handoff(proposed.id, by=olga, now=timezone.now())


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def choice(handoff: Handoff) -> dict[str, str]:
    proposal = handoff.proposals.get()
    return {"proposalId": proposal.id, "digest": proposal.digest}


# Who may

ROLES = ("anonymous", "outsider", "viewer", "operator", "supervisor")
READS = (QUEUE, f"{QUEUE}pulse/", f"{QUEUE}next/", "CASE")
SEEN = {"anonymous": 302, "outsider": 403, "viewer": 200, "operator": 200, "supervisor": 200}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", READS)
def test_each_page_opens_for_whom_it_may(client, proposed, role, path):
    if role != "anonymous":
        client.force_login(person("somebody", None if role == "outsider" else role))
    answer = client.get(case_of(proposed.id) if path == "CASE" else path)
    if path.endswith("next/") and SEEN[role] == 200:
        assert (answer.status_code, answer["Location"]) == (302, case_of(proposed.id))
    else:
        assert answer.status_code == SEEN[role]
    if role == "anonymous":
        assert answer["Location"].startswith("/admin/login/")


FORMS = {
    "reassign": {"to": "otto"},
    "snooze": {"minutes": "60"},
    "priority": {"priority": "high"},
    "note": {"text": "Called her."},
    "reply": {"text": "Thank you for your message."},
    "deny": {"reason": "no"},
    "amend": {"amount": "50"},
}
WITHOUT_CLAIM = {"claim", "snooze", "priority", "note"}  # what an operator may do to a case nobody has


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", [*ACTS, "insert", "heartbeat"])
def test_each_form_is_taken_from_whom_it_may(client, proposed, role, act):
    """On a case that is claimed by somebody else: a viewer changes nothing, an operator only what is anybody's."""
    person("otto", "operator")
    services.claim_handoff(proposed.id, by=person("owner", "operator"), now=timezone.now())
    before = Handoff.objects.values().get()
    if role != "anonymous":
        client.force_login(person("somebody", None if role == "outsider" else role))
    path = f"{QUEUE}{proposed.id}/heartbeat/" if act == "heartbeat" else do(proposed.id, act)
    answer = client.post(path, FORMS.get(act, {}) | choice(proposed))
    changes = Handoff.objects.values().get() != before
    match role:
        case "anonymous":
            assert answer["Location"].startswith("/admin/login/")
            assert not changes
        case "outsider":
            assert (answer.status_code, changes) == (403, False)
        case "viewer":
            assert (answer.status_code, changes) == (200 if act in ("insert", "heartbeat") else 403, False)
        case "operator":
            assert changes == (act in ("priority", "note"))
        case "supervisor":
            can = {
                "release",
                "reassign",
                "snooze",
                "priority",
                "note",
                "reply",
                "approve",
                "deny",
                "amend",
                "resolve",
            }
            assert changes == (act in can)


def test_an_act_is_a_post_with_a_token_from_our_own_page(proposed, olga):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(olga)
    assert strict.post(do(proposed.id, "claim")).status_code == 403
    assert strict.get(do(proposed.id, "claim")).status_code == 405
    assert Handoff.objects.get().status == "pending"


@pytest.mark.parametrize("path", [case_of("hof_none"), do("hof_none", "claim"), do("hof_none", "insert")])
def test_what_is_not_there_is_not_found(desk, path):
    saved = SavedReply.objects.create(name="Thanks", text="Thank you.")
    answer = desk.post(path, {"saved": saved.pk}) if "/do/" in path else desk.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_the_admins_own_spelling_of_an_address_leads_to_the_case(desk, claimed):
    quoted = claimed.id.replace("_", "_5F")
    assert desk.get(case_of(quoted))["Location"] == case_of(claimed.id)


def test_an_id_that_looks_like_that_spelling_costs_no_more(desk):
    handoff = factories.HandoffFactory(id="hof_40ca", ticket__customer_id="cust_1")
    assert desk.get(case_of(handoff.id)).status_code == 200
    other = factories.HandoffFactory(id="hof_xx", ticket__customer_id="cust_2")
    assert len(statements(desk, case_of(handoff.id))) == len(statements(desk, case_of(other.id)))


def test_what_nobody_can_do_is_not_found(desk, claimed):
    assert desk.post(do(claimed.id, "delete")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "words"), [("/admin/nowhere/x/", 404, "Not Found"), (QUEUE, 403, "Forbidden")]
)
def test_people_get_a_page_where_programs_get_a_problem(client, path, status, words):
    client.force_login(person("new", None))
    page = client.get(path, headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"].partition(";")[0]) == (status, "text/html")
    assert f"<h1>{words}</h1>" in page.content.decode()
    assert client.get(path)["Content-Type"] == "application/problem+json"


# What pages cost


def many(count: int, **values) -> None:
    """Handoffs by the thousand, as cheap rows."""
    now = timezone.now()
    tickets = [
        Ticket(id=f"tck_m{n}", customer_id=f"cust_m{n}", subject="Refund request", created_at=now)
        for n in range(count)
    ]
    Ticket.objects.bulk_create(tickets, batch_size=1000)
    rows = (
        Handoff(
            id=f"hof_m{ticket.id[5:]}",
            ticket=ticket,
            customer_id=ticket.customer_id,
            reason="auto_limit",
            priority="med",
            confidence=0.9,
            sla_due_at=now + timedelta(hours=1),
            created_at=now,
            updated_at=now,
            **values,
        )
        for ticket in tickets
    )
    Handoff.objects.bulk_create(rows, batch_size=1000)


def statements(desk: Client, path: str) -> list[str]:
    desk.get(path)  # the first visit of a session costs more
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return [query["sql"] for query in captured]


def test_ten_thousand_handoffs_cost_no_more_statements_and_no_count_of_the_whole_table(desk, claimed):
    pages = [QUEUE, f"{QUEUE}?view=all", f"{QUEUE}?view=mine", f"{QUEUE}?view=breached", case_of(claimed.id)]
    before = {page: len(statements(desk, page)) for page in pages}
    many(10_000)
    for page in pages:
        ran = statements(desk, page)
        assert len(ran) == before[page] <= MOST_STATEMENTS, "\n".join(ran)
        unbounded = [sql for sql in ran if "COUNT(" in sql.upper() and "LIMIT" not in sql.upper()]
        assert unbounded == []


def test_counts_stop_where_nobody_counts_on(desk):
    many(1100)
    counts = json.loads(desk.get(f"{QUEUE}pulse/").content)["counts"]
    assert (counts["unclaimed"], counts["mine"]) == ("1000+", "0")
    assert "1000+" in text_of(desk.get(QUEUE))


def test_the_pulse_costs_little_and_says_nothing_when_nothing_changed(
    desk, proposed, django_assert_max_num_queries
):
    path = f"{QUEUE}pulse/?since={(timezone.now() - timedelta(minutes=1)).isoformat().replace('+', '%2B')}"
    with django_assert_max_num_queries(8):
        first = desk.get(path)
    (changed,) = json.loads(first.content)["changed"]
    assert (changed["id"], changed["status"], changed["isInView"]) == (proposed.id, "pending", True)
    again = desk.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.claim_handoff(proposed.id, by=person("otto", "operator"), now=timezone.now())
    news = desk.get(path, headers={"If-None-Match": first["ETag"]})
    (changed,) = json.loads(news.content)["changed"]
    assert (changed["status"], changed["owner"], changed["isInView"]) == ("claimed", "otto", False)


@pytest.mark.parametrize(
    "since", ["", "yesterday", "2026-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\u0661"]
)
def test_a_pulse_since_a_senseless_time_is_since_now(desk, proposed, since):
    assert json.loads(desk.get(f"{QUEUE}pulse/", {"since": since, "view": "x"}).content)["changed"] == []


# The queue


def ids_in(answer) -> set[str]:
    return set(re.findall(r'<tr data-id="([^"]+)"', answer.content.decode()))


@pytest.fixture
def queue(olga) -> None:
    now, otto = timezone.now(), person("otto", "operator")
    held = {"status": "claimed", "claimed_at": now, "claimed_until": now + timedelta(minutes=30)}
    factories.CustomerFactory(id="cust_lea", name="Lea Sommer", email="lea@summer.example")
    factories.HandoffFactory(id="waits", sla_due_at=now + timedelta(hours=1), ticket__customer_id="cust_lea")
    factories.HandoffFactory(
        id="late", sla_due_at=now - timedelta(hours=1), priority="high", reason="cancellation"
    )
    factories.HandoffFactory(id="mine", claimed_by=olga, sla_due_at=now + timedelta(hours=1), **held)
    factories.HandoffFactory(id="his", claimed_by=otto, sla_due_at=now + timedelta(hours=1), **held)
    factories.HandoffFactory(
        id="asleep", snoozed_until=now + timedelta(hours=1), sla_due_at=now + timedelta(hours=2)
    )
    factories.HandoffFactory(id="done", status="resolved", resolved_by=olga, resolved_at=now)


ASKED = {
    "": {"waits", "late"},
    "view=unclaimed": {"waits", "late"},
    "view=mine": {"mine"},
    "view=approvals": set(),
    "view=breached": {"late"},
    "view=snoozed": {"asleep"},
    "view=all": {"waits", "late", "mine", "his", "asleep", "done"},
    "view=nonsense": {"waits", "late"},
    "view=all&status__exact=resolved": {"done"},
    "view=all&priority__exact=high": {"late"},
    "view=all&reason=cancellation": {"late"},
    "view=all&q=late": {"late"},
    "view=all&q=Lea+Somm": {"waits"},
    "view=all&q=lea@summer": {"waits"},
    "view=all&q=cust_lea": {"waits"},
    "view=all&q=nobody": set(),
}


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize(("query", "ids"), ASKED.items(), ids=[query or "nothing" for query in ASKED])
def test_the_queue_shows_what_was_asked_for(desk, query, ids):
    assert ids_in(desk.get(f"{QUEUE}?{query}")) == ids


def test_the_queue_is_searched_by_invoice_and_by_what_was_written(desk, proposed):
    for words in ("inv_1", "please refund", "PLEASE"):
        assert ids_in(desk.get(QUEUE, {"q": words})) == {proposed.id}
    assert ids_in(desk.get(QUEUE, {"q": "%"})) == set()


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("column", range(1, 7))
def test_every_column_sorts_both_ways(desk, column):
    up, down = (
        re.findall(r'<tr data-id="([^"]+)"', desk.get(f"{QUEUE}?view=all&o={sign}{column}").content.decode())
        for sign in ("", "-")
    )
    assert set(up) == set(down) == ASKED["view=all"]


def test_an_empty_queue_says_so_in_words(desk):
    assert "Nothing waits." in text_of(desk.get(QUEUE))
    assert "Nothing here matches." in text_of(desk.get(f"{QUEUE}?q=xyz"))


@pytest.mark.usefixtures("queue")
def test_a_bulk_act_answers_for_each_row(desk):
    chosen = {"action": "claim", "index": "0", "_selected_action": ["waits", "late", "his", "done"]}
    told = text_of(desk.post(QUEUE, chosen, follow=True))
    assert "(waits): claimed" in told
    assert "(late): claimed" in told
    assert re.search(r"\(his\): otto claimed it \S+ \S+ ago\.", told)
    assert "(done): Handoff already claimed or not pending" in told
    assert set(Handoff.objects.filter(claimed_by__username="olga").values_list("id", flat=True)) == {
        "waits", "late", "mine"
    }  # fmt: skip


@pytest.mark.usefixtures("queue")
def test_a_bulk_act_touches_only_what_was_ticked_whatever_else_is_sent(desk):
    chosen = {
        "action": "claim",
        "index": "0",
        "select_across": "1",
        "_selected_action": ["waits", "a\0b", "x" * 200],
    }
    desk.post(QUEUE, chosen)
    assert set(Handoff.objects.filter(claimed_by__username="olga").values_list("id", flat=True)) == {
        "waits",
        "mine",
    }


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("release", "status", "pending"),
        ("make_high", "priority", "high"),
        ("make_medium", "priority", "med"),
        ("make_low", "priority", "low"),
    ],
)
def test_bulk_release_and_priority(desk, action, field, value):
    desk.post(QUEUE, {"action": action, "index": "0", "_selected_action": ["mine"]})
    assert getattr(Handoff.objects.get(id="mine"), field) == value


@pytest.mark.usefixtures("queue")
def test_a_viewer_has_no_bulk_acts_and_cannot_post_one(client):
    client.force_login(person("vera", "viewer"))
    assert "With the chosen ones" not in text_of(client.get(QUEUE))
    client.post(QUEUE, {"action": "claim", "index": "0", "_selected_action": ["waits"]})
    assert Handoff.objects.get(id="waits").status == "pending"


@pytest.mark.usefixtures("queue")
def test_claiming_in_the_queue_comes_back_to_the_queue(desk):
    answer = desk.post(f"{do('waits', 'claim')}?view=unclaimed&o=1", {"then": "queue"})
    assert answer["Location"] == f"{QUEUE}?view=unclaimed&o=1"
    lost = text_of(desk.post(do("his", "claim"), {"then": "queue"}, follow=True))
    assert re.search(r"otto claimed it \S+ \S+ ago\.", lost)


def test_next_goes_to_the_most_pressing_case_that_waits(desk, queue):
    assert desk.get(f"{QUEUE}next/")["Location"] == case_of("late")
    assert desk.get(f"{QUEUE}next/?after=late")["Location"] == case_of("waits")
    Handoff.objects.filter(status="pending").delete()
    assert desk.get(f"{QUEUE}next/")["Location"] == QUEUE


# The case


def test_the_case_page_shows_the_whole_story(desk, claimed):
    shown = text_of(desk.get(case_of(claimed.id)))
    for words in (
        "please refund inv_1", "A refund for inv_1", "refund.auto_limit", "€240.00 is above the limit of €100.00",
        "€100.00 without a person", "Every sentence of the reply was proven", "Claimed by olga",
        "Decide on €240.00",
        "A decision on €240.00 and a person&#x27;s reply to the last message", "Ledger of inv_1", "Lea Sommer",
        "cust_1@example.com", "Policy version", "Raw record",
    ):  # fmt: skip
        assert words in shown, words


def test_resolve_and_next_goes_on_and_a_closed_case_says_who_closed_it(desk, claimed):
    waiting = factories.HandoffFactory()
    form = {"version": claimed.version, "resolutionNotes": "Done.", "category": "answered", "then": "next"}
    assert desk.post(do(claimed.id, "resolve"), form)["Location"] == case_of(waiting.id)
    stored = Handoff.objects.get(id=claimed.id)
    assert (stored.status, stored.resolution_notes, stored.resolution_category) == (
        "resolved",
        "Done.",
        "answered",
    )
    assert "Resolved by olga" in text_of(desk.get(case_of(claimed.id)))


def test_a_stale_form_is_told_who_changed_what_and_keeps_what_was_typed(desk, claimed):
    services.prioritise_handoff(claimed.id, priority="high", by=person("susan", "supervisor"), now=timezone.now())
    form = {"version": claimed.version, "text": "Thank you for your message. <b>Bye</b>"}
    shown = text_of(desk.post(do(claimed.id, "reply"), form))
    assert "Priority changed by susan" in shown
    assert "Thank you for your message. &lt;b&gt;Bye&lt;/b&gt;</textarea>" in shown
    assert Comment.objects.count() == 0


def test_a_late_claim_reads_who_was_faster(desk, proposed):
    services.claim_handoff(proposed.id, by=person("otto", "operator"), now=timezone.now())
    shown = text_of(desk.post(do(proposed.id, "claim"), {"version": proposed.version}))
    assert re.search(r"otto claimed it \S+ \S+ ago\.", shown)


def test_a_reply_with_findings_asks_for_a_reason_and_goes_with_one(desk, claimed):
    form = {"version": claimed.version, "text": "All is well, promise.", "key": "k" * 24}
    shown = text_of(desk.post(do(claimed.id, "reply"), form))
    assert "The verifier cannot prove this reply" in shown
    assert "All is well, promise.</textarea>" in shown
    assert Comment.objects.count() == 0
    desk.post(do(claimed.id, "reply"), form | {"overrideReason": "I called her"})
    desk.post(do(claimed.id, "reply"), form | {"overrideReason": "I called her"})  # pressed twice
    sent = Comment.objects.get()
    assert (sent.override_reason, sent.by.username, len(sent.findings)) == ("I called her", "olga", 1)
    assert "leaves" in text_of(desk.get(case_of(claimed.id)))
    desk.post(do(claimed.id, "undo"), {"commentId": sent.id})
    assert Delivery.objects.get(id=sent.delivery_id).state == "withdrawn"


@pytest.mark.parametrize("key", ["a\0b", "k" * 500, "ä", ""])
def test_a_key_that_is_none_of_ours_is_none(desk, claimed, key):
    form = {"version": claimed.version, "text": "Thank you for your message.", "key": key}
    assert desk.post(do(claimed.id, "reply"), form).status_code == 302
    assert Comment.objects.get().request_id is None


def test_a_reply_written_on_a_page_from_before_the_last_one_can_be_sent_at_the_second_try(desk, claimed):
    form = {"text": "Thank you for your message.", "key": "k" * 24}
    desk.post(do(claimed.id, "reply"), form)
    shown = text_of(
        desk.post(do(claimed.id, "reply"), form | {"text": "You are welcome to write to us any time."})
    )
    assert "was used with another text" in shown
    (key,) = re.findall(r'name="key" value="([^"]+)"', shown)
    desk.post(do(claimed.id, "reply"), {"text": "You are welcome to write to us any time.", "key": key})
    assert Comment.objects.count() == 2


def test_only_who_may_take_a_reply_back_is_offered_to(desk, claimed):
    desk.post(do(claimed.id, "reply"), {"text": "Thank you for your message."})
    assert "Take it back" in text_of(desk.get(case_of(claimed.id)))
    for role, is_offered in (("viewer", False), ("operator", False), ("supervisor", True)):
        desk.force_login(person(f"the {role}", role))
        assert ("Take it back" in text_of(desk.get(case_of(claimed.id)))) is is_offered


def test_a_saved_reply_is_filled_from_the_case_behind_what_is_typed_and_nothing_is_sent(desk, claimed):
    saved = SavedReply.objects.create(name="Done", text="Dear {customer}: {amount} of {invoice}. {other}")
    form = {"text": "Hello.", "saved": saved.pk, "version": claimed.version}
    shown = text_of(desk.post(do(claimed.id, "insert"), form))
    assert "Hello. Dear Lea Sommer: €240.00 of inv_1. {other}</textarea>" in shown
    for nonsense in ("", "x", "9" * 30, "-1"):
        assert "Hello.</textarea>" in text_of(desk.post(do(claimed.id, "insert"), form | {"saved": nonsense}))
    assert Comment.objects.count() == 0


def test_approving_on_the_page_and_taking_it_back(desk, claimed):
    desk.post(do(claimed.id, "approve"), choice(claimed) | {"version": claimed.version})
    shown = text_of(desk.get(case_of(claimed.id)))
    assert "Approved, not yet carried out" in shown
    assert "Take the approval back" in shown
    desk.post(do(claimed.id, "undo"), {"proposalId": choice(claimed)["proposalId"]})
    assert "Proposed action" in text_of(desk.get(case_of(claimed.id)))


BAD_FORMS = {
    "snooze": {"minutes": "forever"},
    "priority": {"priority": "urgent"},
    "reassign": {"to": "nobody"},
    "amend": {"amount": "NaN"},
    "deny": {"reason": "  "},
    "note": {"text": "\x00"},
    "reply": {"text": "x" * 10_001},
    "undo": {},
    "resolve": {"category": "x"},
    "approve": {"version": "9" * 40},
}


@pytest.mark.parametrize(("act", "form"), BAD_FORMS.items(), ids=BAD_FORMS)
def test_a_bad_form_is_told_what_is_wrong_and_changes_nothing(desk, claimed, act, form):
    if act in ("amend", "deny"):
        form = form | choice(claimed)
    answer = desk.post(do(claimed.id, act), form)
    assert (answer.status_code, b'id="refusal"' in answer.content) == (200, True)
    assert Handoff.objects.get().version == claimed.version


def test_an_open_page_keeps_the_claim_and_shows_who_else_is_here(desk, claimed, olga):
    Handoff.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    other = Client()
    other.force_login(person("otto", "operator"))
    beat = f"{QUEUE}{claimed.id}/heartbeat/"
    other.post(beat, {"replying": "1", "version": "2"})
    told = desk.post(beat, {"replying": "0", "version": "1"}).json()
    assert told["others"] == [{"name": "otto", "isReplying": True}]
    assert [change.partition(" by ")[0] for change in told["changes"]] == ["Claimed"]
    stored = Handoff.objects.get()
    assert stored.version == claimed.version == told["version"]
    assert stored.claimed_until > timezone.now() + timedelta(minutes=29)
    assert desk.post(f"{QUEUE}hof_none/heartbeat/").status_code == 404


def test_single_keys_are_each_persons_own_choice(desk, olga):
    for expected in (False, True):
        desk.post(f"{QUEUE}keys/")
        olga.refresh_from_db()
        assert olga.single_keys is expected
        assert f'data-single-keys="{int(expected)}"' in text_of(desk.get(QUEUE))


def test_a_colleague_can_be_chosen_from_a_list_of_those_who_may_work(desk, claimed):
    person("vera", "viewer")
    person("otto", "operator")
    shown = text_of(desk.get(f"{case_of(claimed.id)}?people=1"))
    assert "<option>otto</option>" in shown
    assert "<option>vera</option>" not in shown
    desk.post(do(claimed.id, "reassign"), {"to": "otto", "version": claimed.version})
    assert Handoff.objects.get().claimed_by.username == "otto"
    assert Entry.objects.filter(action="handoff.reassigned").count() == 1


def test_the_console_opens_on_the_queue_and_lists_all_data_when_asked(desk):
    assert desk.get("/admin/")["Location"] == QUEUE
    assert desk.get("/admin/?all").status_code == 200
    outsider = Client()
    outsider.force_login(person("new", None))
    assert outsider.get("/admin/").status_code == 200


def test_nothing_but_our_own_files_may_run_on_a_page(desk, claimed):
    for path in (QUEUE, case_of(claimed.id), "/admin/?all", "/docs"):
        policy = desk.get(path)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert {"default-src 'self'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))
    assert "style=" not in text_of(desk.get(case_of(claimed.id)))
    assert not re.search(r"\son\w+=|<script>|<style", text_of(desk.get(case_of(claimed.id))))
