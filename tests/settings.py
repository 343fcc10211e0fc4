"""The product's settings, without what a developer's .env would change under the tests."""

import os

os.environ |= {
    "SECRET_KEY": "only for the tests",
    "DEBUG": "false",
    "DEMO": "false",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "LEASE_SECONDS": "30",
    "EMAIL_URL": "memorymail://",
}
os.environ.setdefault("DATABASE_URL", "sqlite:///tests.sqlite3")

from flowops.settings import *  # noqa: F403
from flowops.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; nothing secret is in here

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes must meet on the same database, in WAL mode.
    DATABASES["default"]["TEST"] = {"NAME": "tests.sqlite3"}
