"""What the proof asks of a browser: open a page, and say what its console wrote since."""

from typing import Literal, Protocol

import msgspec

BrowserName = Literal["chromium", "firefox"]


class Line(msgspec.Struct, frozen=True):
    """A line of a console, and the URL it is about where the browser says so."""

    text: str
    url: str = ""


class NotStartedError(Exception):
    """A browser is there and would not start; the message has its reason."""


class Driver(Protocol):
    """A running browser."""

    name: BrowserName
    version: str

    async def open(self, url: str) -> None:
        """Load a page; returns when it has begun to run."""

    async def lines(self) -> list[Line]:
        """What the console wrote since the last call."""
