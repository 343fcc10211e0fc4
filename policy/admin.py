import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from flowops.accounts.models import User
from policy import versions
from policy.models import PolicyVersion


class IndentedJSON(forms.JSONField):
    """JSON as people can read and edit it."""

    widget = forms.Textarea(attrs={"rows": 45, "cols": 90, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """A new version starts as a copy of the active one; a published version is never changed."""

    list_display = ("number", "is_active", "created_at", "created_by", "checksum")
    fields = ("content",)
    formfield_overrides = {models.JSONField: {"form_class": IndentedJSON, "widget": IndentedJSON.widget}}
    actions = ("activate",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("number", "is_active", "content", "checksum", "created_by", "created_at") if obj else ("content",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        active = PolicyVersion.objects.filter(is_active=True).first()
        return {"content": active.content} if active else {}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("policy.activate_policyversion")

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        published = versions.publish(obj.content, by=_person(request), now=timezone.now())
        obj.pk, obj.number = published.pk, published.number
        messages.info(request, f"Version {published.number} is published, not yet active.")

    @admin.action(description="Make this the active version", permissions=["activate"])
    def activate(self, request: HttpRequest, rows: QuerySet[PolicyVersion]) -> None:
        chosen = list(rows[:2])
        if len(chosen) != 1:
            messages.error(request, "Choose exactly one version.")
            return
        versions.activate(chosen[0], by=_person(request), now=timezone.now())
        messages.success(request, f"Version {chosen[0].number} decides from now on.")


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
