import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from msgspec import UNSET, Struct, UnsetType
from tqdm import tqdm

from agent import reading_scores
from agent.reading import reader
from agent.reading_scores import Read
from agent.values import Entity, Reading
from flowops.masking import masked
from policy.values import Intent

ALWAYS_PEOPLES = {Intent.UNRECOGNIZED_CHARGE, Intent.DATA_DELETION, Intent.TALK_TO_HUMAN, Intent.OUT_OF_SCOPE}


class Line(Struct):
    text: str
    id: str = ""
    intent: str | list[str] | UnsetType = UNSET
    intents: list[str] | UnsetType = UNSET


class Understood(Struct):
    id: str
    intent: Intent
    confidence: float
    out_of_scope: float
    also: tuple[Intent, ...]
    entities: tuple[Entity, ...]
    flags: tuple[str, ...]
    language: str | None
    escalate: bool


class Command(BaseCommand):
    help = (
        'Read messages: {"id"?, "text", "intent"?} a line in, {"id", "intent", "confidence", "entities", "flags", "language", '
        '"escalate"} a line out. `escalate` is what the reader alone would give to a person.'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.jsonl", help="- reads standard input")
        parser.add_argument(
            "--score", action="store_true", help="the lines carry labels: print the scorecard alone"
        )
        parser.add_argument("--plot", metavar="FILE.svg", help="draw the reliability curve of labelled lines")
        parser.add_argument(
            "--time", action="store_true", help="print how long reading takes, and the memory it takes"
        )

    def handle(self, *args: Any, file: str, score: bool, plot: str | None, time: bool, **options: Any) -> None:
        lines = list(_lines(file))
        if time:
            self.stdout.write(_timed(lines))
            return
        judged: list[Read] = []
        for line in tqdm(lines, unit="message", disable=not sys.stderr.isatty(), leave=False):
            understood = _understood(line)
            if right := _right(line):
                judged.append(_judged(understood, right))
            if not score:
                self.stdout.write(msgspec.json.encode(understood).decode())
        if (score or plot) and not judged:
            raise CommandError("no line has an intent to score by")
        if judged:
            (self.stdout if score else self.stderr).write(reading_scores.report(judged))
        if plot:
            Path(plot).write_text(reading_scores.curve(judged), encoding="utf-8")


def _lines(name: str) -> Iterator[Line]:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as fault:
        raise CommandError(f"{name}: {fault.strerror}") from None
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise CommandError(f"{name}, line {number}: {fault}") from None


def _understood(line: Line) -> Understood:
    reading = _read(line.text)
    return Understood(
        id=line.id,
        intent=reading.intent,
        confidence=reading.confidence,
        out_of_scope=reading.out_of_scope,
        also=reading.also,
        entities=reading.entities.found,
        flags=reading.flags,
        language=reading.read_in,
        escalate=_is_for_people(reading),
    )


def _read(text: str) -> Reading:
    return reader.message(masked(text), today=timezone.now().date())


def _is_for_people(reading: Reading) -> bool:
    """What may not be relied on, and what people must see in any case; a sure wish that people fulfil is understood."""
    return (
        reading.confidence < reading.sure_from
        or reading.intent in ALWAYS_PEOPLES
        or bool(reading.flags or reading.also)
        or reading.read_in is None
    )


def _right(line: Line) -> tuple[Intent, ...]:
    named = line.intent if line.intent is not UNSET else line.intents
    if named is UNSET:
        return ()
    try:
        return tuple(Intent(name) for name in ([named] if isinstance(named, str) else named))
    except ValueError as fault:
        raise CommandError(f"{line.id or line.text[:40]}: {fault}") from None


def _judged(understood: Understood, right: tuple[Intent, ...]) -> Read:
    return Read(understood.intent, understood.confidence, understood.out_of_scope, understood.escalate, right)


def _timed(lines: list[Line]) -> str:
    """Milliseconds of the first message, which loads the model, and of each after it; and the memory of the model."""
    before = _resident()
    start = perf_counter()
    _read("Where is my refund?")
    first = (perf_counter() - start) * 1000
    grown = _resident() - before
    took = sorted(_milliseconds(line.text) for line in lines)
    return (
        f"{len(took)} messages; the first of a process takes {first:.0f} ms and {grown:.1f} MB, then p50 "
        f"{took[len(took) // 2]:.2f} ms, p99 {took[int(len(took) * 0.99)]:.2f} ms, most {took[-1]:.2f} ms"
    )


def _milliseconds(text: str) -> float:
    start = perf_counter()
    _read(text)
    return (perf_counter() - start) * 1000


def _resident() -> float:
    """Megabytes, from Linux's own account of the process; 0 elsewhere."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0
