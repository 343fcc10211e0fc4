from django.contrib import admin

from flowops.outbox.models import Delivery, Event
from flowops.read_only_admin import ReadOnlyAdmin


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "name", "customer_id", "id")
    list_filter = ("name",)
    search_fields = ("id", "customer_id")
    ordering = ("-created_at", "-id")
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "recipient", "subject", "state", "attempts", "last_error")
    list_filter = ("state",)
    search_fields = ("id", "recipient")
    ordering = ("-created_at", "-id")
    show_full_result_count = False
