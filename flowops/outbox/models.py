from typing import Any

from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """Something that happened, named in the past tense; written in the transaction of its cause.

    The id is derived from the cause, so that the same cause cannot be published twice.
    """

    id = models.CharField(primary_key=True, max_length=128)
    name = models.CharField(max_length=50)
    customer_id = models.CharField(max_length=128)
    payload: "models.JSONField[Any, Any]" = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        # Reader: the operators' list of the newest events.
        indexes = [models.Index(fields=["-created_at", "-id"], name="outbox_event_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    DISCARDED = "discarded"
    WITHDRAWN = "withdrawn"  # taken back before the first attempt


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> "DeliveryQuerySet":
        """Pending, its time has come, and no worker holds it. By the database's clock."""
        return self.filter(state=DeliveryState.PENDING, not_before__lte=Now()).filter(
            models.Q(lease_until=None) | models.Q(lease_until__lt=Now())
        )


class Delivery(models.Model):
    """One mail to be sent, until a mail server has taken it or the last attempt has failed."""

    id = models.CharField(primary_key=True, max_length=128)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=20, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    # The lease: who took it last (epoch counts up) and until when. A late worker's epoch no longer matches.
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values), name="delivery_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=False) | ~models.Q(state=DeliveryState.DELIVERED),
                name="delivered_has_its_time",
            ),
        ]
        indexes = [
            # Reader: the worker, for what is due.
            models.Index(fields=["not_before"], condition=models.Q(state="pending"), name="outbox_delivery_due"),
            # Reader: the operators' list of the newest deliveries.
            models.Index(fields=["-created_at", "-id"], name="outbox_delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"
