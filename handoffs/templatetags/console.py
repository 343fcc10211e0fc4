"""How the console says times and whose turn it is."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handoffs import queue

register = template.Library()

SOON = timedelta(minutes=30)
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def in_words(seconds: float) -> str:
    """A length of time in its two largest units, as `console.js` writes it too: 1 h 5 min."""
    left, parts = int(abs(seconds)), []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    if len(parts) > 1 and parts[-1].endswith(" s"):
        parts.pop()
    return " ".join(parts[:2]) or "0 s"


@register.filter
def due(moment: datetime | None) -> str | SafeString:
    """A deadline as a countdown; late ones say so in words, not by colour alone."""
    if moment is None:
        return ""
    left = moment - timezone.now()
    state = "late" if left <= timedelta(0) else "soon" if left <= SOON else "fine"
    words = f"{'late by' if state == 'late' else 'in'} {in_words(left.total_seconds())}"
    return format_html(
        '<time class="due {}" data-due="{}" datetime="{}" title="{}">{}</time>',
        state,
        moment.isoformat(),
        moment.isoformat(),
        _exact(moment),
        words,
    )


@register.filter
def ago(moment: datetime | None) -> str | SafeString:
    if moment is None:
        return ""
    words = f"{in_words((timezone.now() - moment).total_seconds())} ago"
    return format_html(
        '<time data-ago="{}" datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        moment.isoformat(),
        _exact(moment),
        words,
    )


@register.simple_tag
def views() -> tuple[queue.View, ...]:
    return queue.VIEWS


@register.simple_tag
def headers(cl: Any) -> list[dict[str, Any]]:
    """The sortable headers of a change list, by column; the first is the selection's."""
    return list(result_headers(cl))[1:]


@register.simple_tag
def step(handoff: Any, me: Any) -> str:
    """What `me` would do next with a row of the queue."""
    return queue.next_step(handoff, queue.proposed(handoff), me)


@register.filter
def choices_of(spec: Any, cl: Any) -> list[dict[str, Any]]:
    """A filter's choices, as links."""
    return list(spec.choices(cl))


@register.filter
def lookup(values: Any, key: str) -> Any:
    return (values or {}).get(key, "")


@register.filter
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.filter
def reason_words(reason: str) -> str:
    return queue.reason_in_words(reason)


@register.filter
def pretty(value: Any) -> str:
    """Raw JSON as people can read it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _exact(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%d %b %Y %H:%M:%S %Z}"
