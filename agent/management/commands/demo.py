import logging
from argparse import ArgumentParser
from enum import Enum, auto
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings
from django.utils import timezone
from tqdm import tqdm

from agent.demo import access, history
from flowops.accounts.models import ApiClient, Customer, User
from flowops.audit import trail
from flowops.audit.models import Entry

SEED = 7
STARTED, COMPLETED = "demo.started", "demo.completed"


class Progress(Enum):
    NOTHING = auto()
    BROKEN_OFF = auto()
    COMPLETE = auto()
    NOT_OURS = auto()  # somebody's own data: it is left alone


def progress() -> Progress:
    """How far the demo has come in this database, by the marks it leaves in the trail."""
    marks = set(Entry.objects.filter(action__in=(STARTED, COMPLETED)).values_list("action", flat=True))
    if COMPLETED in marks:
        return Progress.COMPLETE
    if STARTED in marks:
        return Progress.BROKEN_OFF
    return Progress.NOT_OURS if Customer.objects.exists() else Progress.NOTHING


def _mark(action: str) -> None:
    act = trail.Act(actor="manage.py", action=action, subject="demo", customer_id="", data={})
    trail.record([act], now=timezone.now())


class Command(BaseCommand):
    help = "Load the sample customers and live 30 days of support history. Only where DEMO is true."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="empty the whole database first")
        parser.add_argument(
            "--seed", type=int, default=SEED, help=f"another seed, another history (default {SEED})"
        )

    def handle(self, *args: Any, reset: bool, seed: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is not true: this command fills, and with --reset empties, the database")
        if reset:
            call_command("flush", interactive=False, verbosity=0)
        if progress() is not Progress.NOTHING:
            raise CommandError("the database is not empty; --reset empties it and starts anew")
        _mark(STARTED)
        call_command("loaddata", "demo", "saved_replies", verbosity=0)
        entry = access.ensure()
        logging.disable(logging.INFO)
        self._live_through(seed)
        logging.disable(logging.NOTSET)
        _mark(COMPLETED)
        if reset:
            self.stdout.write("\n".join(entry.lines()))

    def _live_through(self, seed: int) -> None:
        client = ApiClient.objects.filter(name="demo", revoked_at=None).latest("created_at")
        operators = list(User.objects.filter(username__in=access.NAMES).order_by("username"))
        # Yesterday's mails have long been sent; only the worker's clock is real.
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
            steps = history.live_through(client, operators, end=timezone.now(), seed=seed)
            options = {"desc": "30 days of demo history", "unit": "message", "leave": False, "disable": None}
            for _ in tqdm(steps, total=next(steps), **options):
                pass
