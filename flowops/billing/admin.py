from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from flowops.billing.models import Invoice, Payment, Refund
from flowops.read_only_admin import ReadOnlyAdmin


class PaymentInline(admin.StackedInline):
    model = Payment
    extra = 0
    can_delete = False


class RefundInline(admin.StackedInline):
    model = Refund
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invoice)
class InvoiceAdmin(admin.ModelAdmin):
    list_display = ("id", "customer_id", "amount", "currency", "status", "issued_at")
    list_filter = ("status", "currency")
    search_fields = ("id", "customer__id")
    raw_id_fields = ("customer",)  # works without a script, and for a screen reader
    inlines = (PaymentInline, RefundInline)
    show_full_result_count = False


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("id", "invoice_id", "amount", "currency", "status", "created_at", "decided_by")
    list_filter = ("status", "currency")
    search_fields = ("id", "invoice__id")
    show_full_result_count = False
