"""Write the trail: one entry per act, in the transaction of the act."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from flowops.audit.models import Entry


class Act(Struct, frozen=True, kw_only=True):
    """One thing done: `action` is past tense and dotted, `subject` the id of what it was done to."""

    actor: str
    action: str
    subject: str
    customer_id: str
    data: Mapping[str, Any]


def record(acts: Iterable[Act], *, now: datetime) -> None:
    Entry.objects.bulk_create(
        Entry(
            at=now,
            actor=act.actor,
            action=act.action,
            subject=act.subject,
            customer_id=act.customer_id,
            data=dict(act.data),
        )
        for act in acts
    )
