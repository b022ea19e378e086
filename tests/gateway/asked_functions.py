"""Functions that an Asker calls inside its own process."""

import asyncio
import sys
import threading
from typing import Any, NoReturn

LET_GO = threading.Event()
"""Set by a test that has seen enough of `hang`."""
SEEN: list[tuple[dict[str, Any], str]] = []


def allow(event: dict[str, Any]) -> dict[str, Any]:
    """Allows, and remembers what it was told and in which thread."""
    SEEN.append((event, threading.current_thread().name))
    return {"status": "allow", "context": {"user": event.get("user")}}


async def allow_later(event: dict[str, Any]) -> dict[str, Any]:
    """Allows after having waited."""
    await asyncio.sleep(0.01)
    return {"status": "allow"}


class Allowing:
    """Something else that can be called, and is waited for."""

    async def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """Allows."""
        return {"status": "allow"}


allowing = Allowing()


def fail(event: dict[str, Any]) -> NoReturn:
    """Fails, and talks about it."""
    raise ValueError("the password is hunter2")


def leave(event: dict[str, Any]) -> NoReturn:
    """Would end a program."""
    sys.exit(1)


def say_yes(event: dict[str, Any]) -> str:
    """Answers what is no object."""
    return "yes"


def say_nothing_json(event: dict[str, Any]) -> dict[str, Any]:
    """Answers what JSON has no word for."""
    return {"status": object()}


def say_not_a_number(event: dict[str, Any]) -> dict[str, Any]:
    """Answers what Python writes as JSON and nobody else reads."""
    return {"status": float("nan")}


def say_much(event: dict[str, Any]) -> dict[str, Any]:
    """Answers more than anybody asks for."""
    return {"status": "x" * 2_000_000}


def hang(event: dict[str, Any]) -> dict[str, Any]:
    """Takes as long as the test likes."""
    LET_GO.wait(60)
    return {"status": "allow"}


async def hang_later(event: dict[str, Any]) -> dict[str, Any]:
    """Waits for ever, and can be ended."""
    await asyncio.sleep(60)
    return {"status": "allow"}


not_callable = 5
