"""Refuse to start on settings under which our promises do not hold."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from flowops.environment import SQLITE_OPTIONS


@register(Tags.database, Tags.compatibility)
def databases_keep_their_promises(**kwargs: Any) -> Sequence[CheckMessage]:
    errors: list[CheckMessage] = []
    for alias, entry in settings.DATABASES.items():
        errors += [
            Error(f"Database {alias!r}: {fault}", id=f"flowops.E00{number}") for number, fault in _faults(entry)
        ]
    return errors


def _faults(entry: dict[str, Any]) -> Sequence[tuple[int, str]]:
    faults = []
    if entry.get("ATOMIC_REQUESTS"):
        faults.append((1, "ATOMIC_REQUESTS must be off: planning never runs inside a transaction"))
    if entry["ENGINE"].endswith("sqlite3"):
        options = entry.get("OPTIONS", {})
        if options.get("transaction_mode") != "IMMEDIATE":
            faults.append((2, "SQLite needs OPTIONS['transaction_mode'] = 'IMMEDIATE'"))
        pragmas = {pragma.strip().lower() for pragma in options.get("init_command", "").split(";")}
        missing = {p.strip().lower() for p in SQLITE_OPTIONS["init_command"].split(";")} - pragmas  # type: ignore[attr-defined]
        if missing:
            faults.append((3, f"SQLite needs in OPTIONS['init_command']: {'; '.join(sorted(missing))}"))
        if options.get("timeout", 5) < SQLITE_OPTIONS["timeout"]:
            faults.append((4, f"SQLite needs OPTIONS['timeout'] of at least {SQLITE_OPTIONS['timeout']} s"))
    return faults
