"""Channel: one end of a socketpair that carries messages between the supervisor and a child."""

import asyncio
import socket
from typing import Self

from crossgate.cluster.messages import Message, MessageError, decode, encode

CHILD_END = 0
"""A child finds its end where standard input would be, so no number has to be passed to it."""


class Channel:
    """Sends and receives messages; the other side's end reads as None."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Self:
        """A channel over `end`, which it owns from now on."""
        end.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer)

    @classmethod
    async def of_child(cls) -> Self:
        """The channel this process was started with."""
        return await cls.over(socket.socket(fileno=CHILD_END))

    def send(self, message: Message) -> None:
        """Send `message`. When the other side is gone nothing happens here: `receive` tells."""
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    async def receive(self) -> Message | None:
        """The next message, or None when the other side is gone; raises MessageError."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        except ValueError as error:
            raise MessageError(f"a line that is too long: {error}") from error
        # A line without its end is what a process left that died while it spoke.
        return decode(line) if line.endswith(b"\n") else None

    def close(self) -> None:
        """Close this end; the other side reads its end."""
        self._writer.close()
