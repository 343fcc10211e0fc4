import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from agent.demo import access
from agent.management.commands import demo
from flowops import environment
from flowops.database import unapplied_migrations

HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 10


class Command(BaseCommand):
    help = "Serve chat, console and worker on this machine; ctrl-C stops all. The demo prepares its own data."

    def handle(self, *args: Any, **options: Any) -> None:
        entry = self._prepare_demo() if settings.DEMO else None
        if unapplied_migrations():
            raise CommandError("the database is behind the code: run `manage.py migrate` first")
        port = _free_port(environment.whole_number("PORT", 8000, at_least=1, at_most=65535))
        # Empty, the finders serve static files; absent, there is a warning at each start.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        family = _Family()
        family.start(_web(port))
        family.start([sys.executable, "manage.py", "worker"])
        url = f"http://{HOST}:{port}"
        if family.wait_until_listening(port):
            self._announce(url, entry)
        else:
            family.stop()
        sys.exit(family.wait())

    def _prepare_demo(self) -> access.Access:
        call_command("migrate", verbosity=0)
        match demo.progress():
            case demo.Progress.NOTHING:
                call_command("demo", stdout=self.stdout)
            case demo.Progress.BROKEN_OFF:
                call_command("demo", "--reset", stdout=self.stdout)
            case demo.Progress.COMPLETE | demo.Progress.NOT_OURS:
                pass
        return access.ensure()

    def _announce(self, url: str, entry: access.Access | None) -> None:
        lines = [f"url {url}"]
        if entry is not None:
            lines += [*entry.lines(), *_curls(url, entry)]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


class _Family:
    """Web and worker: they start together, and when one ends or we are told to stop, all stop."""

    def __init__(self) -> None:
        self.members: list[subprocess.Popen[bytes]] = []
        self.is_told_to_stop = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)

    def start(self, command: list[str]) -> None:
        # A session of its own: ctrl-C reaches this process alone, which then stops the members in order.
        self.members.append(
            subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True)  # noqa: S603
        )

    def wait_until_listening(self, port: int) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self._all_run() and not self.is_told_to_stop and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    return True
            time.sleep(0.05)
        return False

    def wait(self) -> int:
        """Until the first ends; then end the rest. The exit code is 0 only when we were told to stop."""
        while self._all_run() and not self.is_told_to_stop:
            time.sleep(0.2)
        self.stop()
        for member in self.members:
            try:
                member.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                member.kill()
        return 0 if self.is_told_to_stop else 1

    def stop(self) -> None:
        for member in self.members:
            member.terminate()

    def _all_run(self) -> bool:
        return all(member.poll() is None for member in self.members)

    def _stop(self, *_: Any) -> None:
        self.is_told_to_stop = True


def _web(port: int) -> list[str]:
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    options = ["--workers", "2", "--threads", "8", "--worker-class", "gthread", "--log-level", "warning"]
    return [gunicorn, "flowops.wsgi", "--bind", f"{HOST}:{port}", *options]


def _free_port(wanted: int) -> int:
    for port in range(wanted, min(wanted + 100, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise CommandError(f"no free port from {wanted} on")


def _curls(url: str, entry: access.Access) -> Iterator[str]:
    chat = f"curl -s {url}/chat -H 'Authorization: Bearer {entry.api_key}' -H 'Content-Type: application/json'"
    message = '"customerId": "cust_200", "message": "Please refund invoice inv_1001"'
    yield f"{chat} -d '{{{message}}}'"
    yield f'{chat} -d \'{{{message}, "mode": "live", "requestId": "req_001"}}\''
    yield f"curl -s '{url}/handoffs?status=pending&limit=3' -H 'Authorization: Bearer {entry.logins[0].token}'"
