"""Serializer pieces that take a value as it is or refuse it: no trimming, no coercion, no unknown members."""

import re
from typing import Any

from rest_framework import serializers

IDENTIFIER = r"[A-Za-z0-9._:-]{1,128}"


class StrictString(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Must be a string.")
        return str(super().to_internal_value(data))


class Identifier(StrictString):
    """1 to 128 letters, digits, dots, underscores, colons or hyphens."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(IDENTIFIER, text):
            raise serializers.ValidationError("Must match ^[A-Za-z0-9._:-]{1,128}$.")
        return text


class StrictSerializer(serializers.Serializer):
    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            raise serializers.ValidationError({name: ["Unknown field."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class IdentifierConverter:
    """The same identifiers in a path; another spelling is no route at all."""

    regex = IDENTIFIER

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
