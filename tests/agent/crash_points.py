"""Every point of a turn at which it may be cut off: between its phases, and after each statement of `apply`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from agent import turn

PHASES = ("claimed", "gathered", "planned", "applied")
STATEMENTS = tuple(f"statement {number}" for number in range(1, 11))  # more than the longest `apply` has
POINTS = (*PHASES, *STATEMENTS)


@contextmanager
def stopping_at(point: str, stop: Callable[[], None], *, before: bool = False) -> Iterator[turn.Ports]:
    """Ports of a turn during which `stop` is called at this point: after that statement, or before it."""
    kind, _, number = point.partition(" ")
    seen = {"applying": False, "statements": 0}

    def between_phases(phase: str) -> None:
        seen["applying"] = phase == "planned"
        if phase == point:
            stop()

    def at_statement(execute, sql, params, many, context):
        seen["statements"] += seen["applying"]
        is_here = kind == "statement" and seen["applying"] and seen["statements"] == int(number)
        if is_here and before:
            stop()
        result = execute(sql, params, many, context)
        if is_here and not before:
            stop()
        return result

    with connection.execute_wrapper(at_statement):
        yield turn.Ports(between_phases=between_phases)
