"""What a licence answers, and the small questions all licences ask: same day, same amount, same place."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from agent import statements as say
from agent.known import Known
from agent.tokens import YearlessDate
from flowops.money import Money

Proof = tuple[str, ...]  # ids of the facts that carry a statement


class Fault(NamedTuple):
    """Why nothing licenses a statement."""

    detail: str


Verdict = Proof | Fault
Licence = Callable[[Any, Known], Verdict]


def same_day(said: say.Day | None, day: date | None) -> bool:
    """Whether what was said, if anything, is that day. Without a year, it is that day of the year."""
    if said is None:
        return True
    if isinstance(said, YearlessDate):
        return day is not None and (said.month, said.day) == (day.month, day.day)
    return said == day


def same_text(said: str | None, text: str | None) -> bool:
    return said is None or (text is not None and folded(said) == folded(text))


def same_id(said: str | None, name: str | None) -> bool:
    return said is None or (name is not None and said.removeprefix("#") == name.removeprefix("#"))


@cache
def _destinations() -> dict[str, frozenset[str]]:
    """By kind of destination, its words; under `beside`, those that say nothing of it."""
    text = (resources.files("agent") / "phrasebooks" / "destinations.yaml").read_text(encoding="utf-8")
    return {kind: frozenset(words.split()) for kind, words in yaml.safe_load(text).items()}


def same_destination(said: str | None, to: str | None) -> bool:
    """Where money went: the same kind of account, and the same digits where digits are said."""
    if said is None or to is None:
        return said is None
    if same_text(said, to):
        return True
    digits = [word for word in said.split() if word.isdigit()]
    kinds = [
        _kind_of(word)
        for word in folded(said).split()
        if not word.isdigit() and word not in _destinations()["beside"]
    ]
    held = {_kind_of(word) for word in folded(to).split()}
    return bool(kinds) and None not in kinds and held.issuperset(kinds) and all(d in to.split() for d in digits)


def destination_words(known: Known) -> list[str]:
    """The words that may name where money went."""
    teams = [word for done in known.deeds("handoff_created") if done.to for word in done.to.split()]
    held = [word for done in known.deeds("refund") if done.to for word in done.to.split()]
    if not held:
        return teams
    return [*dict.fromkeys((*held, *teams, *frozenset().union(*_destinations().values())))]


def _kind_of(word: str) -> str | None:
    return next((kind for kind, words in _destinations().items() if word in words and kind != "beside"), None)


def folded(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())


def same_money(said: Money | None, money: Money | None) -> bool:
    return said is None or said == money


def unless(proof: Iterable[str], fault: str) -> Verdict:
    """The proof, where there is one."""
    return tuple(proof) or Fault(fault)


def share_of(money: Money, percent: Decimal) -> Decimal:
    return (money.amount * percent / 100).quantize(Decimal("0.01"))
