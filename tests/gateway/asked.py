"""Services that an Asker asks over loopback, and what it takes to ask them."""

import asyncio
import datetime
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.gateway.asker import Asker
from crossgate.gateway.pool import Pool

Outcome = Answer | AskFailed
Script = Callable[["Visit"], Awaitable[None]]


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Visit:
    """One request at a service, and what to answer it with."""

    def __init__(self, service: "Service", head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.service = service
        self.head = head
        self.body = body
        self.writer = writer
        self.target = head.split(b" ")[1].decode()

    async def say(self, data: bytes) -> None:
        """Sends `data`."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes = b"{}", status: str = "200 OK") -> None:
        """A whole answer."""
        await self.say(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def hang_up(self) -> None:
        """Ends the connection."""
        self.writer.close()


async def at_once(visit: Visit) -> None:
    """Answers."""
    await visit.answer(b'{"status":"allow"}')


async def never(visit: Visit) -> None:
    """Does not answer."""
    await asyncio.sleep(60)


class Service:
    """An HTTP service that answers by a script, and remembers what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.visits: list[Visit] = []
        self.connections = 0
        self.ended = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; a script under way ends with it, as it would where somebody looks at the socket."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                visit = Visit(self, head, body, writer)
                self.visits.append(visit)
                script = asyncio.ensure_future(self.script(visit))
                gone = asyncio.ensure_future(self._gone(reader))
                await asyncio.wait((script, gone), return_when=asyncio.FIRST_COMPLETED)
                gone.cancel()
                if not script.done():
                    script.cancel()
                    return
                await script
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended += 1
            writer.close()

    async def _gone(self, reader: asyncio.StreamReader) -> None:
        # A stream tells nobody of its end who does not read, and reading would take away the next request.
        while not reader.at_eof() and reader.exception() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


class Told:
    """Takes what comes of one ask, which must be told once."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._is_told = asyncio.Event()

    def __call__(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._is_told.set()

    async def outcome(self) -> Outcome:
        """What came of it."""
        await asyncio.wait_for(self._is_told.wait(), 20)
        assert len(self.outcomes) == 1
        return self.outcomes[0]


class Scene:
    """An Asker on a running loop, and services for it."""

    def __init__(self, allowed: frozenset[str], clock: Clock | None) -> None:
        loop = asyncio.get_running_loop()
        self.pool = Pool(loop)
        self.asker = Asker(self.pool, loop, allowed, *([clock] if clock else []))
        self._servers: list[asyncio.Server] = []
        self._services: list[Service] = []
        self._told: list[Told] = []

    async def service(self, script: Script = at_once, **settings: Any) -> Service:
        """A service on a port of its own."""
        service = Service(script)
        server = await asyncio.start_server(service.serve, "127.0.0.1", 0, backlog=2048, **settings)
        service.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)
        self._services.append(service)
        return service

    def begin(self, ask: Ask) -> tuple[Told, Callable[[], None] | None]:
        """Asks; whether the answer was there at once is told by what is returned."""
        told = Told()
        self._told.append(told)
        cancel = self.asker.ask(ask, told)
        assert (cancel is None) is bool(told.outcomes)
        return told, cancel

    async def ask(self, endpoint: str, **settings: Any) -> Outcome:
        """What comes of an ask."""
        return await self.begin(Ask(endpoint=endpoint, **settings))[0].outcome()

    async def ask_when_open(self, ask: Ask) -> Outcome:
        """What comes of an ask that is not refused at once, as it may be for a while."""
        begun: list[tuple[Told, Callable[[], None] | None]] = []

        def is_open() -> bool:
            begun.append(self.begin(ask))
            return begun[-1][1] is not None

        await soon(is_open)
        return await begun[-1][0].outcome()

    async def ask_many(self, count: int, endpoint: str, **settings: Any) -> list[Outcome]:
        """What comes of the same ask, many times at once."""
        told = [self.begin(Ask(endpoint=endpoint, **settings))[0] for _ in range(count)]
        return [await each.outcome() for each in told]

    async def end(self) -> None:
        """Ends it all; nobody was told twice."""
        self.asker.close()
        self.pool.close()
        for server in self._servers:
            server.close()
        await soon(lambda: all(service.ended == service.connections for service in self._services))
        assert all(len(told.outcomes) <= 1 for told in self._told)


@asynccontextmanager
async def scene(allowed: frozenset[str] = frozenset(), clock: Clock | None = None) -> AsyncIterator[Scene]:
    """A Scene that ends."""
    made = Scene(allowed, clock)
    try:
        yield made
    finally:
        await made.end()


def run(story: Coroutine[Any, Any, None]) -> None:
    """Runs a test's coroutine on a loop like a worker's; what goes wrong in a callback of it fails the test."""
    wrong: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
        await story

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(watched())
    assert wrong == []


async def soon(is_so: Callable[[], bool]) -> None:
    """Waits until something is so, which must not take long."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def certificate_of(host: str, folder: Path) -> Path:
    """A file with a certificate for `host` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "both.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file
