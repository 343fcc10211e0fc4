from typing import Any, NoReturn

from django.db import models


class AppendOnly(TypeError):
    """An audit entry is written once and never changed or removed."""


class EntryQuerySet(models.QuerySet["Entry"]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class Entry(models.Model):
    """Who did what to what, when; written in the transaction of the act."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=50)
    subject = models.CharField(max_length=128)
    customer_id = models.CharField(max_length=128, blank=True)
    data: "models.JSONField[Any, Any]" = models.JSONField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            # Reader: everything about one customer, in order.
            models.Index(fields=["customer_id", "id"], name="audit_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(force_insert=True, using=kwargs.get("using"))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
