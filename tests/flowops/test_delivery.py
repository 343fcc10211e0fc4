"""O2, O3: every mail is sent, under one Message-ID at every attempt, and no worker undoes another's work."""

import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from smtplib import SMTPException
from typing import ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone

from flowops.outbox import delivery
from flowops.outbox.delivery import WAITS, deliver_due
from flowops.outbox.models import Delivery, DeliveryState, Event
from flowops.outbox.publish import publish

BODY = "Hello Lea,\nwe refunded €49.00."


def _queued(name: str = "eml_1", **changed: object) -> Delivery:
    """A mail that became due a minute ago."""
    due = timezone.now() - timedelta(minutes=1)
    event = Event(id=f"evt_{name}", name="reply.sent", customer_id="cust_1", payload={}, created_at=due)
    values = {
        "recipient": "lea@example.com",
        "subject": "Your request tck_1",
        "body": BODY,
        "not_before": due,
        "created_at": due,
    }
    queued = Delivery(id=name, event=event, **(values | changed))
    publish([event])
    queued.save(force_insert=True)
    return queued


def _stored(name: str = "eml_1") -> Delivery:
    return Delivery.objects.get(id=name)


class Backend(BaseEmailBackend):
    """A mail server that does as told."""

    act: ClassVar[Callable[[], object]]

    def send_messages(self, messages):
        type(self).act()
        return len(messages)


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Backend"
    return Backend


def _raising(error: Exception) -> Callable[[], object]:
    def refuse() -> None:
        raise error

    return refuse


@pytest.mark.django_db
def test_a_due_mail_is_sent_as_written_and_marked_delivered():
    _queued()
    assert deliver_due(timezone.now) == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["lea@example.com"], "Your request tck_1", BODY)
    stored = _stored()
    assert (stored.state, stored.attempts, stored.last_error) == (DeliveryState.DELIVERED, 1, "")
    assert timezone.now() - timedelta(minutes=1) < stored.delivered_at <= timezone.now()
    assert stored.lease_until is None
    assert deliver_due(timezone.now) == 0


@pytest.mark.django_db
def test_the_message_id_is_the_deliverys_at_our_domain(settings):
    settings.DEFAULT_FROM_EMAIL = "FlowOps <support@flowops.example>"
    _queued("eml_7")
    deliver_due(timezone.now)
    assert mail.outbox[0].message()["Message-ID"] == "<eml_7@flowops.example>"


@pytest.mark.django_db
def test_the_message_id_is_the_same_at_every_attempt():
    _queued()
    deliver_due(timezone.now)
    Delivery.objects.update(state=DeliveryState.PENDING)
    deliver_due(timezone.now)
    first, second = (sent.message()["Message-ID"] for sent in mail.outbox)
    assert first == second


@pytest.mark.django_db
def test_the_oldest_are_sent_first_and_no_more_than_asked_for():
    due = timezone.now() - timedelta(hours=1)
    for minutes in (3, 1, 2):
        _queued(f"eml_{minutes}", subject=str(minutes), not_before=due + timedelta(minutes=minutes))
    assert deliver_due(timezone.now, limit=2) == 2
    assert [sent.subject for sent in mail.outbox] == ["1", "2"]


ERRORS = {
    "the server refuses": SMTPException("550 no"),
    "the network is away": ConnectionRefusedError("refused"),
    "the server is silent": TimeoutError("timed out"),
    "the mail cannot be written": ValueError("bad header"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_a_failed_mail_is_kept_for_later_with_its_reason(server, error):
    server.act = _raising(error)
    _queued()
    assert deliver_due(timezone.now) == 1
    stored = _stored()
    assert (stored.state, stored.attempts, stored.lease_until) == (DeliveryState.PENDING, 1, None)
    assert stored.last_error == f"{type(error).__name__}: {error}"
    assert stored.delivered_at is None
    assert deliver_due(timezone.now) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("failures", "seconds"), list(enumerate(WAITS)))
def test_each_failure_waits_longer(server, failures, seconds):
    server.act = _raising(SMTPException("451 later"))
    _queued(attempts=failures)
    before = timezone.now()
    deliver_due(timezone.now)
    stored = _stored()
    slack = timedelta(seconds=1)
    wait = timedelta(seconds=seconds)
    assert before + wait - slack <= stored.not_before <= timezone.now() + wait + slack
    assert (stored.state, stored.attempts) == (DeliveryState.PENDING, failures + 1)


@pytest.mark.django_db
def test_after_the_last_attempt_the_mail_is_discarded_for_good(server):
    server.act = _raising(SMTPException("550 " + "x" * 600))
    _queued(attempts=len(WAITS))
    deliver_due(timezone.now)
    stored = _stored()
    assert (stored.state, stored.attempts) == (DeliveryState.DISCARDED, len(WAITS) + 1)
    assert len(stored.last_error) == 500
    assert deliver_due(timezone.now) == 0


@pytest.mark.django_db
def test_a_mail_that_cannot_be_sent_holds_up_no_other():
    _queued("eml_1", subject="a line\nbreak", not_before=timezone.now() - timedelta(hours=1))
    _queued("eml_2")
    assert deliver_due(timezone.now) == 2
    assert len(mail.outbox) == 1
    assert "BadHeaderError" in _stored("eml_1").last_error
    assert _stored("eml_2").state == DeliveryState.DELIVERED


def _from_now(**span: float) -> object:
    return timezone.now() + timedelta(**span)


LEFT = {
    "not due yet": lambda: {"not_before": _from_now(minutes=1)},
    "held by another worker": lambda: {"lease_until": _from_now(seconds=30), "epoch": 1},
    "delivered": lambda: {"state": DeliveryState.DELIVERED, "delivered_at": _from_now(minutes=-1)},
    "discarded": lambda: {"state": DeliveryState.DISCARDED},
}


@pytest.mark.django_db
@pytest.mark.parametrize("changed", LEFT.values(), ids=LEFT)
def test_what_is_not_ours_to_send_now_is_left_alone(changed):
    _queued(**changed())
    before = Delivery.objects.values().get()
    assert deliver_due(timezone.now) == 0
    assert mail.outbox == []
    assert Delivery.objects.values().get() == before


@pytest.mark.django_db
def test_a_mail_whose_worker_died_is_taken_again():
    _queued(lease_until=_from_now(seconds=-1), epoch=1, attempts=1)
    assert deliver_due(timezone.now) == 1
    stored = _stored()
    assert (stored.state, stored.attempts, stored.epoch) == (DeliveryState.DELIVERED, 2, 2)


@pytest.mark.django_db
def test_while_a_mail_is_on_its_way_nobody_else_takes_it(server):
    _queued()
    seen = []
    server.act = lambda: seen.append((deliver_due(timezone.now), _stored().lease_until))
    deliver_due(timezone.now)
    ((taken, lease_until),) = seen
    assert taken == 0
    assert _from_now(seconds=50) < lease_until <= timezone.now() + delivery.LEASE


@pytest.mark.django_db
@pytest.mark.parametrize("error", [None, SMTPException("451 later")], ids=["sent", "failed"])
def test_a_worker_paused_past_its_lease_marks_nothing(server, error):
    """In the middle of the sending another worker has taken the mail over."""
    theirs = _from_now(seconds=42)

    def lose_the_lease():
        Delivery.objects.update(epoch=7, lease_until=theirs, attempts=2)
        if error:
            raise error

    server.act = lose_the_lease
    _queued()
    assert deliver_due(timezone.now) == 1
    stored = _stored()
    assert (stored.state, stored.epoch, stored.lease_until, stored.attempts) == ("pending", 7, theirs, 2)
    assert stored.last_error == ""


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_mail_once():
    names = [f"eml_{number}" for number in range(40)]
    for name in names:
        _queued(name, subject=name)

    start = threading.Barrier(2)

    def work(_: int) -> int:
        start.wait(timeout=10)
        try:
            return sum(iter(lambda: deliver_due(timezone.now, limit=3), 0))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(work, range(2))) == 40
    assert sorted(sent.subject for sent in mail.outbox) == sorted(names)
    told = set(Delivery.objects.values_list("state", "attempts", "epoch", "lease_until"))
    assert told == {(DeliveryState.DELIVERED, 1, 1, None)}


class Conversation(socketserver.StreamRequestHandler):
    """Just enough of RFC 5321 to take one mail; `server.to_recipients` is what RCPT is answered."""

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            match line[:4].upper():
                case b"RCPT":
                    self.say(self.server.to_recipients)
                case b"DATA":
                    self.say("354 go on")
                    written = b"".join(iter(self.rfile.readline, b".\r\n"))
                    self.server.mails.append(message_from_bytes(written, policy=policy.default))
                    self.say("250 taken")
                case _:
                    self.say("221 bye" if line.startswith(b"quit") else "250 ok")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def receiver(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.mails, server.to_recipients = [], "250 ok"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.django_db
def test_a_mail_server_gets_the_mail_as_written(receiver):
    _queued()
    deliver_due(timezone.now)
    (sent,) = receiver.mails
    assert sent["To"] == "lea@example.com"
    assert sent["Message-ID"].startswith("<eml_1@")
    assert sent.get_content().splitlines() == BODY.splitlines()
    assert _stored().state == DeliveryState.DELIVERED


@pytest.mark.django_db
def test_what_a_mail_server_refuses_is_not_delivered(receiver):
    receiver.to_recipients = "550 no such person"
    _queued()
    deliver_due(timezone.now)
    stored = _stored()
    assert (receiver.mails, stored.state, stored.attempts) == ([], DeliveryState.PENDING, 1)
    assert stored.last_error.startswith("SMTPRecipientsRefused: ")
    assert "no such person" in stored.last_error


@pytest.mark.django_db
def test_a_lease_is_taken_when_a_mail_is_sent_not_before(server):
    """A lease for a whole batch would run out for the last while the first are on their way."""
    for number in range(3):
        _queued(f"eml_{number}")
    held = []
    server.act = lambda *_: held.append(Delivery.objects.filter(lease_until__isnull=False).count())
    assert deliver_due(timezone.now) == 3
    assert held == [1, 1, 1]


@pytest.mark.django_db
def test_a_mail_without_a_recipient_is_not_called_delivered():
    _queued(recipient="")
    deliver_due(timezone.now)
    assert (_stored().state, _stored().last_error) == ("pending", "ValueError: it has no recipient")
