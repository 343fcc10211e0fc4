from django.apps import AppConfig
from django.urls import register_converter


class FlowOpsConfig(AppConfig):
    name = "flowops"

    def ready(self) -> None:
        from flowops import checks, schema  # noqa: F401 - importing registers them
        from flowops.fields import IdentifierConverter

        register_converter(IdentifierConverter, "identifier")
