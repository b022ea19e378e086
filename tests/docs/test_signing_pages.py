"""The pages about signing: every program on them is run as it stands, and let in by a server that verifies."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from demo.browser import chromium, find_chromium
from typer.main import get_command
from typer.testing import CliRunner

from crossgate.cli.main import app
from crossgate.core.signing import Message, canonical_request, payload_sha256, string_to_sign
from crossgate.core.signing.canonical import signature
from tests.docs.verifying import KEY, SECRET, verifying

DOCS = Path(__file__).parents[2] / "docs" / "signing"
CALLS = tomllib.loads(Path(__file__).with_name("signing_calls.toml").read_text("utf-8"))["call"]
KNOWN = {**os.environ, "APP_KEY": KEY, "APP_SECRET": SECRET, "CROSSGATE_APP_SECRET": SECRET}
SECONDS = 240
"""Go builds its library on its first run."""

Call = dict[str, Any]


def blocks(page: str, language: str) -> list[str]:
    """The programs of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The beginning of the URLs of a server that verifies."""
    with verifying() as url:
        yield url


def run(command: list[str], folder: Path, secret: str = SECRET) -> str:
    """What a program prints."""
    environment = KNOWN | {"APP_SECRET": secret}
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def interpreter(name: str) -> str:
    """The path of a language's command; the test is skipped where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so its example was not run")
    return found


def command_for(page: str, folder: Path, at: int) -> list[str]:
    """The command that runs an example, which is written into `folder` as the page says."""
    match page:
        case "python.md":
            program, names = [sys.executable, "sign.py"], [("python", "sign.py")]
        case "javascript.md":
            program, names = [interpreter("node"), "call.mjs"], [("js", "sign.mjs"), ("js", "call.mjs")]
        case "go.md":
            program, names = ["./sign"], [("go", "sign.go")]
        case "java.md":
            program, names = [interpreter("java"), "-cp", ".", "Sign"], [("java", "Sign.java")]
        case _:
            program, names = [interpreter("bash"), "sign.sh"], [("bash", "sign.sh")]
    for number, (language, name) in enumerate(names):
        (folder / name).write_text(blocks(page, language)[at + number], "utf-8")
    # Compiled once, in place of `go run` and `java Sign.java` for each call.
    if page == "go.md":
        run([interpreter("go"), "build", "-o", "sign", "sign.go"], folder)
    if page == "java.md":
        run([interpreter("javac"), "Sign.java"], folder)
    return program


EXAMPLES = [
    ("python.md", 0),
    ("python.md", 1),
    ("python.md", 2),
    ("javascript.md", 0),
    ("go.md", 0),
    ("java.md", 0),
    ("curl.md", 0),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("page", "at"), EXAMPLES, ids=str)
def test_an_example_is_let_in(page: str, at: int, server: str, tmp_path: Path) -> None:
    """Each call arrives as it was meant; with another secret it is refused, so the server has looked."""
    command = command_for(page, tmp_path, at)
    for call in CALLS:
        body = call.get("body", "")
        arguments = [call["method"], server + call["target"], *([body] if body else [])]
        printed = run([*command, *arguments], tmp_path)
        assert "200" in printed, (call["name"], printed)
        assert _arrived(printed)["body"] == body
        assert _arrived(printed)["method"] == call["method"]
    assert "401" in run([*command, "GET", f"{server}/"], tmp_path, secret="another")


def _arrived(printed: str) -> Call:
    document: Call = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    return document


@pytest.fixture
def page_of_another_origin(tmp_path: Path) -> Iterator[str]:
    """The page of the example in a browser, with its module beside it."""
    (tmp_path / "sign.mjs").write_text(blocks("javascript.md", "js")[0], "utf-8")
    (tmp_path / "index.html").write_text(blocks("javascript.md", "html")[0], "utf-8")

    class Files(SimpleHTTPRequestHandler):
        extensions_map = {".mjs": "text/javascript", ".html": "text/html"}  # noqa: RUF012

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as files:
        Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://localhost:{files.server_address[1]}/index.html"
        files.shutdown()


@pytest.mark.chromium
def test_the_page_signs_in_a_browser(server: str, page_of_another_origin: str) -> None:
    """Across origins, with a preflight; what it reads is what the server says."""
    with chromium(find_chromium() or "") as browser:
        page = browser.new_page()
        page.goto(page_of_another_origin)
        page.wait_for_function("() => 'call' in window")
        for call in CALLS:
            body = call.get("body", "")
            options = {"method": call["method"], "body": body, "key": KEY, "secret": SECRET}
            page.evaluate("([url, options]) => call(url, options)", [server + call["target"], options])
            shown = page.text_content("#answer") or ""
            assert shown.startswith("200"), (call["name"], shown)
            assert _arrived(shown)["body"] == body
        page.evaluate("url => call(url, {key: 'unknown', secret: 'x'})", f"{server}/")
        assert (page.text_content("#answer") or "").startswith("401")


def test_the_command_of_the_page_is_let_in(server: str, tmp_path: Path) -> None:
    """`crossgate sign` as the page has it prints a line that a shell can run."""
    (line,) = re.findall(r"^crossgate (sign POST .*?[^\\])$", blocks("curl.md", "sh")[0], re.MULTILINE | re.DOTALL)
    line = line.replace("https://api.example.com", server)
    printed = run(["bash", "-c", f"{shlex.quote(sys.executable)} -m crossgate {line}"], tmp_path)

    arrived = _arrived(run([interpreter("bash"), "-c", printed], tmp_path))
    assert arrived == {"method": "POST", "target": "/v1/orders?page=2", "body": '{"name":"张三","qty":2}'}


def test_the_options_in_the_table_are_the_command_s() -> None:
    """None is left out, none made up."""
    table = re.findall(r"^\| (`-.*?) \|", (DOCS / "curl.md").read_text("utf-8"), re.MULTILINE)
    named = {name for row in table for name in re.findall(r"`(--?[a-z-]+)", row, re.IGNORECASE)}
    command = get_command(app).commands["sign"].commands["request"]  # type: ignore[attr-defined]
    options = [each for each in command.params if each.param_type_name == "option" and each.name != "secret_file"]

    assert all(named & set(each.opts) for each in options)
    assert named <= {name for each in options for name in each.opts}


VECTOR = re.compile(
    r"^### (.+?)\n\n(`[A-Z]+ [^`]+`.*?)\n\n```canonical\n(.*?)\n```\n\nSignature `([0-9a-f]{64})`$",
    re.MULTILINE | re.DOTALL,
)
VECTORS = VECTOR.findall((DOCS / "README.md").read_text("utf-8"))


def test_there_are_six_vectors() -> None:
    """Each has its heading, its request, its canonical request and its signature."""
    assert (
        len(VECTORS)
        == len(re.findall("^```canonical$", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE))
        == 6
    )


@pytest.mark.parametrize(("request_line", "canonical", "expected"), [vector[1:] for vector in VECTORS])
def test_a_vector_of_the_page_is_right(request_line: str, canonical: str, expected: str) -> None:
    """The request that is told has the canonical request and the signature that are told."""
    told = re.findall(r"`([^`]+)`", request_line)
    method, target = told[0].split(" ", 1)
    headers = [(b"Host", b"api.example.com"), (b"X-Sdk-Date", b"20240101T000000Z")]
    headers += [tuple(text.encode().split(b":", 1)) for text in told[1:] if re.match(r"[\w-]+:", text)]
    body = next((text for text in told[1:] if text.startswith("{")), "")
    message = Message(method, target.encode(), headers, payload_sha256(body.encode()))
    names = sorted(name.decode().lower() for name, _ in headers)
    payload = (message.values("x-sdk-content-sha256") or [message.body_sha256.encode()])[0].decode()
    built = canonical_request(message, names, payload)

    assert built.decode() == canonical
    assert signature(SECRET, string_to_sign(built, "20240101T000000Z")) == expected


def test_the_explanation_on_the_page_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letter by letter."""
    (shown,) = blocks("README.md", "console")
    command, _, printed = shown.partition("\n")
    lines = ["GET", "/a%20b/", "", "host:api.example.com", "", "host", payload_sha256(b"")]
    answer = "verify signature fail, canonicalRequest:" + "|".join(lines)
    (tmp_path / "answer.json").write_text(json.dumps({"error_code": "APIG.0303", "error_msg": answer}))
    (tmp_path / "canonical.txt").write_text("\n".join([lines[0], "/a%2520b/", *lines[2:]]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    assert CliRunner().invoke(app, shlex.split(command)[2:]).output == printed


def test_every_command_of_the_pages_can_be_given_like_that() -> None:
    """`crossgate sign …` has the options that there are."""
    commands = get_command(app).commands["sign"].commands  # type: ignore[attr-defined]
    found = 0
    for page in DOCS.glob("*.md"):
        text = page.read_text("utf-8").replace("\\\n", " ")
        for line in re.findall(
            r"`crossgate sign ([^`\n]+ [^`\n]+)`|^\$? ?crossgate sign (.+)$", text, re.MULTILINE
        ):
            words = shlex.split("".join(line))
            name, words = ("explain", words[1:]) if words[0] == "explain" else ("request", words)
            assert commands[name].make_context(name, words).params
            found += 1
    assert found >= 3
