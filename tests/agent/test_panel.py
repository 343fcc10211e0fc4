"""The chat panel: who sees it; it takes the very turn of /chat; what is typed stays text, and is kept."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from agent import exchange
from agent.demo import scenarios
from agent.demo.mail import DemoMail
from agent.models import Interaction, InteractionState
from flowops.accounts.models import ApiClient, Customer
from flowops.billing.models import Invoice, Refund
from flowops.outbox import delivery
from flowops.outbox.models import Delivery
from handoffs.models import Handoff, Proposal
from policy.models import PolicyVersion
from tests import factories

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ASKED = {"customerId": "cust_1", "message": "Please refund invoice inv_1.", "mode": "live", "requestId": "r1"}


@pytest.fixture
def demo(settings, policy):
    """The demo on this machine, where nobody signs in."""
    settings.DEMO = True


@pytest.fixture
def sample(settings):
    """The demo with its sample customers, and its mail server."""
    settings.DEMO = True
    settings.EMAIL_BACKEND = "tests.agent.test_panel.Postbox"
    call_command("loaddata", "demo", verbosity=0)


class Postbox(DemoMail):
    """Refuses as the demo's server does; what it takes is kept in memory."""

    def __init__(self, **options):
        super().__init__(file_path="var/none", **options)

    def write_message(self, message):
        mail.outbox.append(message)

    def open(self):
        return False

    def close(self):
        pass


def signed_in(group=None, **person) -> Client:
    client = Client()
    user = factories.operator("somebody", group)[0] if group else factories.UserFactory(**person)
    client.force_login(user)
    return client


def look(client=None, path="/", **headers):
    return (client or Client()).get(path, headers=HTML | headers)


def say(client=None, **fields):
    return (client or Client()).post("/", ASKED | fields, headers=HTML)


def play(key, client=None):
    return (client or Client()).post("/", {"scenario": key}, headers=HTML)


def invoice(customer_id="cust_1", id="inv_1", **changes):
    return factories.paid_invoice(
        customer_id,
        id=id,
        paid_at=timezone.now() - timedelta(days=3),
        issued_at=timezone.now() - timedelta(days=4),
        **changes,
    )


def shown(answer):
    return answer.context["said"].exchanges[-1]


def badges(answer):
    return [badge.words for badge in shown(answer).badges]


def text(answer):
    return answer.content.decode()


def rows() -> int:
    return sum(model._base_manager.count() for model in apps.get_models())


# Who sees it


def test_in_the_demo_it_is_open_to_this_machine(demo):
    answer = look()
    assert answer.status_code == 200
    assert answer.templates[0].name == "chat/panel.html"


STRANGERS = {
    "from another machine": {"REMOTE_ADDR": "192.0.2.7"},
    "handed on by a proxy": {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
    "with a key": {"HTTP_AUTHORIZATION": "Bearer x"},
}


@pytest.mark.parametrize("where", STRANGERS.values(), ids=STRANGERS)
def test_in_the_demo_it_is_closed_to_others(demo, where):
    for answer in (
        Client().get("/", headers=HTML, **where),
        Client().post("/", ASKED, headers=HTML, **where),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert not Interaction.objects.exists()


PEOPLE = {
    "nobody": (None, {}, 302),
    "a viewer": ("viewer", {}, 200),
    "an operator": ("operator", {}, 200),
    "a supervisor": ("supervisor", {}, 200),
    "a superuser": (None, {"is_superuser": True}, 200),
    "staff without a group": (None, {"is_staff": True}, 302),
    "not staff": (None, {"is_staff": False, "is_superuser": True}, 302),
}


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(("group", "person", "status"), PEOPLE.values(), ids=PEOPLE)
def test_elsewhere_it_is_for_staff_who_may_see_the_queue(group, person, status):
    answer = look(signed_in(group, **person) if group or person else None)
    assert answer.status_code == status


def test_who_is_signed_in_has_their_own_rights_even_in_the_demo(demo):
    assert look(signed_in(is_staff=True)).status_code == 302
    assert 'name="scenario"' in text(look())


def test_programs_are_greeted_as_ever(demo):
    answer = Client().get("/", headers={"Accept": "application/json"})
    assert (answer.status_code, list(answer.json()), answer["Vary"]) == (200, ["message"], "Accept")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/", ASKED, content_type="application/json").status_code == 405


def test_it_can_be_asked_for_by_head_and_takes_nothing_else(demo):
    answer = Client().head("/", headers=HTML)
    assert (answer.status_code, answer.content) == (200, b"")
    assert Client().put("/", headers=HTML).status_code == 405


def test_no_cache_keeps_it(demo):
    answer = look()
    assert "no-store" in answer["Cache-Control"]
    assert {"Accept", "Cookie"} <= set(answer["Vary"].split(", "))


def test_another_site_cannot_speak_through_it(demo):
    invoice()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/", ASKED, headers=HTML).status_code == 403
    assert not Interaction.objects.exists()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(strict.get("/", headers=HTML)))[1]
    assert strict.post("/", ASKED | {"csrfmiddlewaretoken": token}, headers=HTML).status_code == 200
    assert Refund.objects.count() == 1


# The same turn


def test_live_does_what_chat_does_and_shows_the_way_to_it(demo):
    invoice()
    answer = say()
    stored = Interaction.objects.get()
    assert stored.client.name == "chat panel"
    assert json.loads(shown(answer).raw) == json.loads(bytes(stored.response))
    assert (Refund.objects.count(), badges(answer)) == (1, ["refunded", "mail on its way"])
    page = text(answer)
    for words in (
        stored.reply_text,
        "95 % sure",
        "refund.within_limits",
        "inv_1.refundable",
        "refund €49.00 of inv_1",
    ):
        assert escape(words) in page


def test_shadow_answers_the_very_bytes_of_chat(demo):
    invoice()
    body = ASKED | {"mode": "shadow"}
    key = factories.api_client()[1]
    chat = Client().post(
        "/chat", body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )
    assert json.loads(shown(say(mode="shadow")).raw) == chat.json()


def test_shadow_writes_nothing_not_even_its_client(demo):
    """T3."""
    invoice()
    before = rows()
    answer = say(mode="shadow")
    assert (answer.status_code, rows(), badges(answer)) == (
        200,
        before,
        ["shadow: nothing was saved", "would be refunded"],
    )
    assert "Nothing was saved." in text(answer)
    assert "/admin/handoffs/handoff/" not in text(answer)


def test_the_same_request_again_is_replayed(demo):
    invoice()
    first, again = say(), say()
    assert shown(again).raw == shown(first).raw
    assert badges(again)[0] == "replayed: nothing was done again"
    assert (Refund.objects.count(), Interaction.objects.get().replay_count) == (1, 1)


def test_without_a_request_id_each_message_is_a_new_one(demo):
    invoice()
    say(requestId="")
    say(requestId="")
    assert list(Interaction.objects.values_list("request_id", flat=True)) == [None, None]


def test_a_handoff_is_linked(demo):
    answer = say(message="Can I talk to a person, please?")
    assert f'href="/admin/handoffs/handoff/{Handoff.objects.get().id}/change/"' in text(answer)


def test_a_typed_id_goes_before_the_menu(demo):
    factories.CustomerFactory(id="cust_9")
    say(typedId="cust_9")
    assert Interaction.objects.get().customer_id == "cust_9"


def test_the_menu_is_bounded_and_whoever_is_not_in_it_is_still_told(demo):
    Customer.objects.bulk_create(Customer(id=f"c{number:03}", name="x") for number in range(250))
    page = text(say(customerId="c249", mode="shadow"))
    assert page.count("<option") == 200
    assert 'name="typedId" value="c249"' in page


def test_lines_end_as_they_do_on_chat(demo):
    say(message="Hello\r\nthere")
    assert Interaction.objects.get().request_text == "Hello\nthere"


@pytest.mark.django_db(transaction=True)
def test_its_client_is_made_once_however_many_ask_first():
    def make(_):
        try:
            return exchange.panel_client().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(make, range(16)))) == 1
    assert ApiClient.objects.for_key(f"flow_live_{ApiClient.objects.get().prefix}_{'0' * 48}_00000000") is None


def test_revoking_its_client_switches_it_off(demo):
    exchange.panel_client()
    ApiClient.objects.update(revoked_at=timezone.now())
    for mode in ("live", "shadow"):
        answer = say(mode=mode)
        assert (answer.status_code, "switched off" in text(answer)) == (403, True)
    assert not Interaction.objects.exists()


# Who may act


@pytest.mark.usefixtures("policy")
def test_an_operator_may_go_live():
    invoice()
    assert say(signed_in("operator")).status_code == 200
    assert Refund.objects.count() == 1


@pytest.mark.usefixtures("policy")
def test_a_viewer_sees_shadow_and_is_told_that_live_is_not_theirs():
    invoice()
    viewer = signed_in("viewer")
    assert badges(say(viewer, mode="shadow"))[0] == "shadow: nothing was saved"
    before = rows()
    answer = say(viewer)
    assert (answer.status_code, rows()) == (403, before)
    assert "You may look, not act" in text(answer)
    assert ASKED["message"] in text(answer)


def test_a_viewer_plays_no_live_scenario(sample):
    viewer = signed_in("viewer")
    before = rows()
    assert (play("small", viewer).status_code, play("shadow", viewer).status_code) == (403, 200)
    assert rows() == before


# Refusals keep what was typed

MISTAKES = {
    "no message": ({"message": ""}, "message", "may not be blank"),
    "a blank message": ({"message": " \n "}, "message", "May not be blank"),
    "a message too long": ({"message": "x" * 8001}, "message", "no more than 8000"),
    "NUL": ({"message": "a\x00b"}, "message", "Null characters"),
    "no customer": ({"customerId": ""}, "customerId", "may not be blank"),
    "no such id": ({"customerId": "cust 1"}, "customerId", "Must match"),
    "no such mode": ({"mode": "LIVE"}, "mode", "not a valid choice"),
    "no such requestId": ({"requestId": "r 1"}, "requestId", "Must match"),
}


@pytest.mark.parametrize(("fields", "field", "why"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(demo, fields, field, why):
    answer = say(**fields)
    assert (answer.status_code, list(answer.context["said"].errors)) == (400, [field])
    assert why in text(answer)
    assert 'class="chat-errors"' in text(answer)
    for typed in (ASKED | fields).values():
        assert escape(typed).strip() in text(answer)
    assert not Interaction.objects.exists()


def test_a_key_used_for_something_else_is_a_422(demo):
    say(message="thanks")
    answer = say(message="thanks a lot")
    assert answer.status_code == 422
    assert "used with another message" in text(answer)
    assert 'value="r1"' in text(answer)
    assert text(answer).count("thanks a lot") == 2  # as said, and in the form


def test_a_request_in_progress_is_a_409(demo):
    say(message="thanks")
    Interaction.objects.update(
        state=InteractionState.STARTED,
        turn=None,
        completed_at=None,
        lease_until=timezone.now() + timedelta(minutes=1),
    )
    answer = say(message="thanks")
    assert (answer.status_code, answer["Retry-After"]) == (409, "1")
    assert "being worked on" in text(answer)


def test_without_a_policy_it_says_what_is_missing(demo):
    PolicyVersion.objects.update(is_active=False)
    answer = say(mode="shadow")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "No policy is active" in text(answer)
    assert ASKED["message"] in text(answer)


def test_a_database_that_is_away_is_a_503(demo):
    def away(*args):
        raise OperationalError("server closed the connection: host=db.internal")

    with connection.execute_wrapper(away):
        answer = look()
    assert (answer.status_code, "db.internal" in text(answer)) == (503, False)


# An earlier exchange


def test_an_earlier_exchange_is_shown_as_it_stands_now(sample):
    first = play("down")
    assert badges(first)[-1] == "mail on its way"
    assert delivery.deliver_due(timezone.now) == 1
    again = look(path=f"/?interaction={Interaction.objects.get().id}")
    assert (again.status_code, badges(again)[-1]) == (200, "mail refused, to be tried again")
    page = text(again)
    assert re.search(r"attempts</dt><dd>1<", page)
    assert "SMTPServerDisconnected: down.example closed the connection" in page
    assert re.search(r"next attempt</dt><dd>in [45] s<", page)


@pytest.mark.parametrize("wanted", ["int_unknown", "", "int'--", "\u202e", "x" * 5000])
def test_an_exchange_that_is_not_there_is_a_404(demo, wanted):
    answer = Client().get("/", {"interaction": wanted}, headers=HTML)
    assert answer.status_code == 404
    assert "There is no such exchange." in text(answer)


def test_a_plan_of_another_shape_shows_the_answer_without_a_trace(demo):
    say(message="thanks")
    Interaction.objects.update(plan={"v": 0})
    answer = look(path=f"/?interaction={Interaction.objects.get().id}")
    assert answer.status_code == 200
    assert Interaction.objects.get().reply_text in text(answer)
    assert "No trace is kept" in text(answer)


NEXT = {-5: "at once", 5: "in 5 s", 300: "in 5 min", 18_000: "in 5 h"}


@pytest.mark.parametrize(("seconds", "words"), NEXT.items(), ids=NEXT.values())
def test_the_next_attempt_is_said_in_words(demo, seconds, words):
    invoice()
    say()
    now = timezone.now()
    Delivery.objects.update(not_before=now + timedelta(seconds=seconds))
    recalled = exchange.recall(Interaction.objects.get().id, now=now)
    assert recalled.trace.mails[0].next_attempt == words


STATES = {
    "delivered": ({"state": "delivered", "delivered_at": timezone.now()}, "mail delivered"),
    "discarded": ({"state": "discarded"}, "mail discarded"),
}


@pytest.mark.parametrize(("changes", "words"), STATES.values(), ids=STATES)
def test_it_says_what_became_of_the_mail(demo, changes, words):
    invoice()
    say()
    Delivery.objects.update(**changes)
    assert badges(look(path=f"/?interaction={Interaction.objects.get().id}"))[-1] == words


# Scenarios


def test_scenarios_are_the_demo_s_alone():
    factories.active_policy()
    operator = signed_in("operator")
    assert 'name="scenario"' not in text(look(operator))
    assert play("small", operator).status_code == 404
    assert not Interaction.objects.exists()


def test_an_unknown_scenario_is_a_404(demo):
    assert play("other worlds").status_code == 404


def test_each_scenario_is_one_click(sample):
    buttons = re.findall(r'name="scenario" value="(\w+)"', text(look()))
    assert buttons == [scenario.key for scenario in scenarios.SCENARIOS]


def test_pressing_a_scenario_keeps_what_was_typed(sample):
    answer = say(scenario="shadow", message="half a sent")
    assert "half a sent</textarea>" in text(answer)


def test_small_refund(sample):
    for done in (1, 2, 3):
        assert "refunded" in badges(play("small"))
        assert Refund.objects.filter(status="issued").count() == done


def test_over_the_limit(sample):
    for done in (1, 2, 3, 4, 5):
        answer = play("limit")
        assert badges(answer)[0] == "waits for a person"
        assert Proposal.objects.count() == done
    assert "is above the limit of €100.00" in text(answer)


def test_a_lying_drafter(sample):
    for _ in range(2):
        answer = play("liar")
        assert badges(answer)[:2] == ["blocked by the verifier", "waits for a person"]
        lie = shown(answer).trace.plan.violations[0].span
        assert lie.startswith("We have refunded €480.00")
        assert f'<del dir="auto">{lie}</del>' in text(answer)
        assert lie not in shown(answer).reply
    assert (Refund.objects.count(), Handoff.objects.count()) == (0, 1)


def test_the_same_request_again(sample):
    answer = play("again")
    said = answer.context["said"].exchanges
    assert [exchange.raw for exchange in said] == [said[0].raw] * 2
    assert badges(answer)[0] == "replayed: nothing was done again"
    play("small")
    assert badges(play("again"))[:2] == ["replayed: nothing was done again", "refunded"]
    assert (Refund.objects.count(), Interaction.objects.count()) == (1, 2)


def test_other_text_with_the_same_id(sample):
    for _ in range(2):
        answer = play("other")
        assert answer.status_code == 422
        assert "used with another message or mode" in text(answer)
    assert Interaction.objects.count() == 1


def test_after_an_escalation(sample):
    for asked in (2, 1, 1):
        answer = play("repeat")
        assert len(answer.context["said"].exchanges) == asked
        assert shown(answer).trace.plan.decision.rule == "escalate.recent_escalation"
    assert Handoff.objects.count() == 1


def test_without_an_escalation_the_same_doubt_is_answered(sample):
    answer = say(customerId="cust_123", message=scenarios.DOUBTFUL, mode="shadow")
    assert badges(answer) == ["shadow: nothing was saved", "answered"]


def test_in_shadow(sample):
    before = rows()
    assert badges(play("shadow")) == ["shadow: nothing was saved", "would be refunded"]
    assert rows() == before


def test_the_mail_server_is_down(sample):
    assert "refunded" in badges(play("down"))
    assert "answered" in badges(play("down"))
    assert delivery.deliver_due(timezone.now) == 2
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 1)}
    assert mail.outbox == []


NEEDED = {
    "small": lambda: Invoice.objects.update(status="open"),
    "limit": lambda: Invoice.objects.update(status="open"),
    "liar": lambda: Invoice.objects.update(status="open"),
    "again": lambda: Invoice.objects.update(status="open"),
    "repeat": lambda: Invoice.objects.update(status="open"),
    "shadow": lambda: Invoice.objects.update(status="open"),
    "down": lambda: Customer.objects.update(email="lea@example.com"),
}


@pytest.mark.parametrize(("key", "use_up"), NEEDED.items(), ids=NEEDED)
def test_when_the_demo_has_none_left_it_says_so(sample, key, use_up):
    use_up()
    answer = play(key)
    assert answer.status_code == 409
    assert "The demo has none left for this. `manage.py demo --reset` starts anew." in text(answer)
    assert not Interaction.objects.exists()


def test_in_shadow_works_when_nothing_is_left_to_refund(sample):
    Invoice.objects.exclude(id="inv_1002").update(status="open")
    assert badges(play("shadow")) == ["shadow: nothing was saved", "not approved"]


def test_the_demo_s_mail_server_writes_files_and_refuses_one_domain(tmp_path):
    server = DemoMail(file_path=str(tmp_path))
    assert server.send_messages([EmailMessage("s", "b", to=["lea@example.com"])]) == 1
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(OSError, match=r"down\.example closed the connection"):
        server.send_messages([EmailMessage("s", "b", to=["kim@down.example"])])
    assert len(list(tmp_path.iterdir())) == 1


# Text is text

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)>",
    "closing the textarea": "</textarea><script>alert(1)</script>",
    "attribute": '" autofocus onfocus=alert(1) x="',
    "template": "{{ settings.SECRET_KEY }} {% debug %}",
    "entity": "&lt;b&gt; &amp;amp; &#x202e;",
    "link": "[x](javascript:alert(1)) javascript:alert(1)",
    "bidi override": "refund \u202eEUR 001\u202c now \u2066\u2067\u2068",
    "zero width": "re\u200bfund\ufeff \u2060me",
    "astral and combining": "🤬" * 40 + "Z̷̢͎a\u0300\u0301\u0302" * 40,
    "one long word": "x" * 7000,
    "many lines": "\n" * 300 + "end",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_message_is_shown_as_typed_and_is_never_markup(demo, words):
    Customer.objects.create(id="cust_1", name=words[:200], email="lea@example.com")
    for answer in (say(message=words), say(message=words, requestId="!")):
        page = text(answer)
        assert escape(words) in page
        own = page.replace(escape(words), "").replace(escape(words[:200]), "")
        assert not re.search(r"<script(?![^>]* src=)|\sstyle=|\son\w+=|<img|javascript:", own)


@pytest.mark.parametrize("field", ["customerId", "typedId", "mode", "requestId"])
def test_hostile_fields_are_shown_as_typed(demo, field):
    page = text(say(**{field: HOSTILE["attribute"] + HOSTILE["script"]}))
    assert "<script>alert" not in page
    assert "onfocus=alert(1) x=&quot;" in page or field == "mode"


def test_nothing_in_it_needs_an_inline_script_or_style(sample):
    for scenario in scenarios.SCENARIOS:
        assert not re.search(r"<script(?![^>]* src=)|\sstyle=|\son\w+=|<style", text(play(scenario.key)))


# Statements of one page: the turn's own (see test_turn), the client, the mails, the menu. More is a decision.
STATEMENTS = {"empty": 1, "shadow": 7, "refund": 18, "replay": 6}


@pytest.mark.django_db(transaction=True)
def test_a_page_takes_no_more_statements_than_it_did(demo):
    invoice()
    for number in range(50):
        invoice(f"cust_m{number}", f"inv_m{number}")
    exchange.panel_client()

    def statements(ask):
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    counted = {
        "empty": statements(look),
        "shadow": statements(lambda: say(mode="shadow", requestId="")),
        "refund": statements(say),
        "replay": statements(say),
    }
    assert counted == STATEMENTS
