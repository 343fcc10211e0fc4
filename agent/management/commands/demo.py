import logging
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings
from django.utils import timezone
from tqdm import tqdm

from agent.demo import access, history
from agent.models import Interaction
from flowops.accounts.models import ApiClient, User

SEED = 7


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
        if Interaction.objects.exists():
            raise CommandError("there is history already; --reset starts anew")
        call_command("loaddata", "demo", verbosity=0)
        access.ensure()
        logging.disable(logging.INFO)
        self._live_through(seed)
        logging.disable(logging.NOTSET)

    def _live_through(self, seed: int) -> None:
        client = ApiClient.objects.filter(name="demo", revoked_at=None).latest("created_at")
        operators = list(User.objects.filter(username__in=access.NAMES).order_by("username"))
        # Yesterday's mails have long been sent; only the worker's clock is real.
        with override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"):
            steps = history.live_through(client, operators, end=timezone.now(), seed=seed)
            for _ in tqdm(steps, total=next(steps), desc="30 days of demo history", unit="message", leave=False):
                pass
