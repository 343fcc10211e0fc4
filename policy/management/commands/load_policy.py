from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from flowops import strict_yaml
from flowops.strict_yaml import NotStrictYAML
from policy import ruleset, versions
from policy.ruleset import NotARuleset


class Command(BaseCommand):
    help = "Check a ruleset file (YAML or JSON), publish it as the next policy version and make it the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="only check the file, change nothing")
        parser.add_argument("--no-activate", action="store_true", help="publish, but leave the active version")

    def handle(self, *args: Any, file: Path, check: bool, no_activate: bool, **options: Any) -> None:
        content = _read(file)
        if check:
            _checked(content)
            self.stdout.write(f"{file} is a valid ruleset")
            return
        now = timezone.now()
        version = _published(content, now)
        if not no_activate:
            versions.activate(version, by=None, now=now)
        state = "published" if no_activate else "published and active"
        self.stdout.write(f"policy version {version.number} {state}, checksum {version.checksum[:12]}")


def _read(file: Path) -> Any:
    try:
        content = strict_yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, NotStrictYAML) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file} is not a ruleset: it must be a mapping")
    return content


def _checked(content: Any) -> None:
    try:
        ruleset.read(content)
    except NotARuleset as error:
        raise _refusal(error) from error


def _published(content: Any, now: Any) -> Any:
    try:
        return versions.publish(content, by=None, now=now)
    except NotARuleset as error:
        raise _refusal(error) from error


def _refusal(error: NotARuleset) -> CommandError:
    return CommandError("\n".join(["not a valid ruleset:"] + [f"  {f.path}: {f.message}" for f in error.faults]))
