"""The chat panel: a page for people that says what /chat says, and beside it why."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from agent import exchange
from agent.demo import scenarios
from agent.demo.scenarios import Scenario
from agent.exchange import Asked, Exchange, new_request_id
from agent.serializers import ChatRequest
from agent.values import Mode
from flowops.accounts.models import Customer
from flowops.problems import NotFound, Problem, Unavailable, as_response
from handoffs import roles
from handoffs.access import is_demo_visitor

CUSTOMERS = 200  # the menu's length; any other is typed

View = Callable[[HttpRequest], HttpResponseBase]


class Visitor(NamedTuple):
    """Signed in, a person is who they are; else, only the demo shows itself, and to this machine alone."""

    may_look: bool
    may_act: bool


class Typed(NamedTuple):
    """The form as it was filled in. `typed_id` is a customer who is not in the menu."""

    customer_id: str = ""
    typed_id: str = ""
    message: str = ""
    mode: str = Mode.SHADOW.value
    request_id: str = ""


class Said(NamedTuple):
    """What the page answers to a form: exchanges, or why there are none."""

    typed: Typed
    exchanges: Sequence[Exchange] = ()
    errors: Mapping[str, Sequence[str]] = {}
    problem: Problem | None = None


class NotAllowed(Problem):
    status = 403
    error = "forbidden"

    def __init__(self) -> None:
        super().__init__("You may look, not act: live is for operators. Shadow shows the same and saves nothing.")


def or_for_programs(greeting: View) -> View:
    """Who asks for HTML is a person and gets the panel; a program gets what this view says."""

    @wraps(greeting)
    def front_door(request: HttpRequest) -> HttpResponseBase:
        is_person = "text/html" in request.headers.get("Accept", "")
        response = page(request) if is_person else greeting(request)
        patch_vary_headers(response, ["Accept"])
        return response

    return front_door


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    try:
        visitor = _visitor(request)
        if not visitor.may_look:
            return redirect("admin:index")
        said = _answer(request.POST, visitor) if request.method == "POST" else _shown(request.GET)
        return _rendered(request, visitor, said)
    except (OperationalError, InterfaceError):
        return as_response(Unavailable())


def _visitor(request: HttpRequest) -> Visitor:
    user = request.user
    if user.is_authenticated:
        may_look = user.is_staff and user.has_perm(roles.VIEW)
        return Visitor(may_look, may_look and user.has_perm(roles.WORK))
    is_demo = is_demo_visitor(request)
    return Visitor(is_demo, is_demo)


def _shown(query: QueryDict) -> Said:
    """The empty form, or an earlier exchange as it stands now."""
    typed = Typed(request_id=new_request_id())
    wanted = query.get("interaction")
    if wanted is None:
        return Said(typed)
    recalled = exchange.recall(wanted, now=timezone.now())
    if recalled is None:
        return Said(typed, problem=NotFound("There is no such exchange."))
    return Said(typed._replace(customer_id=recalled.asked.customer_id, mode=Mode.LIVE.value), [recalled])


def _answer(form: QueryDict, visitor: Visitor) -> Said:
    typed = _typed(form)
    if "scenario" in form:
        return _played(scenarios.named(form.get("scenario", "")), typed, visitor)
    serializer = ChatRequest(data=_request(typed))
    if not serializer.is_valid():
        return Said(typed, errors=serializer.errors)
    asked = _asked(serializer.validated_data)
    if asked.mode is Mode.LIVE and not visitor.may_act:
        return Said(typed, problem=NotAllowed())
    answered = exchange.ask(asked, now=timezone.now())
    if answered.problem is None:
        typed = typed._replace(message="", request_id=new_request_id())
    return Said(typed, [answered])


def _played(scenario: Scenario | None, typed: Typed, visitor: Visitor) -> Said:
    """A scenario says its lines, and stops where one is refused."""
    if scenario is None or not settings.DEMO:
        return Said(typed, problem=NotFound("There is no such scenario."))
    if scenario.mode is Mode.LIVE and not visitor.may_act:
        return Said(typed, problem=NotAllowed())
    exchanges: list[Exchange] = []
    try:
        for asked in scenario.lines(timezone.now()):
            exchanges.append(exchange.ask(asked, now=timezone.now(), ports=scenario.ports))
            if exchanges[-1].problem:
                break
    except Problem as problem:
        return Said(typed, exchanges, problem=problem)
    return Said(typed, exchanges)


def _typed(form: QueryDict) -> Typed:
    """As a browser sends it: lines end in CRLF there, and in LF everywhere else."""
    return Typed(
        customer_id=form.get("customerId", ""),
        typed_id=form.get("typedId", ""),
        message=form.get("message", "").replace("\r\n", "\n"),
        mode=form.get("mode", Mode.SHADOW.value),
        request_id=form.get("requestId", ""),
    )


def _request(typed: Typed) -> dict[str, str]:
    """The body that /chat would be sent."""
    body = {
        "customerId": typed.typed_id or typed.customer_id,
        "message": typed.message,
        "mode": typed.mode,
        "requestId": typed.request_id,
    }
    return body if typed.request_id else {name: value for name, value in body.items() if name != "requestId"}


def _asked(valid: Mapping[str, Any]) -> Asked:
    return Asked(valid["customerId"], valid["message"], Mode(valid["mode"]), valid.get("requestId"))


def _fitting(typed: Typed, menu: set[str]) -> Typed:
    """A customer who is not in the menu stands where it can be typed."""
    if typed.typed_id or typed.customer_id in menu:
        return typed
    return typed._replace(typed_id=typed.customer_id)


def _rendered(request: HttpRequest, visitor: Visitor, said: Said) -> HttpResponse:
    problem = said.problem or next((e.problem for e in said.exchanges if e.problem), None)
    console = admin.site.each_context(request)
    customers = list(Customer.objects.order_by("id").values_list("id", "name", "account__plan")[:CUSTOMERS])
    context = {
        **console,
        "is_nav_sidebar_enabled": console["has_permission"],
        "title": "Chat",
        "visitor": visitor,
        "said": said,
        "typed": _fitting(said.typed, {customer[0] for customer in customers}),
        "shown": said.exchanges[-1] if said.exchanges else None,
        "customers": customers,
        "scenarios": scenarios.SCENARIOS if settings.DEMO else (),
    }
    return HttpResponse(
        render_to_string("chat/panel.html", context, request),
        status=problem.status if problem else 400 if said.errors else 200,
        headers=problem.headers if problem else {},
    )
