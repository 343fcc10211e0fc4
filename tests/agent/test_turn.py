"""One live message, end to end, on a real database: what is said has happened, once (T2, T3, O1, M3, P3)."""

import json
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agent import apply, gather, idempotency, plan, turn
from agent.gather import LocalTools, ToolFailed
from agent.idempotency import InProgress, KeyReused, ReplayUnavailable
from agent.models import Interaction
from flowops import canonical
from flowops.audit.models import Entry
from flowops.billing.models import Invoice, Refund
from flowops.outbox.models import Delivery, Event
from handoffs import services
from handoffs.models import Handoff, Proposal, Ticket
from policy.models import PolicyVersion
from policy.versions import NoActivePolicy
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy")]


@pytest.fixture
def client():
    return factories.api_client()[0]


def say(client, text, *, customer_id="cust_1", request_id=None, handle=turn.live, now=NOW, **options):
    answer = handle(client, customer_id=customer_id, message=text, request_id=request_id, now=now, **options)
    return json.loads(answer.body)


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_refund_becomes_a_reply_a_ledger_row_a_ticket_a_mail_and_a_record(client):
    factories.paid_invoice("cust_1", id="inv_1001")
    answer = say(client, "please refund invoice inv_1001", request_id="r1")
    refund, ticket, mail = Refund.objects.get(), Ticket.objects.get(), Delivery.objects.get()
    assert answer["reply"] == (
        f"Thank you for your message. We have refunded €49.00 for invoice inv_1001. Your ticket is {ticket.id}."
    )
    assert (refund.invoice_id, refund.amount, refund.status) == ("inv_1001", Decimal("49.00"), "issued")
    assert (ticket.status, answer["ticketId"]) == ("resolved", ticket.id)
    assert (mail.recipient, mail.body, mail.state) == ("cust_1@example.com", answer["reply"], "pending")
    assert sorted(Event.objects.values_list("name", flat=True)) == [
        "interaction.completed",
        "policy.activated",
        "refund.issued",
    ]
    trail = Entry.objects.filter(customer_id="cust_1").order_by("id").values_list("actor", "action", "subject")
    assert list(trail) == [
        ("agent", "interaction.completed", answer["interactionId"]),
        ("agent", "ticket.opened", ticket.id),
        ("agent", "refund.issued", refund.id),
        ("agent", "email.queued", mail.id),
    ]
    stored = Interaction.objects.get()
    assert (stored.turn, stored.state, stored.reply_text) == (1, "done", answer["reply"])
    assert (stored.verified, stored.escalated, stored.intent) == (True, False, "refund_request")


def test_a_refund_beyond_the_limit_waits_for_a_person_with_its_amount_reserved(client):
    factories.paid_invoice("cust_1", amount=Decimal("100.01"), id="inv_1")
    answer = say(client, "refund inv_1")
    proposal, refund = Proposal.objects.get(), Refund.objects.get()
    assert (refund.status, refund.amount) == ("pending", Decimal("100.01"))
    assert proposal.content["money"] == {"amount": "100.01", "currency": "EUR"}
    assert proposal.content["limit"] == {"amount": "100.00", "currency": "EUR"}
    assert proposal.digest == canonical.digest(proposal.content)
    assert proposal.refund_id == proposal.content["refund_id"] == refund.id
    handoff = Handoff.objects.get()
    assert (handoff.status, handoff.reason, handoff.priority) == ("pending", "auto_limit", "med")
    assert handoff.sla_due_at == NOW + timedelta(minutes=60)
    assert (answer["handoffId"], answer["needsHuman"], answer["escalated"]) == (handoff.id, True, True)
    assert "approved" not in answer["reply"] + Delivery.objects.get().body


def test_nine_requests_are_told_the_truth(client):
    factories.paid_invoice("cust_1", id="inv_1")
    answers = [say(client, "refund inv_1", request_id=f"r{number}") for number in range(9)]
    assert ["refund_auto_approved" in answer["actions"] for answer in answers] == [True] + [False] * 8
    assert all("has already been refunded with €49.00" in answer["reply"] for answer in answers[1:])
    assert Refund.objects.count() == 1


def test_a_replay_is_the_same_bytes_and_does_nothing(client):
    factories.paid_invoice("cust_1", id="inv_1")
    ask = {"customer_id": "cust_1", "message": "refund inv_1", "request_id": "r1", "now": NOW}
    first = turn.live(client, **ask)
    before = counts()
    second = turn.live(client, **ask)
    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body
    assert counts() == before
    assert Interaction.objects.get().replay_count == 1


def test_the_same_request_id_of_another_customer_or_client_is_another_request(client):
    other_client = factories.api_client("app")[0]
    for who, customer in ((client, "cust_1"), (client, "cust_2"), (other_client, "cust_1")):
        say(who, "thanks", customer_id=customer, request_id="r1")
    assert Interaction.objects.count() == 3


def test_without_a_request_id_each_call_is_its_own(client):
    assert say(client, "thanks")["interactionId"] != say(client, "thanks")["interactionId"]


@pytest.mark.parametrize(
    ("text", "handle"), [("other words", turn.live), ("thanks", turn.shadow)], ids=["message", "mode"]
)
def test_a_request_id_is_not_reused_for_anything_else(client, text, handle):
    say(client, "thanks", request_id="r1")
    before = counts()
    with pytest.raises(KeyReused):
        say(client, text, request_id="r1", handle=handle)
    assert counts() == before


def test_a_request_in_flight_is_not_started_again(client):
    held = idempotency.begin(client, customer_id="cust_1", message="thanks", request_id="r1", now=NOW)
    with pytest.raises(InProgress) as refusal:
        say(client, "thanks", request_id="r1")
    assert refusal.value.headers["Retry-After"] == "1"
    assert held.interaction.state == "started"


def lapse(**interaction) -> None:
    """The lease of this interaction has run out."""
    Interaction.objects.filter(**interaction).update(lease_until=NOW)


def test_a_retry_takes_over_from_the_dead(client):
    factories.paid_invoice("cust_1", id="inv_1")
    idempotency.begin(client, customer_id="cust_1", message="refund inv_1", request_id="r1", now=NOW)
    lapse(request_id="r1")
    assert "We have refunded" in say(client, "refund inv_1", request_id="r1")["reply"]
    assert Interaction.objects.get().epoch == 2


def test_an_orphan_is_finished_without_its_client(client):
    factories.paid_invoice("cust_1", id="inv_1")
    idempotency.begin(client, customer_id="cust_1", message="refund inv_1", request_id="r1", now=NOW)
    assert turn.finish_orphans(lambda: NOW) == 0  # its holder may still live
    lapse(request_id="r1")
    assert turn.finish_orphans(lambda: NOW) == 1
    assert Refund.objects.count() == 1
    ask = {"customer_id": "cust_1", "message": "refund inv_1", "request_id": "r1", "now": NOW}
    assert turn.live(client, **ask).replayed is True


def test_an_orphan_that_cannot_be_finished_holds_up_no_other(client, caplog):
    for number in (1, 2):
        idempotency.begin(client, customer_id=f"cust_{number}", message="thanks", request_id="r1", now=NOW)
    lapse(request_id="r1")

    class Tools(LocalTools):
        def account(self, customer_id):
            if customer_id == "cust_1":
                raise RuntimeError("a defect in a tool")
            return super().account(customer_id)

    assert turn.finish_orphans(lambda: NOW, ports=turn.Ports(tools=Tools())) == 1
    assert "orphan_not_finished" in caplog.text
    assert Interaction.objects.get(state="started").customer_id == "cust_1"


@pytest.mark.parametrize("lost", ["before it is taken over", "while it is finished"])
def test_an_orphan_that_another_worker_takes_is_left_to_it(client, lost):
    held = idempotency.begin(client, customer_id="cust_1", message="thanks", request_id="r1", now=NOW)
    lapse(request_id="r1")

    def another_takes_it(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "lease_until" in sql and not taken:
            taken.append(True)
            Interaction.objects.filter(pk=held.interaction.pk).update(epoch=9)
        return execute(sql, params, many, context)

    def overtaken(phase):
        if phase == "planned" and lost == "while it is finished":
            Interaction.objects.update(epoch=9)

    taken = [] if lost == "before it is taken over" else [True]
    with connection.execute_wrapper(another_takes_it):
        assert turn.finish_orphans(lambda: NOW, ports=turn.Ports(between_phases=overtaken)) == 0
    assert Interaction.objects.get().state == "started"


def test_who_was_taken_for_dead_changes_nothing_and_repeats_the_other_answer(client):
    """The fence: the slow holder comes back after somebody else has finished."""
    factories.paid_invoice("cust_1", id="inv_1")
    other = {}

    def overtaken(phase):
        if phase == "planned" and not other:
            lapse(request_id="r1")
            other["answer"] = turn.finish_orphans(lambda: NOW)

    ports = turn.Ports(between_phases=overtaken)
    answer = say(client, "refund inv_1", request_id="r1", ports=ports)
    assert other["answer"] == 1
    assert answer == json.loads(bytes(Interaction.objects.get().response))
    assert (Refund.objects.count(), Ticket.objects.count(), Delivery.objects.count()) == (1, 1, 1)


def test_who_was_overtaken_by_somebody_still_at_work_is_told_so(client):
    def overtaken(phase):
        if phase == "planned":
            lapse(request_id="r1")
            idempotency.take_over(Interaction.objects.get())

    with pytest.raises(InProgress):
        say(client, "thanks", request_id="r1", ports=turn.Ports(between_phases=overtaken))
    assert Interaction.objects.get().state == "started"


def test_facts_that_change_while_planning_are_planned_again(client):
    factories.paid_invoice("cust_1", id="inv_1")
    seen = []

    def someone_else_is_faster(phase):
        if phase == "planned" and not seen:
            seen.append(say(client, "refund inv_1")["reply"])

    answer = say(client, "refund inv_1", ports=turn.Ports(between_phases=someone_else_is_faster))
    assert "We have refunded" in seen[0]
    assert "has already been refunded" in answer["reply"]


def test_a_handoff_resolved_while_planning_is_not_joined(client):
    say(client, "let me talk to a human")
    boss, _ = factories.operator("boss", "supervisor")

    def resolved_meanwhile(phase):
        live = Handoff.objects.live().first()
        if phase == "planned" and live:
            services.claim_handoff(live.id, by=boss, now=NOW)
            services.resolve_handoff(live.id, by=boss, notes="", now=NOW)

    answer = say(client, "cancel my subscription", ports=turn.Ports(between_phases=resolved_meanwhile))
    assert Handoff.objects.count() == 2
    assert Handoff.objects.live().get().id == answer["handoffId"]


def test_a_customer_who_cannot_be_served_at_all_is_told_to_come_back(client):
    def never_settles(phase):
        if phase == "planned":
            taken = Interaction.objects.filter(turn__isnull=False).count()
            factories_interaction(client, turn=taken + 1)

    with pytest.raises(turn.Unavailable):
        say(client, "thanks", ports=turn.Ports(between_phases=never_settles))


def factories_interaction(client, *, turn):
    Interaction.objects.create(
        id=f"int_busy_{turn}",
        client=client,
        customer_id="cust_1",
        fingerprint="",
        request_text="",
        state="done",
        turn=turn,
        created_at=NOW,
        completed_at=NOW,
    )


def test_an_unknown_customer_reaches_a_person_and_learns_nothing(client):
    factories.paid_invoice("cust_1", id="inv_1")
    answer = say(client, "refund inv_1", customer_id="stranger")
    assert answer["decision"]["rule"] == "escalate.unknown_customer"
    assert answer["evidence"] == []
    assert Handoff.objects.get().customer_id == "stranger"
    assert not Refund.objects.exists()
    assert not Delivery.objects.exists()


def test_another_customers_invoice_does_not_exist(client):
    factories.paid_invoice("cust_1", id="inv_1")
    factories.CustomerFactory(id="cust_2")
    answer = say(client, "refund inv_1", customer_id="cust_2")
    assert "could not find invoice inv_1" in answer["reply"]
    assert not any("inv_1" in fact["id"] for fact in answer["evidence"])


def test_the_oldest_of_many_invoices_is_still_the_customers(client):
    for number in range(60):
        factories.paid_invoice("cust_1", id=f"inv_{number}", issued_at=NOW - timedelta(days=number))
    assert "We have refunded" in say(client, "refund inv_59")["reply"]


def test_a_case_closed_while_its_facts_are_read_is_read_again(client):
    """Else the reply would tell of a refund that no longer waits for anybody."""
    boss, _ = factories.operator("boss", "supervisor")
    factories.paid_invoice("cust_1", id="inv_1", amount=Decimal("240.00"))
    first = say(client, "refund inv_1")

    class Tools(LocalTools):
        def invoices(self, customer_id, *, recent_from):
            read = super().invoices(customer_id, recent_from=recent_from)
            if Handoff.objects.live().filter(id=first["handoffId"]).exists():
                services.claim_handoff(first["handoffId"], by=boss, now=NOW)
                services.resolve_handoff(first["handoffId"], by=boss, notes="", now=NOW)
            return read

    second = say(client, "refund inv_1", ports=turn.Ports(tools=Tools()))
    assert second["handoffId"] != first["handoffId"]
    assert Proposal.objects.filter(handoff_id=second["handoffId"]).count() == 1
    assert list(Refund.objects.order_by("created_at", "status").values_list("status", flat=True)) == [
        "pending",
        "withdrawn",
    ]


def test_an_invoice_voided_while_planning_is_planned_again(client):
    factories.paid_invoice("cust_1", id="inv_1")

    def voided(phase):
        if phase == "planned":
            Invoice.objects.update(status="void")

    answer = say(client, "refund inv_1", ports=turn.Ports(between_phases=voided))
    assert "Your refund was not approved. Invoice inv_1 is void." in answer["reply"]
    assert not Refund.objects.exists()


def test_a_follow_up_adds_to_what_is_known_of_the_case(client):
    factories.CustomerFactory(id="cust_1")
    say(client, "let me talk to a human")
    say(client, "cancel my subscription")
    assert Handoff.objects.get().issues == ["the customer asks for a person", "a person handles cancellations"]


def test_an_urgent_follow_up_makes_the_case_urgent(client):
    factories.CustomerFactory(id="cust_1")
    say(client, "let me talk to a human")
    say(client, "urgent: let me talk to a human")
    assert Handoff.objects.get().priority == "high"


def test_follow_ups_join_the_case_until_a_person_has_resolved_it(client):
    boss, _ = factories.operator("boss", "supervisor")
    first = say(client, "let me talk to a human")
    second = say(client, "my invoice")  # clear enough, were it not for the open escalation
    assert second["decision"]["rule"] == "escalate.unknown_customer"
    factories.CustomerFactory(id="cust_1")
    third = say(client, "my invoice")
    assert third["decision"]["rule"] == "escalate.recent_escalation"
    assert {first["handoffId"], second["handoffId"], third["handoffId"]} == {Handoff.objects.get().id}
    assert Ticket.objects.count() == 1
    services.claim_handoff(first["handoffId"], by=boss, now=NOW)
    services.resolve_handoff(first["handoffId"], by=boss, notes="", now=NOW)
    assert say(client, "my invoice")["decision"]["rule"] == "answer.billing"
    assert Ticket.objects.filter(status="open").count() == 0


def test_a_second_proposal_joins_the_same_handoff(client):
    for number in (1, 2):
        factories.paid_invoice("cust_1", amount=Decimal("240.00"), id=f"inv_{number}")
    say(client, "refund inv_1")
    say(client, "refund inv_2")
    handoff = Handoff.objects.get()
    assert handoff.proposals.count() == 2
    assert handoff.version == 2


@pytest.mark.parametrize("broken", ["account", "invoices"])
def test_a_tool_that_fails_gives_the_message_to_a_person(client, broken):
    factories.paid_invoice("cust_1", id="inv_1")

    class Tools(LocalTools):
        pass

    def fails(self, *args, **options):
        raise ToolFailed

    setattr(Tools, broken, fails)
    answer = say(client, "refund inv_1", ports=turn.Ports(tools=Tools()))
    assert "tool_fetch_failed" in answer["actions"]
    assert answer["decision"]["outcome"] == "escalate"
    assert Handoff.objects.count() == 1
    assert not Refund.objects.exists()


def test_a_defect_in_thinking_gives_the_message_to_a_person(client, caplog):
    factories.paid_invoice("cust_1", id="inv_1")

    def breaks(grounds):
        raise RuntimeError("a defect")

    answer = say(client, "refund inv_1", ports=turn.Ports(drafter=breaks))
    assert answer["decision"]["rule"] == "escalate.internal_error"
    assert Handoff.objects.count() == 1
    assert "turn_failed" in caplog.text
    assert "refund inv_1" not in caplog.records[0].getMessage()


def test_without_a_policy_nothing_is_decided(client):
    PolicyVersion.objects.update(is_active=False)
    with pytest.raises(NoActivePolicy):
        say(client, "thanks")
    assert Interaction.objects.get().state == "started"  # and is finished once there is one


def test_an_old_answer_is_forgotten_and_its_key_stays_taken(client):
    answer = say(client, "thanks", request_id="r1")
    assert idempotency.forget_old_answers(NOW + timedelta(days=29)) == 0
    assert idempotency.forget_old_answers(NOW + timedelta(days=31)) == 1
    with pytest.raises(ReplayUnavailable) as refusal:
        say(client, "thanks", request_id="r1")
    assert refusal.value.extra["interactionId"] == answer["interactionId"]


FIXTURE_MESSAGES = [
    ("cust_123", "refund please"),
    ("cust_200", "Please refund invoice inv_1001"),
    ("cust_200", "refund inv_1002"),
    ("cust_201", "refund please"),
    ("cust_202", "refund inv_1005"),
    ("cust_202", "refund inv_1006"),
    ("cust_101", "refund please"),
    ("cust_100", "refund please"),
    ("cust_300", "refund inv_1011"),
    ("cust_301", "refund inv_1013"),
    ("cust_301", "refund inv_1011"),
    ("cust_400", "is my API key active?"),
    ("cust_123", "where is my refund?"),
    ("cust_123", "I was charged €999 on inv_999"),
    ("cust_123", "cancel and refund inv_123"),
    ("nobody", "refund please"),
]


@pytest.mark.parametrize(("customer_id", "text"), FIXTURE_MESSAGES)
def test_shadow_predicts_live_and_leaves_no_trace(client, customer_id, text):
    PolicyVersion.objects.all()._raw_delete("default")
    call_command("loaddata", "demo", verbosity=0)
    ask = {"customer_id": customer_id, "now": timezone.now()}
    before = counts()
    predicted = say(client, text, handle=turn.shadow, **ask)
    assert counts() == before
    happened = say(client, text, **ask)
    assert predicted["decision"] == happened["decision"]
    assert predicted["escalated"] == happened["escalated"]
    assert predicted["violations"] == happened["violations"] == []


@contextmanager
def no_writes():
    """Fail on any statement that is not a SELECT, and on any open transaction of our own."""

    def guard(execute, sql, params, many, context):
        assert sql.lstrip().upper().startswith("SELECT"), sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(guard):
        yield


@pytest.mark.parametrize(("customer_id", "text"), FIXTURE_MESSAGES)
def test_planning_only_reads(client, policy, customer_id, text):
    factories.paid_invoice(customer_id, id=f"inv_{customer_id}")
    with no_writes():
        evidence = gather.facts(customer_id, ruleset=policy, now=NOW, tools=LocalTools())
        message = turn._message(customer_id, text, turn.Mode.LIVE, "int_1", NOW)
        made = plan.compose(message, evidence, policy, policy_version=1)
    assert made.reply


def test_the_guard_sees_a_write():
    with pytest.raises(AssertionError), no_writes(), transaction.atomic():
        Ticket.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_planning_holds_no_transaction(client):
    seen = []
    ports = turn.Ports(between_phases=lambda phase: seen.append((phase, connection.in_atomic_block)))
    say(client, "thanks", ports=ports)
    assert seen == [("claimed", False), ("gathered", False), ("planned", False), ("applied", False)]


# Statements of one turn, BEGIN and COMMIT included, authentication (one more) not. More is a decision, not drift.
STATEMENTS = {"refund": 15, "proposal": 17, "question": 13, "answer": 14, "replay": 2, "shadow": 5}


@pytest.mark.django_db(transaction=True)
def test_a_turn_takes_no_more_statements_than_it_did(client):
    factories.paid_invoice("cust_1", id="inv_1")
    factories.paid_invoice("cust_2", id="inv_2", amount=Decimal("240.00"))
    factories.CustomerFactory(id="cust_3")

    def statements(text, **options):
        with CaptureQueriesContext(connection) as queries:
            say(client, text, **options)
        return len(queries)

    counted = {
        "shadow": statements("refund inv_1", handle=turn.shadow),
        "refund": statements("refund inv_1", request_id="r1"),
        "proposal": statements("refund inv_2", customer_id="cust_2", request_id="r1"),
        "question": statements("refund inv_9", customer_id="cust_3"),
        "answer": statements("what is your refund policy?", customer_id="cust_3", request_id="r1"),
        "replay": statements("what is your refund policy?", customer_id="cust_3", request_id="r1"),
    }
    assert counted == STATEMENTS


def test_apply_refuses_what_it_does_not_hold(client):
    held = idempotency.begin(client, customer_id="cust_1", message="thanks", request_id=None, now=NOW)
    message = turn._message("cust_1", "thanks", turn.Mode.LIVE, held.interaction.id, NOW)
    thought = turn._think(message, turn.PORTS)
    with pytest.raises(apply.LeaseLost):
        apply.plan(thought, epoch=held.epoch + 1, response=b"{}", now=NOW)
    apply.plan(thought, epoch=held.epoch, response=b"{}", now=NOW)
    with pytest.raises(apply.LeaseLost):
        apply.plan(thought, epoch=held.epoch, response=b"{}", now=NOW)
