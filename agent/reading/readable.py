"""A message as the linear reader is shown it, in training and at work alike."""

import re

from agent.reading import letters
from agent.values import Entity

_STAND_INS = {
    "money": "#money", "invoice": "#id", "ticket": "#ticket", "date": "#date", "email": "#email", "error_code": "#code",
}  # fmt: skip
LONGEST = 1500  # characters; what a message wants is said by then, and the time to read it is bounded


def text(plain: str, found: tuple[Entity, ...]) -> str:
    """`plain` with a stand-in for each entity that has one: its digits say nothing about what is wanted.

    Plans and days told in words ("yesterday") stay as they are.
    """
    pieces: list[str] = []
    at = 0
    for entity in found:
        stand_in = _STAND_INS.get(entity.kind)
        if stand_in and not (entity.kind == "date" and not re.search(r"\d", entity.text)):
            pieces += (plain[at : entity.start], f" {stand_in} ")
            at = entity.end
    return " ".join("".join((*pieces, plain[at:])).split())


def body(readable: str) -> str:
    """Without greeting and signature, and no longer than is read."""
    return letters.body(readable[:LONGEST])
