from django.apps import AppConfig

from flowops import triggers
from flowops.audit.triggers import TRIGGERS


class AuditConfig(AppConfig):
    name = "flowops.audit"

    def ready(self) -> None:
        triggers.keep(TRIGGERS, self)
