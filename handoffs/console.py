"""The console's pages and forms: each parses, makes one call, and answers. The same acts as over HTTP."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST, require_safe
from rest_framework.exceptions import ValidationError

from flowops.accounts.models import User
from flowops.problems import Problem
from handoffs import acts, case, presence, queue, roles, services
from handoffs.acts import ACTS, Caller
from handoffs.models import Category, Handoff, Priority, SavedReply
from handoffs.news import refusal_in_words, what_changed
from handoffs.refusals import HandoffNotFound, KeyReused, NotAllowed, ReplyFindings

MOST_CHANGED = 50
SNOOZES = ((60, "1 hour"), (240, "4 hours"), (1440, "1 day"), (4320, "3 days"), (10_080, "1 week"))
_DONE = {
    "claim": "It is yours now.",
    "release": "Back in the queue.",
    "reassign": "Given to a colleague.",
    "snooze": "Put aside.",
    "wake": "Awake again.",
    "priority": "Priority changed.",
    "note": "Noted for colleagues.",
    "reply": "The reply leaves in a moment. You can still take it back.",
    "approve": "Approved.",
    "deny": "Denied; the customer is told.",
    "amend": "Another amount is proposed. Nothing is approved yet.",
    "undo": "Taken back.",
    "resolve": "Resolved.",
    "reopen": "Back in the queue.",
}


@require_safe
def case_page(request: HttpRequest, handoff_id: str) -> HttpResponseBase:
    """The case. The admin's own links write an underscore as _5F: they are sent to the plain address."""
    try:
        return _case_page(request, handoff_id)
    except Http404:
        plain = unquote(handoff_id)
        if plain == handoff_id:
            raise
        return redirect(case_url(plain))


@require_POST
def perform(request: HttpRequest, handoff_id: str, act: str) -> HttpResponseBase:
    """One act, from a form of the case page or a row of the queue. Refused, it loses nothing that was typed."""
    if act not in ACTS:
        raise Http404
    try:
        asked = acts.read(ACTS[act], _sent(request, act))
        ACTS[act].perform(handoff_id, asked, _caller(request))
    except HandoffNotFound as gone:
        raise Http404 from gone
    except (Problem, ValidationError) as refusal:
        return _refused(request, handoff_id, act, refusal)
    messages.success(request, format_html('<a href="{}">{}</a>: {}', case_url(handoff_id), handoff_id, _DONE[act]))
    return redirect(_whereto(request, handoff_id))


@require_POST
def insert_saved_reply(request: HttpRequest, handoff_id: str) -> HttpResponseBase:
    """Draw the page again with a saved reply put behind what is typed already; nothing is sent."""
    chosen = request.POST.get("saved", "")
    saved = SavedReply.objects.filter(pk=chosen).first() if _is_number(chosen) else None
    typed = {**request.POST.dict(), "text": request.POST.get("text", "")}
    if saved is not None:
        words = filled(saved.text, _page(request, handoff_id))
        typed["text"] = f"{typed['text']} {words}".strip()
    return _case_page(request, handoff_id, typed=typed)


@require_GET
def next_case(request: HttpRequest) -> HttpResponseBase:
    """The most pressing case that waits, or the queue when none does."""
    me_of(request)
    return redirect(_next_url(except_for=request.GET.get("after", "")))


@require_GET
def pulse(request: HttpRequest) -> HttpResponseBase:
    """What has changed since a page was drawn, for its script; 304 when that is the same as at the last call."""
    me, now = me_of(request), timezone.now()
    view = queue.view_of(request.GET.get("view"))
    since = _moment(request.GET.get("since", "")) or now
    changed = Handoff.objects.filter(updated_at__gt=since).select_related("claimed_by")
    rows = list(changed.order_by("-updated_at", "id")[:MOST_CHANGED])
    these = Handoff.objects.filter(id__in=[row.id for row in rows])
    in_view = set(view.rows(these, me, now).values_list("id", flat=True))
    body = json.dumps(
        {
            "counts": queue.counts(me, now),
            "changed": [
                {
                    "id": row.id,
                    "version": row.version,
                    "status": row.status,
                    "owner": str(row.claimed_by or ""),
                    "isInView": row.id in in_view,
                }
                for row in rows
            ],
        }
    )
    etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return HttpResponse(body, content_type="application/json", headers={"ETag": etag, "Cache-Control": "no-cache"})


@require_POST
def heartbeat(request: HttpRequest, handoff_id: str) -> HttpResponseBase:
    """An open case page says that it is open: the claim runs on, and colleagues see who is there."""
    me, now = me_of(request), timezone.now()
    handoff = Handoff.objects.filter(id=handoff_id).select_related("claimed_by").first()
    if handoff is None:
        raise Http404
    presence.touch(handoff_id, by=me, is_replying=request.POST.get("replying") == "1", now=now)
    services.keep_claim(handoff_id, by=me, now=now)
    seen = int(request.POST["version"]) if _is_number(request.POST.get("version", "")) else handoff.version
    return JsonResponse(
        {
            "version": handoff.version,
            "changes": what_changed(handoff_id, since=seen, now=now),
            "others": [
                {"name": other.name, "isReplying": other.is_replying}
                for other in presence.others(handoff_id, than=me, now=now)
            ],
        }
    )


@require_POST
def switch_single_keys(request: HttpRequest) -> HttpResponseBase:
    """Single keys act, or only ctrl-Enter does: each person's own choice."""
    me = me_of(request)
    me.single_keys = not me.single_keys
    me.save(update_fields=["single_keys"])
    return redirect("admin:handoffs_handoff_changelist")


def case_url(handoff_id: str) -> str:
    return f"{_queue_url()}{handoff_id}/change/"


def filled(text: str, page: case.CasePage) -> str:
    """A saved reply with what is known of the case; a placeholder without a value stays, and is found unproven."""
    action = page.actions[0] if page.actions else None
    invoice = action.proposal.refund.invoice_id if action else next((i.id for i in page.invoices), None)
    values = {
        "{customer}": page.handoff.customer_name,
        "{invoice}": invoice,
        "{amount}": str(action.money) if action else None,
    }
    for placeholder, value in values.items():
        text = text.replace(placeholder, value or placeholder)
    return text


def _page(request: HttpRequest, handoff_id: str) -> case.CasePage:
    try:
        return case.page(handoff_id, me=me_of(request), now=timezone.now())
    except HandoffNotFound as gone:
        raise Http404 from gone


def _case_page(
    request: HttpRequest,
    handoff_id: str,
    *,
    typed: Mapping[str, Any] | None = None,
    refusal: str = "",
    findings: list[dict[str, str]] | None = None,
) -> HttpResponseBase:
    page = _page(request, handoff_id)
    drawn = (typed or {}).get("version", "")
    context = {
        **admin.site.each_context(request),
        "title": f"{page.handoff.ticket.subject}: {page.handoff.customer_name or page.handoff.customer_id}",
        "page": page,
        "handoff": page.handoff,
        "typed": typed or {},
        "refusal": refusal,
        "findings": findings or [],
        "changes": what_changed(handoff_id, since=int(drawn), now=timezone.now()) if _is_number(drawn) else [],
        "reply_key": get_random_string(24),
        "colleagues": _colleagues(me_of(request)) if "people" in request.GET else None,
        "snoozes": SNOOZES,
        "priorities": Priority.choices,
        "categories": Category.choices,
        "act_url": f"{_queue_url()}{handoff_id}/do/",
    }
    return TemplateResponse(request, "console/case.html", context)


def _refused(
    request: HttpRequest, handoff_id: str, act: str, refusal: Problem | ValidationError
) -> HttpResponseBase:
    words = refusal_in_words(handoff_id, refusal, me=me_of(request), now=timezone.now())
    if request.POST.get("then") == "queue":
        messages.warning(request, f"{handoff_id}: {words}")
        return redirect(_whereto(request, handoff_id))
    if isinstance(refusal, NotAllowed):
        raise PermissionDenied
    findings = refusal.extra["findings"] if isinstance(refusal, ReplyFindings) else []
    typed = {**request.POST.dict(), "act": act}
    if isinstance(refusal, KeyReused):
        del typed["key"]  # the page gets a new one: sent again, it is a second reply
    return _case_page(request, handoff_id, typed=typed, refusal=words, findings=findings)


def _sent(request: HttpRequest, act: str) -> dict[str, Any]:
    """The members of this act among the form's fields; an empty field is one that was not given."""
    fields: Iterable[str] = ACTS[act].request().fields
    given = {name: request.POST[name] for name in fields if request.POST.get(name, "") != ""}
    return {name: text.replace("\r\n", "\n") for name, text in given.items()}  # forms send lines with CRLF


def _caller(request: HttpRequest) -> Caller:
    version, key = request.POST.get("version", ""), request.POST.get("key", "")
    return Caller(
        by=me_of(request),
        now=timezone.now(),
        version=int(version) if _is_number(version) else None,
        request_id=f"console-{key}" if re.fullmatch(r"[A-Za-z0-9]{1,64}", key) else None,
    )


def _whereto(request: HttpRequest, handoff_id: str) -> str:
    match request.POST.get("then"):
        case "next":
            return _next_url(except_for=handoff_id)
        case "queue":
            return f"{_queue_url()}?{request.GET.urlencode()}"
        case _:
            return case_url(handoff_id)


def _next_url(*, except_for: str) -> str:
    waiting = Handoff.objects.waiting(timezone.now()).exclude(id=except_for).values_list("id", flat=True).first()
    return case_url(waiting) if waiting else _queue_url()


def _queue_url() -> str:
    return reverse("admin:handoffs_handoff_changelist")


def _colleagues(me: User) -> list[User]:
    people = User.objects.filter(is_active=True, is_staff=True).exclude(pk=me.pk).order_by("username")
    return [person for person in people[:100] if person.has_perm(roles.WORK)]


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    is_sensible = moment is not None and moment.tzinfo is not None
    return moment if is_sensible and abs(timezone.now() - moment) < timedelta(days=3650) else None  # type: ignore[operator]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def me_of(request: HttpRequest) -> User:
    """The person at the console, if they may look at handoffs at all."""
    if not isinstance(request.user, User) or not request.user.has_perm(roles.VIEW):
        raise PermissionDenied
    return request.user
