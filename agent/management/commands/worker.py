import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.utils import timezone

from agent import idempotency, turn
from flowops.outbox import delivery
from handoffs import decisions, services

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


def deliver_mail() -> int:
    return delivery.deliver_due(timezone.now, limit=1)


def tend_turns() -> int:
    return turn.finish_orphans(timezone.now, limit=10) + idempotency.forget_old_answers(timezone.now())


def tend_cases() -> int:
    now = timezone.now()
    return decisions.execute_due(now) + services.return_expired_claims(now) + services.wake_due(now)


# Each in a thread of its own: a mail server that keeps us waiting must not keep customers waiting.
DUTIES = (deliver_mail, tend_turns, tend_cases)


class Command(BaseCommand):
    help = (
        "Deliver mails, carry out approved refunds, return expired claims, wake snoozed cases, finish interactions"
        " whose process died, forget old answers. SIGTERM finishes the item."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due, then stop (for cron)")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            while sum(duty() for duty in DUTIES):
                pass
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        logger.info("worker_started")
        threads = [threading.Thread(target=_keep_doing, args=(duty, stopping)) for duty in DUTIES]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        logger.info("worker_stopped")


def _keep_doing(duty: Callable[[], int], stopping: threading.Event) -> None:
    while not stopping.is_set():
        done = _patiently(duty)
        stopping.wait(0 if done else PAUSE_SECONDS)
    connection.close()


def _patiently(duty: Callable[[], int]) -> int:
    """A database that is away, or a defect in one item, is no reason to die: wait, connect anew, go on."""
    close_old_connections()
    try:
        return duty()
    except Exception:
        logger.exception("duty_failed duty=%s", duty.__name__)
        return 0
