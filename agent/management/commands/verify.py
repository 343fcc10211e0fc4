import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from agent import phrasebook, scoring, verification_file, verify
from agent.known import Known
from agent.scoring import Judged
from agent.values import Violation
from agent.verification_file import Line
from flowops.money import NotMoney


class Verdict(msgspec.Struct):
    id: str
    blocked: bool
    violations: tuple[Violation, ...]


class Command(BaseCommand):
    help = (
        "Judge replies by the verifier: one JSON object a line in, {id, facts, reply}; one line a reply out, "
        "{id, blocked, violations}. What cannot be read is blocked, and says why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="FILE.jsonl", nargs="+", help="- reads standard input")
        parser.add_argument(
            "--score",
            action="store_true",
            help="the lines carry label, category and lang: print how well they are judged",
        )
        parser.add_argument(
            "--time", action="store_true", help="print how long judging takes, instead of verdicts"
        )

    def handle(self, *args: Any, files: list[str], score: bool, time: bool, **options: Any) -> None:
        lines = list(_lines(files))
        shown = tqdm(lines, unit="reply", disable=not sys.stderr.isatty(), leave=False)
        if score:
            self.stdout.write(scoring.report([_judged(line) for line in shown]))
            return
        if time:
            self.stdout.write(_timed(lines))
            return
        for line in shown:
            self.stdout.write(msgspec.json.encode(_verdict(line)).decode())


def _lines(files: list[str]) -> Iterator[bytes]:
    for name in files:
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as fault:
            raise CommandError(f"{name}: {fault.strerror}") from None
        yield from (line for line in content.splitlines() if line.strip())


def _verdict(raw: bytes) -> Verdict:
    try:
        line = verification_file.read(raw)
        found = _violations(line)
    except (msgspec.DecodeError, NotMoney, UnicodeDecodeError) as fault:
        return Verdict(_id(raw), True, (Violation(check="malformed", span="", detail=str(fault)),))
    return Verdict(line.id, bool(found), found)


def _violations(line: Line) -> tuple[Violation, ...]:
    return verify.any_language(line.reply, verification_file.known(line.facts))


def _judged(raw: bytes) -> Judged:
    """Raises CommandError for a line without a label."""
    verdict = _verdict(raw)
    try:
        line = verification_file.read(raw)
    except msgspec.DecodeError as fault:
        raise CommandError(f"{verdict.id or 'a line'}: {fault}") from None
    if line.label is msgspec.UNSET:
        raise CommandError(f"{line.id}: a scored line needs a label, block or allow")
    return Judged(line, verdict.blocked, verdict.violations)


def _timed(lines: list[bytes]) -> str:
    """Milliseconds of judging a reply: for the first time, and again when its like was read before."""
    judged = [(verification_file.known(line.facts), line.reply) for line in map(verification_file.read, lines)]
    for language in phrasebook.LANGUAGES:
        phrasebook.book(language)  # once a process
    rows = ["", f"{len(judged)} replies", f"{'ms':>12} {'p50':>8} {'p99':>8} {'most':>8}"]
    for name in ("first", "again", "again"):
        took = sorted(_milliseconds(known, reply) for known, reply in judged)
        at = {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)], "most": took[-1]}
        rows.append(f"{name:>12} " + " ".join(f"{milliseconds:8.2f}" for milliseconds in at.values()))
    return "\n".join(rows)


def _milliseconds(known: Known, reply: str) -> float:
    start = perf_counter()
    verify.any_language(reply, known)
    return (perf_counter() - start) * 1000


def _id(raw: bytes) -> str:
    try:
        return str(msgspec.json.decode(raw, type=dict[str, Any]).get("id", ""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
