"""Read settings from the environment, refusing what cannot be meant.

django-environ reads any unknown word as false; a mistyped `DEMO=ture` must stop the start instead.
"""

import os
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_DATABASES = {"sqlite", "postgres", "postgresql", "psql", "pgsql"}


def flag(name: str, default: bool) -> bool:
    raw = env.str(name, default=str(default)).strip().lower()
    if raw in _TRUE | _FALSE:
        return raw in _TRUE
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}")


def whole_number(name: str, default: int, *, at_least: int, at_most: int) -> int:
    raw = env.str(name, default=str(default))
    if raw.isascii() and raw.isdigit() and len(raw) < 20 and at_least <= int(raw) <= at_most:
        return int(raw)
    raise ImproperlyConfigured(f"{name} must be a whole number from {at_least} to {at_most}, not {raw!r}")


def secret_key(*, debug: bool) -> str:
    """The signing key; a fixed one is accepted only while debugging."""
    if key := os.environ.get("SECRET_KEY"):  # as it stands: environ would read a leading $ as a variable's name
        return key
    if debug:
        return "only-for-debugging-on-this-machine"
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text (or DEBUG=true while developing)")


def database(name: str, default: str) -> dict[str, Any]:
    """A Django database entry for a SQLite or PostgreSQL URL, with the options FlowOps relies on."""
    url = os.environ.get(name, default)
    if urlsplit(url).scheme not in _DATABASES:
        raise ImproperlyConfigured(f"{name} must start with sqlite:/// or postgres:// and name a database")
    try:
        entry: dict[str, Any] = env.db_url_config(url)
    except Exception as error:
        raise ImproperlyConfigured(f"{name} is not a database URL") from error
    if not entry.get("NAME"):
        raise ImproperlyConfigured(f"{name} must start with sqlite:/// or postgres:// and name a database")
    if entry["ENGINE"].endswith("sqlite3"):
        entry["OPTIONS"] = SQLITE_OPTIONS
    else:
        # A process that was stopped inside a transaction holds its locks no longer than a lease.
        options = "-c idle_in_transaction_session_timeout=30000 -c lock_timeout=20000"
        entry["OPTIONS"] = {"options": options, **entry.get("OPTIONS", {})}
    # Opening a connection costs as much as half a request; a stale one is noticed and replaced.
    return entry | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


SQLITE_OPTIONS = {
    # One writer at a time, and it waits its turn from the first statement: with deferred transactions
    # two readers that both turn into writers fail each other with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL: an acknowledged refund survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
}


def email(name: str, default: str | None) -> dict[str, Any]:
    """Django's e-mail settings for a URL such as smtp+tls://user:password@host:587."""
    url = os.environ.get(name) or default
    if url is None:
        raise ImproperlyConfigured(f"Set {name}, for instance smtp+tls://user:password@mail.example:587")
    if urlsplit(url).scheme not in env.EMAIL_SCHEMES:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(sorted(env.EMAIL_SCHEMES))}")
    settings: dict[str, Any] = env.email_url_config(url)
    return settings
