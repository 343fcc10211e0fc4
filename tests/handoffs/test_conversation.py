"""What people write: a reply is proven, or overridden with a reason; sent once; taken back until it leaves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from flowops.accounts.models import Customer
from flowops.audit.models import Entry
from flowops.outbox import delivery
from flowops.outbox.models import Delivery, DeliveryState
from handoffs import services
from handoffs.conversation import note, reply, take_back_reply
from handoffs.models import Comment, Handoff
from handoffs.refusals import KeyReused, Refused, ReplyFindings, VersionMismatch
from tests.handoffs.worlds import PROVEN, UNPROVEN, assert_recorded, claimed_case, everything, moments_ago, refused

NOT_PROVABLE = "not a sentence we can prove"


def _reply(by, text=PROVEN, **how):
    return reply("hof_1", **({"text": text, "by": by, "now": timezone.now()} | how))


def test_a_proven_reply_is_queued_and_leaves_after_the_undo_window(case, olga):
    now = timezone.now()
    _reply(olga, f"{PROVEN} Your ticket is tck_1.", now=now)
    kept = Comment.objects.get()
    assert (kept.kind, kept.by, kept.findings, kept.request_id) == ("reply", olga, [], None)
    assert (kept.delivery.recipient, kept.delivery.subject) == ("cust_1@example.com", "Your request tck_1")
    assert (kept.delivery.body, kept.delivery.not_before) == (kept.text, now + timedelta(seconds=10))
    assert delivery.deliver_due(timezone.now) == 0
    Delivery.objects.update(not_before=now)
    assert delivery.deliver_due(timezone.now) == 1
    assert mail.outbox[0].body == f"{PROVEN} Your ticket is tck_1."
    assert_recorded()


def test_what_cannot_be_proven_is_held_back_and_named(case, olga):
    before = everything()
    with pytest.raises(ReplyFindings) as refusal:
        _reply(olga, f"{PROVEN} {UNPROVEN}")
    assert refusal.value.detail == "The reply says what cannot be proven"
    (finding,) = refusal.value.extra["findings"]
    assert finding == {"check": "unrecognised", "span": UNPROVEN, "detail": NOT_PROVABLE}
    assert everything() == before


@pytest.mark.parametrize("reason", ["", " ", "\n\t"])
def test_a_blank_reason_overrides_nothing(case, olga, reason):
    with pytest.raises(ReplyFindings):
        _reply(olga, UNPROVEN, override_reason=reason)


def test_a_named_person_may_send_it_with_a_reason_and_both_are_kept(case, olga):
    _reply(olga, UNPROVEN, override_reason="Billing told me by phone.")
    kept = Comment.objects.get()
    assert (kept.by, kept.override_reason) == (olga, "Billing told me by phone.")
    assert [finding["span"] for finding in kept.findings] == [UNPROVEN]
    assert kept.delivery.body == UNPROVEN
    data = {"comment": kept.id, "findings": 1, "overrideReason": "Billing told me by phone.", "version": 3}
    assert (Entry.objects.latest("id").action, Entry.objects.latest("id").data) == ("handoff.replied", data)


def test_a_reason_that_was_not_needed_is_not_kept(case, olga):
    _reply(olga, override_reason="just in case")
    assert Comment.objects.get().override_reason == ""


def test_without_an_address_on_file_nothing_is_sent_or_kept(case, olga):
    Customer.objects.update(email="")
    refused("The customer has no e-mail address on file", reply, "hof_1", text=PROVEN, by=olga, now=timezone.now())


def test_the_same_key_again_sends_nothing_and_answers_as_if_it_had(case, olga):
    version = case.now().version
    first = _reply(olga, request_id="r1", version=version)
    before = everything()
    assert _reply(olga, request_id="r1", version=version).version == first.version
    assert everything() == before
    assert Comment.objects.get().request_id == "r1"


def test_the_same_key_for_other_words_is_refused(case, olga):
    _reply(olga, request_id="r1")
    before = everything()
    with pytest.raises(KeyReused) as refusal:
        _reply(olga, f"{PROVEN} {PROVEN}", request_id="r1")
    assert (refusal.value.status, refusal.value.error) == (422, "idempotency_payload_mismatch")
    assert everything() == before


def test_a_key_is_a_persons_own_and_without_one_words_may_be_sent_twice(case, olga, susan):
    _reply(olga, request_id="r1")
    _reply(susan, request_id="r1")
    for _ in range(2):
        _reply(olga)
    assert Delivery.objects.count() == 4
    assert_recorded()


def test_a_reply_written_on_an_older_version_is_refused(case, olga):
    note("hof_1", text="Wait!", by=olga, now=timezone.now())
    with pytest.raises(VersionMismatch):
        _reply(olga, version=2)


@pytest.mark.django_db(transaction=True)
def test_the_same_key_eight_times_at_once_is_one_mail(policy, olga):
    claimed_case(olga)
    start = Barrier(8)

    def send(_):
        try:
            start.wait(timeout=10)
            return _reply(olga, request_id="r1").version
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(send, range(8)))
    assert (versions, Delivery.objects.count(), Comment.objects.count()) == ([3] * 8, 1, 1)
    assert_recorded()


# Taking back.


def test_a_reply_can_be_taken_back_until_it_leaves(case, olga):
    _reply(olga)
    take_back_reply("hof_1", Comment.objects.get().id, by=olga, now=timezone.now())
    assert Delivery.objects.get().state == DeliveryState.WITHDRAWN
    Delivery.objects.update(not_before=moments_ago())
    assert delivery.deliver_due(timezone.now) == 0
    assert mail.outbox == []
    assert Entry.objects.latest("id").action == "handoff.reply_undone"
    assert_recorded()


@pytest.mark.parametrize("state", ["an attempt has begun", "delivered", "taken back already"])
def test_a_reply_that_may_have_left_cannot_be_taken_back(case, olga, state):
    _reply(olga)
    changes = {
        "an attempt has begun": {"attempts": 1},
        "delivered": {"state": "delivered", "attempts": 1, "delivered_at": timezone.now()},
        "taken back already": {"state": "withdrawn"},
    }[state]
    Delivery.objects.update(**changes)
    comment = Comment.objects.get().id
    refused("The reply has left already", take_back_reply, "hof_1", comment, by=olga, now=timezone.now())


def test_anothers_reply_is_taken_back_by_a_supervisor_only(case, olga, otto, susan):
    _reply(olga)
    comment = Comment.objects.get().id
    with pytest.raises(Refused, match="Only who sent it or a supervisor can take it back"):
        take_back_reply("hof_1", comment, by=otto, now=timezone.now())
    take_back_reply("hof_1", comment, by=susan, now=timezone.now())
    assert Delivery.objects.get().state == "withdrawn"


def test_what_is_no_reply_on_this_case_cannot_be_taken_back(case, olga):
    claimed_case(olga, number=2)
    note("hof_1", text="for us", by=olga, now=timezone.now())
    reply("hof_2", text=PROVEN, by=olga, now=timezone.now())
    words = "There is no such reply on this handoff"
    for comment in Comment.objects.all():
        refused(words, take_back_reply, "hof_1", comment.id, by=olga, now=timezone.now())


# Notes.


def test_a_note_is_for_colleagues_and_goes_nowhere(case, otto):
    note("hof_1", text="<b>She called.</b>", by=otto, now=timezone.now())
    kept = Comment.objects.get()
    assert (kept.kind, kept.text, kept.by, kept.delivery) == ("note", "<b>She called.</b>", otto, None)
    assert Delivery.objects.count() == 0
    assert Entry.objects.latest("id").data == {"comment": kept.id, "version": 3}
    assert case.now().claimed_by.username == "olga"


def test_a_note_can_be_left_on_a_closed_case_and_changes_nothing_else_of_it(case, olga):
    services.resolve_handoff("hof_1", by=olga, notes="Done.", now=timezone.now())
    note("hof_1", text="She thanked us.", by=olga, now=timezone.now())
    assert (Handoff.objects.get().status, Handoff.objects.get().resolution_notes) == ("resolved", "Done.")
    with pytest.raises(Refused, match="Handoff already resolved"):
        _reply(olga)
