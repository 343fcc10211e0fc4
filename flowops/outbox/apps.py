from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "flowops.outbox"
