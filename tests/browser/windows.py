"""Windows people look at FlowOps through, and what went wrong in them."""

import threading
import time
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

from flowops.accounts.models import User

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 10_000
_TELL_OF_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(`violates ${event.violatedDirective}`));
"""


class Windows:
    """Each `open` is a browser of its own. `troubles` are errors, violations of the content security policy,
    dialogs, and requests that leave for somebody else's server: none of it is ever right."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self.address = address
        self.troubles: list[str] = []
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []

    def open(self, path: str = "", *, who: User | None = None, **options: Any) -> Page:
        """A window of this person, who is logged in, at a path."""
        # Without motion, so that nobody measures the colours of a transition.
        options = {"base_url": self.address, "reduced_motion": "reduce", **options}
        context = self._chromium.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_TELL_OF_VIOLATIONS)
        self._contexts.append(context)
        if who is not None:
            context.add_cookies([_session(who, self.address)])
        self._watch(context)
        page = context.new_page()
        if path:
            page.goto(path)
        return page

    def close(self) -> None:
        """Close all, and wait until the server has answered everybody: then no connection is left open."""
        for context in self._contexts:
            context.close()
        deadline = time.monotonic() + 10
        while any("process_request_thread" in thread.name for thread in threading.enumerate()):
            assert time.monotonic() < deadline, "the server is still answering"
            time.sleep(0.005)

    def _watch(self, context: BrowserContext) -> None:
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.troubles.append(f"error: {error.error}"))
        context.on("dialog", self._asked)
        context.on("request", self._requested)
        context.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(f"console: {message.text} ({message.location['url']})")

    def _asked(self, dialog: Dialog) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "blob:", "data:")):
            self.troubles.append(f"request to {request.url}")

    def _answered(self, response: Response) -> None:
        """Each document comes with our content security policy, and it makes no exception."""
        if response.request.resource_type == "document" and response.status == 200:
            policy = response.headers.get("content-security-policy", "")
            if "default-src 'self'" not in policy or "unsafe" in policy:
                self.troubles.append(f"policy of {response.url}: {policy}")


def _session(who: User, address: str) -> Any:
    client = Client()
    client.force_login(who)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}
