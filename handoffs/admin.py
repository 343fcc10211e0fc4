import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.views import redirect_to_login
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest, HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone

from flowops.accounts.models import Customer
from flowops.fields import IDENTIFIER
from flowops.problems import Problem
from flowops.read_only_admin import ReadOnlyAdmin
from handoffs import console, queue, roles, services
from handoffs.models import Comment, Handoff, Priority, Proposal, SavedReply, Ticket
from handoffs.news import refusal_in_words

PER_PAGE = 50
MOST_CUSTOMERS = 200  # that a name in a search may match


class ViewFilter(admin.SimpleListFilter):
    """The saved views. None chosen, what waits is shown."""

    title = "view"
    parameter_name = "view"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(view.key, view.name) for view in queue.VIEWS]

    def queryset(self, request: HttpRequest, rows: Any) -> Any:
        return queue.view_of(self.value()).rows(rows, console.me_of(request), timezone.now())


class ReasonFilter(admin.SimpleListFilter):
    title = "reason"
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(queue.reasons())

    def queryset(self, request: HttpRequest, rows: QuerySet[Handoff]) -> QuerySet[Handoff]:
        return rows.filter(reason=self.value()) if self.value() else rows


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    """The queue and the case page. Everything that changes a handoff goes through `handoffs.acts`."""

    change_list_template = "console/queue.html"
    list_display = ("rank", "subject", "customer", "due", "confidence", "status")
    list_filter = (ViewFilter, "status", "priority", ReasonFilter)
    search_fields = ("id",)  # what is searched, `get_search_results` says
    list_per_page = PER_PAGE
    list_max_show_all = PER_PAGE
    paginator = queue.CappedPaginator
    show_full_result_count = False
    actions = ("claim", "release", "make_high", "make_medium", "make_low")

    @admin.display(description="Priority", ordering="rank")
    def rank(self, handoff: Handoff) -> str:
        return handoff.get_priority_display()

    @admin.display(description="Case", ordering="ticket__subject")
    def subject(self, handoff: Handoff) -> str:
        return handoff.ticket.subject

    @admin.display(description="Customer", ordering="customer_name")
    def customer(self, handoff: Any) -> str:
        return str(handoff.customer_name or handoff.customer_id)

    @admin.display(description="Due", ordering="sla_due_at")
    def due(self, handoff: Handoff) -> datetime:
        return handoff.sla_due_at

    def get_urls(self) -> list[Any]:
        def staff(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
            return self.admin_site.admin_view(view)

        def act(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
            """Who must log in first comes back to the case, where what they typed is; an act is only posted."""

            def acting(request: HttpRequest, handoff_id: str, **named: str) -> HttpResponseBase:
                if not self.admin_site.has_permission(request):
                    return redirect_to_login(console.case_url(handoff_id), reverse("admin:login"))
                return staff(view)(request, handoff_id, **named)

            return acting

        return [
            path("pulse/", staff(console.pulse), name="handoffs_pulse"),
            path("next/", staff(console.next_case), name="handoffs_next"),
            path("keys/", staff(console.switch_single_keys), name="handoffs_keys"),
            path("<identifier:handoff_id>/change/", staff(console.case_page), name="handoffs_handoff_change"),
            path("<identifier:handoff_id>/heartbeat/", staff(console.heartbeat), name="handoffs_heartbeat"),
            path("<identifier:handoff_id>/do/insert/", act(console.insert_saved_reply)),
            path("<identifier:handoff_id>/do/<slug:act>/", act(console.perform)),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Handoff]:
        ranks = [When(priority=name, then=Value(rank)) for rank, name in enumerate(("high", "med", "low"))]
        rows = Handoff.objects.select_related("ticket", "claimed_by").with_customer().with_proposed()
        newest = _messages().order_by("-turn").values("request_text")[:1]
        return rows.annotate(
            words=Subquery(newest), rank=Case(*ranks, default=Value(3), output_field=IntegerField())
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return queue.view_of(request.GET.get("view")).ordering

    def get_search_results(
        self, request: HttpRequest, rows: QuerySet[Handoff], words: str
    ) -> tuple[QuerySet[Handoff], bool]:
        """By id of handoff, ticket, customer or invoice; by the customer's name or address; by what they wrote."""
        words = words.strip()
        if not words:
            return rows, False
        customers = Customer.objects.filter(Q(name__icontains=words) | Q(email__icontains=words))
        named = list(customers.values_list("id", flat=True)[:MOST_CUSTOMERS])
        about = Proposal.objects.filter(handoff=OuterRef("pk"), refund__invoice_id=words)
        return rows.filter(
            Q(id=words)
            | Q(ticket_id=words)
            | Q(customer_id__in=[words, *named])
            | Q(ticket__subject__icontains=words)
            | Exists(about)
            | Exists(_messages().filter(request_text__icontains=words))
        ), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        me, now = console.me_of(request), timezone.now()
        view = queue.view_of(request.GET.get("view"))
        context = {"title": view.name, "view": view, "view_counts": queue.counts(me, now), "drawn_at": now}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def response_action(self, request: HttpRequest, queryset: QuerySet[Handoff], *args: Any) -> Any:
        """On the rows that were ticked, even those that have left the view meanwhile: each gets its answer."""
        ticked = [name for name in request.POST.getlist(ACTION_CHECKBOX_NAME) if re.fullmatch(IDENTIFIER, name)]
        return super().response_action(request, Handoff.objects.filter(id__in=ticked[:PER_PAGE]))

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(roles.WORK)

    @admin.action(description="Claim", permissions=["work"])
    def claim(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, "claimed", services.claim_handoff)

    @admin.action(description="Release", permissions=["work"])
    def release(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, "released", services.release_handoff)

    @admin.action(description="Priority: high", permissions=["work"])
    def make_high(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, "high", services.prioritise_handoff, priority=Priority.HIGH)

    @admin.action(description="Priority: medium", permissions=["work"])
    def make_medium(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, "medium", services.prioritise_handoff, priority=Priority.MED)

    @admin.action(description="Priority: low", permissions=["work"])
    def make_low(self, request: HttpRequest, rows: QuerySet[Handoff]) -> None:
        _each(request, rows, "low", services.prioritise_handoff, priority=Priority.LOW)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer_id", "subject", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("id", "customer_id")
    show_full_result_count = False


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "by", "handoff_id")
    list_filter = ("kind",)
    list_select_related = ("by",)
    search_fields = ("id", "handoff__id")
    ordering = ("-created_at", "-id")
    show_full_result_count = False


@admin.register(SavedReply)
class SavedReplyAdmin(admin.ModelAdmin):
    list_display = ("name", "text")
    search_fields = ("name", "text")


def _messages() -> Any:
    """The messages on a handoff. They belong to a higher floor, so they are reached from the handoff."""
    interactions: Any = Handoff._meta.get_field("interactions").related_model
    return interactions.objects.filter(handoff=OuterRef("pk"))


def _each(
    request: HttpRequest, rows: QuerySet[Handoff], done: str, act: Callable[..., Handoff], **how: Any
) -> None:
    """Act on each chosen handoff and say what came of it; one refusal stops none of the others."""
    for handoff in rows.select_related("ticket"):
        me, now = console.me_of(request), timezone.now()
        try:
            act(handoff.id, by=me, now=now, **how)
        except Problem as refusal:
            words = refusal_in_words(handoff.id, refusal, me=me, now=now)
            messages.warning(request, f"{handoff.ticket.subject} ({handoff.id}): {words}")
        else:
            messages.success(request, f"{handoff.ticket.subject} ({handoff.id}): {done}")
