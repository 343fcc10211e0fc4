"""Install triggers: promises that a CHECK cannot hold because they span rows, tables or time.

They are installed after every migrate instead of by one migration, and on SQLite removed before it: SQLite alters
a table by building it anew, which loses its triggers and fails while another table's trigger names it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from msgspec import Struct


class Triggers(Struct, frozen=True, kw_only=True):
    """By vendor: on SQLite each trigger's name and definition, on PostgreSQL statements that may run again."""

    sqlite: Mapping[str, str]
    postgresql: tuple[str, ...]

    def install(self, using: str) -> None:
        if connections[using].vendor == "postgresql":
            _run(using, *self.postgresql)
        else:
            self.remove(using)
            _run(using, *self.sqlite.values())

    def remove(self, using: str) -> None:
        if connections[using].vendor == "sqlite":
            _run(using, *(f"DROP TRIGGER IF EXISTS {name}" for name in self.sqlite))


def refusing_updates(table: str, name: str, *, when: str = "TRUE") -> Triggers:
    """Refuse to update a row of the table when the condition on OLD and NEW holds, like a constraint `name`."""
    return Triggers(
        sqlite={
            name: f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        },
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {raising(name)} END $$",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()",
        ),
    )


def raising(name: str) -> str:
    """The PL/pgSQL statement that fails as a constraint of this name does."""
    return f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"


def keep(triggers: Triggers, app: AppConfig) -> None:
    """Keep these triggers in place across this app's migrations."""
    pre_migrate.connect(partial(_before, triggers), sender=app, weak=False)
    post_migrate.connect(partial(_after, triggers), sender=app, weak=False)


def _before(triggers: Triggers, using: str, **kwargs: Any) -> None:
    triggers.remove(using)


def _after(triggers: Triggers, using: str, **kwargs: Any) -> None:
    triggers.install(using)


def _run(using: str, *statements: str) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
