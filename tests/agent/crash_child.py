"""A process that asks for a refund and kills itself, as by kill -9, at the given point of the turn.

    python -m tests.agent.crash_child DATABASE_NAME CLIENT_ID MESSAGE POINT

POINT is a phase ("planned") or the number of a statement of `apply` after which it dies ("statement 3").
"""

import os
import signal
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def main(database: str, client_id: str, message: str, point: str) -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from agent import turn
    from flowops.accounts.models import ApiClient
    from tests.agent.crash_points import stopping_at
    from tests.factories import NOW

    with stopping_at(point, die) as ports:
        turn.live(
            ApiClient.objects.get(id=client_id),
            customer_id="cust_1",
            message=message,
            request_id="r1",
            now=NOW,
            ports=ports,
        )


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
