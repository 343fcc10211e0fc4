from django.apps import AppConfig

from flowops import triggers
from policy.triggers import TRIGGERS


class PolicyConfig(AppConfig):
    name = "policy"

    def ready(self) -> None:
        triggers.keep(TRIGGERS, self)
