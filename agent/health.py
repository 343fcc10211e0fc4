"""Is it up, is it ready, what is it."""

from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from flowops.database import unapplied_migrations
from flowops.outbox.models import Delivery, DeliveryState
from policy.models import PolicyVersion

OUTBOX_IS_STUCK_AFTER = timedelta(minutes=15)


@extend_schema(responses={200: OpenApiTypes.OBJECT}, auth=[])
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def index(request: Request) -> Response:
    """What programs are told; people get the chat panel, see `agent.panel`."""
    return Response({"message": "FlowOps AI is running. The API is described at /docs."})


@extend_schema(responses={200: OpenApiTypes.OBJECT}, auth=[])
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def health(request: Request) -> Response:
    """This process answers; nothing is said of what it needs."""
    return Response({"status": "ok", "service": "FlowOps AI"})


@extend_schema(responses={200: OpenApiTypes.OBJECT, 503: OpenApiTypes.OBJECT}, auth=[])
@api_view(["GET", "HEAD"])
@permission_classes([AllowAny])
def ready(request: Request) -> Response:
    """200 when a message could be handled now: database, migrations, an active policy, mails leaving; else 503."""
    try:
        pending = unapplied_migrations()
        late = _late_deliveries()
        has_policy = PolicyVersion.objects.filter(is_active=True).exists()
    except DatabaseError:
        checks = {"database": "unavailable"}
    else:
        checks = {
            "database": "ok",
            "migrations": "ok" if not pending else f"{pending} to apply",
            "policy": "ok" if has_policy else "none is active; load one with `manage.py load_policy FILE`",
            "outbox": "ok" if not late else f"{late} deliveries are late; is the worker running?",
        }
    is_ready = all(state == "ok" for state in checks.values())
    body = {"status": "ready" if is_ready else "not ready", "checks": checks}
    return Response(body, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


def _late_deliveries() -> int:
    stuck = timezone.now() - OUTBOX_IS_STUCK_AFTER
    return Delivery.objects.filter(state=DeliveryState.PENDING, not_before__lt=stuck).count()
