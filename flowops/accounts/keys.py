"""Bearer keys: high-entropy secrets of which the database keeps a keyed hash only.

Shape: `flow_<environment>_<prefix>_<secret>_<checksum>`. The prefix finds the row, the secret (192 random
bits) proves the right, the CRC-32 lets a scanner tell a real key from a look-alike without asking us. A fast
keyed hash is right for random secrets; slow password hashes are for guessable ones.
"""

import re
import secrets
import zlib
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

_SHAPE = re.compile(
    r"(?P<body>flow_[a-z]+_(?P<prefix>[0-9a-f]{12})_[0-9a-f]{48})_(?P<checksum>[0-9a-f]{8})", re.ASCII
)


class NewKey(NamedTuple):
    plain: str
    prefix: str
    digest: str


def make() -> NewKey:
    """A new key; `plain` is shown once and never stored."""
    environment = "demo" if settings.DEMO else "live"
    prefix = secrets.token_hex(6)
    body = f"flow_{environment}_{prefix}_{secrets.token_hex(24)}"
    plain = f"{body}_{_checksum(body)}"
    return NewKey(plain=plain, prefix=prefix, digest=digest(plain))


def prefix_of(plain: str) -> str | None:
    """The prefix of a well-formed key, or None: a mistyped key costs no query."""
    match = _SHAPE.fullmatch(plain)
    return match["prefix"] if match and match["checksum"] == _checksum(match["body"]) else None


def digest(plain: str) -> str:
    return salted_hmac("flowops.accounts.keys", plain, algorithm="sha256").hexdigest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
