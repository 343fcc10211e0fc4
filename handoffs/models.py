from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from flowops import canonical
from flowops.accounts.models import Customer
from flowops.billing.models import Refund, RefundStatus
from flowops.money import NotMoney, money
from flowops.outbox.models import Delivery
from handoffs.refusals import AlreadyResolved, ClaimExpired, NotClaimable, NotClaimed, NotOwner, Refused


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


class Category(models.TextChoices):
    """What came of a case, as the person who closed it saw it."""

    ANSWERED = "answered", "Question answered"
    REFUNDED = "refunded", "Refunded"
    DENIED = "denied", "Refund denied"
    FIXED = "fixed", "Problem fixed"
    DUPLICATE = "duplicate", "Duplicate of another case"
    NO_RESPONSE = "no_response", "Customer did not respond"
    OTHER = "other", "Something else"


LIVE = (HandoffStatus.PENDING, HandoffStatus.CLAIMED)


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def live(self) -> "HandoffQuerySet":
        return self.filter(status__in=LIVE)

    def for_display(self) -> "HandoffQuerySet":
        proposals = Proposal.objects.select_related("refund", "approved_by", "seconded_by")
        return self.select_related("claimed_by", "resolved_by").prefetch_related(
            models.Prefetch("proposals", proposals)
        )

    def breached(self, now: datetime) -> "HandoffQuerySet":
        """Recorded as breached, or unclaimed past its due time."""
        late = models.Q(status=HandoffStatus.PENDING, sla_due_at__lt=now)
        return self.filter(models.Q(sla_breached_at__isnull=False) | late)

    def awake(self, now: datetime) -> "HandoffQuerySet":
        return self.filter(models.Q(snoozed_until=None) | models.Q(snoozed_until__lte=now))

    def asleep(self, now: datetime) -> "HandoffQuerySet":
        return self.live().filter(snoozed_until__gt=now)

    def waiting(self, now: datetime) -> "HandoffQuerySet":
        """What anybody may claim, the most pressing first."""
        return self.filter(status=HandoffStatus.PENDING).awake(now).order_by("sla_due_at", "id")

    def to_decide(self) -> "HandoffQuerySet":
        """With a refund that waits for somebody's yes or no."""
        return self.live().filter(
            models.Exists(Proposal.objects.undecided().filter(handoff=models.OuterRef("pk")))
        )

    def with_customer(self) -> "HandoffQuerySet":
        """Each with `customer_name`, `_email`, `_plan` and `_api_key`; None where we do not know the customer."""
        known = Customer.objects.filter(id=models.OuterRef("customer_id"))
        fields = {"name": "name", "email": "email", "plan": "account__plan", "api_key": "account__api_key_status"}
        return self.annotate(
            **{f"customer_{name}": models.Subquery(known.values(field)[:1]) for name, field in fields.items()}
        )

    def with_proposed(self) -> "HandoffQuerySet":
        """Each with `proposed_amount` and `proposed_currency` of its oldest undecided refund, or None."""
        undecided = Proposal.objects.undecided().filter(handoff=models.OuterRef("pk")).order_by("created_at", "id")
        return self.annotate(
            proposed_amount=models.Subquery(undecided.values("refund__amount")[:1]),
            proposed_currency=models.Subquery(undecided.values("refund__currency")[:1]),
        )


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
    # A claim is a lease: the owner's acts and open case page renew it; then the case returns to the queue.
    claimed_until = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="resolved_handoffs"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution_notes = models.TextField(blank=True)
    resolution_category = models.CharField(max_length=20, choices=Category, blank=True)
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
                condition=models.Q(
                    status="pending", claimed_by=None, claimed_at=None, claimed_until=None, resolved_at=None
                )
                | models.Q(
                    status="claimed",
                    claimed_by__isnull=False,
                    claimed_at__isnull=False,
                    claimed_until__isnull=False,
                    resolved_at=None,
                )
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
            models.CheckConstraint(
                condition=models.Q(resolution_category__in=["", *Category.values]),
                name="handoff_category_is_known",
            ),
        ]
        indexes = [
            # Reader: the queue, what waits by when it is due.
            models.Index(
                fields=["sla_due_at", "id"], condition=models.Q(status="pending"), name="handoff_waiting"
            ),
            # Reader: the worker, for claims that have run out; and "Mine".
            models.Index(
                fields=["claimed_until"], condition=models.Q(status="claimed"), name="handoff_claim_runs_out"
            ),
            # Reader: the worker, for whom to wake; and "Snoozed".
            models.Index(
                fields=["snoozed_until"],
                condition=models.Q(snoozed_until__isnull=False),
                name="handoff_asleep",
            ),
            # Reader: the pulse, for what has changed since a page was drawn.
            models.Index(fields=["updated_at"], name="handoff_changed"),
            # Reader: GET /handoffs, newest first.
            models.Index(fields=["-created_at", "-id"], name="handoff_newest"),
            # Reader: GET /handoffs?customerId=, and the customer panel.
            models.Index(fields=["customer_id", "-created_at"], name="handoff_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.reason}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def is_asleep(self, now: datetime) -> bool:
        return self.is_live and self.snoozed_until is not None and self.snoozed_until > now

    # The rules of each change live here, testable without a database; `services` lock, save and record.

    def claim(self, by: Any, now: datetime, lease: timedelta) -> None:
        if self.status != HandoffStatus.PENDING:
            raise NotClaimable(self)
        self._give_to(by, now, lease)

    def reassign(self, to: Any, now: datetime, lease: timedelta) -> None:
        """To another person; from the queue, too."""
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        if self.claimed_by_id == to.pk:
            raise Refused(f"Handoff already belongs to {to.get_username()}", self)
        self._give_to(to, now, lease)

    def release(self, now: datetime) -> None:
        """Back to the queue, for anybody."""
        self._give_back()
        self._changed(now)

    def expire(self, now: datetime) -> bool:
        """Whether the claim had run out, and the case is back in the queue."""
        if self.status != HandoffStatus.CLAIMED or self.claimed_until is None or self.claimed_until > now:
            return False
        self.release(now)
        return True

    def snooze(self, until: datetime, now: datetime, lease: timedelta) -> None:
        """Out of sight until then. A claim lasts through it."""
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        if until <= now:
            raise Refused("A handoff can only sleep until a time to come", self)
        self.snoozed_until = until
        if self.status == HandoffStatus.CLAIMED:
            self.claimed_until = until + lease
        self._changed(now)

    def wake(self, now: datetime, lease: timedelta) -> None:
        if self.snoozed_until is None:
            raise Refused("Handoff is not snoozed", self)
        self._end_sleep(now, lease)
        self._changed(now)

    def prioritise(self, priority: str, now: datetime) -> None:
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        self.priority = Priority(priority)
        self._changed(now)

    def resolve(self, by: Any, notes: str, category: str, now: datetime) -> None:
        self.status, self.resolved_by, self.resolved_at = HandoffStatus.RESOLVED, by, now
        self.resolution_notes, self.resolution_category = notes, category
        self.claimed_until = self.snoozed_until = None
        self._changed(now)

    def reopen(self, now: datetime, due: datetime) -> None:
        """Back to the queue, to be claimed until `due`."""
        if self.status != HandoffStatus.RESOLVED:
            raise Refused("Handoff is not resolved", self)
        self._give_back()
        self.resolved_by = self.resolved_at = self.sla_breached_at = None
        self.resolution_notes = self.resolution_category = ""
        self.sla_due_at = due
        self._changed(now)

    def join(self, issues: Sequence[str], *, is_urgent: bool, now: datetime, lease: timedelta) -> None:
        """The customer has written again: nobody sleeps through it."""
        self.issues = [*self.issues, *issues]
        if self.snoozed_until is not None:
            self._end_sleep(now, lease)
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

    def touch(self, now: datetime) -> None:
        """Something was added to the case or decided on it."""
        self._changed(now)

    def renew(self, now: datetime, lease: timedelta) -> None:
        """The owner is at work: the claim runs on."""
        if self.status == HandoffStatus.CLAIMED and self.claimed_until is not None:
            self.claimed_until = max(self.claimed_until, now + lease)

    def refuse_strangers(self, by: Any, act: str, now: datetime, *, may_act_for_others: bool) -> None:
        """Only the owner acts on a claimed case, while the claim lasts; `may_act_for_others`: a supervisor too.

        `act` is a verb: it completes the sentence of the refusal.
        """
        if self.status == HandoffStatus.RESOLVED:
            raise AlreadyResolved(self)
        if self.status == HandoffStatus.PENDING:
            raise NotClaimed(act, self)
        if may_act_for_others:
            return
        if self.claimed_by_id != by.pk:
            raise NotOwner(act, self)
        if self.claimed_until is not None and self.claimed_until <= now:
            raise ClaimExpired(self)

    def _give_to(self, owner: Any, now: datetime, lease: timedelta) -> None:
        self.status, self.claimed_by, self.claimed_at = HandoffStatus.CLAIMED, owner, now
        self.claimed_until, self.snoozed_until = now + lease, None
        self._changed(now)

    def _end_sleep(self, now: datetime, lease: timedelta) -> None:
        """The claim was to last through the sleep; it is a lease like any other again."""
        self.snoozed_until = None
        if self.status == HandoffStatus.CLAIMED:
            self.claimed_until = now + lease

    def _give_back(self) -> None:
        self.status = HandoffStatus.PENDING
        self.claimed_by = self.claimed_at = self.claimed_until = self.snoozed_until = None

    def _changed(self, now: datetime) -> None:
        self.updated_at = now
        self.version += 1


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def undecided(self) -> "ProposalQuerySet":
        """A person's yes or no is still missing (perhaps a second one's)."""
        return self.filter(refund__status=RefundStatus.PENDING, not_before=None)

    def approved(self) -> "ProposalQuerySet":
        """Approved, and waiting to be carried out."""
        return self.filter(executed_at=None, not_before__isnull=False)


class Proposal(models.Model):
    """An effect that awaits approval: exactly what was proposed, frozen, with its digest.

    What follows `created_at` is what became of it: one person's yes, a second's where policy wants two, from when
    on it may be carried out (until then it can be taken back), and that it was.
    """

    id = models.CharField(primary_key=True, max_length=128)
    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="proposals")
    refund = models.OneToOneField(Refund, models.PROTECT, related_name="proposal")
    content: "models.JSONField[Any, Any]" = models.JSONField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    seconded_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seconded_by=None)
                | (models.Q(approved_by__isnull=False) & ~models.Q(seconded_by=models.F("approved_by"))),
                name="two_approvals_are_by_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(not_before=None) | models.Q(approved_by__isnull=False),
                name="nothing_unapproved_is_due",
            ),
            models.CheckConstraint(
                condition=models.Q(executed_at=None) | models.Q(not_before__isnull=False),
                name="nothing_unapproved_is_executed",
            ),
        ]
        indexes = [
            # Reader: the worker, for approved refunds that are to be carried out.
            models.Index(fields=["not_before"], condition=models.Q(executed_at=None), name="proposal_to_execute"),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def is_intact(self) -> bool:
        """Whether the content is still what was proposed, and the ledger still reserves just that."""
        return canonical.digest(self.content) == self.digest and self._is_of_its_refund()

    def _is_of_its_refund(self) -> bool:
        try:
            proposed = (self.content["refund_id"], self.content["invoice_id"])
            wanted = money(self.content["money"]["amount"], self.content["money"]["currency"])
        except (KeyError, TypeError, NotMoney):
            return False
        return proposed == (self.refund_id, self.refund.invoice_id) and wanted == self.refund.money

    @property
    def is_undecided(self) -> bool:
        return self.refund.status == RefundStatus.PENDING and self.not_before is None

    @property
    def is_approved(self) -> bool:
        """Approved and not yet carried out."""
        return self.not_before is not None and self.executed_at is None


class CommentKind(models.TextChoices):
    NOTE = "note"  # for colleagues
    REPLY = "reply"  # mailed to the customer


class Comment(models.Model):
    """What a person wrote on a case. A reply has its mail, and what the verifier found in it."""

    id = models.CharField(primary_key=True, max_length=128)
    handoff = models.ForeignKey(Handoff, models.PROTECT, related_name="comments")
    kind = models.CharField(max_length=10, choices=CommentKind)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    findings: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True)
    override_reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001 - null is "none given"
    delivery = models.OneToOneField(Delivery, models.PROTECT, null=True, blank=True, related_name="reply")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "by", "request_id"], name="one_reply_per_request"),
            models.CheckConstraint(
                condition=models.Q(kind="note", delivery=None) | models.Q(kind="reply", delivery__isnull=False),
                name="a_reply_has_its_mail_and_a_note_none",
            ),
            models.CheckConstraint(
                condition=models.Q(findings=[]) | ~models.Q(override_reason=""),
                name="findings_are_overridden_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Presence(models.Model):
    """Who has a case open, and when their page last said so."""

    handoff = models.ForeignKey(Handoff, models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    is_replying = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handoff", "user"], name="one_presence_per_person")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.handoff_id}"


class SavedReply(models.Model):
    """Words people send often. {customer}, {invoice} and {amount} are filled in from the case."""

    name = models.CharField(max_length=100, unique=True)
    text = models.TextField(help_text="{customer}, {invoice} and {amount} are filled in from the case.")

    class Meta:
        verbose_name_plural = "saved replies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
