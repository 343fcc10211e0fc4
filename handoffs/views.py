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
from flowops.fields import Identifier
from flowops.parsers import refuse_unmeasured
from flowops.schema import problems
from handoffs import acts, roles, services
from handoffs.access import MayDebug, MayView
from handoffs.acts import ACTS, Act, Caller
from handoffs.changes import refuse_without
from handoffs.filters import HandoffFilter, HandoffPagination, refuse_unknown_parameters, wants_signals
from handoffs.models import Handoff
from handoffs.refusals import HandoffNotFound, Refused
from handoffs.serializers import ChangedShape, HandoffShape, ListedShape

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The version the change was decided on.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The same key again sends nothing again.",
)


class HandoffListView(ListAPIView):  # type: ignore[type-arg] # only the stubs know arguments
    authentication_classes = [OperatorTokenAuthentication]
    permission_classes = [MayView]
    pagination_class = HandoffPagination
    filter_backends = [DjangoFilterBackend]
    filterset_class = HandoffFilter
    queryset = Handoff.objects.for_display()

    def get_serializer_class(self) -> type[HandoffShape]:
        return ListedShape if wants_signals(self.request) else HandoffShape

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(
        summary="List handoffs, newest first",
        parameters=[OpenApiParameter("includeSignals", enum=["0", "1"])],
        responses={200: ListedShape(many=True), **problems(400, 401, 403)},
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


class ActView(OperatorView):
    """One act on one handoff. Whether the person may do it, the service says."""

    permission_classes = [MayView]
    act: Act

    def post(self, request: Request, handoff_id: str) -> Response:
        asked = acts.read(self.act, self._sent(request))
        caller = Caller(
            by=_operator(request), now=timezone.now(), version=_version(request), request_id=_request_id(request)
        )
        return _changed(self.act.perform(handoff_id, asked, caller))

    def _sent(self, request: Request) -> Any:
        """The body; of an act that takes none it is not read, as older clients may send any."""
        if self.act.request is acts.Nothing:
            return {}
        refuse_unmeasured(request)
        return request.data


def act_view(name: str) -> Any:
    """The view of an act, with its description for the published schema."""
    act = ACTS[name]
    has_body = act.request is not acts.Nothing
    statuses = (400, 401, 403, 404, 409, 412, *((411, 413, 415) if has_body else ()))
    described = extend_schema(
        summary=act.summary,
        request=act.request if has_body else None,
        parameters=[IF_MATCH, *([IDEMPOTENCY_KEY] if name == "reply" else [])],
        responses={200: ChangedShape, **problems(*statuses, *((422,) if name == "reply" else ()))},
    )
    view: Any = type(f"{name.capitalize()}View", (ActView,), {"act": act})
    return described(view).as_view()


class HeartbeatView(OperatorView):
    permission_classes = [MayView]

    @extend_schema(
        summary="Say that you are still at work on a handoff you have claimed",
        request=None,
        responses={200: OpenApiTypes.OBJECT, **problems(401, 403, 404, 409)},
    )
    def post(self, request: Request, handoff_id: str) -> Response:
        by = _operator(request)
        refuse_without(roles.WORK, by)
        until = services.keep_claim(handoff_id, by=by, now=timezone.now())
        if until is None:
            handoff = shown_handoff(handoff_id)
            raise Refused("Handoff is not claimed by you", handoff)
        return Response({"ok": True, "claimedUntil": until})


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
    permission_classes = [MayView]

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


def _request_id(request: Request) -> str | None:
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    try:
        key: str = Identifier().run_validation(header)
    except ValidationError as error:
        raise ValidationError({"Idempotency-Key": error.detail}) from error
    return key


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
