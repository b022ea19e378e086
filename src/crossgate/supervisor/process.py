"""One process: started with a channel and its sockets, heard until it says no more, and ended."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from crossgate.cluster.channel import Channel
from crossgate.cluster.messages import Message, MessageError


@dataclass(frozen=True)
class Child:
    """A child to keep alive: its command, and the sockets it inherits under their own numbers.

    One `with_spare` does nothing until it hears `begin`, so that a second process, which has started but not
    begun, can take over at once.
    """

    name: str
    argv: tuple[str, ...]
    sockets: tuple[socket.socket, ...] = field(default=())
    with_spare: bool = False


class Process:
    """A process of a child."""

    def __init__(self, process: asyncio.subprocess.Process, channel: Channel) -> None:
        self._process = process
        self._channel = channel

    @classmethod
    async def start(cls, child: Child) -> Self:
        """A new process of `child`; raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *child.argv,
                    stdin=theirs.fileno(),
                    pass_fds=[listening.fileno() for listening in child.sockets],
                    # Ctrl-C reaches the whole foreground group of a terminal; only the supervisor acts on it.
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        return cls(process, await Channel.over(ours))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: Message) -> None:
        """Send `message`; to a process that is gone that does nothing."""
        self._channel.send(message)

    async def listen(self, heard: Callable[[Message], None], not_understood: Callable[[str], None]) -> None:
        """Hand over what it says until it says no more."""
        while True:
            try:
                message = await self._channel.receive()
            except MessageError as error:
                not_understood(str(error))
                continue
            if message is None:
                return
            heard(message)

    async def ended(self) -> str:
        """Wait for its end; how it ended, in words."""
        code = await self._process.wait()
        self._channel.close()
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    def terminate(self) -> None:
        """Ask it to drain and end."""
        if self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        if self._process.returncode is None:
            self._process.kill()
