"""The text that is read: what a message says, in plain characters, and where each of them came from."""

import re
import unicodedata
from typing import NamedTuple

_INVISIBLE = {*map(chr, range(0xFE00, 0xFE10)), "\u034f"}
_PLAIN = str.maketrans(dict.fromkeys("‘’‛ʼ`´", "'") | dict.fromkeys("“”„", '"') | dict.fromkeys("‐‑−", "-"))
_ODD = re.compile(r"[^ -_a-~]|  |^ | $")  # anything but printable ASCII on one line, single spaces, no backtick
_COMPOSED = re.compile(r"\w[\u0300-\u036f]")


class Plain(NamedTuple):
    """`text` in NFKC on one line, without invisible and control characters, with straight quotes and minus.

    `origin` is the index in the original of each character and of the end; None where both are the same.
    """

    text: str
    origin: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of `text` stands in the original."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def plain(original: str) -> Plain:
    if not _ODD.search(original):
        return Plain(original)
    characters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(original):
        for one in _visible(character):
            if one != " " or (characters and characters[-1] != " "):
                characters.append(one)
                origin.append(index)
    if characters and characters[-1] == " ":
        characters.pop()
        origin.pop()
    text = "".join(characters)
    if _COMPOSED.search(text):
        return _composed(text, origin)
    return Plain(text, (*origin, len(original)))


def _visible(character: str) -> str:
    if character == " " or (character.isascii() and character.isprintable() and character != "`"):
        return character
    if unicodedata.category(character) == "Cf" or character in _INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKC", character).translate(_PLAIN)
    return "".join(
        " " if one.isspace() or unicodedata.category(one) == "Cc" else one
        for one in plain
        if unicodedata.category(one) != "Cf"
    )


def _composed(text: str, origin: list[int]) -> Plain:
    """Letters with the accents written after them, as one character each."""
    characters: list[str] = []
    kept: list[int] = []
    for character, index in zip(text, origin, strict=True):
        joined = unicodedata.normalize("NFC", characters[-1] + character) if characters else ""
        if characters and unicodedata.combining(character) and len(joined) == 1:
            characters[-1] = joined
        else:
            characters.append(character)
            kept.append(index)
    return Plain("".join(characters), (*kept, (origin[-1] + 1) if origin else 0))
