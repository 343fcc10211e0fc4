"""Who else has a case open. Soft: it says who was there a moment ago, and decides nothing."""

from datetime import datetime, timedelta
from typing import NamedTuple

from flowops.accounts.models import User
from handoffs.models import Presence

LASTS = timedelta(seconds=40)  # a page says so every 10 s; one that has missed three is closed


class Present(NamedTuple):
    name: str
    is_replying: bool


def touch(handoff_id: str, *, by: User, is_replying: bool, now: datetime) -> None:
    Presence.objects.update_or_create(
        handoff_id=handoff_id, user=by, defaults={"seen_at": now, "is_replying": is_replying}
    )


def others(handoff_id: str, *, than: User, now: datetime) -> list[Present]:
    here = Presence.objects.filter(handoff=handoff_id, seen_at__gt=now - LASTS).exclude(user=than)
    return [Present(*row) for row in here.order_by("user__username").values_list("user__username", "is_replying")]
