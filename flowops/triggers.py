"""Install triggers: promises that a CHECK cannot hold because they span rows, tables or time."""

from collections.abc import Iterable, Mapping

from django.db import connections


def install(using: str, statements: Mapping[str, Iterable[str]]) -> None:
    """Run the statements for the database's vendor. They must be safe to run again: each migrate does.

    Not from a migration: SQLite drops a table's triggers whenever a later migration alters the table.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
