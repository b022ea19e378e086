"""What an Asker keeps: answers for their time, one ask for many who wait, and no more memory than it may take."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.gateway.answer_cache import REST_S, AnswerCache
from crossgate.gateway.breaker import FAILURES, SHUT_S, Gate

from .asked import Clock, Script, Visit, never, run, scene, soon

A, B = Answer(200, (), b"a"), Answer(200, (), b"b")


def saying(body: bytes, status: str = "200 OK") -> Script:
    """A script that answers `body`, a little later."""

    async def script(visit: Visit) -> None:
        await asyncio.sleep(0.02)
        await visit.answer(body, status)

    return script


async def hangs_up(visit: Visit) -> None:
    """Ends the connection without an answer."""
    visit.hang_up()


def test_an_answer_is_kept_for_its_time_and_given_at_once() -> None:
    """Within `ttl_s` the service is not asked again; then it is."""

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(saying(b"a"))
            asked: dict[str, Any] = {"endpoint": service.url, "cache_key": "k", "ttl_s": 60}
            assert await it.ask(**asked) == A
            service.script = saying(b"b")
            clock.now += 59.9
            told, cancel = it.begin(Ask(**asked))
            assert cancel is None
            assert told.outcomes == [A]
            assert it.begin(Ask(**asked | {"cache_key": "l"}))[1] is not None
            clock.now += 0.1
            assert await it.ask(**asked) == B

    run(story())


@pytest.mark.parametrize("asked", [{"cache_key": ""}, {"ttl_s": 0}])
def test_what_is_not_to_be_kept_is_not(asked: dict[str, Any]) -> None:
    """Without a key or a time each ask goes to the service."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(saying(b"a"))
            for _ in range(2):
                await it.ask(service.url, **{"cache_key": "k", "ttl_s": 60} | asked)
            assert len(service.visits) == 2

    run(story())


@pytest.mark.parametrize("status", ["201 Created", "302 Found", "401 Unauthorized", "500 Internal Server Error"])
def test_only_an_answer_with_200_is_kept(status: str) -> None:
    """Another status is given to those who wait for it, and then forgotten."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(saying(b"", status))
            for _ in range(2):
                outcome = await it.ask(service.url, cache_key="k", ttl_s=60, stale_s=60)
                assert outcome == Answer(int(status[:3]))
            assert len(service.visits) == 2

    run(story())


def test_those_who_ask_at_the_same_time_wait_for_one_answer() -> None:
    """Five hundred asks are one question; whoever gives up takes nothing from the others."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(saying(b"a"))
            begun = [it.begin(Ask(endpoint=service.url, cache_key="k", ttl_s=60)) for _ in range(500)]
            for _, cancel in begun[::2]:
                assert cancel is not None
                cancel()
            assert {(await told.outcome()).body for told, _ in begun[1::2]} == {b"a"}  # type: ignore[union-attr]
            assert all(told.outcomes == [] for told, _ in begun[::2])
            assert len(service.visits) == 1

    run(story())


def test_a_failure_is_told_to_all_who_wait_and_is_not_kept() -> None:
    """The next one asks anew."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(hangs_up)
            outcomes = await it.ask_many(20, service.url, cache_key="k", ttl_s=60)
            assert all(isinstance(each, AskFailed) for each in outcomes)
            assert len(service.visits) == 1
            service.script = saying(b"a")
            assert await it.ask(service.url, cache_key="k", ttl_s=60) == A

    run(story())


def test_the_last_one_to_give_up_ends_the_ask() -> None:
    """Nothing is left under way when nobody waits, and who comes then asks anew."""

    async def story() -> None:
        async with scene() as it:
            service = await it.service(never)
            asked = Ask(endpoint=service.url, cache_key="k", ttl_s=60)
            cancels = [it.begin(asked)[1] for _ in range(3)]
            await soon(lambda: len(service.visits) == 1)
            for cancel in cancels:
                assert service.ended == 0
                assert cancel is not None
                cancel()
            await soon(lambda: service.ended == 1)
            service.script = saying(b"a")
            assert await it.begin(asked)[0].outcome() == A

    run(story())


@pytest.mark.parametrize("kind", ["silent", "closing", "500", "429"])
def test_a_stale_answer_stands_in_where_the_service_has_none(kind: str) -> None:
    """Who finds out waits, who comes after does not, until the service answers again or the time is over."""
    scripts = {"silent": never, "closing": hangs_up, "500": saying(b"", "500 E"), "429": saying(b"", "429 E")}

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(saying(b"a"))
            patient = Ask(endpoint=service.url, cache_key="k", ttl_s=10, stale_s=100)
            hasty = msgspec.structs.replace(patient, timeout_ms=100)
            assert await it.begin(patient)[0].outcome() == A
            service.script = scripts[kind]
            clock.now += 11
            told, cancel = it.begin(hasty)
            assert cancel is not None
            assert await told.outcome() == A
            visits = len(service.visits)
            assert it.begin(hasty)[0].outcomes == [A]
            assert len(service.visits) == visits
            clock.now += REST_S
            service.script = saying(b"b")
            assert it.begin(patient)[0].outcomes == [A]
            await soon(lambda: it.begin(patient)[0].outcomes == [B])
            service.script = scripts[kind]
            clock.now += 110
            assert await it.begin(hasty)[0].outcome() not in (A, B)

    run(story())


def test_a_stale_answer_stands_in_where_the_service_may_not_be_asked() -> None:
    """A gate that is shut is no reason to have none."""

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(saying(b"a"))
            asked = Ask(endpoint=service.url, cache_key="k", ttl_s=10, stale_s=100)
            await it.begin(asked)[0].outcome()
            service.script = hangs_up
            clock.now += 11
            for _ in range(FAILURES):
                await it.ask(service.url)
            assert isinstance(it.begin(Ask(endpoint=service.url))[0].outcomes[0], AskFailed)
            told, cancel = it.begin(asked)
            assert (told.outcomes, cancel) == ([A], None)

    run(story())


def test_an_answer_that_says_no_is_not_outlived_by_an_older_one() -> None:
    """A refusal is an answer: what is stale does not stand in for it."""

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(saying(b"a"))
            asked = Ask(endpoint=service.url, cache_key="k", ttl_s=10, stale_s=100)
            await it.begin(asked)[0].outcome()
            service.script = saying(b"", "404 Not Found")
            clock.now += 11
            assert await it.begin(asked)[0].outcome() == Answer(404)

    run(story())


def test_a_sweep_forgets_what_is_over() -> None:
    """After an hour of asking for this and that, nothing is left of it."""

    async def story() -> None:
        clock = Clock()
        async with scene(clock=clock) as it:
            service = await it.service(saying(b"a"))
            for number in range(20):
                await it.ask(f"{service.url}/{number}", cache_key=str(number), ttl_s=60)
            assert "20 answers" in repr(it.asker)
            clock.now += 60
            it.asker.sweep(clock.now)
            assert "0 answers" in repr(it.asker)
            assert await it.ask(f"{service.url}/1", cache_key="1", ttl_s=60) == A

    run(story())


def ask(key: str, ttl_s: int = 60, stale_s: int = 0) -> Ask:
    """An ask whose answer is kept under `key`."""
    return Ask(endpoint="http://service.example/", cache_key=key, ttl_s=ttl_s, stale_s=stale_s)


def test_the_oldest_answers_go_first() -> None:
    """A cache that is full by number forgets what it has had longest; an answer that is renewed is new."""
    cache = AnswerCache(max_answers=3)
    for key in "abcad":
        cache.keep(ask(key), A, 0)

    assert [cache.find(ask(key), 1) is not None for key in "abcd"] == [True, False, True, True]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 4000), st.integers(0, 3)), max_size=60))
def test_a_cache_never_holds_more_than_it_may(kept: list[tuple[str, int, int]]) -> None:
    """Whatever is kept, of whatever size: the bytes stay within the bound, and the newest is there if it fits."""
    cache = AnswerCache(max_bytes=10_000)
    for now, (key, size, fields) in enumerate(kept):
        answer = Answer(200, ((b"X-A", b"1"),) * fields, b"x" * size)
        cache.keep(ask(key), answer, now)
        found = [each for name in "abcdefgh" if (each := cache.find(ask(name), now)) is not None]
        assert sum(len(answer.body) for answer, _ in found) <= 10_000
        assert len(cache) <= 20
        assert cache.find(ask(key), now) == (answer, "fresh")


def test_an_answer_larger_than_the_cache_is_not_kept() -> None:
    """It would drive out all others, and itself."""
    cache = AnswerCache(max_bytes=2000)
    cache.keep(ask("a"), A, 0)
    cache.keep(ask("b"), Answer(200, (), b"x" * 2000), 0)

    assert cache.find(ask("a"), 1) == (A, "fresh")
    assert cache.find(ask("b"), 1) is None


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (ask("k", 60, 10), "fresh"),
        (ask("k", 30, 10), "stale"),
        (ask("k", 20, 0), None),
        (ask("k", 3600, 10), "fresh"),
    ],
)
def test_whoever_asks_says_how_old_an_answer_may_be(asked: Ask, state: str | None) -> None:
    """A policy whose `ttl` is made shorter trusts no answer for longer than that."""
    cache = AnswerCache()
    cache.keep(ask("k", 60, 10), A, 0)
    found = cache.find(asked, 35)

    assert (found and found[1]) == state


def test_a_gate_is_shut_by_failures_in_a_row_alone() -> None:
    """One answer between them opens it anew, and one who leaves without knowing changes nothing."""
    gate = Gate(10)
    for has_answered in [False] * (FAILURES - 1) + [True] + [False, None] * (FAILURES - 1):
        assert gate.enter(0)
        gate.leave(0, has_answered=has_answered)
    assert gate.enter(0)
    gate.leave(0, has_answered=False)

    assert not gate.enter(SHUT_S - 0.1)
    assert gate.enter(SHUT_S)
    assert not gate.enter(SHUT_S)
    gate.leave(SHUT_S, has_answered=None)
    assert gate.enter(SHUT_S)
    gate.leave(SHUT_S, has_answered=False)
    assert not gate.enter(2 * SHUT_S - 0.1)
    assert gate.enter(2 * SHUT_S)
    gate.leave(2 * SHUT_S, has_answered=True)
    assert gate.enter(2 * SHUT_S)


def test_a_gate_lets_in_no_more_than_it_may() -> None:
    """Each who leaves makes room for one."""
    gate = Gate(2)

    assert [gate.enter(0) for _ in range(3)] == [True, True, False]
    gate.leave(0, has_answered=True)
    assert [gate.enter(0) for _ in range(2)] == [True, False]


def test_a_gate_is_kept_while_it_knows_something() -> None:
    """Failures of long ago are no knowledge; somebody within is."""
    gate = Gate(2)
    assert gate.is_forgettable(0)
    gate.enter(0)
    assert not gate.is_forgettable(1000)
    gate.leave(1000, has_answered=False)

    assert not gate.is_forgettable(1001)
    assert gate.is_forgettable(2000)
