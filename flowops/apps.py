from django.apps import AppConfig
from django.urls import register_converter


class FlowOpsConfig(AppConfig):
    name = "flowops"

    def ready(self) -> None:
        from flowops import checks, schema  # noqa: F401, PLC0415 - importing registers them
        from flowops.fields import IdentifierConverter  # noqa: PLC0415 - DRF needs the apps first

        register_converter(IdentifierConverter, "identifier")
