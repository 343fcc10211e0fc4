import os

import pytest
from django.conf import settings

from policy.ruleset import Ruleset
from tests import factories


def pytest_report_header() -> str:
    """Which database the suite runs on; never another than the one it was started for."""
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    assert engine == os.environ.get("EXPECTED_DATABASE", engine)
    return f"database under test: {engine}"


@pytest.fixture
def policy(db: None) -> Ruleset:
    """The starting rules, active."""
    return factories.active_policy().ruleset
