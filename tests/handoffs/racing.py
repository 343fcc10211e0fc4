"""People, customers and the worker at once: threads on PostgreSQL; on SQLite processes, which share but the file.

python -m tests.handoffs.racing DATABASE_NAME   (started by `racers`; speaks pickled jobs and outcomes)
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import IO, Any, NamedTuple

WAIT = 60  # seconds after which a racer counts as hung


class Job(NamedTuple):
    """What one of them does to a handoff; `version` is the one they have seen, None for whatever there is."""

    act: str
    handoff_id: str
    who: str
    version: int | None = None


class Outcome(NamedTuple):
    """200, or what a refusal told. An error that is no refusal is a 500."""

    status: int
    words: str = ""
    owner: str | None = None
    version: int | None = None

    @property
    def won(self) -> bool:
        return self.status == 200


Race = Callable[[Sequence[Job]], list[Outcome]]


def attempt(job: Job) -> Outcome:
    from flowops.problems import Problem

    try:
        _do(job)
    except Problem as refusal:
        told = refusal.extra
        return Outcome(int(refusal.status), refusal.detail, told.get("owner", "untold"), told.get("version", -1))
    except Exception as error:
        return Outcome(500, repr(error))
    return Outcome(200)


def _do(job: Job) -> None:
    from django.utils import timezone

    from agent import turn
    from flowops.accounts.models import ApiClient, User
    from handoffs import decisions
    from tests.handoffs import worlds

    if job.act == "follow-up":
        asks = {"customer_id": job.handoff_id.replace("hof", "cust"), "message": "I want to talk to a human."}
        turn.live(ApiClient.objects.get(), **asks, request_id=None, now=timezone.now())
    elif job.act == "execute":
        decisions.execute_due(timezone.now())
    else:
        by = User.objects.get(username=job.who)
        worlds.perform(job.act, by, handoff_id=job.handoff_id, version=job.version)


@contextmanager
def racers(count: int) -> Iterator[Race]:
    """A function that carries out so many jobs at once."""
    from django.db import connection

    with (_threads if connection.vendor == "postgresql" else _processes)(count) as race:
        yield race


@contextmanager
def _threads(count: int) -> Iterator[Race]:
    from django.db import connection

    barrier = Barrier(count)

    def released(act: Callable[[Any], Any], argument: Any) -> Any:
        barrier.wait(WAIT)
        return act(argument)

    def close(_: Any) -> None:
        connection.close()

    with ThreadPoolExecutor(count) as pool:
        yield lambda jobs: list(pool.map(released, [attempt] * count, jobs))
        list(pool.map(released, [close] * count, range(count)))


@contextmanager
def _processes(count: int) -> Iterator[Race]:
    """Each waits at its pipe, loaded and connected; that they are written to in a row is their barrier."""
    from django.conf import settings
    from django.db import connection

    command = [sys.executable, "-m", "tests.handoffs.racing", str(connection.settings_dict["NAME"])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    children = [subprocess.Popen(command, cwd=settings.BASE_DIR, **pipes) for _ in range(count)]

    def race(jobs: Sequence[Job]) -> list[Outcome]:
        for child, job in zip(children, jobs, strict=True):
            _write(child.stdin, tuple(job))
        return [Outcome(*pickle.load(child.stdout)) for child in children]  # noqa: S301 - our own child

    try:
        for child in children:
            assert pickle.load(child.stdout) == "ready"  # noqa: S301 - our own child
        yield race
    finally:
        for child in children:
            child.stdin.close()
            child.wait(WAIT)
            child.stdout.close()


def _write(stream: IO[bytes], message: Any) -> None:
    pickle.dump(message, stream)
    stream.flush()


def main(database: str) -> None:
    import django
    from django.conf import settings

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whoever prints must not write among the answers
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    from django.db import connection

    connection.ensure_connection()
    _write(answers, "ready")
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own parent
        except EOFError:
            return
        _write(answers, tuple(attempt(Job(*job))))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    main(*sys.argv[1:])
