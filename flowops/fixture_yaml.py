"""Fixtures in YAML with three words of our own, so that sample data neither ages nor is written twice.

`!ago 3 days` is a time relative to the loading, `!file policy/starting.yaml` the content of another file in
the fixture's folder, `!digest policy/starting.yaml` that content's checksum. A drop-in for Django's YAML
serializer (SERIALIZATION_MODULES): `manage.py loaddata demo` gives an invoice inside its refund window this
year and next.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.serializers.base import DeserializationError
from django.core.serializers.python import Deserializer as PythonDeserializer
from django.core.serializers.pyyaml import Serializer as YAMLSerializer
from django.utils import timezone

from flowops import canonical, strict_yaml
from flowops.strict_yaml import NotStrictYAML

_AGO = re.compile(r"(\d+) (minutes|hours|days)")


class _Loader(yaml.SafeLoader):
    pass


def _ago(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    text = str(loader.construct_scalar(node))
    match = _AGO.fullmatch(text)
    if match is None:
        raise DeserializationError(f"!ago takes '<number> minutes|hours|days', not {text!r}")
    try:
        return (timezone.now() - timedelta(**{match[2]: int(match[1])})).isoformat()
    except OverflowError as error:
        raise DeserializationError(f"!ago {text} is before time began") from error


def _file(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    path = Path(settings.BASE_DIR, "fixtures", str(loader.construct_scalar(node)))
    return strict_yaml.load(path.read_text(encoding="utf-8"))


def _digest(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return canonical.digest(_file(loader, node))


_Loader.add_constructor("!ago", _ago)
_Loader.add_constructor("!file", _file)
_Loader.add_constructor("!digest", _digest)

Serializer = YAMLSerializer


class Deserializer(PythonDeserializer):
    def __init__(self, stream_or_string: Any, **options: Any) -> None:
        try:
            # _Loader is a SafeLoader: it constructs plain values and the three words, nothing else.
            objects = yaml.load(stream_or_string, Loader=_Loader)  # noqa: S506
        except (yaml.YAMLError, NotStrictYAML, OSError) as error:
            raise DeserializationError(str(error)) from error
        super().__init__(objects or [], **options)
