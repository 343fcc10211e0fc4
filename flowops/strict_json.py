"""One JSON reader for every body that comes from outside, stricter than RFC 8259 allows.

Python's reader lets a duplicate key win silently, builds integers no database holds, recurses until the
stack ends, and passes on characters PostgreSQL refuses. Each of those becomes a clear `NotStrictJSON`.
"""

import json
import re
from typing import Any, NoReturn

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_INTEGER = 2**53 - 1  # beyond it JavaScript clients lose digits (RFC 7493, I-JSON)

# An unfinished string runs to the end: searching on from each of its quotes would take quadratic time.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotStrictJSON(ValueError):
    """The bytes are not JSON as we accept it; the text says why, without quoting the body."""


class TooLarge(NotStrictJSON):
    """More bytes than `MAX_BYTES`."""


def loads(body: bytes) -> Any:
    """Read UTF-8 JSON. Raises NotStrictJSON, or TooLarge for a body over `MAX_BYTES`."""
    if len(body) > MAX_BYTES:
        raise TooLarge(f"the body is larger than {MAX_BYTES} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrictJSON("the body is not UTF-8") from error
    if text.startswith("\ufeff"):
        raise NotStrictJSON("the body starts with a byte order mark")
    _refuse_deep(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise NotStrictJSON(f"{error.msg} at line {error.lineno}, column {error.colno}") from error
    _refuse_unstorable(value)
    return value


def _refuse_deep(text: str) -> None:
    depth = 0
    for character in re.sub(r"[^\[\]{}]", "", _STRINGS.sub("", text)):
        depth += 1 if character in "[{" else -1
        if depth > MAX_DEPTH:
            raise NotStrictJSON(f"nested deeper than {MAX_DEPTH} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJSON("an object has the same member twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrictJSON(f"{name} is not a number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise NotStrictJSON("an integer is out of range")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJSON("a number is out of range")
    return value


def _refuse_unstorable(value: Any) -> None:
    match value:
        case str() if _UNSTORABLE.search(value):
            raise NotStrictJSON("a text holds a NUL character or half of a surrogate pair")
        case dict():
            for name, member in value.items():
                _refuse_unstorable(name)
                _refuse_unstorable(member)
        case list():
            for member in value:
                _refuse_unstorable(member)
        case _:
            pass
