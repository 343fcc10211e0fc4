from django.contrib import admin

from agent.models import Interaction
from flowops.read_only_admin import ReadOnlyAdmin


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "customer_id", "intent", "confidence", "escalated", "verified", "id")
    list_filter = ("escalated", "verified", "intent")
    search_fields = ("id", "customer_id", "request_id")
    ordering = ("-created_at", "-id")
    exclude = ("response",)
    show_full_result_count = False
