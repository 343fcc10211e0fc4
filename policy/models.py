from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from flowops import canonical
from flowops.problems import Unavailable
from policy import ruleset as rulesets
from policy.ruleset import NotARuleset, Ruleset


class Immutable(TypeError):
    """A published version is never changed; publish another."""


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def delete(self) -> NoReturn:
        raise Immutable("decisions point at published policies")


class PolicyVersion(models.Model):
    """One published ruleset. Numbered, checksummed, never changed; at most one is active."""

    number = models.PositiveIntegerField(unique=True)
    content: "models.JSONField[Any, Any]" = models.JSONField("ruleset", help_text="The ruleset as JSON.")
    checksum = models.CharField(max_length=64, editable=False)
    is_active = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        permissions = [("activate_policyversion", "Can make a policy version the active one")]
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="one_active_policy"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Immutable(f"policy {self} is published")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Immutable("decisions point at published policies")

    def clean(self) -> None:
        if self.content is None:
            return  # the field's own error is told already
        try:
            rulesets.read(self.content)
        except NotARuleset as error:
            raise ValidationError({"content": [f"{f.path}: {f.message}" for f in error.faults]}) from error

    @property
    def ruleset(self) -> Ruleset:
        """The checked ruleset. Raises Tampered when the content is not what was published."""
        if canonical.digest(self.content) != self.checksum:
            raise Tampered(self.number)
        return rulesets.read(self.content)


class Tampered(Unavailable):
    """The stored content no longer has the checksum it was published with; nothing is decided by it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Policy version {number} is not what was published.")
