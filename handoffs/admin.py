from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from flowops.problems import Problem
from flowops.read_only_admin import ReadOnlyAdmin
from handoffs import roles, services
from handoffs.models import Handoff, Proposal, Ticket


class ProposalInline(admin.TabularInline):
    model = Proposal
    extra = 0
    fields = readonly_fields = ("id", "refund", "content", "digest", "created_at")
    can_delete = False


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "reason", "priority", "status", "claimed_by", "sla_due_at")
    list_filter = ("status", "priority")
    list_select_related = ("claimed_by",)
    search_fields = ("id", "customer_id", "ticket__id")
    ordering = ("-created_at", "-id")
    inlines = (ProposalInline,)
    actions = ("claim", "resolve")
    show_full_result_count = False

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(roles.WORK)

    @admin.action(description="Claim", permissions=["work"])
    def claim(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, lambda pk: services.claim_handoff(pk, by=_person(request), now=timezone.now()))

    @admin.action(description="Resolve", permissions=["work"])
    def resolve(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(
            request,
            rows,
            lambda pk: services.resolve_handoff(pk, by=_person(request), notes="", now=timezone.now()),
        )


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "subject", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "customer_id")
    show_full_result_count = False


def _each(request: HttpRequest, rows: QuerySet[Handoff], act: Callable[[str], Handoff]) -> None:
    """Act on each chosen handoff and say what came of it; one refusal stops none of the others."""
    for handoff_id in rows.values_list("pk", flat=True):
        try:
            changed = act(handoff_id)
        except Problem as refusal:
            messages.warning(request, f"Handoff {handoff_id}: {refusal.detail}")
        else:
            messages.success(request, f"Handoff {handoff_id}: {changed.status}")


def _person(request: HttpRequest) -> Any:
    return request.user
