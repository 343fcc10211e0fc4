"""Chromium, for the tests that see the pages as people do.

The browser lives as long as this package's tests: Playwright keeps an event loop running in the thread, in which
Django refuses to use the database, and the other tests are to meet neither.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.windows import PATIENCE_MS, Windows
from tests.browser.worlds import World, make_world

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",  # nothing leaves this machine
)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, live_server) -> Iterator[Windows]:
    """People's browser windows. A test fails when anything went wrong in any of them."""
    opened = Windows(chromium, live_server.url)
    yield opened
    opened.close()
    assert opened.troubles == []


@pytest.fixture
def world(chromium: Browser, transactional_db: None) -> World:
    return make_world()
