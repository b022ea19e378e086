"""Functions of the operator's in the gateway's own process: called in threads, so that none holds up the loop."""

import asyncio
import importlib
import inspect
import json
import threading
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.functions import PYTHON

PLACES: Final = 16
"""Threads for one function. They begin when they are needed."""
# A coroutine is given up by whoever waits for it; this ends it soon after, and its place is free again.
_LATE_S: Final = 0.1
_FIELDS: Final = ((b"Content-Type", b"application/json"),)

Ended = Callable[[Answer | AskFailed], None]


class FunctionCall:
    """One call of a function."""

    __slots__ = ("_function", "ask", "ended", "has_begun", "is_given_up")

    def __init__(self, function: "Function", ask: Ask, ended: Ended) -> None:
        self._function = function
        self.ask = ask
        self.ended = ended
        self.has_begun = False
        self.is_given_up = False

    @property
    def is_connected(self) -> bool:
        """Always: there is nothing on the way to it."""
        return True

    def cancel(self) -> None:
        """Gives up: `ended` will not be called. What has begun goes on to its end."""
        self.is_given_up = True
        self._function.given_up(self)


class Function:
    """One `python:module:callable`, and its threads.

    They are its own, so that a function that hangs takes no place of another; and they do not keep the process
    from ending, as those of an executor would. The module is imported by the first call, in a thread, too.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoint: str) -> None:
        self._loop = loop
        self._module, _, self._name = endpoint.removeprefix(PYTHON).partition(":")
        self._callable: Callable[[dict[str, Any]], Any] | None = None
        self._queue: SimpleQueue[FunctionCall | None] = SimpleQueue()
        self._threads = 0
        self._unfinished = 0
        self._lost: set[FunctionCall] = set()

    @property
    def is_lost(self) -> bool:
        """Whether every place is taken by a call that nobody waits for any more."""
        return len(self._lost) >= PLACES

    def call(self, ask: Ask, ended: Ended) -> FunctionCall:
        """Calls it in a thread with the JSON object in the body of `ask`, and then `ended`, once, on the loop."""
        call = FunctionCall(self, ask, ended)
        self._unfinished += 1
        if self._unfinished > self._threads and self._threads < PLACES:
            self._threads += 1
            name = f"{self._module}:{self._name} {self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._queue.put(call)
        return call

    def given_up(self, call: FunctionCall) -> None:
        """Notes that nobody waits for `call` any more."""
        if call.has_begun:
            self._lost.add(call)

    def close(self) -> None:
        """Ends its threads when what they do is done; it cannot be called any more."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _finished(self, call: FunctionCall, outcome: Answer | AskFailed) -> None:
        self._unfinished -= 1
        self._lost.discard(call)
        if not call.is_given_up:
            call.ended(outcome)

    # In a thread

    def _work(self) -> None:
        while (call := self._queue.get()) is not None:
            call.has_begun = True
            outcome = AskFailed("timeout") if call.is_given_up else self._outcome(call.ask)
            # A loop that is closed has nobody left who waits.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._finished, call, outcome)

    def _outcome(self, ask: Ask) -> Answer | AskFailed:
        try:
            result = self._result(ask)
            if not isinstance(result, dict):
                return AskFailed("failed", f"it returned {type(result).__name__}, not a dict")
            body = json.dumps(result, allow_nan=False).encode()
        except BaseException as error:
            # Even one that means to end the thread: the place must not be lost.
            return AskFailed("failed", _told(error))
        if len(body) > ask.max_bytes:
            return AskFailed("too-long", f"more than {ask.max_bytes} bytes")
        return Answer(200, _FIELDS, body)

    def _result(self, ask: Ask) -> Any:
        event = json.loads(ask.body)
        if self._callable is None:
            self._callable = getattr(importlib.import_module(self._module), self._name)
        result = self._callable(event)
        if inspect.isawaitable(result):
            return asyncio.run(_within(ask.timeout_ms / 1000 + _LATE_S, result))
        return result


async def _within(seconds: float, result: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(result, seconds)


def _told(error: BaseException) -> str:
    """What went wrong, and where. What the error says of itself may hold something that is no log's business."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {where.name}, line {where.lineno} of {Path(where.filename).name}"
