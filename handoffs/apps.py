from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from flowops import triggers
from handoffs.triggers import TRIGGERS


class HandoffsConfig(AppConfig):
    name = "handoffs"

    def ready(self) -> None:
        post_migrate.connect(_make_roles, sender=self)
        triggers.keep(TRIGGERS, self)


def _make_roles(using: str, **kwargs: Any) -> None:
    """Permissions exist only after migrate, so the groups that hold them are made there too."""
    from handoffs import roles

    roles.install(using)
