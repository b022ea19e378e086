"""Idle connections to backends, handed out last in, first out."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from crossgate.core.snapshot.snapshot import Address
from crossgate.gateway.backend import BackendConnection

# Servers close idle connections after 5 s (Node) to 75 s (nginx); ours goes first, or meets a closed one.
IDLE_S = 60.0
# A request that must not be sent twice goes only to a connection used this recently: even the most impatient
# server has not closed that one, so it cannot be lost in the gap between its FIN and our request.
FRESH_S = 3.0
MAX_IDLE_PER_ADDRESS = 512

Connected = Callable[[BackendConnection], None]
Failed = Callable[[OSError], None]


class Pool:
    """All idle backend connections of one worker, by address. Who owns it keeps `now`, the time of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.now = loop.time()
        self._idle: dict[Address, list[BackendConnection]] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        idle = sum(map(len, self._idle.values()))
        return f"<Pool: {idle} idle at {len(self._idle)} addresses, {len(self._opening)} opening>"

    def lease(self, address: Address, *, fresh: bool) -> BackendConnection | None:
        """An idle connection, the most recently used first; with `fresh` one used within FRESH_S. Or None."""
        idle = self._idle.get(address)
        while idle:
            connection = idle.pop()
            if connection.is_closed or connection.transport.is_closing():
                continue
            if fresh and self.now - connection.idle_since > FRESH_S:
                idle.append(connection)
                return None
            connection.is_reused = True
            return connection
        return None

    def give_back(self, connection: BackendConnection) -> None:
        """Takes back a connection whose exchange is over."""
        idle = self._idle.get(connection.address)
        if idle is None:
            idle = self._idle[connection.address] = []
        if len(idle) >= MAX_IDLE_PER_ADDRESS:
            connection.transport.close()
            return
        connection.idle_since = self.now
        idle.append(connection)

    def open(self, address: Address, connected: Connected, failed: Failed) -> asyncio.Task[None]:
        """Opens a new connection and calls one of the two; cancel the task to give up."""
        task = self._loop.create_task(self._open(address, connected, failed))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return task

    async def _open(self, address: Address, connected: Connected, failed: Failed) -> None:
        connection = BackendConnection(address)
        try:
            await self._loop.create_connection(
                lambda: connection, address.host, address.port, ssl=self._context() if address.tls else None
            )
        except UnicodeError as error:
            # No host name can be made of it, so none was found.
            failed(socket.gaierror(str(error)))
        except OSError as error:
            failed(error)
        except asyncio.CancelledError:
            if connection.transport is not None:
                connection.transport.abort()
            raise
        else:
            if connection.is_closed:
                failed(ConnectionResetError("closed as soon as it was open"))
            else:
                connected(connection)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def sweep(self) -> None:
        """Closes connections that have been idle too long; called about once a second."""
        now = self.now
        for address, idle in list(self._idle.items()):
            # The list is in the order of last use.
            while idle and (idle[0].is_closed or now - idle[0].idle_since > IDLE_S):
                idle.pop(0).transport.close()
            if not idle:
                del self._idle[address]

    def close(self) -> None:
        """Closes every idle connection and gives up those being opened."""
        for task in self._opening:
            task.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.transport.close()
        self._idle.clear()


def is_name_failure(error: OSError) -> bool:
    """Whether `error` says that the backend's host name could not be resolved."""
    return isinstance(error, socket.gaierror)
