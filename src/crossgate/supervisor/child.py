"""One child process: started, listened to, told, and started again when it dies."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Message, MessageError
from crossgate.supervisor.backoff import Backoff

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Child:
    """A child to keep alive: its command, and the sockets it inherits under their own numbers."""

    name: str
    argv: tuple[str, ...]
    sockets: tuple[socket.socket, ...] = field(default=())


class Witness(Protocol):
    """Who hears of a child's life."""

    def born(self, name: str) -> None: ...

    def died(self, name: str) -> None: ...

    def heard(self, name: str, message: Message) -> None: ...


class Kept:
    """Keeps one child alive until it is told to stop."""

    def __init__(self, child: Child, witness: Witness, clock: Callable[[], float] = time.monotonic) -> None:
        self.child = child
        self._witness = witness
        self._clock = clock
        self._backoff = Backoff()
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None

    async def keep(self) -> None:
        """Live again and again; ends after `stop` or `kill` when the process is gone."""
        while not self._stopping.is_set():
            started = self._clock()
            outcome = await self._live()
            if self._stopping.is_set():
                return
            pause_s = self._backoff.pause_s(self._clock() - started)
            log.warning(
                "child died", extra={"child": self.child.name, "outcome": outcome, "restart_in_s": pause_s}
            )
            await self._rest(pause_s)

    def tell(self, message: Message) -> None:
        """Send `message` to the child, if it lives."""
        if self._channel:
            self._channel.send(message)

    def stop(self) -> None:
        """Ask the child to drain and end."""
        self._stopping.set()
        if self._process and self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End the child at once."""
        self._stopping.set()
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def _live(self) -> str:
        """One life, from start to end; returns how it ended."""
        ours, theirs = socket.socketpair()
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self.child.argv,
                stdin=theirs.fileno(),
                pass_fds=[listening.fileno() for listening in self.child.sockets],
                # Ctrl-C reaches the whole foreground group of a terminal; only the supervisor acts on it.
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            return f"not started: {error.strerror}"
        finally:
            theirs.close()
        self._channel = await Channel.over(ours)
        self._witness.born(self.child.name)
        log.info("child started", extra={"child": self.child.name, "pid": process.pid})
        if self._stopping.is_set():
            process.kill()
        await self._listen(self._channel)
        code = await process.wait()
        self._channel.close()
        self._channel = None
        self._witness.died(self.child.name)
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    async def _listen(self, channel: Channel) -> None:
        """Pass on what the child says until it says no more."""
        while True:
            try:
                message = await channel.receive()
            except MessageError as error:
                log.error("child not understood", extra={"child": self.child.name, "reason": str(error)})
                continue
            if message is None:
                return
            self._witness.heard(self.child.name, message)

    async def _rest(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return
