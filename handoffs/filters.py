from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from handoffs.models import Handoff, HandoffStatus, Priority

_YES_NO = [("true", "true"), ("false", "false")]
_NOT_OURS = ValidationError({"cursor": ["Is not one we gave."]})


class HandoffFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=HandoffStatus.choices)
    priority = django_filters.ChoiceFilter(choices=Priority.choices)
    reason = django_filters.CharFilter()
    claimedBy = django_filters.CharFilter("claimed_by__username")
    customerId = django_filters.CharFilter("customer_id")
    breached = django_filters.ChoiceFilter(choices=_YES_NO, method="filter_breached")

    class Meta:
        model = Handoff
        fields: list[str] = []

    def filter_breached(self, rows: QuerySet[Handoff], name: str, wanted: str) -> QuerySet[Handoff]:
        late = Handoff.objects.breached(timezone.now()).values("pk")
        return rows.filter(pk__in=late) if wanted == "true" else rows.exclude(pk__in=late)


class HandoffPagination(CursorPagination):
    """A plain array, newest first unless asked otherwise; where to go on stands in the Link header."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    orderings = {
        "-createdAt": ("-created_at", "-id"),
        "createdAt": ("created_at", "id"),
        "slaDueAt": ("sla_due_at", "id"),
        "-slaDueAt": ("-sla_due_at", "-id"),
    }

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        asked = request.query_params.get("ordering", "-createdAt")
        if asked not in self.orderings:
            raise ValidationError({"ordering": [f"Must be one of {', '.join(self.orderings)}."]})
        return self.orderings[asked]

    def get_page_size(self, request: Any) -> int:
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdigit() and len(asked) < 10 and 1 <= int(asked) <= self.max_page_size):
            raise ValidationError({"limit": [f"Must be a whole number from 1 to {self.max_page_size}."]})
        return int(asked)

    def decode_cursor(self, request: Any) -> Any:
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise _NOT_OURS from error
        if cursor is not None and not _is_ours(cursor):
            raise _NOT_OURS
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        links = [
            f'<{url}>; rel="{relation}"'
            for relation, url in (("next", self.get_next_link()), ("prev", self.get_previous_link()))
            if url
        ]
        return Response(data, headers={"Link": ", ".join(links)} if links else {})

    def get_paginated_response_schema(self, schema: Any) -> Any:
        return schema


def _is_ours(cursor: Any) -> bool:
    """Our cursors point at a time, or so many rows from the start where all rows have the same."""
    if cursor.position is None:
        return bool(cursor.offset)
    try:
        moment = parse_datetime(cursor.position)
    except ValueError:
        return False
    return moment is not None and moment.utcoffset() == timedelta(0) and 1970 <= moment.year < 9999


def wants_signals(request: Any) -> bool:
    asked = request.query_params.get("includeSignals", "0")
    if asked not in ("0", "1"):
        raise ValidationError({"includeSignals": ["Must be 0 or 1."]})
    return bool(asked == "1")


def refuse_unknown_parameters(request: Any) -> None:
    """A misspelled filter would otherwise answer with everything."""
    known = {*HandoffFilter.base_filters, "ordering", "limit", "cursor", "includeSignals"}
    if unknown := sorted(set(request.query_params) - known):
        raise ValidationError({name: ["Unknown parameter."] for name in unknown})
