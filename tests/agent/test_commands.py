"""What developers and process managers start: worker, demo, replay, up."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from agent import turn
from agent.demo import access, history
from agent.management.commands import demo as demo_command
from agent.management.commands import worker
from agent.management.commands.demo import Progress
from agent.models import Interaction
from flowops.accounts.models import ApiClient, User
from flowops.billing.models import Invoice, Payment, Refund
from flowops.outbox.models import Delivery
from handoffs.models import Handoff
from tests import factories
from tests.factories import NOW


@pytest.fixture
def client(policy):
    return factories.api_client()[0]


def ask(client, text="refund inv_1", **options):
    return turn.live(client, customer_id="cust_1", message=text, request_id=None, now=NOW, **options)


@pytest.mark.django_db
def test_the_worker_delivers_mail_and_finishes_orphans(client):
    factories.paid_invoice("cust_1", id="inv_1")
    ask(client)

    def dies(phase):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(client, ports=turn.Ports(between_phases=dies))
    Interaction.objects.filter(state="started").update(lease_until=NOW)
    call_command("worker", "--once")
    assert [message.to for message in mail.outbox] == [["cust_1@example.com"]] * 2
    assert set(Interaction.objects.values_list("state", flat=True)) == {"done"}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


@pytest.mark.django_db
@pytest.mark.parametrize("error", [DatabaseError, RuntimeError])
def test_neither_a_database_that_is_away_nor_a_defect_ends_the_worker(caplog, error):
    def away():
        raise error

    assert worker._patiently(away) == 0
    assert "duty_failed duty=away" in caplog.text


@pytest.mark.django_db
def test_a_replay_of_the_recorded_inputs_gives_the_recorded_plan(client, capsys):
    factories.paid_invoice("cust_1", id="inv_1")
    ask(client)
    stored = Interaction.objects.get()
    call_command("replay", stored.id)
    assert f"{stored.id}: same plan, refund.within_limits" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_replay_shows_what_would_be_different(client, capsys):
    factories.paid_invoice("cust_1", id="inv_1")
    ask(client)
    stored = Interaction.objects.get()
    Interaction.objects.update(plan=stored.plan | {"reply": "Something else was said."})
    with pytest.raises(CommandError, match="differently"):
        call_command("replay", stored.id)
    assert '-  "reply": "Something else was said."' in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["missing", "unfinished"])
def test_a_replay_needs_a_finished_interaction(client, state):
    if state == "unfinished":
        turn.idempotency.begin(client, customer_id="cust_1", message="x", request_id=None, now=NOW)
    known = Interaction.objects.first()
    with pytest.raises(CommandError, match="not finished" if known else "no interaction"):
        call_command("replay", known.id if known else "int_none")


@pytest.mark.django_db
@pytest.mark.parametrize("options", [[], ["--reset"]])
def test_the_demo_touches_nothing_outside_the_demo(options):
    customer = factories.CustomerFactory()
    with pytest.raises(CommandError, match="DEMO"):
        call_command("demo", *options)
    customer.refresh_from_db()


@pytest.fixture
def demo(settings, tmp_path, monkeypatch):
    settings.DEMO = True
    monkeypatch.setattr(access, "_path", lambda: tmp_path / "access.json")
    monkeypatch.setattr(history, "MESSAGES", 60)


@pytest.mark.django_db(transaction=True)
def test_the_demo_lives_through_thirty_days(demo):
    call_command("demo", "--reset")
    assert Interaction.objects.count() == 70
    assert not Interaction.objects.exclude(state="done").exists()
    assert {*Handoff.objects.values_list("status", flat=True)} == {"pending", "claimed", "resolved"}
    assert Handoff.objects.to_decide().filter(customer_id__in=["cust_203", "cust_301"]).count() == 2
    assert Handoff.objects.asleep(timezone.now()).count() == 1
    for invoice in Invoice.objects.with_ledger(since=NOW).filter(refunds__isnull=False):
        assert (invoice.refunded_total or 0) + (invoice.pending_total or 0) <= invoice.paid_total
    assert not Payment.objects.filter(paid_at__gt=timezone.now()).exists()
    assert Refund.objects.filter(status="issued").exists()
    assert {user.username for user in User.objects.all()} == {"operator", "supervisor"}
    with pytest.raises(CommandError, match="--reset"):
        call_command("demo")


@pytest.mark.django_db
def test_the_demo_keeps_its_access_and_makes_it_anew_for_another_database(demo):
    first = access.ensure()
    assert access.ensure() == first
    ApiClient.objects.all().delete()
    second = access.ensure()
    assert second.api_key != first.api_key
    operator = User.objects.get(username="operator")
    assert operator.check_password(second.logins[0].password)
    assert operator.has_perm("handoffs.work_handoff")
    assert not operator.has_perm("handoffs.supervise_handoff")


@pytest.fixture
def demo_process(tmp_path):
    """`manage.py up` in a copy of its own place: its own database, its own port."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
        "DEMO": "true",
        "DEBUG": "false",
        "SECRET_KEY": "only for this test",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}",
        "EMAIL_URL": "dummymail://",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PORT": "18431",
        "COVERAGE_PROCESS_START": "",
    }
    place = tmp_path / "place"
    place.mkdir()
    for name in ("agent", "handoffs", "policy", "flowops", "fixtures", "static", "templates", "manage.py"):
        (place / name).symlink_to(Path(settings.BASE_DIR, name))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=place, env=environment, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_up_serves_prints_what_one_needs_and_stops_on_ctrl_c(demo_process):
    said = [demo_process.stdout.readline().rstrip() for _ in range(9)]
    patterns = [
        r"url http://127\.0\.0\.1:\d+",
        r"operator operator / \S+",
        r"supervisor supervisor / \S+",
        r"api key flow_demo_\S+",
        r"operator token flow_demo_\S+",
        r"supervisor token flow_demo_\S+",
        r"curl .*/chat .*",
        r"curl .*/chat .*live.*",
        r"curl .*/handoffs.*",
    ]
    assert [bool(re.fullmatch(pattern, line)) for pattern, line in zip(patterns, said, strict=True)] == [
        True
    ] * 9, said
    answers = [
        msgspec.json.decode(subprocess.run(curl, shell=True, capture_output=True, check=True).stdout)
        for curl in said[6:]
    ]
    assert [answers[0]["mode"], answers[1]["mode"]] == ["shadow", "live"]
    assert "We have refunded €49.00 for invoice inv_1001." in answers[1]["reply"]
    assert answers[2][0]["status"] == "pending"
    children = children_of(demo_process)
    demo_process.send_signal(signal.SIGINT)
    assert demo_process.wait(timeout=20) == 0
    assert not any(is_alive(pid) for pid in children)


def wait_until_up(process):
    assert any(line.startswith("supervisor token") for line in process.stdout), "it ended before it was up"


def children_of(process):
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_up_takes_web_and_worker_with_it(demo_process, number):
    wait_until_up(demo_process)
    children = children_of(demo_process)
    assert len(children) == 2
    demo_process.send_signal(number)
    assert demo_process.wait(timeout=20) == 0
    assert not any(is_alive(pid) for pid in children)


def test_when_the_worker_dies_the_web_stops_too(demo_process):
    wait_until_up(demo_process)
    children = children_of(demo_process)
    os.kill(children[1], signal.SIGKILL)
    assert demo_process.wait(timeout=20) == 1
    assert not is_alive(children[0])


@pytest.mark.django_db(transaction=True)
def test_the_worker_stops_when_told_and_both_its_duties_with_it(monkeypatch):
    done, both_at_work = [], threading.Barrier(2)

    def told_to_stop():
        both_at_work.wait(5)
        done.append(threading.current_thread().name)
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(worker, "DUTIES", (told_to_stop, told_to_stop))
    try:
        call_command("worker")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert len(set(done)) == 2


@pytest.mark.django_db(transaction=True)
def test_a_demo_that_was_broken_off_is_told_from_one_that_is_complete(demo):
    assert demo_command.progress() is Progress.NOTHING
    demo_command._mark(demo_command.STARTED)
    assert demo_command.progress() is Progress.BROKEN_OFF
    demo_command._mark(demo_command.COMPLETED)
    assert demo_command.progress() is Progress.COMPLETE


@pytest.mark.django_db
def test_somebodys_own_data_is_not_taken_for_a_demo(demo):
    factories.CustomerFactory()
    assert demo_command.progress() is Progress.NOT_OURS
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo")
