"""`crossgate cors explain` as people run it: against servers, recordings and the gateway's configuration."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from crossgate.cli.cors import app
from crossgate.cli.screen import show
from crossgate.cluster import snapshot_file
from crossgate.core.snapshot.config import Config, Group, MockBackend, Plugin, PublishedApi
from crossgate.cors.explain.lines import Line, Run, labelled, prose
from tests.probe.server import RawServer, reply

PAGE = "https://app.example"
HAR = Path(__file__).parents[1] / "cors" / "explain" / "hars" / "chromium.har"


def explain(*arguments: str) -> Result:
    """What the command says."""
    return CliRunner().invoke(app, ["explain", *arguments], env={"COLUMNS": "80", "NO_COLOR": "1"})


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server that has CORS right for a GET of the page, and is wrong in other places."""
    allowed = (f"Access-Control-Allow-Origin: {PAGE}", "Vary: Origin")
    answers: dict[str, bytes] = {
        "GET /right": reply(200, *allowed),
        "OPTIONS /put": reply(204, *allowed, "Access-Control-Allow-Methods: PUT"),
        "PUT /put": reply(200, *allowed),
        "OPTIONS /login": reply(401),
        "GET /hang-up": b"",
        "*": reply(200),
    }
    with RawServer(dict(answers)) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "options", "status", "first"),
    [
        ("/right", [], 0, "READABLE in Chromium, Firefox and Safari"),
        ("/right", ["--browser", "webkit"], 0, "READABLE in Safari"),
        ("/wrong", [], 1, "BLOCKED in Chromium, Firefox and Safari"),
        ("/wrong", ["--mode", "no-cors"], 1, "SENT, BUT NOT READABLE in Chromium, Firefox and Safari"),
        ("/wrong", ["--as", "img"], 0, "LOADS in Chromium, Firefox and Safari"),
        ("/wrong", ["--as", "img", "--mode", "cors"], 1, "BLOCKED in Chromium, Firefox and Safari"),
        ("/put", ["-X", "PUT"], 0, "READABLE in Chromium, Firefox and Safari"),
        ("/login", ["-H", "X-Id: 1", "--as", "xhr"], 1, "BLOCKED in Chromium, Firefox and Safari"),
        ("/hang-up", [], 2, "COULD NOT ASK: no answer came that browsers take"),
        ("/right", ["--body", "x", "--dry"], 2, "NOT ASKED: the request could change something, and no preflight"),
    ],
)
def test_the_verdict_comes_first_and_decides_the_status(
    server: RawServer, path: str, options: list[str], status: int, first: str
) -> None:
    """0 readable, 1 blocked or not readable, 2 nothing could be asked."""
    told = explain(server.url + path, "--from", PAGE, *options)

    assert told.stdout.splitlines()[0].startswith(first)
    assert told.exit_code == status


def test_the_request_is_really_made_and_a_dry_run_stops_before_it(server: RawServer) -> None:
    """A PUT is sent when the preflight allows it; --dry leaves it."""
    explain(server.url + "/put", "--from", PAGE, "-X", "PUT", "--dry")
    assert server.lines == ["OPTIONS /put"]
    explain(server.url + "/put", "--from", PAGE, "-X", "PUT")
    assert server.lines == ["OPTIONS /put", "OPTIONS /put", "PUT /put"]


def test_the_fix_can_be_copied_at_any_width(server: RawServer) -> None:
    """Header lines stand alone on their line, whatever the width; sentences are wrapped."""
    told = explain(server.url + "/login", "--from", PAGE, "-X", "PUT", "-H", "X-A-Rather-Long-Header-Name: 1")

    lines = [line.strip() for line in told.stdout.splitlines()]
    assert f"+ Access-Control-Allow-Origin: {PAGE}" in lines
    assert "+ Access-Control-Allow-Headers: x-a-rather-long-header-name" in lines
    sentences = [line for line in told.stdout.splitlines() if not set(line) & set("+→←✓✗")]
    assert max(map(len, sentences)) <= 80
    assert "\x1b" not in told.stdout


def test_json_is_the_document(server: RawServer) -> None:
    """One document on standard output, and the same exit status."""
    told = explain(server.url + "/wrong", "--from", PAGE, "--json", "--credentials", "include")
    document = json.loads(told.stdout)

    assert (told.exit_code, document["verdict"], document["code"]) == (1, "blocked", "origin-missing")
    assert document["request"]["credentials"] is True
    assert document["notes"] == [
        "Asked without cookies, because none were given; --cookie 'name=value' sends some."
    ]


def test_curl_commands_can_be_run(server: RawServer) -> None:
    """They are a shell script, the verdict in its comments; browsers that ask differently have commands each."""
    told = explain(server.url + "/put", "--from", PAGE, "-X", "PUT", "--curl", "--insecure")
    assert told.stdout.startswith("# READABLE in Chromium, Firefox and Safari\n# PUT ")
    assert told.stdout.count("\ncurl -sS -i -k -X ") == 2

    told = explain(server.url + "/right", "--from", PAGE, "-H", "Save-Data: on", "--curl")
    assert "# As asked by chromium:" in told.stdout
    assert "# As asked by firefox and webkit:" in told.stdout


def test_a_cookie_is_sent_where_a_browser_would(server: RawServer) -> None:
    """With credentials, to the server that was named; nothing of it is printed."""
    told = explain(server.url + "/wrong", "--from", PAGE, "--cookie", "sid=s3cret", "--credentials", "include")

    assert b"Cookie: sid=s3cret" in server.requests[0]
    assert "s3cret" not in told.stdout


@pytest.mark.parametrize(
    "page", ["https://app.example/orders?id=1", "HTTPS://App.example:443", "https://app.example"]
)
def test_the_address_of_a_page_will_do_for_its_origin(server: RawServer, page: str) -> None:
    """People copy what the address bar shows."""
    told = explain(server.url + "/right", "--from", page)

    assert told.exit_code == 0
    assert f"a page at {PAGE}" in told.stdout


def test_every_wrong_option_is_named_at_once() -> None:
    """With what would be right, on standard error, and nothing is asked."""
    told = explain(
        "api.example", "--from", "app.example", "--as", "telegram", "--browser", "opera", "--mode", "navigate",
        "--redirect", "never", "--credentials", "yes", "--referrer-policy", "none", "-H", "X-Id", "--timeout", "0",
        "--env", "TEST", "--cookie", "a\nb", "--json", "--curl",
    )  # fmt: skip

    assert told.exit_code == 2
    assert told.stdout == ""
    lines = told.stderr.splitlines()
    starts = [line.split(":")[0] for line in lines]
    assert sorted(starts) == sorted([
        "--browser", "--as", "--credentials", "--mode", "--redirect", "--referrer-policy", "--from", "URL",
        "--header", "--timeout", "--env", "--cookie", "--json and --curl",
    ])  # fmt: skip
    assert (
        "--from: 'app.example' is no origin; write it as in https://app.example, or null for an opaque page."
        in lines
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--as", "xhr", "--mode", "cors"], "--mode: XMLHttpRequest has no mode; leave it out."),
        (["--as", "xhr", "--redirect", "manual"], "--redirect: only fetch() has a redirect mode; leave it out."),
        (["--upload-listener"], "--upload-listener: it is for --as xhr."),
        (["--as", "img", "-H", "X-Id: 1"], "--header: a page cannot set headers on img."),
        (["--as", "script", "-X", "PUT"], "--method: a page cannot choose the method of script."),
        (["--as", "img", "--body", "x"], "--body: a page uploads nothing with img."),
        (
            ["--as", "xhr", "--credentials", "omit"],
            "--credentials: XMLHttpRequest and elements have include, or same-origin; omit is fetch()'s alone.",
        ),
    ],
)
def test_options_that_no_page_has_together_are_refused(options: list[str], sentence: str) -> None:
    """A request that no browser would make explains nothing."""
    told = explain("https://api.invalid/", "--from", PAGE, *options)

    assert (told.exit_code, told.stderr) == (2, sentence + "\n")


def test_url_and_page_are_asked_for() -> None:
    """Both at once."""
    told = explain()

    assert told.exit_code == 2
    assert [line.split(":")[0] for line in told.stderr.splitlines()] == ["--from", "URL"]


def test_a_recording_is_explained_request_by_request(tmp_path: Path) -> None:
    """The sum first, then each at its place; 1, because some of it fails."""
    told = explain("--har", str(HAR))
    assert told.exit_code == 1
    assert told.stdout.startswith(
        "20 requests recorded, 14 across origins: 6 of them fail.\n\n── log.entries[2] ──\n"
    )
    assert "\n  crossgate cors explain https://api.example/private --from https://app.example\n" in told.stdout

    document = json.loads(explain("--har", str(HAR), "--json", "--browser", "firefox").stdout)
    assert list(document) == ["version", "entries", "requests", "ignored"]
    assert (document["entries"], len(document["requests"])) == (20, 14)
    assert document["requests"][0]["at"] == "log.entries[2]"
    assert list(document["requests"][0]["browsers"]) == ["firefox"]

    assert "# log.entries[3]\n# READABLE in" in explain("--har", str(HAR), "--curl").stdout

    empty = tmp_path / "empty.har"
    empty.write_text('{"log": {"entries": []}}')
    told = explain("--har", str(empty))
    assert (told.exit_code, told.stdout) == (0, "0 requests recorded, 0 across origins: 0 of them fail.\n")


def test_what_a_recording_leaves_open_is_named(tmp_path: Path) -> None:
    """A request of which nobody says who made it."""
    file = tmp_path / "orphan.har"
    request = {"method": "GET", "url": "https://api.example/", "headers": []}
    file.write_text(json.dumps({"log": {"entries": [{"request": request, "response": {"status": 200}}]}}))
    told = explain("--har", str(file))

    assert "log.entries[0] is left out: the log does not say which page asked for it." in told.stdout
    assert json.loads(explain("--har", str(file), "--json").stdout)["ignored"][0]["at"] == "log.entries[0]"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"\xff", "cannot be read: it is not UTF-8 text."),
        (b"{}", "log.entries: It is no HAR"),
    ],
)
def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """With its file, its place and what is wrong there."""
    file = tmp_path / "some.har"
    if content is not None:
        file.write_bytes(content)
    told = explain("--har", str(file))

    assert told.exit_code == 2
    assert f"--har: {file}" in told.stderr
    assert words in told.stderr


def test_a_recording_says_itself_what_was_asked() -> None:
    """What would be ignored is refused."""
    told = explain("https://api.example/", "--har", str(HAR), "--api", "orders", "--cookie", "a=b", "--dry")

    assert [line.split(":")[0] for line in told.stderr.splitlines()] == [
        "--har and --api", "--har", "--cookie", "--dry",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "option", [["--credentials", "include"], ["--as", "img"], ["--upload-listener"], ["-H", "X-Id: 1"]]
)
def test_how_it_was_asked_is_recorded_too(option: list[str]) -> None:
    """An option that would change nothing is refused, and a file that is missing is named beside it."""
    told = explain("--har", "/no/such.har", *option)

    assert told.exit_code == 2
    assert told.stderr == (
        "--har: the recording says what was asked; besides it --browser, --json and --curl can be given.\n"
        "--har: /no/such.har cannot be read: No such file or directory.\n"
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A data directory with an API in two environments, one of them with a plugin."""
    policy = {"allow_origin": PAGE, "allow_methods": "GET,PUT", "allow_headers": "X-Stage"}

    def api(env_id: str, *plugins: str) -> PublishedApi:
        return PublishedApi(
            api_id="a1", publish_id=env_id, name="orders", group_id="g1", env_id=env_id, req_protocol="BOTH",
            req_method="PUT", req_uri="/orders/{id}", match_mode="NORMAL", auth_type="NONE", cors=False,
            backend=MockBackend(), plugin_ids=plugins,
        )  # fmt: skip

    config = Config(
        revision=7,
        environments={"e1": "RELEASE", "e2": "TEST"},
        groups=(Group(id="g1", debug_domain="g1.apic.localhost", domains=("api.example",)),),
        apis=(api("e1"), api("e2", "p1")),
        plugins=(Plugin(id="p1", type="cors", content=json.dumps(policy)),),
    )
    snapshot_file.write(tmp_path, config)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "status", "url"),
    [
        ([], 1, "https://api.example/orders/id"),
        (["--env", "TEST"], 0, "https://api.example/orders/id"),
        (["/orders/7?a=b", "--env", "e2"], 0, "https://api.example/orders/7?a=b"),
        (["http://g1.apic.localhost/orders/7", "--env", "TEST"], 0, "http://g1.apic.localhost/orders/7"),
        (["--env", "TEST", "-X", "DELETE"], 1, "https://api.example/orders/id"),
    ],
)
def test_the_published_configuration_answers_without_the_network(
    published: Path, options: list[str], status: int, url: str
) -> None:
    """By the API's own method and path, in its environment; what the page has to send for that is added."""
    told = explain("--api", "orders", "--from", PAGE, "--data", str(published), "--json", *options)
    document = json.loads(told.stdout)

    assert told.exit_code == status
    assert document["request"]["url"] == url
    assert document["notes"][0] == "Answered by the published configuration, revision 7; nothing was sent."
    stage = "The page has to send X-Stage: TEST to reach this environment, so that was added."
    assert (stage in document["notes"]) == ("--env" in options)


@pytest.mark.parametrize(
    ("api", "options", "sentence"),
    [
        ("orders", ["--env", "PROD"], "--env: There is no environment 'PROD'. Environments: RELEASE, TEST."),
        ("nothing", [], "--api: No published API has the name or id 'nothing'. Published are: orders."),
    ],
)
def test_what_is_not_published_is_named_with_what_is(
    published: Path, api: str, options: list[str], sentence: str
) -> None:
    """The sentence lists the choices."""
    told = explain("--api", api, "--from", PAGE, "--data", str(published), *options)

    assert (told.exit_code, told.stderr) == (2, sentence + "\n")


@pytest.mark.parametrize("path", [[], ["/orders/7"], ["https://api.example/orders/7"]])
def test_an_unknown_api_keeps_nothing_else_from_being_named(published: Path, path: list[str]) -> None:
    """Everything that is wrong without it, and no word about the URL that it would have had."""
    told = explain(*path, "--api", "nothing", "--browser", "ie", "-H", ": 1", "--data", str(published))

    assert [line.split(":")[0] for line in told.stderr.splitlines()] == [
        "--browser", "--from", "--header", "--api",
    ]  # fmt: skip


@pytest.mark.parametrize("url", ["localhost:8080/x", "api.example:443", "api.example/x", "/x"])
def test_a_url_without_a_scheme_is_named(url: str) -> None:
    """Even where the standard takes the name of the host for a scheme."""
    told = explain(url, "--from", PAGE)

    assert (told.exit_code, told.stderr) == (2, f"URL: {url!r} is no URL; begin with http:// or https://.\n")


def test_what_was_not_sent_is_not_replayed() -> None:
    """A method that no browser sends."""
    told = explain("https://api.invalid/", "-X", "TRACE", "--from", PAGE, "--curl")

    assert told.exit_code == 1
    assert told.stdout.endswith("\n\n# Nothing was sent, so nothing can be replayed.\n")


def test_what_was_not_sent_has_no_reason_for_machines(server: RawServer) -> None:
    """No browser saw it fail."""
    document = json.loads(explain(server.url + "/put", "-X", "PUT", "--from", PAGE, "--dry", "--json").stdout)
    chromium = document["browsers"]["chromium"]

    assert (document["verdict"], document["code"], document["why"]) == ("permitted", None, None)
    assert (chromium["code"], chromium["console"], chromium["error"]) == (None, [], None)


def test_a_configuration_that_cannot_be_compiled_is_named(published: Path) -> None:
    """A plugin that this program refuses, written by another."""
    config = snapshot_file.read(published)
    broken = Plugin(id="p1", type="cors", content="{}")
    snapshot_file.write(published, msgspec.structs.replace(config, plugins=(broken,)))
    told = explain("--api", "orders", "--from", PAGE, "--data", str(published))

    assert (told.exit_code, told.stderr) == (2, "--data: plugin p1: `allow_origin` is missing.\n")


def test_a_group_without_a_domain_needs_a_url(published: Path) -> None:
    """There is nothing to call its APIs by; a URL that leads nowhere is still answered."""
    config = snapshot_file.read(published)
    closed = Group(id="g1", debug_domain="g1.apic.localhost", debug_domain_enabled=False)
    snapshot_file.write(published, msgspec.structs.replace(config, groups=(closed,)))
    told = explain("--api", "orders", "--from", PAGE, "--data", str(published))

    assert told.stderr == (
        "--api: The group of 'orders' has no domain, so its APIs have no URL. Bind a domain to the group.\n"
    )


@pytest.mark.parametrize("timeout", ["soon", "601", "nan"])
def test_a_time_that_is_none_is_named(timeout: str) -> None:
    """Seconds, and not too many."""
    told = explain("https://api.invalid/", "--from", PAGE, "--timeout", timeout)

    assert told.stderr == f"--timeout: {timeout!r} is no number of seconds from 0.1 to 600.\n"


def test_a_data_directory_without_a_configuration_is_named(tmp_path: Path) -> None:
    """By its path, which --data changes."""
    told = explain("--api", "orders", "--from", PAGE, "--data", str(tmp_path))

    assert told.exit_code == 2
    assert told.stderr == f"--data: there is no {tmp_path / 'snapshot.json'}.\n"


def test_the_command_is_part_of_crossgate(tmp_path: Path) -> None:
    """And its help says what is really sent, and what the exit status means."""
    ran = subprocess.run(
        [sys.executable, "-m", "crossgate", "cors", "explain", "--help"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    text = " ".join(ran.stdout.split())

    assert "The request is really made" in text
    assert "Exit status: 0 the page gets its answer, 1 it is blocked" in text


def test_a_terminal_without_unicode_is_served(server: RawServer, tmp_path: Path) -> None:
    """Marks have stand-ins, and nothing else stops it."""
    ran = subprocess.run(
        [sys.executable, "-m", "crossgate", "cors", "explain", server.url + "/wrong", "--from", PAGE],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (ran.returncode, ran.stderr) == (1, b"")
    assert b"\n     x Is there an Access-Control-Allow-Origin?" in ran.stdout


def test_a_screen_wraps_behind_its_labels_and_shows_colours() -> None:
    """What is wrapped goes on below where it began; a verdict is coloured where colours are wanted."""
    plain = Console(width=30, color_system=None, highlight=False, force_terminal=False)
    with plain.capture() as printed:
        show(
            plain,
            [
                labelled("Firefox", "one two three four five", 2, 10),
                prose("one two three four five six", 4),
                Line(),
            ],
        )
    assert printed.get() == (
        "  Firefox   one two three four\n            five\n    one two three four five\n    six\n\n"
    )
    coloured = Console(width=80, color_system="standard", force_terminal=True, highlight=False, no_color=False)
    with coloured.capture() as printed:
        show(coloured, [Line((Run("BLOCKED", "bad"),))])
    assert printed.get() == "\x1b[1;31mBLOCKED\x1b[0m\n"
