"""Put events and mails into the outbox. Call inside the transaction of the cause."""

from collections.abc import Iterable
from datetime import datetime

from flowops.outbox.models import Delivery, DeliveryState, Event


def publish(events: Iterable[Event]) -> None:
    Event.objects.bulk_create(events)


def queue_mail(
    delivery_id: str,
    *,
    event_id: str,
    recipient: str,
    subject: str,
    body: str,
    now: datetime,
    not_before: datetime | None = None,
) -> Delivery:
    """A mail that the worker sends, at once or from `not_before` on."""
    return Delivery.objects.create(
        id=delivery_id,
        event_id=event_id,
        recipient=recipient,
        subject=subject,
        body=body,
        not_before=not_before or now,
        created_at=now,
    )


def take_back(delivery_id: str) -> bool:
    """Keep a mail from being sent. False once a first attempt has begun: it may have left."""
    untried = Delivery.objects.filter(id=delivery_id, state=DeliveryState.PENDING, attempts=0)
    return untried.update(state=DeliveryState.WITHDRAWN) == 1
