"""Asking services over HTTP: what is sent, what comes of it, and that none of them holds up another."""

import asyncio
import socket
import ssl
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.policies.asking import MEBIBYTE, Answer, Ask, AskFailed
from crossgate.gateway.asker import MAX_AT_ONCE
from crossgate.gateway.breaker import FAILURES, SHUT_S

from .asked import Clock, Script, Visit, at_once, certificate_of, never, run, scene, soon

CASES = tomllib.loads(Path(__file__).with_name("asker.toml").read_text("utf-8"))["case"]
ALLOW = Answer(200, (), b'{"status":"allow"}')


def reason(outcome: Answer | AskFailed) -> str:
    """Why there is no answer; empty where there is one."""
    return outcome.reason if isinstance(outcome, AskFailed) else ""


def dead_port() -> int:
    """A port nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_what_is_asked_reaches_the_service_as_it_is() -> None:
    """Method, path and query, fields and body arrive, with the framing of the gateway's own."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service()
            fields = ((b"Content-Type", b"application/json"), (b"Content-Length", b"9"), (b"Connection", b"x"))
            await it.ask(f"{service.url}/check?a=1", fields=fields, body=b'{"a":1}')
            await it.ask(f"{service.url}", method="GET", fields=((b"host", b"keys.example"),))
            first, second = service.visits
            assert first.head.split(b"\r\n") == [
                b"POST /check?a=1 HTTP/1.1",
                b"Host: 127.0.0.1:%d" % service.port,
                b"Accept-Encoding: identity",
                b"Content-Type: application/json",
                b"Content-Length: 7",
                b"",
                b"",
            ]
            assert first.body == b'{"a":1}'
            assert second.head == b"GET / HTTP/1.1\r\nHost: keys.example\r\nAccept-Encoding: identity\r\n\r\n"
            assert service.connections == 1

    run(story())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_comes_of_what_a_service_sends(case: dict[str, Any]) -> None:
    """Each way to frame an answer is understood, each broken one is a failure, and neither spoils the next ask."""

    async def story() -> None:
        async def script(visit: Visit) -> None:
            await visit.say(case["wire"].encode())
            if case.get("closes"):
                visit.hang_up()

        async with scene() as it:
            service = await it.service(script)
            outcome = await it.ask(service.url, timeout_ms=3000, max_bytes=64)
            if "reason" in case:
                assert reason(outcome) == case["reason"]
            else:
                fields = tuple((name.encode(), value.encode()) for name, value in case.get("fields", ()))
                assert outcome == Answer(case["status"], fields, case["body"].encode())
            assert len(service.visits) == 1
            service.script = at_once
            await asyncio.sleep(0.01)
            assert await it.ask(service.url) == ALLOW
            assert service.connections == (1 if case["reused"] else 2)

    run(story())


def test_the_answer_to_a_head_has_no_body() -> None:
    """Its length is that of an answer to GET, and the connection serves the next ask."""

    async def story() -> None:
        async def script(visit: Visit) -> None:
            await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")

        async with scene() as it:
            service = await it.service(script)
            for _ in range(2):
                assert await it.ask(service.url, method="HEAD") == Answer(200, (), b"")
            assert service.connections == 1

    run(story())


def test_a_long_question_is_sent_whole() -> None:
    """A body that does not fit into the socket's buffer arrives."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service()
            body = bytes(range(256)) * 4096 * 8
            assert await it.ask(service.url, body=body) == ALLOW
            assert service.visits[0].body == body

    run(story())


@pytest.mark.parametrize(
    "asked",
    [
        {"endpoint": "ftp://127.0.0.1/"},
        {"endpoint": "http://"},
        {"endpoint": "http://127.0.0.1:99999/"},
        {"endpoint": "http://user:secret@127.0.0.1/"},
        {"endpoint": "http://127.0.0.1/a b"},
        {"endpoint": "http://127.0.0.1/\u4e2d"},
        {"endpoint": "http://127.0.0.1/", "method": "GET / HTTP/1.1\r\nX: y"},
        {"endpoint": "http://127.0.0.1/", "fields": ((b"X", b"a\r\nY: b"),)},
        {"endpoint": "http://127.0.0.1/", "fields": ((b"X: a\r\nY", b"b"),)},
        {"endpoint": "http://127.0.0.1/", "fields": ((b"Host", b"a\r\nY: b"),)},
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_at_once(asked: dict[str, Any]) -> None:
    """No address, or a field that would end before its end; the detail repeats nothing of it."""

    async def story() -> None:
        async with scene() as it:
            told, cancel = it.begin(Ask(**asked))
            assert cancel is None
            assert reason(await told.outcome()) == "failed"
            assert "secret" not in repr(told.outcomes)

    run(story())


async def trickle(visit: Visit) -> None:
    """Answers a byte at a time."""
    await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        await visit.say(b".")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("script", [never, trickle])
def test_the_time_is_over_for_connecting_and_answering_together(script: Script) -> None:
    """A service that is silent, and one that sends a byte at a time, have the same end."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(script)
            began = time.monotonic()
            assert reason(await it.ask(service.url, timeout_ms=200)) == "timeout"
            assert 0.19 < time.monotonic() - began < 5
            await soon(lambda: service.ended == 1)

    run(story())


def test_nobody_at_the_port_is_unreachable() -> None:
    """A refused connection and a name nobody knows are told apart from a failure of the service."""

    async def story() -> None:
        async with scene() as it:
            assert reason(await it.ask(f"http://127.0.0.1:{dead_port()}/")) == "unreachable"
            assert reason(await it.ask("http://nobody.invalid/")) == "unreachable"

    run(story())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_idle_connection_that_is_dead_is_no_failure(method: str) -> None:
    """The question is asked once more, over a new connection, when no byte of an answer has come."""

    async def story() -> None:
        async def dies_on_second(visit: Visit) -> None:
            if len(visit.service.visits) == 2:
                visit.hang_up()
            else:
                await visit.answer()

        async with scene() as it:
            service = await it.service(dies_on_second)
            for _ in range(2):
                assert await it.ask(service.url, method=method) == Answer(200, (), b"{}")
            assert (len(service.visits), service.connections) == (3, 2)

    run(story())


@pytest.mark.parametrize("last_words", [b"HTTP/1.1 2", b"garbage\r\n\r\n"])
def test_who_has_begun_to_answer_is_not_asked_again(last_words: bytes) -> None:
    """An idle connection that ends within an answer is a failure."""

    async def story() -> None:
        async def dies_on_second(visit: Visit) -> None:
            if len(visit.service.visits) == 2:
                await visit.say(last_words)
                visit.hang_up()
            else:
                await visit.answer()

        async with scene() as it:
            service = await it.service(dies_on_second)
            await it.ask(service.url)
            assert reason(await it.ask(service.url)) == "failed"
            assert len(service.visits) == 2

    run(story())


def test_a_new_question_is_asked_once_more_and_no_oftener() -> None:
    """A service that closes every connection is asked twice at most, and only where the first one was idle."""

    async def story() -> None:
        async def hangs_up(visit: Visit) -> None:
            visit.hang_up()

        async with scene() as it:
            service = await it.service()
            await it.ask(service.url)
            service.script = hangs_up
            assert reason(await it.ask(service.url)) == "failed"
            assert len(service.visits) == 3

    run(story())


def test_a_slow_function_holds_up_none_beside_it() -> None:
    """Of a thousand asks most go to a path that hangs: those to another path are answered at once."""

    async def story() -> None:
        async def script(visit: Visit) -> None:
            await (never(visit) if visit.target == "/slow" else at_once(visit))

        async with scene() as it:
            service = await it.service(script)
            slow = [it.begin(Ask(endpoint=f"{service.url}/slow", timeout_ms=60_000))[0] for _ in range(900)]
            refused = [each.outcomes[0] for each in slow if each.outcomes]
            assert len(refused) == 900 - MAX_AT_ONCE
            assert {reason(each) for each in refused} == {"busy"}
            assert await it.ask_many(100, f"{service.url}/quick") == [ALLOW] * 100
            assert len([each for each in slow if not each.outcomes]) == MAX_AT_ONCE

    run(story())


@pytest.mark.parametrize("kind", ["silent", "dead", "broken"])
def test_who_never_answers_is_left_alone_and_tried_again(kind: str) -> None:
    """After five failures nobody waits for it; one ask tries it later, and with its answer all is well."""

    async def breaks(visit: Visit) -> None:
        visit.hang_up()

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(never if kind == "silent" else breaks)
            url = f"http://127.0.0.1:{dead_port()}" if kind == "dead" else service.url
            for _ in range(FAILURES):
                assert reason(await it.ask(url, timeout_ms=50)) in {"timeout", "unreachable", "failed"}
            told, cancel = it.begin(Ask(endpoint=url))
            assert cancel is None
            assert reason(told.outcomes[0]) == "busy"
            clock.now += SHUT_S
            service.script = at_once
            trial = it.begin(Ask(endpoint=url))[0]
            assert reason(it.begin(Ask(endpoint=url))[0].outcomes[0]) == "busy"
            if kind == "dead":
                assert reason(await trial.outcome()) == "unreachable"
                assert reason(await it.ask(url)) == "busy"
            else:
                assert await trial.outcome() == ALLOW
                assert await it.ask_many(3, url) == [ALLOW] * 3

    run(story())


def test_an_address_that_is_dead_is_dead_for_all_its_paths() -> None:
    """Asks that differ by path do not each have to find out; other addresses have nothing to do with it."""

    async def story() -> None:
        async with scene() as it:
            port = dead_port()
            for number in range(FAILURES):
                assert reason(await it.ask(f"http://127.0.0.1:{port}/{number}")) == "unreachable"
            assert reason(await it.ask(f"http://127.0.0.1:{port}/another")) == "busy"
            service = await it.service()
            assert await it.ask(service.url) == ALLOW

    run(story())


def test_an_error_that_is_answered_keeps_nobody_away() -> None:
    """A service that says 500 has made nobody wait, and is asked again."""

    async def story() -> None:
        async def error(visit: Visit) -> None:
            await visit.answer(status="500 Internal Server Error")

        async with scene() as it:
            service = await it.service(error)
            for _ in range(FAILURES + 2):
                assert await it.ask(service.url) == Answer(500, (), b"{}")

    run(story())


def test_who_gives_up_is_not_told() -> None:
    """An ask that is cancelled while it connects or waits, or after its answer, calls nobody and leaves room."""

    async def story() -> None:
        async def slowly(visit: Visit) -> None:
            await asyncio.sleep(0.05)
            await visit.answer()

        async with scene() as it:
            service = await it.service(slowly)
            for delay in (0.0, 0.02):
                told, cancel = it.begin(Ask(endpoint=service.url))
                await asyncio.sleep(delay)
                assert cancel is not None
                cancel()
                cancel()
                await asyncio.sleep(0.1)
                assert told.outcomes == []
            await soon(lambda: service.ended == service.connections)
            told, cancel = it.begin(Ask(endpoint=service.url))
            await told.outcome()
            assert cancel is not None
            cancel()
            assert reason((await it.ask_many(MAX_AT_ONCE, service.url))[-1]) == ""

    run(story())


def test_those_who_still_wait_at_the_end_are_told() -> None:
    """Closing gives up what is under way."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(never)
            told, _ = it.begin(Ask(endpoint=service.url))
            await asyncio.sleep(0.02)
            it.asker.close()
            assert reason(await told.outcome()) == "failed"
            await soon(lambda: service.ended == 1)

    run(story())


def test_an_endless_answer_ends_at_its_bound() -> None:
    """A service that sends without end is cut off, and what it sent is not kept."""

    async def story() -> None:
        async def endless(visit: Visit) -> None:
            await visit.say(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                await visit.say(b"x" * 65536)

        async with scene() as it:
            service = await it.service(endless)
            assert reason(await it.ask(service.url)) == "too-long"
            assert reason(await it.ask(service.url, max_bytes=2 * MEBIBYTE)) == "too-long"

    run(story())


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_service_must_prove_who_it_is(is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over https only a certificate that this machine trusts will do, and only for the name that is asked."""
    file = certificate_of("localhost", tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))

    async def story() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        async with scene() as it:
            service = await it.service(ssl=context)
            outcome = await it.ask(f"https://localhost:{service.port}/")
            assert outcome == ALLOW if is_trusted else reason(outcome) == "unreachable"
            assert reason(await it.ask(f"https://127.0.0.1:{service.port}/")) == "unreachable"
            assert len(service.visits) == is_trusted

    run(story())


def test_why_there_is_no_answer_is_logged_without_what_may_be_secret(caplog: pytest.LogCaptureFixture) -> None:
    """A service is named by host and port, once in a while however many ask."""

    async def hangs_up(visit: Visit) -> None:
        visit.hang_up()

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(hangs_up)
            for pause in (0, 1, 1, 10):
                clock.now += pause
                fields = ((b"Authorization", b"hunter2"),)
                await it.ask(f"{service.url}/hook/hunter2?key=hunter2", fields=fields, body=b"hunter2")
            await it.ask("http://user:hunter2@service.example/")
            named = [(record.__dict__["service"], record.__dict__["reason"]) for record in caplog.records]
            assert named == [(f"127.0.0.1:{service.port}", "failed")] * 2 + [("", "failed")]
            assert not any("hunter2" in str(record.__dict__) for record in caplog.records)

    run(story())
