"""Publish, activate and read policy versions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max

from flowops import canonical
from flowops.accounts.models import User
from flowops.audit import trail
from flowops.outbox.models import Event
from flowops.outbox.publish import publish as publish_events
from flowops.problems import Unavailable
from policy import ruleset as rulesets
from policy.models import PolicyVersion
from policy.ruleset import Ruleset


class ActivePolicy(NamedTuple):
    number: int
    ruleset: Ruleset


class NoActivePolicy(Unavailable):
    """Nothing may be decided before a policy is published and activated."""

    def __init__(self) -> None:
        super().__init__("No policy is active. Load one with `manage.py load_policy FILE`.")


def active() -> ActivePolicy:
    """The ruleset in force, read afresh each turn. Raises NoActivePolicy."""
    version = PolicyVersion.objects.filter(is_active=True).first()
    if version is None:
        raise NoActivePolicy
    return ActivePolicy(version.number, version.ruleset)


def get(number: int) -> ActivePolicy:
    """The ruleset of a version, active or not. Raises PolicyVersion.DoesNotExist."""
    return ActivePolicy(number, PolicyVersion.objects.get(number=number).ruleset)


def publish(content: Mapping[str, Any], *, by: User | None, now: datetime) -> PolicyVersion:
    """Store a new version, not yet active. Raises NotARuleset."""
    rulesets.read(content)
    with transaction.atomic():
        last = PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0
        version = PolicyVersion.objects.create(
            number=last + 1,
            content=dict(content),
            checksum=canonical.digest(content),
            created_by=by,
            created_at=now,
        )
        _record("policy.published", version, by=by, now=now)
    return version


def activate(version: PolicyVersion, *, by: User | None, now: datetime) -> None:
    """Make this the version that decides, from the next turn on. Activating the active one changes nothing.

    Raises Tampered, PolicyVersion.DoesNotExist.
    """
    with transaction.atomic():
        version = PolicyVersion.objects.get(pk=version.pk)
        _ = version.ruleset  # refuses content that is not what was published
        previous = PolicyVersion.objects.select_for_update().filter(is_active=True).first()
        if previous and previous.pk == version.pk:
            return
        PolicyVersion.objects.filter(is_active=True).update(is_active=False)
        PolicyVersion.objects.filter(pk=version.pk).update(is_active=True)
        _record("policy.activated", version, by=by, now=now)
        publish_events(
            [
                Event(
                    id=f"evt_policy_{version.number}_activated_{now.timestamp():.6f}",
                    name="policy.activated",
                    customer_id="",
                    payload={"version": version.number, "checksum": version.checksum},
                    created_at=now,
                )
            ]
        )


def _record(action: str, version: PolicyVersion, *, by: User | None, now: datetime) -> None:
    act = trail.Act(
        actor=by.get_username() if by else "manage.py",
        action=action,
        subject=f"policy_{version.number}",
        customer_id="",
        data={"checksum": version.checksum},
    )
    trail.record([act], now=now)
