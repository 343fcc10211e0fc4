"""What is installed is pinned by hash, and nothing in the repository leads to one machine or registry."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

LOCKS = sorted(Path(settings.BASE_DIR, "requirements").glob("*.txt"))
SKIPPED = {".git", ".venv", ".hypothesis", "var", "__pycache__", "htmlcov"}


def test_there_is_a_lock_file_for_each_list_of_requirements():
    wanted = {path.stem for path in Path(settings.BASE_DIR, "requirements").glob("*.in")}
    assert wanted == {path.stem for path in LOCKS} == {"run", "test", "train"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "word", ["http:", "https:", "file:", "git+", "index-url", "find-links", "trusted-host", " @ "]
)
def test_a_lock_file_names_no_place_to_fetch_from(lock, word):
    assert word not in lock.read_text()


def _requirements(lock: Path) -> list[str]:
    """Each requirement with its continued lines as one text, comments left out."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in "\n".join(lines).replace("\\\n", " ").splitlines() if entry.strip()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_by_version_and_hash(lock):
    entries = _requirements(lock)
    pinned = re.compile(
        r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+( ;[^-]+?| ; .+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )
    assert len(entries) > 10
    assert [entry for entry in entries if not pinned.fullmatch(entry)] == []


def test_what_runs_is_a_part_of_what_is_tested():
    run, test, train = ({entry.split()[0] for entry in _requirements(lock)} for lock in LOCKS)
    assert run < test
    assert run < train


def _committed() -> Iterator[Path]:
    """The files git knows; where this is no repository, all that are not made by a tool."""
    root = Path(settings.BASE_DIR)
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=True)
        yield from (root / name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file())
    else:
        yield from _walked(root)


def _walked(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in SKIPPED and not path.name.endswith("_cache"):
                yield from _walked(path)
        elif path.name != ".env" and not path.name.startswith((".coverage", "db.sqlite3", "tests.sqlite3")):
            yield path


# Spelled in pieces, so that this file does not name them itself.
MACHINES = re.compile("(?<![\\w.}])/" + "(?:home|root|Users|work|mnt)" + "/\\w" + "|\\b[A-Z]:" + "\\\\\\w")
REGISTRIES = re.compile(
    "index-" + "url|files\\.python" + "hosted|artifac" + "tory|(?:test\\.)?pypi\\.org/" + "simple"
)


@pytest.mark.parametrize("named", [MACHINES, REGISTRIES], ids=["a machine's path", "a registry"])
def test_no_committed_text_leads_to_one_machine_or_registry(named):
    mine = Path(__file__).resolve()
    texts = {path: path.read_bytes() for path in _committed() if path != mine}
    assert len(texts) > 50
    found = [
        f"{path.relative_to(settings.BASE_DIR)}: {match.group()}"
        for path, content in texts.items()
        if b"\0" not in content and (match := named.search(content.decode(errors="replace")))
    ]
    assert found == []
