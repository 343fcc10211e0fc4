"""Pieces of the published OpenAPI schema that every route shares."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from flowops.problems import MEDIA_TYPE


class FaultShape(serializers.Serializer):
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class ProblemShape(serializers.Serializer):
    """RFC 9457 problem details, with the members older clients read."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    error = serializers.CharField()
    message = serializers.CharField()
    errors = FaultShape(many=True, required=False)  # type: ignore[assignment] # the wire's name, not DRF's property


def problems(*statuses: int) -> dict[Any, Any]:
    return {(status, MEDIA_TYPE): OpenApiResponse(ProblemShape) for status in statuses}


class _BearerScheme(OpenApiAuthenticationExtension):
    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class ApiKeyScheme(_BearerScheme):
    target_class = "flowops.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"


class OperatorTokenScheme(_BearerScheme):
    target_class = "flowops.accounts.authentication.OperatorTokenAuthentication"
    name = "operatorToken"
