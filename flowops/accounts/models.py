from typing import TypeVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from flowops.accounts import keys


class User(AbstractUser):
    """A person at work. Our own model from the first migration on, because it cannot be swapped later."""

    single_keys = models.BooleanField(
        "single-key shortcuts", default=True, help_text="Let single keys act in the console (j, k, c, r …)."
    )


class Plan(models.TextChoices):
    FREE = "free"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class ApiKeyStatus(models.TextChoices):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NONE = "none", "no key yet"


class Customer(models.Model):
    id = models.CharField(primary_key=True, max_length=128)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class Account(models.Model):
    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="account")
    plan = models.CharField(max_length=20, choices=Plan)
    api_key_status = models.CharField(max_length=20, choices=ApiKeyStatus, default=ApiKeyStatus.NONE)
    sla_hours = models.PositiveSmallIntegerField("response time in hours")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(plan__in=Plan.values), name="plan_is_known"),
            models.CheckConstraint(
                condition=models.Q(api_key_status__in=ApiKeyStatus.values), name="api_key_status_is_known"
            ),
            models.CheckConstraint(condition=models.Q(sla_hours__gt=0), name="sla_hours_are_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.plan}"


CredentialT = TypeVar("CredentialT", bound="Credential")


class CredentialQuerySet(models.QuerySet[CredentialT]):
    def for_key(self, plain: str) -> CredentialT | None:
        """The credential a presented key proves, unless it is malformed, unknown, forged or revoked."""
        prefix = keys.prefix_of(plain)
        if prefix is None:
            return None
        found = self.filter(prefix=prefix, revoked_at=None).first()
        if found and constant_time_compare(found.digest, keys.digest(plain)):
            return found
        return None


class Credential(models.Model):
    """What a bearer key proves. API clients and operators differ in whose key it is, nothing else."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def issue_key(self) -> str:
        """Give this unsaved credential a new key, and return it for showing once."""
        made = keys.make()
        self.prefix, self.digest = made.prefix, made.digest
        return made.plain


class ApiClient(Credential):
    """A program that may send customers' messages to `/chat`."""

    objects = CredentialQuerySet["ApiClient"].as_manager()


class OperatorToken(Credential):
    """A person's own key for the operator routes."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")

    objects = CredentialQuerySet["OperatorToken"].as_manager()
