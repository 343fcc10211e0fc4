import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from agent import idempotency, turn
from flowops.outbox import delivery

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Deliver mails, finish interactions whose process died, forget old answers. SIGTERM finishes the item."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due, then stop (for cron)")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            while work_once():
                pass
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        logger.info("worker_started")
        while not stopping.is_set():
            stopping.wait(0 if _work_patiently() else PAUSE_SECONDS)
        logger.info("worker_stopped")


def work_once() -> int:
    """One round over everything that may be due; returns how many things were done."""
    done = delivery.deliver_due(timezone.now, limit=1)
    done += turn.finish_orphans(timezone.now, limit=1)
    done += idempotency.forget_old_answers(timezone.now())
    return done


def _work_patiently() -> int:
    """A database that is away is no reason to die: wait, connect anew, go on."""
    close_old_connections()
    try:
        return work_once()
    except DatabaseError:
        logger.exception("worker_round_failed")
        return 0
