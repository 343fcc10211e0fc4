from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from flowops.accounts.models import Account, ApiClient, Credential, Customer, OperatorToken, User

admin.site.register(User, UserAdmin)


class AccountInline(admin.StackedInline):
    model = Account


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ("id", "name", "email", "plan")
    list_select_related = ("account",)
    list_filter = ("account__plan",)
    search_fields = ("id", "name", "email")
    inlines = (AccountInline,)
    show_full_result_count = False

    @admin.display(ordering="account__plan")
    def plan(self, customer: Customer) -> str:
        return customer.account.plan


@admin.register(ApiClient, OperatorToken)
class CredentialAdmin(admin.ModelAdmin):
    """A new credential's key is shown once, after saving; a credential is revoked, never deleted."""

    list_display = ("name", "prefix", "created_at", "revoked_at")
    readonly_fields = ("prefix", "created_at", "revoked_at")
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A token stays its person's: given to another, it would act in their name."""
        is_issued_token = isinstance(obj, OperatorToken)
        return (*self.readonly_fields, "user") if is_issued_token else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Credential, form: Any, change: bool) -> None:
        key = None if change else obj.issue_key()
        super().save_model(request, obj, form, change)
        if key:
            messages.warning(request, f"The key of {obj.name}, shown only now: {key}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Credential]) -> None:
        revoked = rows.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, f"{revoked} revoked; their keys no longer work.")
