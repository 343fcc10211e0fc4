import json

import pytest

from flowops.accounts.models import OperatorToken, User
from tests import factories
from tests.factories import NOW
from tests.handoffs import worlds


@pytest.fixture
def vera(db):
    return factories.operator("vera", "viewer")[0]


@pytest.fixture
def olga(db):
    return factories.operator("olga", "operator")[0]


@pytest.fixture
def otto(db):
    return factories.operator("otto", "operator")[0]


@pytest.fixture
def susan(db):
    return factories.operator("susan", "supervisor")[0]


@pytest.fixture
def sven(db):
    return factories.operator("sven", "supervisor")[0]


@pytest.fixture
def case(policy, olga):
    """Claimed by olga: 240 EUR wait for a person."""
    return worlds.claimed_case(olga)


@pytest.fixture
def large(policy, olga):
    """Claimed by olga: a cent more than one person may approve."""
    return worlds.claimed_case(olga, "500.01")


@pytest.fixture
def call(client):
    """Call a route as somebody: a method, a path, a key, a JSON value or raw bytes."""

    def send(method, path, key=None, body=b"", media_type="application/json", **headers):
        if key:
            headers["Authorization"] = f"Bearer {key}"
        raw = body if isinstance(body, bytes) else json.dumps(body)
        return client.generic(method, path, raw, media_type, headers=headers)

    return send


@pytest.fixture
def keys():
    """A key of each kind: of vera the viewer, olga and otto the operators, susan the supervisor, and bad ones."""
    roles = {"vera": "viewer", "olga": "operator", "otto": "operator", "susan": "supervisor"}
    roles |= dict.fromkeys(["revoked", "inactive", "groupless"], "operator")
    made = {name: factories.operator(name, role)[1] for name, role in roles.items()}
    OperatorToken.objects.filter(user__username="revoked").update(revoked_at=NOW)
    User.objects.filter(username="inactive").update(is_active=False)
    User.objects.get(username="groupless").groups.clear()
    return made | {"client": factories.api_client()[1], "nobody": None, "mistyped": "flow_live_x"}


@pytest.fixture
def post(call, keys):
    """POST an act on hof_1 as somebody; with the right body unless told another."""

    def send(route, who="olga", body=None, media_type="application/json", **headers):
        sent = worlds.asked(route) if body is None else body
        return call("POST", f"/handoffs/hof_1/{route}", keys[who], sent, media_type, **headers)

    return send
