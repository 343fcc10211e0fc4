from typing import Any

from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from flowops.accounts.authentication import OperatorTokenAuthentication
from flowops.accounts.models import User
from flowops.parsers import refuse_unmeasured
from flowops.schema import problems
from handoffs import services
from handoffs.access import MayDebug, MaySupervise, MayView, MayWork
from handoffs.filters import HandoffFilter, HandoffPagination, refuse_unknown_parameters
from handoffs.models import Handoff, HandoffNotFound
from handoffs.serializers import ChangedShape, HandoffShape, ResolveRequest

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The version the change was decided on.",
)


class HandoffListView(ListAPIView):  # type: ignore[type-arg] # only the stubs know arguments
    authentication_classes = [OperatorTokenAuthentication]
    permission_classes = [MayView]
    serializer_class = HandoffShape
    pagination_class = HandoffPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = HandoffFilter
    queryset = Handoff.objects.for_display()

    @extend_schema(
        summary="List handoffs, newest first",
        responses={200: HandoffShape(many=True), **problems(400, 401, 403)},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        refuse_unknown_parameters(request)
        return super().get(request, *args, **kwargs)


class OperatorView(APIView):
    authentication_classes = [OperatorTokenAuthentication]


class HandoffView(OperatorView):
    permission_classes = [MayView]

    @extend_schema(summary="One handoff", responses={200: HandoffShape, **problems(401, 403, 404)})
    def get(self, request: Request, handoff_id: str) -> Response:
        handoff = shown_handoff(handoff_id)
        return Response(HandoffShape(handoff).data, headers=_etag(handoff))


class ClaimView(OperatorView):
    permission_classes = [MayWork]

    @extend_schema(
        summary="Claim a waiting handoff",
        request=None,
        parameters=[IF_MATCH],
        responses={200: ChangedShape, **problems(400, 401, 403, 404, 409, 412)},
    )
    def post(self, request: Request, handoff_id: str) -> Response:
        handoff = services.claim_handoff(
            handoff_id, by=_operator(request), now=timezone.now(), version=_version(request)
        )
        return _changed(handoff)


class ResolveView(OperatorView):
    permission_classes = [MayWork]

    @extend_schema(
        summary="Resolve a claimed handoff and its ticket",
        request=ResolveRequest,
        parameters=[IF_MATCH],
        responses={200: ChangedShape, **problems(400, 401, 403, 404, 409, 411, 412, 413)},
    )
    def post(self, request: Request, handoff_id: str) -> Response:
        refuse_unmeasured(request)
        serializer = ResolveRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        handoff = services.resolve_handoff(
            handoff_id,
            by=_operator(request),
            notes=serializer.validated_data["resolutionNotes"],
            now=timezone.now(),
            version=_version(request),
        )
        return _changed(handoff)


class DebugHandoffsView(OperatorView):
    permission_classes = [MayDebug]

    @extend_schema(
        summary="The newest 50 handoffs",
        parameters=[OpenApiParameter("status"), OpenApiParameter("id")],
        responses={200: HandoffShape(many=True), **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        rows = Handoff.objects.for_display().order_by("-created_at", "-id")
        filters = HandoffFilter(request.query_params, queryset=rows)
        if not filters.is_valid():
            raise ValidationError(filters.errors)
        rows = filters.qs
        if handoff_id := request.query_params.get("id"):
            rows = rows.filter(id=handoff_id)
        return Response(HandoffShape(rows[:50], many=True).data)


class ForceBreachView(OperatorView):
    permission_classes = [MaySupervise]

    @extend_schema(
        summary="Mark a handoff as late, to try what follows",
        request=None,
        responses={200: ChangedShape, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, handoff_id: str) -> Response:
        return _changed(services.record_breach(handoff_id, by=_operator(request), now=timezone.now()))


def _operator(request: Request) -> User:
    """The person behind the token; the permission has refused everybody else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def shown_handoff(handoff_id: str) -> Handoff:
    """A handoff with all that its shape needs. Raises HandoffNotFound."""
    handoff = Handoff.objects.for_display().filter(id=handoff_id).first()
    if handoff is None:
        raise HandoffNotFound
    return handoff


def _changed(handoff: Handoff) -> Response:
    return Response({"ok": True, "handoff": HandoffShape(handoff).data}, headers=_etag(handoff))


def _etag(handoff: Handoff) -> dict[str, str]:
    return {"ETag": f'"{handoff.version}"'}


def _version(request: Request) -> int | None:
    """The version If-Match names; None without the header or with `*`."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    digits = header.strip('"')
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        return int(digits)
    raise ValidationError({"If-Match": ["Must be a version number."]})
