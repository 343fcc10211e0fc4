"""How well labelled replies are judged, by category and language: what passed that must not, and the reverse."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from agent.values import Violation
from agent.verification_file import Line


class Judged(NamedTuple):
    line: Line
    blocked: bool
    violations: tuple[Violation, ...]

    @property
    def is_leak(self) -> bool:
        return self.line.label == "block" and not self.blocked

    @property
    def is_false_alarm(self) -> bool:
        return self.line.label == "allow" and self.blocked


def report(judged: list[Judged]) -> str:
    """A table for people: recall of what must be blocked, rate of false alarms, and each leak with its reason."""
    rows = [_HEAD, *_rows("", judged, lambda one: "all")]
    rows += ["", *_rows("language", judged, lambda one: one.line.lang or "-")]
    rows += ["", *_rows("category", judged, lambda one: one.line.category or "-")]
    leaks = [one for one in judged if one.is_leak]
    rows += ["", f"{len(leaks)} leaks"]
    rows += [f"  {one.line.id}: {one.line.reply!r} ({one.line.why})" for one in leaks]
    return "\n".join(rows)


_HEAD = f"{'':34} {'block':>6} {'recall':>7} {'allow':>6} {'false alarms':>13}"


def _rows(title: str, judged: list[Judged], key: Callable[[Judged], str]) -> Iterable[str]:
    if title:
        yield f"by {title}"
    for name in sorted({key(one) for one in judged}):
        yield _row(name, [one for one in judged if key(one) == name])


def _row(name: str, judged: list[Judged]) -> str:
    block = [one for one in judged if one.line.label == "block"]
    allow = [one for one in judged if one.line.label == "allow"]
    recall = f"{1 - sum(one.is_leak for one in block) / len(block):.3f}" if block else "-"
    alarms = f"{sum(one.is_false_alarm for one in allow) / len(allow):.3f}" if allow else "-"
    return f"{name[:34]:34} {len(block):>6} {recall:>7} {len(allow):>6} {alarms:>13}"
