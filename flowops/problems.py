"""Errors on the wire: RFC 9457 problem details that keep the members older clients read.

A domain module names its own refusal by subclassing `Problem`; the one handler below turns it, and what
DRF and the database raise, into an answer.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal with an HTTP status. `error` is the member older clients read; `extra` adds members."""

    status: int = HTTPStatus.BAD_REQUEST
    error: str = "bad_request"

    def __init__(
        self,
        detail: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class NotFound(Problem):
    status = HTTPStatus.NOT_FOUND
    error = "not_found"


class Unavailable(Problem):
    """The database cannot be reached or is too busy; the same request may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    error = "service_unavailable"

    def __init__(self, detail: str = "Please try again in a moment.") -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


class LengthRequired(Problem):
    status = HTTPStatus.LENGTH_REQUIRED
    error = "length_required"


class TooLarge(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    error = "too_large"


def members(problem: Problem) -> dict[str, Any]:
    status = HTTPStatus(problem.status)
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": problem.detail,
        "error": problem.error,
        "message": problem.detail,
        **problem.extra,
    }


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. Returns None, and so lets Django answer 500, only for bugs."""
    problem = _problem_of(error)
    if problem is None:
        return None
    return Response(members(problem), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def _problem_of(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return _invalid(error.detail)
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return _of_api_exception(error, "unauthorized")
        case exceptions.PermissionDenied() | PermissionDenied():
            return _of_api_exception(exceptions.PermissionDenied(), "forbidden")
        case exceptions.NotFound() | Http404():
            return NotFound("There is nothing here.")
        case exceptions.APIException():
            return _of_api_exception(error, str(error.default_code))
        case OperationalError() | InterfaceError():
            logger.warning("database_unavailable", extra={"kind": type(error).__name__})
            return Unavailable()
        case _:
            return None


def _of_api_exception(error: exceptions.APIException, code: str) -> Problem:
    problem = Problem(str(error.detail))
    problem.status, problem.error = error.status_code, code
    if challenge := getattr(error, "auth_header", None):
        problem.headers["WWW-Authenticate"] = challenge
    return problem


def _invalid(detail: Any) -> Problem:
    faults = [{"field": path, "message": message} for path, message in _flatten(detail)]
    summary = "; ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"] for fault in faults
    )
    problem = Problem(summary, extra={"errors": faults})
    problem.error = "invalid"
    return problem


def _flatten(detail: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(detail, Mapping):
        return [
            found
            for name, inner in detail.items()
            for found in _flatten(inner, path if name == "non_field_errors" else f"{path}.{name}".strip("."))
        ]
    if isinstance(detail, list):
        return [found for inner in detail for found in _flatten(inner, path)]
    return [(path, str(detail))]


def as_response(problem: Problem) -> JsonResponse:
    """For answers given outside DRF."""
    return JsonResponse(members(problem), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def for_whoever(request: HttpRequest, problem: Problem) -> HttpResponse:
    """People in the console get a page, programs the problem itself."""
    is_person = request.path.startswith(reverse("admin:index"))
    if not is_person or "text/html" not in request.headers.get("Accept", ""):
        return as_response(problem)
    page = render_to_string("console/error.html", {"title": members(problem)["title"], "detail": problem.detail})
    return HttpResponse(page, status=problem.status, headers=problem.headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: an unknown Host, a malformed request."""
    return as_response(Problem("The request cannot be read."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403, for people whose role does not allow the page or the act."""
    problem = Problem("Your role does not allow this.")
    problem.status, problem.error = HTTPStatus.FORBIDDEN, "forbidden"
    return for_whoever(request, problem)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: the same shape for a bug, and no detail of it."""
    problem = Problem("Something went wrong on our side.")
    problem.status, problem.error = HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error"
    return for_whoever(request, problem)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404, for paths no route answers."""
    return for_whoever(request, NotFound("There is nothing at this path."))
