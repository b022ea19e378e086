"""What the reader takes nginx to answer, compared with what a real nginx answers."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossgate.cors.lint.subject import Place
from crossgate.peers.nginx_answers import Answer, answer
from crossgate.peers.nginx_syntax import Directive, parse
from crossgate.peers.nginx_values import ORIGIN, Definitions, World, definitions
from crossgate.peers.nginx_values import Test as Question

CONFIGURATION = Path(__file__).with_name("nginx_live.conf")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

ORIGINS = (
    "https://exact.example",
    "HTTPS://EXACT.EXAMPLE",
    "https://a.wild.example",
    "https://wild.example",
    "https://a.pattern.example",
    "https://a.pattern.example.evil.test",
    "https://fixed.example",
    "https://evil.test",
    "null",
    "",
)
PLACES = ("inherits", "drops", "errors", "conditions", "keeps", "refuses", "groups")
REQUESTS = (("GET", "here"), ("GET", "missing"), ("OPTIONS", "here"))
COMPARED = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-max-age",
    "vary",
    "x-frame-options",
)
WITH_PLAIN_HEADERS = {200, 201, 204, 206, 301, 302, 303, 304, 307, 308}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real nginx with the configuration, on loopback."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    for place in PLACES:
        (folder / "files" / place).mkdir(parents=True)
        (folder / "files" / place / "here").write_text("here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    text = CONFIGURATION.read_text("utf-8").replace("FOLDER", str(folder)).replace("PORT", str(number))
    (folder / "nginx.conf").write_text(text)
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            wait_for(number)
            yield number
        finally:
            running.terminate()


def wait_for(number: int) -> None:
    """Wait until somebody listens on a port."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", number)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx did not start")


def asked(port: int, method: str, path: str, origin: str) -> tuple[int, dict[str, list[str]]]:
    """What the real one answers: the status, and the compared headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Origin": origin} if origin else {})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    found = {name: response.headers.get_all(name) or [] for name in COMPARED}
    return response.status, {name: values for name, values in found.items() if values}


def predicted(found: Answer, origin: str, status: int) -> dict[str, list[str]]:
    """The compared headers that the reader says an answer of that status carries."""
    headers: dict[str, list[str]] = {}
    for name in COMPARED:
        for header in found.values(name):
            if header.on_errors or status in WITH_PLAIN_HEADERS:
                headers.setdefault(name, []).append(header.value.replace(ORIGIN, origin))
    return headers


def read() -> tuple[dict[str, tuple[Directive, ...]], Definitions]:
    """The configuration as the reader has it: the blocks down to each location, and its variables."""
    directives, unreadable = parse(CONFIGURATION.read_text("utf-8"), str(CONFIGURATION))
    assert unreadable == []
    http_block = next(each for each in directives if each.name == "http")
    server = next(each for each in http_block.inside if each.name == "server")
    locations = [each for each in server.inside if each.name == "location"]
    chains: dict[str, tuple[Directive, ...]] = {
        each.args[0].strip("/"): (http_block, server, each) for each in locations
    }
    everywhere = [*http_block.inside, *(each for location in locations for each in location.inside)]
    inner = [each for directive in everywhere for each in directive.inside]
    return chains, definitions([*everywhere, *inner])


@pytest.mark.parametrize("place", PLACES)
def test_a_real_nginx_answers_as_the_reader_says(port: int, place: str) -> None:
    """The same headers, for every kind of origin, with and without an error, and for OPTIONS."""
    chains, known = read()
    for origin in ORIGINS:
        test = Question(ORIGIN, "=", origin, Place("")) if origin else None
        for method, file in REQUESTS:
            found = answer(chains[place], World(method, origin=test, has_origin=bool(origin)), known)
            status, headers = asked(port, method, f"/{place}/{file}", origin)
            assert predicted(found, origin, status) == headers, (place, origin, method, file)
            if found.returned:
                assert str(status) == found.status
            elif method == "OPTIONS":
                # It has files alone to give.
                assert status == 405
