"""A child kept alive: one process after another, and a spare one where that is wanted."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from crossgate.cluster.messages import Begin, Message, Ready
from crossgate.supervisor.backoff import Backoff
from crossgate.supervisor.process import Child, Process

log = logging.getLogger(__name__)


class Witness(Protocol):
    """Who hears of a child's life."""

    def born(self, name: str) -> None:
        """A process of the child begins."""

    def died(self, name: str) -> None:
        """It is gone."""

    def heard(self, name: str, message: Message) -> None:
        """It said `message`."""


class Kept:
    """Keeps one child alive until it is told to stop."""

    def __init__(self, child: Child, witness: Witness, clock: Callable[[], float] = time.monotonic) -> None:
        self.child = child
        self._witness = witness
        self._clock = clock
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._spare: Process | None = None
        self._stocking: asyncio.Task[None] | None = None

    async def keep(self) -> None:
        """Live again and again; ends after `stop` or `kill`, when no process is left."""
        backoff = Backoff()
        while not self._stopping.is_set():
            started = self._clock()
            try:
                outcome = await self._live(self._take_spare() or await Process.start(self.child))
            except OSError as error:
                outcome = f"not started: {error.strerror}"
            if not self._stopping.is_set():
                pause_s = backoff.pause_s(self._clock() - started)
                self._log(logging.WARNING, "child died", outcome=outcome, restart_in_s=pause_s)
                await self._rest(pause_s)
        if self._stocking:
            await self._stocking

    def tell(self, message: Message) -> None:
        """Send `message` to the child, if it lives."""
        if self._process:
            self._process.send(message)

    def stop(self) -> None:
        """Ask the child to drain and end."""
        self._stopping.set()
        for process in filter(None, (self._process, self._spare)):
            process.terminate()

    def kill(self) -> None:
        """End the child at once."""
        self._stopping.set()
        for process in filter(None, (self._process, self._spare)):
            process.kill()

    async def _live(self, process: Process) -> str:
        """One life, from its beginning to its end; how it ended."""
        self._process = process
        if self._stopping.is_set():
            process.kill()
        self._log(logging.INFO, "child started", pid=process.pid)
        if self.child.with_spare:
            process.send(Begin())
        self._witness.born(self.child.name)
        await process.listen(self._heard, self._not_understood)
        outcome = await process.ended()
        self._process = None
        self._witness.died(self.child.name)
        return outcome

    def _heard(self, message: Message) -> None:
        if isinstance(message, Ready) and self.child.with_spare and not self._stocking:
            self._stocking = asyncio.create_task(self._stock())
        self._witness.heard(self.child.name, message)

    def _not_understood(self, reason: str) -> None:
        self._log(logging.ERROR, "child not understood", reason=reason)

    async def _stock(self) -> None:
        """Have one process that waits for its turn, and another when that one dies."""
        backoff = Backoff()
        while not self._stopping.is_set():
            started = self._clock()
            try:
                self._spare = await Process.start(self.child)
                self._log(logging.INFO, "spare started", pid=self._spare.pid)
                if self._stopping.is_set():
                    self._spare.kill()
                await self._spare.ended()
                self._spare = None
            except OSError as error:
                self._log(logging.WARNING, "spare not started", reason=error.strerror)
            await self._rest(backoff.pause_s(self._clock() - started))

    def _take_spare(self) -> Process | None:
        spare, self._spare = self._spare, None
        if self._stocking:
            self._stocking.cancel()
            self._stocking = None
        return spare

    async def _rest(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _log(self, level: int, event: str, **facts: object) -> None:
        log.log(level, event, extra={"child": self.child.name, **facts})
