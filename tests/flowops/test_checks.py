"""M1, P1 rest on how the database is opened; a start with other options is refused."""

import copy

import pytest
from django.core.checks import run_checks
from django.db import connection

from flowops.checks import databases_keep_their_promises
from flowops.environment import SQLITE_OPTIONS

# The check reads the setting and opens no connection, so changing it under the tests is safe.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


def _entry(**changed: object) -> dict[str, object]:
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": "x", "OPTIONS": copy.deepcopy(SQLITE_OPTIONS)}
    return entry | changed


def _options(**changed: object) -> dict[str, object]:
    options = {name: value for name, value in (SQLITE_OPTIONS | changed).items() if value is not None}
    return _entry(OPTIONS=options)


FAULTS = {
    "a transaction around each request": (_entry(ATOMIC_REQUESTS=True), "E001", "ATOMIC_REQUESTS must be off"),
    "deferred transactions": (_options(transaction_mode="DEFERRED"), "E002", "'IMMEDIATE'"),
    "no transaction mode": (_options(transaction_mode=None), "E002", "'IMMEDIATE'"),
    "no journal": (
        _options(init_command="PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"),
        "E003",
        "pragma journal_mode=wal",
    ),
    "half synchronous": (
        _options(init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON"),
        "E003",
        "pragma synchronous=full",
    ),
    "no pragmas": (_options(init_command=None), "E003", "foreign_keys=on; pragma journal_mode=wal; pragma sync"),
    "short timeout": (_options(timeout=19), "E004", "at least 20 s"),
    "Django's own timeout": (_options(timeout=None), "E004", "at least 20 s"),
}


@pytest.mark.parametrize(("entry", "number", "why"), FAULTS.values(), ids=FAULTS)
def test_an_option_under_which_a_promise_breaks_is_an_error(settings, entry, number, why):
    settings.DATABASES = {"second": entry}
    (error,) = databases_keep_their_promises()
    assert error.id == f"flowops.{number}"
    assert error.is_serious()
    assert "'second'" in error.msg
    assert why in error.msg


def test_every_fault_of_every_database_is_told(settings):
    bare = {"ENGINE": "django.db.backends.sqlite3", "NAME": "x", "ATOMIC_REQUESTS": True}
    settings.DATABASES = {"default": bare, "other": bare}
    told = [error.id for error in databases_keep_their_promises()]
    assert told == [f"flowops.E00{number}" for number in (1, 2, 3, 4)] * 2


SOUND = {
    "ours": _entry(),
    "spelled otherwise": _options(
        init_command="pragma foreign_keys=on;PRAGMA synchronous=full ; PRAGMA journal_mode=wal;PRAGMA cache_size=9"
    ),
    "more patience": _options(timeout=60),
    "PostgreSQL": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"},
}


@pytest.mark.parametrize("entry", SOUND.values(), ids=SOUND)
def test_what_keeps_the_promises_passes(settings, entry):
    settings.DATABASES = {"default": entry}
    assert databases_keep_their_promises() == []


def test_the_check_is_among_those_run_at_start(settings):
    settings.DATABASES = {"default": _options(timeout=1)}
    assert "flowops.E004" in {message.id for message in run_checks(databases=[])}


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}


@pytest.mark.django_db
@pytest.mark.parametrize(("pragma", "value"), PRAGMAS.items(), ids=PRAGMAS)
def test_the_options_reach_sqlite(pragma, value):
    if connection.vendor != "sqlite":
        print(reason := f"PRAGMA {pragma} is SQLite's; this is {connection.vendor}")
        pytest.skip(reason)
    with connection.cursor() as cursor:
        assert cursor.execute(f"PRAGMA {pragma}").fetchone() == (value,)
