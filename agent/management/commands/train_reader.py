import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from agent.reading import artifact, phrases

PHRASES = Path(settings.BASE_DIR) / "fixtures" / "understanding"
READER = Path(settings.BASE_DIR) / "agent" / "reading" / artifact.FILE


class Command(BaseCommand):
    help = "Train the reader on fixtures/understanding. Needs requirements/train.txt; running FlowOps does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the reader would change")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        try:
            from agent import training
        except ImportError as fault:
            raise CommandError(f"{fault}: pip install -r requirements/train.txt") from None
        try:
            content = training.train(PHRASES, shown=_shown)
        except phrases.NotPhrases as fault:
            raise CommandError(str(fault)) from None
        if check and content != READER.read_bytes():
            raise CommandError("training gives another reader than the one that is here")
        if not check:
            READER.write_bytes(content)
        self.stdout.write(f"{READER.name}: {len(content):,} bytes, {'as before' if check else 'written'}")


def _shown(languages: Sequence[str]) -> Iterable[str]:
    shown: Iterable[str] = tqdm(languages, unit="language", disable=not sys.stderr.isatty())
    return shown
