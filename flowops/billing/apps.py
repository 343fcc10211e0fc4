from django.apps import AppConfig

from flowops import triggers
from flowops.billing.triggers import TRIGGERS


class BillingConfig(AppConfig):
    name = "flowops.billing"

    def ready(self) -> None:
        triggers.keep(TRIGGERS, self)
