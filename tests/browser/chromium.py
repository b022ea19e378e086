"""Debian's Chromium, driven by Playwright."""

import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from demo.browser import QUIET, TIMEOUT_MS
from playwright.async_api import ConsoleMessage, Error, Page, async_playwright

from tests.browser.driver import BrowserName, Line, NotStartedError

# Cookies of other sites' pages go along, as the credentials mode has it.
_PREFERENCES: Final = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}


class Chromium:
    """One tab."""

    name: BrowserName = "chromium"

    def __init__(self, page: Page, version: str) -> None:
        self.version = version
        self._page = page
        self._lines: list[Line] = []
        page.on("console", self._keep)

    async def open(self, url: str) -> None:
        """Load a page."""
        await self._page.goto(url, wait_until="commit", timeout=TIMEOUT_MS)

    async def lines(self) -> list[Line]:
        """What the console wrote since the last call."""
        found, self._lines = self._lines, []
        return found

    def _keep(self, message: ConsoleMessage) -> None:
        self._lines.append(Line(message.text, message.location.get("url", "")))


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Chromium]:
    """A headless Chromium that finds every `.test` host on this machine. Raises NotStartedError."""
    # A page that could not be had is loaded again by the window around it, which is no part of the story.
    arguments = [*QUIET, "--disable-auto-reload", "--host-resolver-rules=MAP *.test 127.0.0.1"]
    if os.geteuid() == 0:
        # Root has no sandbox to offer it.
        arguments.append("--no-sandbox")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        preferences = Path(profile) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps(_PREFERENCES), "utf-8")
        async with async_playwright() as playwright:
            try:
                # A profile of its own and no private window, which would keep back cookies of other sites.
                context = await playwright.chromium.launch_persistent_context(
                    profile, executable_path=path, args=arguments, timeout=TIMEOUT_MS, ignore_https_errors=True
                )
            except Error as error:
                raise NotStartedError(error.message) from None
            async with context:
                page = context.pages[0]
                version = await page.evaluate("navigator.userAgent.match(/Chrome.([0-9.]+)/)[1]")
                yield Chromium(page, version)
