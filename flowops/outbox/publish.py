"""Put events and mails into the outbox. Call inside the transaction of the cause."""

from collections.abc import Iterable

from flowops.outbox.models import Delivery, Event


def publish(events: Iterable[Event], mails: Iterable[Delivery] = ()) -> None:
    Event.objects.bulk_create(events)
    if mails := list(mails):
        Delivery.objects.bulk_create(mails)
