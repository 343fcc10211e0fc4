from django.contrib import admin

from flowops.audit.models import Entry
from flowops.read_only_admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "subject", "customer_id")
    list_filter = ("action",)
    search_fields = ("subject", "customer_id")
    ordering = ("-id",)
    show_full_result_count = False
