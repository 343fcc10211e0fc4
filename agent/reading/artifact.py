"""The trained reader as one file: a line of JSON that says what it is, then the numbers.

    {"format": 1, "version": …, "phrases": …, "sha256": …, "intents": […], "languages": {"en": {…}, …}}\\n
    for each language, for each group of features: the features in order, one a line, each as the number of characters it
    shares with the one before and the rest of it; then a row of bytes for each: its
    factor, its squared idf as `byte / idf_scale`, and four bits an intent: the weight is `(bits - 8) * factor * scale`.

`phrases` is the SHA-256 of what it was trained on, `sha256` that of everything after the first line. Nothing in it is
compressed or depends on the machine, so equal phrases give equal bytes.
"""

import hashlib
import struct
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from agent.reading import features
from policy.values import Intent

FORMAT = 1
FILE = "reader.model"


class NotAReader(ValueError):
    """The file is not a trained reader, or was changed or cut off since it was written."""


class Group(Struct, frozen=True, kw_only=True):
    """A group of features: where it stands in the payload, and how its bytes become numbers.

    In a text of more words than `full_until` its weight falls with their number.
    """

    name: str
    count: int
    names_bytes: int
    weight: float
    scale: float
    idf_scale: float
    full_until: int | None = None


class Language(Struct, frozen=True, kw_only=True):
    """`temperature` divides logits into calibrated ones; `sure_from` is the confidence from which the most likely intent is
    right often enough (`precision`), as measured on messages it was not trained on."""

    bias: tuple[float, ...]
    temperature: float
    sure_from: float
    precision: float
    groups: tuple[Group, ...]


class Header(Struct, frozen=True, kw_only=True):
    format: int
    version: str
    phrases: str
    sha256: str
    intents: tuple[Intent, ...]
    languages: dict[str, Language]


class Table(Struct, frozen=True, kw_only=True):
    """A group's rows, each packed into one integer with 32 bits a number: adding integers adds all of them at once."""

    group: Group
    rows: dict[str, int]


class Linear(Struct, frozen=True, kw_only=True):
    """One language's model: logits are the bias and, of each group, its rows' sum over the length of its idf vector."""

    language: Language
    tables: tuple[Table, ...]
    intents: tuple[Intent, ...]

    def logits(self, words: list[str]) -> list[float]:
        """One for each of `intents`, not yet divided by the temperature."""
        total = list(self.language.bias)
        groups = features.of(words)
        for table in self.tables:
            for position, value in enumerate(
                _scores(table, getattr(groups, table.group.name), len(words), len(total))
            ):
                total[position] += value
        return total


def fading(full_until: int | None, words: int) -> float:
    """How much of a group's weight counts in a text of so many words."""
    return 1.0 if full_until is None else min(1.0, full_until / max(words, 1))


def _scores(table: Table, present: frozenset[str], words: int, intents: int) -> list[float]:
    found = [row for feature in present if (row := table.rows.get(feature)) is not None]
    if not found:
        return [0.0] * intents
    squares, *sums = struct.unpack(f"<{intents + 1}I", sum(found).to_bytes(4 * (intents + 1), "little"))
    group = table.group
    length = (squares / group.idf_scale) ** 0.5
    factor, middle = group.weight * fading(group.full_until, words) * group.scale / length, 128 * len(found)
    return [(one - middle) * factor for one in sums]


@cache
def header() -> Header:
    """What the reader that ships with this release is. Raises NotAReader."""
    return _read_header(_content())


@cache
def linear(language: str) -> Linear:
    """The model of a language. Raises NotAReader, or KeyError for a language it was not taught."""
    content, found = _content(), header()
    at = content.index(b"\n") + 1
    for name, taught in found.languages.items():
        tables = []
        for group in taught.groups:
            if name == language:
                tables.append(_table(content, at, group, len(found.intents)))
            at += group.names_bytes + group.count * row_bytes(len(found.intents))
        if name == language:
            return Linear(language=taught, tables=tuple(tables), intents=found.intents)
    raise KeyError(language)


def _content() -> bytes:
    return (resources.files("agent") / "reading" / FILE).read_bytes()


def _read_header(content: bytes) -> Header:
    first, newline, payload = content.partition(b"\n")
    try:
        found = msgspec.json.decode(first, type=Header)
    except msgspec.DecodeError as fault:
        raise NotAReader(f"{FILE} does not begin with its description: {fault}") from fault
    if found.format != FORMAT:
        raise NotAReader(f"{FILE} is of format {found.format}; this release reads {FORMAT}")
    if not newline or hashlib.sha256(payload).hexdigest() != found.sha256:
        raise NotAReader(f"{FILE} has been changed or cut off since it was trained")
    return found


def row_bytes(intents: int) -> int:
    return 2 + (intents + 1) // 2


def _table(content: bytes, at: int, group: Group, intents: int) -> Table:
    lines = content[at : at + group.names_bytes].decode().split("\n")[:-1]
    at += group.names_bytes
    width, size = 4 * (intents + 1), row_bytes(intents)
    packed = bytearray(width)
    rows: dict[str, int] = {}
    name = ""
    for line in lines:
        name = name[: int(line[0])] + line[1:]
        packed[0] = content[at + 1]
        nibbles = content[at + 2 : at + size].hex().encode()[:intents]
        packed[4::4] = nibbles.translate(_weights(content[at]))
        rows[name] = int.from_bytes(packed, "little")
        at += size
    return Table(group=group, rows=rows)


def shortened(names: list[str]) -> bytes:
    """Names in order, as a group's are written."""
    lines = []
    for before, name in pairwise(["", *names]):
        shared = next(
            (at for at, pair in enumerate(zip(before, name, strict=False)) if pair[0] != pair[1]), len(before)
        )
        shared = min(shared, len(before), len(name), 9)
        lines.append(f"{shared}{name[shared:]}\n")
    return "".join(lines).encode()


@cache
def _weights(factor: int) -> bytes:
    """From the hexadecimal digit of four bits to the weight by this factor, with 128 for none."""
    table = bytearray(256)
    for bits in range(16):
        table[ord(f"{bits:x}")] = 128 + (bits - 8) * factor
    return bytes(table)


def write(header: dict[str, Any], payload: bytes) -> bytes:
    """The file of a reader; adds version and checksum to the header."""
    digest = hashlib.sha256(payload).hexdigest()
    full = {**header, "format": FORMAT, "sha256": digest}
    full["version"] = hashlib.sha256(msgspec.json.encode(full, order="sorted")).hexdigest()[:12]
    return msgspec.json.encode(full, order="sorted") + b"\n" + payload
