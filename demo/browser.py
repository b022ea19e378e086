"""A headless Chromium that opens a page, presses every button and says what the page read."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from playwright.sync_api import Browser, Error, Page, sync_playwright

from demo.page import Button, Outcome

TIMEOUT_MS = 15_000
QUIET = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


class NotStartedError(Exception):
    """Chromium is there and would not start; the message has its reason."""


def find_chromium() -> str | None:
    """The path of Chromium, or None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium", path="/usr/bin")


class PageFailedError(Exception):
    """A page could not be opened, or a button of it did not answer; the message says which."""


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A running Chromium. Raises NotStartedError."""
    # Root has no sandbox to offer it.
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=TIMEOUT_MS)
        except Error as error:
            raise NotStartedError(error.message) from None
        with browser:
            yield browser


def press_all(browser: Browser, address: str, buttons: list[Button]) -> list[Outcome]:
    """What the page at `address` read after each button, in their order; a fresh visitor has no cookies.

    Raises PageFailedError.
    """
    page = browser.new_context().new_page()
    page.set_default_timeout(TIMEOUT_MS)
    try:
        page.goto(address)
        return [_press(page, button) for button in buttons]
    except Error as error:
        raise PageFailedError(f"{address}: {error.message}") from None


def _press(page: Page, button: Button) -> Outcome:
    """The last outcome after as many presses as the button wants."""
    for press in range(1, button.presses + 1):
        page.click(f"#{button.name} button")
        page.wait_for_selector(f"#{button.name}[data-presses='{press}']")
    return msgspec.convert(page.evaluate("name => outcomes[name]", button.name), Outcome)
