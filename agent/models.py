from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from flowops.accounts.models import ApiClient
from handoffs.models import Handoff, Ticket


class InteractionState(models.TextChoices):
    """Started: somebody holds the lease and is at work, or died there. Done: answered, for good."""

    STARTED = "started"
    DONE = "done"


class InteractionQuerySet(models.QuerySet["Interaction"]):
    def for_request(self, client: ApiClient, customer_id: str, request_id: str) -> "Interaction | None":
        return self.filter(client=client, customer_id=customer_id, request_id=request_id).first()

    def orphans(self) -> "InteractionQuerySet":
        """Started, and the lease has run out by the database's clock: whoever held it has died or stalled."""
        return self.filter(state=InteractionState.STARTED, lease_until__lt=Now())

    def recent(self, customer_id: str, count: int) -> "InteractionQuerySet":
        """The customer's last finished interactions, newest first."""
        return self.filter(customer_id=customer_id, turn__isnull=False).order_by("-turn")[:count]


class Interaction(models.Model):
    """One live message and all done about it. Shadow leaves none.

    `turn` numbers a customer's finished interactions. A plan is made knowing the last turn and finishes as the
    next one, so of two plans made on the same facts the database lets only one through.
    """

    id = models.CharField(primary_key=True, max_length=128)
    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=128)
    request_id = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001 - null is "none given"
    fingerprint = models.CharField(max_length=64)
    request_text = models.TextField()
    state = models.CharField(max_length=20, choices=InteractionState, default=InteractionState.STARTED)
    epoch = models.PositiveIntegerField(default=1)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    # Written when it is done.
    turn = models.PositiveIntegerField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    reply_text = models.TextField(blank=True)
    intent = models.CharField(max_length=50, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    escalated = models.BooleanField(default=False)
    verified = models.BooleanField(default=False)
    actions: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    plan: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, blank=True, related_name="interactions")
    handoff = models.ForeignKey(Handoff, models.PROTECT, null=True, blank=True, related_name="interactions")
    # The exact bytes that were answered; emptied when their retention ends, and the key stays taken.
    response = models.BinaryField(null=True, blank=True)
    replay_count = models.PositiveIntegerField(default=0)

    objects = InteractionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "customer_id", "request_id"], name="one_interaction_per_request"
            ),
            models.UniqueConstraint(fields=["customer_id", "turn"], name="one_interaction_per_turn"),
            models.CheckConstraint(
                condition=models.Q(state="started", turn=None, completed_at=None, lease_until__isnull=False)
                | models.Q(state="done", turn__isnull=False, completed_at__isnull=False),
                name="done_interaction_has_its_turn",
            ),
        ]
        indexes = [
            # Reader: the worker, for orphans.
            models.Index(fields=["lease_until"], condition=models.Q(state="started"), name="interaction_orphan"),
            # Reader: the worker, for answers whose retention has ended.
            models.Index(
                fields=["completed_at"],
                condition=models.Q(state="done", response__isnull=False),
                name="interaction_replayable",
            ),
            # Reader: the console's list, newest first.
            models.Index(fields=["-created_at", "-id"], name="interaction_newest"),
        ]

    def __str__(self) -> str:
        return self.id


def lease_end() -> Any:
    """When a lease taken now runs out, as an expression: leases go by the database's clock alone."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
