"""One spelling of a JSON value, so that equal values have equal digests whatever order they came in."""

import hashlib
import json
from typing import Any


def digest(value: Any) -> str:
    """SHA-256, as 64 hex digits, of the value in sorted, compact, ASCII JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
