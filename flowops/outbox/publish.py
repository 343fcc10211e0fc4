"""Put events into the outbox. Call inside the transaction of the cause."""

from collections.abc import Iterable

from flowops.outbox.models import Event


def publish(events: Iterable[Event]) -> None:
    Event.objects.bulk_create(events)
