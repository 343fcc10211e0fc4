"""Deliver what is due: lease, send with no transaction open, mark. At least once, under a stable Message-ID.

A lease is taken by raising the row's epoch; a worker that was paused past its lease finds its epoch outdated and
marks nothing. Its mail may have left twice then: SMTP offers no better, and the Message-ID is the same.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from flowops.outbox.models import Delivery, DeliveryState

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than a mail server may keep us waiting (EMAIL_TIMEOUT per step)

# Seconds to wait after each failed attempt: the schedule of Standard Webhooks 1.0, 75 hours in all.
WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


def deliver_due(now: Callable[[], datetime], *, limit: int = 50) -> int:
    """Attempt what is due, oldest first. Returns how many were attempted.

    One lease at a time: of a batch, the last would run out while the first are being sent.
    """
    for attempted in range(limit):
        delivery = _lease()
        if delivery is None:
            return attempted
        _attempt(delivery, now)
    return limit


def _lease() -> Delivery | None:
    """Take hold of a due delivery. PostgreSQL skips rows another worker is taking; the epoch decides on both."""
    with transaction.atomic():
        due = Delivery.objects.due().order_by("not_before").select_for_update(skip_locked=True)
        return next((delivery for delivery in due[:10] if _take(delivery)), None)


def _take(delivery: Delivery) -> bool:
    taken = Delivery.objects.filter(pk=delivery.pk, epoch=delivery.epoch).update(
        epoch=F("epoch") + 1, lease_until=Now() + LEASE, attempts=F("attempts") + 1
    )
    delivery.epoch += 1
    delivery.attempts += 1
    return taken == 1


def _attempt(delivery: Delivery, now: Callable[[], datetime]) -> None:
    try:
        if not _message(delivery).send():
            raise ValueError("it has no recipient")
    except (SMTPException, OSError, ValueError) as error:
        _failed(delivery, error)
    else:
        _mark(delivery, state=DeliveryState.DELIVERED, delivered_at=now(), last_error="")
        logger.info("mail_delivered delivery=%s attempts=%s", delivery.id, delivery.attempts)


def _failed(delivery: Delivery, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"[:500]
    if delivery.attempts > len(WAITS):
        _mark(delivery, state=DeliveryState.DISCARDED, last_error=why)
    else:
        wait = timedelta(seconds=WAITS[delivery.attempts - 1])
        _mark(delivery, not_before=Now() + wait, last_error=why)
    logger.warning(
        "mail_failed delivery=%s attempts=%s error=%s", delivery.id, delivery.attempts, type(error).__name__
    )


def _mark(delivery: Delivery, **changes: Any) -> None:
    Delivery.objects.filter(pk=delivery.pk, epoch=delivery.epoch).update(lease_until=None, **changes)


def _message(delivery: Delivery) -> EmailMessage:
    message = EmailMessage(delivery.subject, delivery.body, to=[delivery.recipient])
    domain = message.from_email.rpartition("@")[2].strip("> ")
    message.extra_headers["Message-ID"] = f"<{delivery.id}@{domain}>"
    return message
