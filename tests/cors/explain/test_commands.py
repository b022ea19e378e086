"""The curl commands: a real shell reads them, and a stand-in for curl writes down what it was given."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossgate.cors.browser import (
    Answer,
    Browser,
    Exchange,
    FetchCall,
    HttpRequest,
    HttpResponse,
    Page,
    Upload,
    fetch,
)
from crossgate.cors.explain import command, commands
from crossgate.cors.server import Fields

_CURL = """#!{python}
import json, os, sys
print(json.dumps({{
    "arguments": [os.fsencode(argument).decode("latin-1") for argument in sys.argv[1:]],
    "input": sys.stdin.buffer.read().decode("latin-1") if "@-" in sys.argv else "",
}}))
"""


def given(text: str, directory: Path) -> tuple[list[str], str]:
    """The arguments and the input that curl gets when a shell runs `text`; a character is a byte."""
    curl = directory / "curl"
    curl.write_text(_CURL.format(python=sys.executable))
    curl.chmod(0o755)
    environment = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, check=True)
    found = json.loads(ran.stdout)
    return found["arguments"], found["input"]


def sent(url: str = "https://api.example/x", headers: Fields = (), **more: object) -> Exchange:
    """An exchange of a request; `more` are its other fields."""
    request = HttpRequest(**{"method": b"GET", "url": url, "headers": headers, "purpose": "actual", **more})  # type: ignore[arg-type]
    return Exchange(request=request, answer=HttpResponse(200))


def test_a_story_is_replayed_in_order(tmp_path: Path) -> None:
    """The preflight first, then the request; the Host field is curl's own business."""

    def answer(request: HttpRequest) -> Answer:
        fields = ((b"Access-Control-Allow-Origin", b"*"), (b"Access-Control-Allow-Methods", b"*"))
        return HttpResponse(200, fields)

    call = FetchCall(url="https://api.example/x", method="PUT", body=Upload("text", b"it's"))
    story = fetch(Page("https://app.example"), call, answer, Browser())
    asks, puts = commands(story)

    assert asks.startswith("# The preflight")
    arguments, _ = given(asks, tmp_path)
    assert arguments[:5] == ["-sS", "-i", "-X", "OPTIONS", "https://api.example/x"]
    assert "Access-Control-Request-Method: PUT" in arguments
    assert not any(argument.startswith("Host") for argument in arguments)
    arguments, _ = given(puts, tmp_path)
    assert arguments[2:5] == ["-X", "PUT", "https://api.example/x"]
    assert arguments[-2:] == ["--data-raw", "it's"]


@pytest.mark.parametrize(
    "value",
    [
        b"$(touch x)",
        b"'",
        b'"; rm -rf .',
        b"`id`",
        b"\\",
        b"!!",
        b"\xe9t\xe9",
        b"\x80",
        b"a\tb",
        b"$HOME",
        b"%s\x01",
    ],
)
def test_no_value_is_read_by_the_shell(value: bytes, tmp_path: Path) -> None:
    """Every byte reaches curl as it is, in a header and in a body."""
    arguments, piped = given(command(sent(headers=((b"X-A", value),), method=b"POST", body=value)), tmp_path)

    assert f"X-A: {value.decode('latin-1')}" in arguments
    uploaded = piped or arguments[arguments.index("--data-raw") + 1]
    assert uploaded == value.decode("latin-1")


def test_curls_own_habits_are_switched_off(tmp_path: Path) -> None:
    """No Content-Type of its own for a body, no waiting for the body of a HEAD, no patterns in a URL."""
    arguments, _ = given(command(sent(method=b"POST", body=b"x")), tmp_path)
    assert arguments[arguments.index("-H") + 1] == "Content-Type:"
    arguments, _ = given(command(sent(method=b"HEAD", url="https://[::1]/x"), insecure=True), tmp_path)
    assert arguments == ["-sS", "-i", "-k", "-g", "--head", "https://[::1]/x"]
    arguments, _ = given(command(sent(headers=((b"X-Empty", b""),))), tmp_path)
    assert arguments == ["-sS", "-i", "https://api.example/x", "-H", "X-Empty;"]


def test_cookies_are_not_made_up() -> None:
    """A comment says where they go."""
    assert "-b 'name=value'" in command(sent(sends_credentials=True)).splitlines()[0]
    assert "cookies" not in command(sent())
