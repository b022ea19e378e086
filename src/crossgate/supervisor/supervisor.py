"""The supervisor: one control process and its workers, from the first start to the last drain."""

import asyncio
import logging
import signal
from collections import Counter
from collections.abc import Callable, Sequence

from crossgate.cluster.messages import Failed, Message, Ready
from crossgate.supervisor.child import Kept
from crossgate.supervisor.process import Child
from crossgate.supervisor.relay import Letter, Relay

log = logging.getLogger(__name__)

KILL_AFTER_S = 1.0
"""A child ends its own drain in time; one that is still there this much later is killed."""

HOPELESS_AFTER = 5
"""Deaths of one child before its first `ready` after which starting again would not help."""


class StartError(Exception):
    """The program cannot start; the message is one sentence that names the thing and the fix."""


class Supervisor:
    """Starts the children, keeps them alive and ends them."""

    def __init__(
        self, control: Child, workers: Sequence[Child], *, drain_s: float, started: Callable[[], None]
    ) -> None:
        self._kept = {child.name: Kept(child, self) for child in (control, *workers)}
        self._relay = Relay(control.name)
        self._drain_s = drain_s
        self._started = started
        self._awaited = set(self._kept)
        self._early_deaths: Counter[str] = Counter()
        self._failure = ""
        self._asked_to_end = asyncio.Event()
        self._told_to_hurry = asyncio.Event()

    async def run(self) -> bool:
        """Run until a signal ends it; whether every child drained in time. Raises StartError.

        SIGTERM or SIGINT drains, a second one ends at once.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        async with asyncio.TaskGroup() as lives:
            keepers = [lives.create_task(kept.keep()) for kept in self._kept.values()]
            await self._asked_to_end.wait()
            drained = await self._end(keepers)
        if self._failure:
            raise StartError(self._failure)
        return drained

    def born(self, name: str) -> None:
        """A child was started."""
        self._deliver(self._relay.born(name))

    def died(self, name: str) -> None:
        """A child is gone; one that never lived often enough ends the start."""
        self._deliver(self._relay.died(name))
        if name in self._awaited:
            self._early_deaths[name] += 1
            if self._early_deaths[name] >= HOPELESS_AFTER:
                self._fail(f"The {name} process ends before it can serve; its own words are above.")

    def heard(self, name: str, message: Message) -> None:
        """A child said something."""
        if isinstance(message, Ready):
            self._ready(name)
        if isinstance(message, Failed):
            self._failed(name, message.reason)
        self._deliver(self._relay.heard(name, message))

    def _ready(self, name: str) -> None:
        if name in self._awaited:
            self._awaited.remove(name)
            if not self._awaited and not self._failure:
                self._started()

    def _failed(self, name: str, reason: str) -> None:
        """Before everything served once it ends the program; afterwards what runs shall go on running."""
        if self._awaited:
            self._fail(reason)
        else:
            log.error("child failed", extra={"child": name, "reason": reason})

    def _fail(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._asked_to_end.set()
        self._told_to_hurry.set()

    def _deliver(self, letters: Sequence[Letter]) -> None:
        for name, message in letters:
            self._kept[name].tell(message)

    def _on_signal(self, number: signal.Signals) -> None:
        if self._asked_to_end.is_set():
            log.warning("stopping at once", extra={"signal": number.name})
            self._told_to_hurry.set()
        else:
            log.info("draining", extra={"signal": number.name, "at_most_s": self._drain_s})
            self._asked_to_end.set()

    async def _end(self, keepers: Sequence[asyncio.Task[None]]) -> bool:
        """Drain all children at once; kill what is left. Whether nothing had to be killed."""
        for kept in self._kept.values():
            kept.stop()
            for listening in kept.child.sockets:
                listening.close()
        all_ended = asyncio.create_task(asyncio.wait(keepers))
        hurry = asyncio.create_task(self._told_to_hurry.wait())
        await asyncio.wait(
            (all_ended, hurry),
            timeout=self._drain_s + KILL_AFTER_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        hurry.cancel()
        drained = all_ended.done()
        if not drained:
            for kept in self._kept.values():
                kept.kill()
        await all_ended
        return drained
