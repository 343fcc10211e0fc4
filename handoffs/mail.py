"""Mails to the customer of a handoff. Called inside the transaction of their cause."""

from datetime import datetime

from flowops.accounts.models import Customer
from flowops.outbox.models import Delivery, Event
from flowops.outbox.publish import queue_mail
from handoffs.models import Handoff


def address_of(handoff: Handoff) -> str:
    """The customer's address on file; empty when there is none."""
    return Customer.objects.filter(id=handoff.customer_id).values_list("email", flat=True).first() or ""


def to_customer(
    handoff: Handoff, mail_id: str, body: str, *, event: Event, now: datetime, not_before: datetime | None = None
) -> Delivery | None:
    """Queue a mail to the address on file; None when there is none."""
    recipient = address_of(handoff)
    if not recipient:
        return None
    return queue_mail(
        mail_id,
        event_id=event.id,
        recipient=recipient,
        subject=f"Your request {handoff.ticket_id}",
        body=body,
        now=now,
        not_before=not_before,
    )
