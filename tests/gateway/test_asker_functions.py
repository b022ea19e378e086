"""Asking functions inside the gateway's process: which may be called, what comes of it, and those that hang."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossgate.core.policies.asking import Answer, Ask, AskFailed
from crossgate.gateway.breaker import FAILURES
from crossgate.gateway.functions import PLACES

from . import asked_functions
from .asked import Clock, Outcome, run, scene

ALLOW = Answer(200, ((b"Content-Type", b"application/json"),), b'{"status": "allow"}')


def function(name: str) -> str:
    """The endpoint of a function of `asked_functions`."""
    return f"python:{asked_functions.__name__}:{name}"


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """No thread is left to hang."""
    asked_functions.LET_GO.clear()
    asked_functions.SEEN.clear()
    yield
    asked_functions.LET_GO.set()


def asked(name: str, body: bytes = b"{}") -> Outcome:
    """What comes of calling a function that is allowed."""
    outcomes = []

    async def story() -> None:
        async with scene(frozenset([function(name)])) as it:
            outcomes.append(await it.ask(function(name), body=body))

    run(story())
    return outcomes[0]


def test_a_function_is_called_with_the_event_and_its_answer_is_json() -> None:
    """It gets the object of the body, in a thread of its own, and its object is the body of an answer."""
    outcome = asked("allow", b'{"user": "caf\\u00e9"}')

    assert isinstance(outcome, Answer)
    assert json.loads(outcome.body) == {"status": "allow", "context": {"user": "caf\u00e9"}}
    [(event, thread)] = asked_functions.SEEN
    assert event == {"user": "caf\u00e9"}
    assert thread != threading.main_thread().name


@pytest.mark.parametrize("name", ["allow_later", "allowing"])
def test_a_coroutine_is_waited_for(name: str) -> None:
    """An async function, or whatever else gives something to wait for, answers like any other."""
    assert asked(name) == ALLOW


@pytest.mark.parametrize(
    ("name", "reason", "detail"),
    [
        ("fail", "failed", "ValueError in fail, line"),
        ("leave", "failed", "SystemExit in leave"),
        ("say_yes", "failed", "it returned str, not a dict"),
        ("say_nothing_json", "failed", "TypeError"),
        ("say_not_a_number", "failed", "ValueError"),
        ("say_much", "too-long", "more than 1048576 bytes"),
        ("not_callable", "failed", "TypeError"),
        ("nobody", "failed", "AttributeError"),
    ],
)
def test_a_function_that_gives_no_answer(name: str, reason: str, detail: str) -> None:
    """The detail says what happened and where, and nothing of what the function said: that may be a secret."""
    outcome = asked(name)

    assert isinstance(outcome, AskFailed)
    assert outcome.reason == reason
    assert detail in outcome.detail
    assert "hunter2" not in outcome.detail


def test_a_module_that_is_not_there_is_a_failure() -> None:
    """What the operator has misspelt is told in the log, not with an exception."""

    async def story() -> None:
        async with scene(frozenset(["python:nobody.here:check"])) as it:
            outcome = await it.ask("python:nobody.here:check", body=b"{}")
            assert isinstance(outcome, AskFailed)
            assert "ModuleNotFoundError" in outcome.detail

    run(story())


def test_only_what_the_operator_has_listed_is_called() -> None:
    """Another name is refused before anything is imported, and what is listed later is called then."""

    async def story() -> None:
        async with scene(frozenset([function("allow_later")])) as it:
            for endpoint in ("python:antigravity:fly", function("allow"), "python:os:abort"):
                told, cancel = it.begin(Ask(endpoint=endpoint, body=b"{}"))
                assert cancel is None
                assert isinstance(told.outcomes[0], AskFailed)
                assert "not allowed" in told.outcomes[0].detail
            assert "antigravity" not in sys.modules
            assert asked_functions.SEEN == []
            it.asker.allowed_python = frozenset([function("allow")])
            assert isinstance(await it.ask(function("allow"), body=b"{}"), Answer)

    run(story())


def test_many_calls_at_once_are_all_answered() -> None:
    """More than there are threads wait for their turn, which is soon."""

    async def story() -> None:
        async with scene(frozenset([function("allow")])) as it:
            outcomes = await it.ask_many(200, function("allow"), body=b"{}")
            assert all(isinstance(each, Answer) for each in outcomes)
            assert 1 <= len({thread for _, thread in asked_functions.SEEN}) <= PLACES

    run(story())


def test_a_function_that_hangs_takes_no_place_of_another() -> None:
    """It times out, and while its threads hang it is refused at once; all others are answered meanwhile."""

    async def story() -> None:
        clock = Clock()
        async with scene(frozenset([function("hang"), function("allow_later")]), clock) as it:
            outcomes = await it.ask_many(3 * PLACES, function("hang"), body=b"{}", timeout_ms=1000)
            assert {each.reason for each in outcomes if isinstance(each, AskFailed)} == {"timeout"}
            clock.now += 1000
            told, cancel = it.begin(Ask(endpoint=function("hang"), body=b"{}"))
            assert (told.outcomes[0].reason, cancel) == ("busy", None)  # type: ignore[union-attr]
            assert await it.ask_many(20, function("allow_later"), body=b"{}") == [ALLOW] * 20
            asked_functions.LET_GO.set()
            assert await it.ask_when_open(Ask(endpoint=function("hang"), body=b"{}")) == ALLOW

    run(story())


def test_a_function_that_hangs_is_left_alone() -> None:
    """Before all its places are lost, the gate is shut as it is for a service over HTTP."""

    async def story() -> None:
        async with scene(frozenset([function("hang")])) as it:
            for _ in range(FAILURES):
                outcome = await it.ask(function("hang"), body=b"{}", timeout_ms=20)
                assert outcome == AskFailed("timeout")
            told, cancel = it.begin(Ask(endpoint=function("hang"), body=b"{}"))
            assert (told.outcomes[0].reason, cancel) == ("busy", None)  # type: ignore[union-attr]

    run(story())


def test_a_coroutine_that_hangs_is_ended() -> None:
    """Its place is free again, however often it happens."""

    async def story() -> None:
        clock = Clock()
        async with scene(frozenset([function("hang_later")]), clock) as it:
            await it.ask_many(2 * PLACES, function("hang_later"), body=b"{}", timeout_ms=300)
            clock.now += 1000
            again = Ask(endpoint=function("hang_later"), body=b"{}", timeout_ms=10)
            assert it.begin(again)[1] is None
            assert await it.ask_when_open(again) == AskFailed("timeout")

    run(story())


def test_who_gives_up_is_not_told() -> None:
    """A call that goes on in its thread tells nobody."""

    async def story() -> None:
        async with scene(frozenset([function("hang")])) as it:
            told, cancel = it.begin(Ask(endpoint=function("hang"), body=b"{}"))
            await asyncio.sleep(0.02)
            assert cancel is not None
            cancel()
            asked_functions.LET_GO.set()
            await asyncio.sleep(0.05)
            assert told.outcomes == []

    run(story())


HANGING = f"""
import asyncio
from crossgate.core.policies.asking import Ask
from crossgate.gateway.asker import Asker
from crossgate.gateway.pool import Pool

async def main():
    loop = asyncio.get_running_loop()
    asker = Asker(Pool(loop), loop, {{"{function("hang")}"}})
    told = loop.create_future()
    asker.ask(Ask(endpoint="{function("hang")}", body=b"{{}}", timeout_ms=100), told.set_result)
    print((await told).reason)
    asker.close()

asyncio.run(main())
"""


def test_a_function_that_hangs_does_not_keep_the_process() -> None:
    """A worker that is told to end does so, whatever goes on in its threads."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", HANGING],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert ended.stdout == "timeout\n"
    assert time.monotonic() - began < 20
