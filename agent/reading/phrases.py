"""The phrases the reader is taught, as examples: choices made, slots filled, acts joined to frames.

Everything is settled by the text itself, so the same files always give the same examples in the same order.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from policy.values import Intent

FRAMES_OF_AN_ACT = 10
FRAMES_OUT_OF_SCOPE = 4  # its acts are many
CHOICES_OF_A_PHRASE = 2
ACT_WEIGHT = 0.5  # an act counts once for each of many frames

_INNERMOST = re.compile(r"\{([^{}]*)\}")
_DOUBLED = frozenset(
    "get set cut put stop submit log drop swap quit trim step run chat opt skip plan cancel ban".split()
)


class Example(NamedTuple):
    """`kind` is act, phrase or letter. `family` is shared by the examples made from one line: they stand or fall together
    in cross-validation."""

    text: str
    intent: Intent
    kind: str
    family: str

    @property
    def weight(self) -> float:
        return ACT_WEIGHT if self.kind == "act" else 1.0


class NotPhrases(ValueError):
    """A file of phrases is not as it should be; the text says which and why."""


def languages(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all that is taught."""
    total = hashlib.sha256()
    for path in sorted((*folder.rglob("*.yaml"), *folder.glob("*/validation.jsonl"))):
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def examples(folder: Path, language: str) -> list[Example]:
    """Raises NotPhrases."""
    slots = {name: [str(value) for value in values] for name, values in _yaml(folder / "slots.yaml").items()}
    frames = _yaml(folder / "frames.yaml").get(language, ["{act}"])
    found: dict[tuple[str, Intent], Example] = {}
    for path in sorted((folder / language).glob("*.yaml")):
        for example in _of_file(path, slots, frames):
            found.setdefault((example.text, example.intent), example)
    missing = set(Intent) - {example.intent for example in found.values()}
    if missing:
        raise NotPhrases(f"{folder / language}: nothing is taught of {', '.join(sorted(missing))}")
    return list(found.values())


def labelled(folder: Path, language: str) -> list[Example]:
    """Messages of a language that are not taught, to choose a threshold on: {"text", "intent"} a line; often none."""
    path = folder / language / "validation.jsonl"
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    first = [line["intent"] if isinstance(line["intent"], str) else line["intent"][0] for line in lines]
    return [
        Example(line["text"], Intent(intent), "letter", line["text"])
        for line, intent in zip(lines, first, strict=True)
    ]


def _of_file(path: Path, slots: dict[str, list[str]], frames: list[str]) -> Iterator[Example]:
    content = _yaml(path)
    intent = _intent(path, content)
    for act in _lines(path, content, "acts"):
        count = FRAMES_OUT_OF_SCOPE if intent is Intent.OUT_OF_SCOPE else FRAMES_OF_AN_ACT
        for number, frame in enumerate(sorted(frames, key=lambda frame: hashed(act, frame))[:count]):
            chosen = fill(act, number, slots)
            text = fill(frame.replace("{acting}", _acting(chosen)).replace("{act}", chosen), number, slots)
            yield Example(text, intent, "act", act)
    for kind in ("phrase", "letter"):
        for line in _lines(path, content, f"{kind}s"):
            for number in range(CHOICES_OF_A_PHRASE):
                yield Example(fill(line, number, slots), intent, kind, line)


def fill(template: str, seed: int, slots: dict[str, list[str]]) -> str:
    """The template with one of each of its choices and a value in each slot, the innermost first."""
    text = template
    for turn in range(100):
        found = _INNERMOST.search(text)
        if found is None:
            return " ".join(text.split()) if "\n" not in text else text.strip()
        options = found[1].split("|") if "|" in found[1] else slots.get(found[1])
        if options is None:
            raise NotPhrases(f"{{{found[1]}}} in {template!r} is no slot")
        chosen = options[hashed(template, seed, turn) % len(options)]
        text = text[: found.start()] + chosen + text[found.end() :]
    raise NotPhrases(f"{template!r} has no end")


def _acting(act: str) -> str:
    verb, _, rest = act.partition(" ")
    if verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    elif verb in _DOUBLED:
        verb += verb[-1]
    return f"{verb}ing {rest}".strip()


def hashed(*parts: object) -> int:
    """The same for equal parts everywhere, and otherwise as if by chance."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:6], "big")


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as fault:
        raise NotPhrases(f"{path}: {fault}") from fault
    if not isinstance(content, dict):
        raise NotPhrases(f"{path} is no mapping")
    return content


def _intent(path: Path, content: dict[str, Any]) -> Intent:
    try:
        return Intent(str(content.get("intent")))
    except ValueError as fault:
        raise NotPhrases(f"{path}: {fault}") from fault


def _lines(path: Path, content: dict[str, Any], kind: str) -> list[str]:
    lines = content.get(kind) or []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise NotPhrases(f"{path}: {kind} must be a list of texts; put what holds a colon in quotes")
    return lines
