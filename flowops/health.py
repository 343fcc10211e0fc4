"""Is it up, is it ready, what is it."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from flowops.outbox.models import Delivery, DeliveryState

OUTBOX_IS_STUCK_AFTER = timedelta(minutes=15)


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """Browsers go to the console; programs get a greeting."""
    if request.accepts("text/html") and "text/html" in request.headers.get("Accept", ""):
        return redirect("admin:index")
    return JsonResponse({"message": "FlowOps AI is running. The API is described at /docs."})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing is said of what it needs."""
    return JsonResponse({"status": "ok", "service": "FlowOps AI"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when a message could be handled now: database there, migrations applied, mails leaving; else 503."""
    try:
        pending = _pending_migrations()
        late = _late_deliveries()
    except DatabaseError:
        checks = {"database": "unavailable"}
    else:
        checks = {
            "database": "ok",
            "migrations": "ok" if not pending else f"{pending} to apply",
            "outbox": "ok" if not late else f"{late} deliveries are late; is the worker running?",
        }
    is_ready = all(state == "ok" for state in checks.values())
    body = {"status": "ready" if is_ready else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _late_deliveries() -> int:
    stuck = timezone.now() - OUTBOX_IS_STUCK_AFTER
    return Delivery.objects.filter(state=DeliveryState.PENDING, not_before__lt=stuck).count()
