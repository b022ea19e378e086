"""Asks other services while calls wait: keeps answers, asks once for many, and leaves alone who never answers."""

import asyncio
import logging
from collections.abc import Callable, Container
from typing import Final

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.core.policies.functions import PYTHON
from crossgate.core.snapshot.snapshot import Address
from crossgate.gateway.answer_cache import AnswerCache
from crossgate.gateway.breaker import Gate
from crossgate.gateway.flight import Cancel, Done, Flight, Outcome
from crossgate.gateway.functions import Function
from crossgate.gateway.pool import Pool
from crossgate.gateway.web_ask import WebAsk, place_of, request_of

MAX_AT_ONCE: Final = 256
"""Asks under way to one function; more are refused at once."""
MAX_AT_ONE_ADDRESS: Final = 1024
"""Asks under way to all the functions of one host and port."""
_MAX_GATES: Final = 10_000
_LOG_EVERY_S: Final = 10.0
_BUSY: Final = AskFailed("busy", "too many asks are under way, or the last ones were in vain")

_log = logging.getLogger(__name__)


class Asker:
    """Performs the asks of one worker.

    `allowed_python` are the `python:` endpoints that the machine's operator has listed; it may be replaced at any
    time. `now` is a monotonic clock in seconds, the loop's own unless another is handed in.

    A service that gives no answer five times in a row is left alone for five seconds, then tried by one ask (see
    Gate). No answer is: none in time, a connection that cannot be had, or one that ends or makes no sense before
    the answer is whole. Whatever else comes is an answer, an error of 500 too: it made nobody wait. An address
    that cannot be reached counts against all that is asked there; an ask that was sent in vain counts against
    host, port and path alone, so that one function behind a shared door never shuts it for another. A function
    inside the gateway counts as one service.

    Why there is no answer is logged, of each service once in ten seconds, without the address's path and query.
    """

    def __init__(
        self,
        pool: Pool,
        loop: asyncio.AbstractEventLoop,
        allowed_python: Container[str],
        now: Callable[[], float] | None = None,
    ) -> None:
        self.allowed_python = allowed_python
        self._pool = pool
        self._loop = loop
        self._now = now or loop.time
        self._cache = AnswerCache()
        self._gates: dict[Address | tuple[Address, str] | str, Gate] = {}
        self._functions: dict[str, Function] = {}
        self._flights: set[Flight] = set()
        self._shared: dict[str, Flight] = {}
        self._silent_until: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"<Asker: {len(self._flights)} asks under way, {len(self._cache)} answers kept>"

    def ask(self, ask: Ask, done: Done) -> Cancel | None:
        """Calls `done` once with what came of `ask`.

        Returns None when it has been called already, else what to call to give up; then it is not called. Whoever
        asks with the `cache_key` of an ask under way waits for that one, and no longer than it does.
        """
        shared = self._shared.get(ask.cache_key) if ask.cache_key else None
        if ask.cache_key and (found := self._cache.find(ask, self._now())) is not None:
            answer, state = found
            if state == "failing" and shared is None:
                self._begin(ask)
            if state != "stale":
                done(answer)
                return None
        flight = shared or self._begin(ask)
        if isinstance(flight, AskFailed):
            self._log(ask, flight)
            done(self._or_stale(ask, flight))
            return None
        return flight.join(done)

    def sweep(self, now: float) -> None:
        """Forgets what is of no more use; called about once a second with the time of the clock."""
        self._cache.sweep(now)
        for key in [key for key, gate in self._gates.items() if gate.is_forgettable(now)]:
            del self._gates[key]
        idle = [key for key, gate in self._gates.items() if not gate.in_flight]
        for key in idle[: max(0, len(self._gates) - _MAX_GATES)]:
            del self._gates[key]
        self._silent_until = {name: until for name, until in self._silent_until.items() if now < until}

    def close(self) -> None:
        """Gives up all that is under way; who still waits is told so."""
        for flight in list(self._flights):
            flight.performer.cancel()
            flight.end(AskFailed("failed", "the gateway ends"), None)
        for function in self._functions.values():
            function.close()
        self._functions.clear()

    def _begin(self, ask: Ask) -> Flight | AskFailed:
        """The ask under way, or why it was not begun."""
        is_python = ask.endpoint.startswith(PYTHON)
        flight = self._begin_function(ask) if is_python else self._begin_web(ask)
        if isinstance(flight, Flight):
            self._flights.add(flight)
            if ask.cache_key:
                self._shared[ask.cache_key] = flight
        return flight

    def _begin_function(self, ask: Ask) -> Flight | AskFailed:
        endpoint = ask.endpoint
        if endpoint not in self.allowed_python:
            return AskFailed("failed", f"{endpoint} is not allowed: it is not in the table of functions")
        function = self._functions.get(endpoint)
        if function is None:
            function = self._functions[endpoint] = Function(self._loop, endpoint)
        gate = self._gate(endpoint, MAX_AT_ONCE)
        if function.is_lost or not gate.enter(self._now()):
            return _BUSY
        flight = Flight(self._loop, ask, self._ended, gate)
        flight.performer = function.call(ask, lambda outcome: flight.end(outcome, True))
        return flight

    def _begin_web(self, ask: Ask) -> Flight | AskFailed:
        place = place_of(ask.endpoint)
        if place is None:
            return AskFailed("failed", "its endpoint is no address")
        request = request_of(ask, place)
        if request is None:
            return AskFailed("failed", "its method or one of its fields cannot be sent")
        now = self._now()
        address_gate = self._gate(place.address, MAX_AT_ONE_ADDRESS)
        if not address_gate.enter(now):
            return _BUSY
        gate = self._gate((place.address, place.path), MAX_AT_ONCE)
        if not gate.enter(now):
            address_gate.leave(now, has_answered=None)
            return _BUSY
        flight = Flight(self._loop, ask, self._ended, gate, address_gate)
        flight.performer = web_ask = WebAsk(self._pool, ask, place, request, flight.end)
        web_ask.start()
        return flight

    def _gate(self, key: Address | tuple[Address, str] | str, most: int) -> Gate:
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(most)
        return gate

    def _ended(self, flight: Flight, outcome: Outcome | None, has_answered: bool | None) -> Outcome | None:
        """Draws the conclusions; what those who wait are given, with an `outcome` of None nothing."""
        ask, now = flight.ask, self._now()
        self._flights.discard(flight)
        if ask.cache_key:
            del self._shared[ask.cache_key]
        flight.leave_gates(now, has_answered)
        if isinstance(outcome, AskFailed) and has_answered is not None:
            self._log(ask, outcome)
        if outcome is None or not ask.cache_key:
            return outcome
        if isinstance(outcome, Answer) and outcome.status == 200:
            self._cache.keep(ask, outcome, now)
        elif has_answered is not None and _is_no_answer(outcome):
            self._cache.rest(ask, now)
        return self._or_stale(ask, outcome)

    def _or_stale(self, ask: Ask, outcome: Outcome) -> Outcome:
        """`outcome`, or in place of none the answer that is kept for this."""
        if not ask.cache_key or not _is_no_answer(outcome):
            return outcome
        found = self._cache.find(ask, self._now())
        return outcome if found is None else found[0]

    def _log(self, ask: Ask, failed: AskFailed) -> None:
        service, now = _service(ask.endpoint), self._now()
        if now >= self._silent_until.get(service, now):
            self._silent_until[service] = now + _LOG_EVERY_S
            why = {"service": service, "reason": failed.reason, "because": failed.detail}
            _log.warning("a service was asked in vain", extra=why)


def _service(endpoint: str) -> str:
    """What a log may say of an endpoint: a path or a query may hold a secret."""
    if endpoint.startswith(PYTHON):
        return endpoint
    place = place_of(endpoint)
    return "" if place is None else f"{place.address.host}:{place.address.port}"


def _is_no_answer(outcome: Outcome) -> bool:
    """Whether a service has no answer: it says itself that it is out of order, or overrun, or says nothing."""
    return isinstance(outcome, AskFailed) or outcome.status >= 500 or outcome.status == 429
