"""YAML files that people edit: plain values only; a key written twice is an error, not a silent choice."""

from typing import Any

import yaml


class NotStrictYAML(ValueError):
    """The text is not YAML as we accept it; the message says where."""


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=True)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return mapping


def load(text: str) -> Any:
    """The value of a YAML document. Raises NotStrictYAML."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-45
        raise NotStrictYAML(str(error)) from error
