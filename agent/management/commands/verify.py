import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from agent import languages, scoring, verification_file, verify
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

    def handle(self, *args: Any, files: list[str], score: bool, **options: Any) -> None:
        lines = list(_lines(files))
        shown = tqdm(lines, unit="reply", disable=not sys.stderr.isatty(), leave=False)
        if score:
            self.stdout.write(scoring.report([_judged(line) for line in shown]))
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
    return verify.reply(line.reply, verification_file.known(line.facts), languages.likeliest(line.reply))


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


def _id(raw: bytes) -> str:
    try:
        return str(msgspec.json.decode(raw, type=dict[str, Any]).get("id", ""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
