from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from policy.ruleset import Ruleset
from tests import factories


@pytest.fixture(scope="session", autouse=True)
def name_the_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Say on which database the suite ran: a run that quietly fell back to another would show."""
    with django_db_blocker.unblock():
        print(f"\ndatabase under test: {connection.vendor}")
    return


@pytest.fixture
def policy(db: None) -> Ruleset:
    """The starting rules, active."""
    return factories.active_policy().ruleset
