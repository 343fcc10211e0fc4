from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from flowops import canonical
from flowops.problems import NotFound, Problem


class TicketStatus(models.TextChoices):
    OPEN = "open"
    RESOLVED = "resolved"


class Ticket(models.Model):
    """The thread of one concern: open while a person or the customer has the next word."""

    id = models.CharField(primary_key=True, max_length=128)
    customer_id = models.CharField(max_length=128)
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=TicketStatus, default=TicketStatus.OPEN)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id"], condition=models.Q(status="open"), name="one_open_ticket_per_customer"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", resolved_at=None)
                | models.Q(status="resolved", resolved_at__isnull=False),
                name="ticket_status_is_known",
            ),
        ]
        # Reader: the export and console lists of one customer's tickets.
        indexes = [models.Index(fields=["customer_id", "-created_at"], name="ticket_by_customer")]

    def __str__(self) -> str:
        return f"{self.id}: {self.subject}"


class HandoffStatus(models.TextChoices):
    """pending → claimed → resolved; releasing a claim returns it to pending, reopening too."""

    PENDING = "pending"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


class Priority(models.TextChoices):
    LOW = "low"
    MED = "med", "medium"
    HIGH = "high"


LIVE = (HandoffStatus.PENDING, HandoffStatus.CLAIMED)


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def live(self) -> "HandoffQuerySet":
        return self.filter(status__in=LIVE)

    def for_display(self) -> "HandoffQuerySet":
        return self.select_related("claimed_by", "resolved_by").prefetch_related("proposals")

    def breached(self, now: datetime) -> "HandoffQuerySet":
        """Recorded as breached, or unclaimed past its due time."""
        late = models.Q(status=HandoffStatus.PENDING, sla_due_at__lt=now)
        return self.filter(models.Q(sla_breached_at__isnull=False) | late)


class Handoff(models.Model):
    """A case the agent gave to people, with why. `version` counts its state changes."""

    id = models.CharField(primary_key=True, max_length=128)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="handoffs")
    customer_id = models.CharField(max_length=128)
    reason = models.CharField(max_length=50)
    priority = models.CharField(max_length=10, choices=Priority)
    status = models.CharField(max_length=20, choices=HandoffStatus, default=HandoffStatus.PENDING)
    mode = models.CharField(max_length=10, default="live")
    confidence = models.FloatField()
    issues: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    actions: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="claimed_handoffs"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="resolved_handoffs"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution_notes = models.TextField(blank=True)
    sla_due_at = models.DateTimeField("claim due")
    sla_breached_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        permissions = [
            ("work_handoff", "Can claim and resolve handoffs"),
            ("supervise_handoff", "Can act on other people's handoffs"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=models.Q(status__in=["pending", "claimed"]),
                name="one_live_handoff_per_ticket",
            ),
            models.CheckConstraint(
                condition=models.Q(status="pending", claimed_by=None, claimed_at=None, resolved_at=None)
                | models.Q(status="claimed", claimed_by__isnull=False, claimed_at__isnull=False, resolved_at=None)
                | models.Q(status="resolved", resolved_by__isnull=False, resolved_at__isnull=False),
                name="handoff_status_has_its_people",
            ),
            models.CheckConstraint(
                condition=models.Q(priority__in=Priority.values), name="handoff_priority_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(confidence__gte=0, confidence__lte=1),
                name="handoff_confidence_is_probability",
            ),
        ]
        indexes = [
            # Reader: the queue, what waits by when it is due.
            models.Index(
                fields=["sla_due_at", "id"], condition=models.Q(status="pending"), name="handoff_waiting"
            ),
            # Reader: GET /handoffs, newest first.
            models.Index(fields=["-created_at", "-id"], name="handoff_newest"),
            # Reader: GET /handoffs?customerId=, and the customer panel.
            models.Index(fields=["customer_id", "-created_at"], name="handoff_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.reason}"

    # The rules of each change live here, testable without a database; `services` locks, saves and records.

    def claim(self, by: Any, now: datetime) -> None:
        if self.status != HandoffStatus.PENDING:
            raise NotClaimable(self)
        self.status, self.claimed_by, self.claimed_at = HandoffStatus.CLAIMED, by, now
        self._changed(now)

    def resolve(self, by: Any, notes: str, now: datetime, *, may_act_for_others: bool) -> None:
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        if self.status == HandoffStatus.PENDING:
            raise NotResolvable("Handoff must be claimed before resolving", self)
        if self.claimed_by_id != by.pk and not may_act_for_others:
            raise NotResolvable("Only the claiming operator can resolve", self)
        self.status, self.resolved_by, self.resolved_at = HandoffStatus.RESOLVED, by, now
        self.resolution_notes = notes
        self._changed(now)

    def join(self, issues: Sequence[str], *, is_urgent: bool, now: datetime) -> None:
        self.issues = [*self.issues, *issues]
        if is_urgent:
            self.priority = Priority.HIGH
        self._changed(now)

    def breach(self, now: datetime) -> bool:
        """Whether this is news: a resolved handoff cannot breach, a breached one not again."""
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        if self.sla_breached_at is not None:
            return False
        self.sla_breached_at = now
        self._changed(now)
        return True

    def _changed(self, now: datetime) -> None:
        self.updated_at = now
        self.version += 1


class Proposal(models.Model):
    """An effect that awaits approval: exactly what was proposed, frozen, with its digest."""

    id = models.CharField(primary_key=True, max_length=128)
    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="proposals")
    refund = models.OneToOneField("billing.Refund", models.PROTECT, related_name="proposal")
    content: "models.JSONField[Any, Any]" = models.JSONField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.id

    @property
    def is_intact(self) -> bool:
        """Whether the content is still what was proposed."""
        return canonical.digest(self.content) == self.digest


class Refused(Problem):
    """The handoff is not in a state that allows the act; nothing was changed."""

    status = 409

    def __init__(self, why: str, handoff: Handoff) -> None:
        owner = handoff.claimed_by.get_username() if handoff.claimed_by else None
        super().__init__(why, extra={"ok": False, "error": why, "owner": owner, "version": handoff.version})


class HandoffNotFound(NotFound):
    error = "Handoff not found"

    def __init__(self) -> None:
        super().__init__("Handoff not found")


class NotClaimable(Refused):
    def __init__(self, handoff: Handoff) -> None:
        super().__init__("Handoff already claimed or not pending", handoff)


class NotResolvable(Refused):
    pass


class AlreadyResolved(NotResolvable):
    def __init__(self, handoff: Handoff) -> None:
        super().__init__("Handoff already resolved", handoff)
