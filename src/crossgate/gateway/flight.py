"""An ask under way, and those who wait for what comes of it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.gateway.breaker import Gate

Outcome = Answer | AskFailed
Done = Callable[[Outcome], None]
Cancel = Callable[[], None]
Ended = Callable[["Flight", Outcome | None, bool | None], Outcome | None]
"""Makes of the outcome what those who wait are given."""


class Performer(Protocol):
    """Who carries out an ask, over HTTP or in a thread, and then ends its flight."""

    @property
    def is_connected(self) -> bool:
        """Whether the service has been reached."""

    def cancel(self) -> None:
        """Gives up; the flight is not ended by it."""


class Flight:
    """An ask under way, and those who wait for it; the last one who gives up ends it."""

    performer: Performer

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        ask: Ask,
        ended: Ended,
        gate: Gate,
        address_gate: Gate | None = None,
    ) -> None:
        self.ask = ask
        self._loop = loop
        self._ended = ended
        self._gate = gate
        self._address_gate = address_gate
        self._waiting: dict[_Waiter, None] = {}
        self._timer = loop.call_later(ask.timeout_ms / 1000, self._timed_out)

    def join(self, done: Done) -> Cancel:
        """Calls `done` at the end, unless what is returned is called before."""
        waiter = _Waiter(self, done)
        self._waiting[waiter] = None
        return waiter.give_up

    def leave(self, waiter: "_Waiter") -> None:
        """Forgets `waiter`; ends it all when it was the last one."""
        if waiter in self._waiting:
            del self._waiting[waiter]
            if not self._waiting:
                self.performer.cancel()
                self.end(None, None)

    def end(self, outcome: Outcome | None, has_answered: bool | None) -> None:
        """Tells those who wait, each in a turn of the loop of its own; see Gate.leave for `has_answered`."""
        self._timer.cancel()
        given = self._ended(self, outcome, has_answered)
        waiting, self._waiting = self._waiting, {}
        if given is not None:
            for waiter in waiting:
                self._loop.call_soon(waiter.give, given)

    def leave_gates(self, now: float, has_answered: bool | None) -> None:
        """Leaves the gates by what is known: of a service that was not reached only that."""
        is_reached = self.performer.is_connected
        self._gate.leave(now, has_answered=has_answered if is_reached else None)
        if self._address_gate is not None:
            self._address_gate.leave(now, has_answered=None if has_answered is None else is_reached)

    def _timed_out(self) -> None:
        self.performer.cancel()
        self.end(AskFailed("timeout"), False)


class _Waiter:
    """Somebody who waits for the end of a flight."""

    __slots__ = ("_done", "_flight")

    def __init__(self, flight: Flight, done: Done) -> None:
        self._flight = flight
        self._done: Done | None = done

    def give(self, outcome: Outcome) -> None:
        """Tells it, unless it has given up."""
        done, self._done = self._done, None
        if done is not None:
            done(outcome)

    def give_up(self) -> None:
        """Forgets it."""
        self._done = None
        self._flight.leave(self)
