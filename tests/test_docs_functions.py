"""The page about functions: its tables and events are read, and its functions are asked, as a gateway does it."""

import json
import re
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import uvicorn

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.asking import MEBIBYTE, Answer, Ask
from crossgate.core.policies.authorizer import Authorizer, Identity, authorizer_check
from crossgate.core.policies.functions import read_functions
from crossgate.gateway import answer_cache, asker, breaker, functions
from tests.core.policies.driver import Driver, Service, call
from tests.gateway.asked import Outcome, scene
from tests.gateway.asked import run as on_a_loop

PAGE = (Path(__file__).parents[1] / "docs/functions.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
KNOWN, UNKNOWN = b"0123456789abcdef0123456789abcdef", b"fedcba9876543210fedcba9876543210"

Message = MutableMapping[str, Any]


def block(section: str, language: str) -> str:
    """The one example in this language of a section."""
    [example] = re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)
    assert isinstance(example, str)
    return example


def module(section: str) -> ModuleType:
    """The Python example of a section."""
    made = ModuleType("example")
    exec(compile(block(section, "python"), section, "exec"), made.__dict__)  # noqa: S102
    return made


def told(endpoint: str, token: bytes, answer: Service) -> tuple[Fault | None, dict[str, Any]]:
    """How an authorizer refuses a call with `token`, and what it notes, by what `answer` makes of its ask."""
    policy = Authorizer(id="a", type="FRONTEND", endpoint=endpoint, identities=(Identity("Token", "HEADER"),))
    made = call(target="/orders?page=2", headers={"Token": token.decode()})
    return Driver(answer).run(authorizer_check(policy), made), dict(made.context)


def check_verdicts(answer: Service, endpoint: str = "http://function.example/") -> None:
    """The known caller is let in by name, the other one is not."""
    assert told(endpoint, KNOWN, answer) == (None, {"authorizer.frontend.user": "abc"})
    fault, context = told(endpoint, UNKNOWN, answer)
    assert fault is not None
    assert (fault.kind, context) == (runtime.AUTHORIZER_DENIED, {})


def asked(ask: Ask) -> Outcome:
    """What an Asker makes of it."""
    outcomes = []

    async def story() -> None:
        async with scene(frozenset([ask.endpoint])) as it:
            outcomes.append(await it.begin(ask)[0].outcome())

    on_a_loop(story())
    return outcomes[0]


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address at which uvicorn serves `app`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_the_table_is_one() -> None:
    """It is read, and names each kind of function the page tells about."""
    table = read_functions(block("The table", "toml"))

    assert isinstance(table, dict)
    assert len(table) == 4


def test_the_event_is_what_a_function_gets() -> None:
    """Its keys are those of the event an authorizer sends; `body` is there when it is asked for."""
    sent = []

    def answer(ask: Ask) -> Outcome:
        sent.append(json.loads(ask.body))
        return Answer(200, (), b'{"status":"allow"}')

    told("http://function.example/", KNOWN, answer)
    shown = json.loads(block("The event", "json"))

    assert sent[0].keys() == shown.keys() - {"body"}
    assert {name: type(value) for name, value in sent[0].items()}.items() <= {
        name: type(value) for name, value in shown.items()
    }.items()


@pytest.mark.parametrize("answer", re.findall(r"```json\n(.*?)```", SECTIONS["The answer"], re.DOTALL))
def test_both_answers_are_understood(answer: str) -> None:
    """The cloud's and the plain one say the same."""
    fault, context = told("http://function.example/", KNOWN, lambda _: Answer(200, (), answer.encode()))

    assert fault is None
    assert context == {"authorizer.frontend.user": "abc"}


def test_the_function_with_fastapi() -> None:
    """It is served by uvicorn and asked over a socket."""
    with served(module("FastAPI").app) as url:
        check_verdicts(asked, f"{url}/check")


def test_the_function_of_openfaas() -> None:
    """Its template makes of `statusCode` and `body` the status and the JSON of the answer."""
    handle = module("OpenFaaS").handle

    def answer(ask: Ask) -> Outcome:
        response = handle(SimpleNamespace(body=ask.body, headers={}, method="POST"), SimpleNamespace())
        return Answer(response["statusCode"], (), json.dumps(response["body"]).encode())

    check_verdicts(answer)


def test_the_function_of_knative() -> None:
    """Its template serves `handle` as an ASGI application."""
    function = module("Knative").new()

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        await function.handle(scope, receive, send)

    with served(app) as url:
        check_verdicts(asked, url)


def test_the_function_inside_the_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is imported by the name in the table, and called in a thread."""
    (tmp_path / "mycompany").mkdir()
    (tmp_path / "mycompany/auth.py").write_text(block("Inside the gateway", "python"), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("mycompany", "mycompany.auth"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    check_verdicts(asked, "python:mycompany.auth:check")


def test_the_numbers_of_the_page() -> None:
    """They are those of the program."""
    assert f"has {functions.PLACES} threads" in PAGE
    assert f"{asker.MAX_AT_ONCE} calls of one worker wait for one function" in PAGE
    assert f"or {asker.MAX_AT_ONE_ADDRESS} for one host" in PAGE
    assert (breaker.FAILURES, breaker.SHUT_S) == (5, 5)
    assert f"{answer_cache.MAX_ANSWERS:,} of them or {answer_cache.MAX_BYTES // MEBIBYTE} MiB" in PAGE
