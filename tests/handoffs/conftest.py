import pytest

from tests import factories
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
