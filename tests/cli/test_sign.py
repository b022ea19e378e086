"""`crossgate sign` and `crossgate sign explain` as people run them."""

import json
import os
import pty
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crossgate.cli.main import app
from crossgate.core.signing import APP_WORDING, Message, Reason, Refusal, canonical_request, payload_sha256

VECTORS = tomllib.loads((Path(__file__).parents[1] / "core" / "signing_vectors.toml").read_text("utf-8"))
KEY, SECRET = VECTORS["access_key"], VECTORS["secret"]
AT = ["--date", "20240101T000000Z"]
URL = "https://api.example.com/app1?b=2&a=1"


def crossgate(*arguments: str, secret: str | None = SECRET, stdin: str | None = None) -> Result:
    """What the command says."""
    environment = {"CROSSGATE_APP_SECRET": secret, "COLUMNS": "80", "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["sign", *arguments], env=environment, input=stdin)


def headers_of(curl: str) -> dict[str, str]:
    """The headers in a curl line."""
    words = shlex.split(curl)
    texts = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    return {name: value.strip() for name, _, value in (text.partition(":") for text in texts)}


@pytest.mark.parametrize("vector", VECTORS["vector"], ids=lambda vector: vector["name"])
def test_a_vector_is_signed_as_the_contract_signs_it(vector: dict[str, Any]) -> None:
    """The canonical request, the string to sign and the signature are the published ones."""
    given = {name.lower(): value for name, value in vector["headers"]}
    date, host = given.pop("x-sdk-date"), given.pop("host")
    options = [word for name, value in given.items() for word in ("-H", f"{name}: {value}")]
    body = ["-d", vector["body"]] if vector.get("body") else []
    url = f"https://{host}{vector['target']}"
    said = crossgate(vector["method"], url, "--key", KEY, "--date", date, *options, *body, "--json")
    document = json.loads(said.stdout)

    assert said.exit_code == 0
    assert document["canonical_request"] == vector["canonical"].removeprefix("\n")
    assert document["string_to_sign"].splitlines() == ["SDK-HMAC-SHA256", date, vector["digest"]]
    assert document["headers"]["Authorization"].endswith(f"Signature={vector['signature']}")
    assert document["headers"]["Host"] == host
    assert headers_of(document["curl"])["Authorization"] == document["headers"]["Authorization"]


def test_one_line_is_printed_for_a_shell() -> None:
    """The method when it is not GET, the headers, the body as it is."""
    body = '{"name":"张 \'三\'"}\n'
    said = crossgate("post", URL, "--key", KEY, *AT, "-H", "Content-Type:application/json", "-d", body)
    words = shlex.split(said.stdout)

    assert said.exit_code == 0
    assert words[:4] == ["curl", "-X", "POST", URL]
    assert headers_of(said.stdout)["Content-Type"] == "application/json"
    assert words[-2:] == ["--data-binary", body]
    assert headers_of(said.stdout).keys() == {"Content-Type", "X-Sdk-Date", "Authorization"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["HEAD", URL], ["--head"]),
        (["DELETE", URL], ["-X", "DELETE"]),
        (["GET", URL, "-d", "x"], ["-X", "GET"]),
        (["GET", "https://h.example/{a}?x[]=1"], ["-g"]),
        (["POST", URL, "-d", "@x"], ["--data-raw", "@x"]),
        (["POST", URL, "-d", ""], ["--data-binary", ""]),
        (["GET", URL, "-H", "X-Empty:"], ["-H", "X-Empty;"]),
        (["GET", URL, "-H", "Host: other.example"], ["-H", "Host: other.example"]),
        (["GET", "https://h.example/搜 索?q=ü#top"], ["https://h.example/%E6%90%9C%20%E7%B4%A2?q=%C3%BC"]),
        (["PUT", URL, "--unsigned-payload"], ["-H", "X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD"]),
    ],
)
def test_curl_is_told_what_it_does_not_do_by_itself(arguments: list[str], words: list[str]) -> None:
    """So that what is sent is what was signed."""
    said = crossgate(*arguments, "--key", KEY)
    found = shlex.split(said.stdout)

    assert any(found[at : at + len(words)] == words for at in range(len(found))), said.output


def test_a_host_that_is_given_is_the_one_that_is_signed() -> None:
    """A gateway can be asked by its address for a group of another name."""
    said = crossgate(
        "GET", "http://localhost:8080/", "--key", KEY, *AT, "-H", "Host: group1.example.com", "--show"
    )

    assert "host:group1.example.com\n" in said.stdout
    assert "localhost" not in said.stdout.partition("curl")[0]


def test_what_was_signed_is_shown_on_request() -> None:
    """The canonical request and the string to sign stand above the curl line."""
    shown = crossgate("GET", URL, "--key", KEY, *AT, "--show").stdout
    bare = crossgate("GET", URL, "--key", KEY, *AT).stdout
    vector = VECTORS["vector"][0]

    assert vector["canonical"].strip() in shown
    assert f"SDK-HMAC-SHA256\n20240101T000000Z\n{vector['digest']}\n" in shown
    assert shown.endswith("\n" + bare)
    assert bare.count("\n") == 1


def test_the_body_may_be_a_file(tmp_path: Path) -> None:
    """Byte by byte; curl reads the same file."""
    file = tmp_path / "a body.bin"
    file.write_bytes(bytes(range(256)))
    said = crossgate("PUT", URL, "--key", KEY, *AT, "--data-file", str(file), "--json")
    document = json.loads(said.stdout)

    assert document["canonical_request"].endswith(payload_sha256(bytes(range(256))))
    assert shlex.split(document["curl"])[-2:] == ["--data-binary", f"@{file}"]


def test_another_header_may_carry_the_signature() -> None:
    """Then Authorization is a header like any other, and signed."""
    said = crossgate(
        "GET", URL, "--key", KEY, *AT, "--header-name", "X-Sign", "-H", "Authorization: Bearer t", "--json"
    )
    headers = json.loads(said.stdout)["headers"]

    assert headers["Authorization"] == "Bearer t"
    assert "SignedHeaders=authorization;host;x-sdk-date" in headers["X-Sign"]


def test_a_header_that_is_repeated_is_sent_and_signed_so() -> None:
    """Each value has its line; JSON has a list of them."""
    said = crossgate("GET", URL, "--key", KEY, *AT, "-H", "X-Tag: b", "-H", "x-tag: a", "--json")
    document = json.loads(said.stdout)

    assert document["headers"]["X-Tag"] == ["b", "a"]
    assert "x-tag:a\nx-tag:b\n" in document["canonical_request"]


def test_the_word_request_may_be_left_out_or_written() -> None:
    """Options may come first, too."""
    same = {
        crossgate(*arguments).stdout
        for arguments in (
            ["GET", URL, "--key", KEY, *AT],
            ["request", "GET", URL, "--key", KEY, *AT],
            ["--key", KEY, *AT, "GET", URL],
        )
    }

    assert len(same) == 1
    assert same.pop().startswith("curl ")


def test_the_secret_comes_from_a_file_the_environment_or_a_pipe(tmp_path: Path) -> None:
    """In that order; the end of its line does not count."""
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n", "utf-8")
    sign = ["GET", URL, "--key", KEY, *AT]
    said = [
        crossgate(*sign, "--secret-file", str(file), secret="another"),
        crossgate(*sign),
        crossgate(*sign, secret=None, stdin=SECRET + "\r\n"),
    ]

    assert all(VECTORS["vector"][0]["signature"] in each.stdout for each in said)
    assert not any(SECRET in each.output for each in said)


def test_the_secret_is_asked_for_at_a_terminal_and_not_shown() -> None:
    """The question is no part of what is printed, and the answer is not echoed."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "CROSSGATE_APP_SECRET"}
    command = [sys.executable, "-m", "crossgate", "sign", "GET", URL, "--key", KEY, *AT]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment, start_new_session=True
    ) as running:
        asked = b""
        # What is typed before the space behind the colon is thrown away.
        while b"Secret: " not in asked:
            asked += os.read(ours, 100)
        os.write(ours, SECRET.encode() + b"\n")
        try:
            printed, _ = running.communicate(timeout=60)
        finally:
            running.kill()
    os.close(theirs)
    os.close(ours)

    assert VECTORS["vector"][0]["signature"].encode() in printed
    assert SECRET.encode() not in printed + asked


@pytest.mark.parametrize(
    ("arguments", "sentences"),
    [
        (["GE T", URL], ["METHOD: 'GE T'"]),
        (["GET", "api.example.com/x"], ["URL: 'api.example.com/x' is no URL"]),
        (["GET", "https://u:p@h.example/"], ["URL: leave user and password out"]),
        (["GET", URL, "-H", "X-A"], ["--header: 'X-A'"]),
        (["GET", URL, "-H", "X-A: 1\r\nX-B: 2"], ["--header: 'X-A'"]),
        (["GET", URL, "-H", "Host: a", "-H", "host: b"], ["--header: host may be there once"]),
        (["GET", URL, "-H", "authorization: x"], ["--header: Authorization is to carry the signature"]),
        (["GET", URL, "--header-name", "X Y"], ["--header-name: 'X Y'"]),
        (["GET", URL, "--date", "2024-01-01"], ["--date: '2024-01-01'"]),
        (["GET", URL, "--date", "20240231T000000Z"], ["--date: '20240231T000000Z'"]),
        (["GET", URL, *AT, "-H", "X-Sdk-Date: 20240101T000000Z"], ["--date: X-Sdk-Date is among the headers"]),
        (["GET", URL, "-H", "x-sdk-date: now"], ["--date: 'now'"]),
        (["GET", URL, "--unsigned-payload", "-H", "x-sdk-content-sha256: a"], ["--unsigned-payload: X-Sdk"]),
        (["GET", URL, "-d", "x", "--data-file", "y"], ["--data and --data-file: choose one"]),
        (["GET", URL, "--data-file", "missing"], ["--data-file: missing cannot be read: No such file"]),
        (["GET", URL, "--secret-file", "missing"], ["--secret-file: missing cannot be read: No such file"]),
        (["G T", "x", "-H", "y"], ["METHOD: ", "URL: ", "--header: "]),
    ],
)
def test_what_cannot_be_used_is_named(arguments: list[str], sentences: Sequence[str]) -> None:
    """Several mistakes at once, with the status 2, and nothing on standard output."""
    said = crossgate(*arguments, "--key", KEY)

    assert (said.exit_code, said.stdout) == (2, "")
    for sentence in sentences:
        assert sentence in said.stderr


@pytest.mark.parametrize("key", ["", "a b", "a,b"])
def test_a_key_is_one_word(key: str) -> None:
    """Others could not be read out of the header again."""
    assert "--key:" in crossgate("GET", URL, "--key", key).stderr


def test_an_empty_secret_is_refused() -> None:
    """As one that was not given."""
    said = crossgate("GET", URL, "--key", KEY, secret=None, stdin="")

    assert said.exit_code == 2
    assert "the secret is empty" in said.stderr


CANONICAL = VECTORS["vector"][1]["canonical"].removeprefix("\n")


def answer(canonical: str) -> str:
    """What a gateway answers that has signed `canonical`."""
    message = APP_WORDING.message(Refusal(Reason.MISMATCH, canonical.replace("\n", "|")))
    return json.dumps({"error_code": "APIG.0303", "error_msg": message, "request_id": "7"})


def test_the_first_line_that_differs_is_pointed_at() -> None:
    """Both lines, a caret below the place, the cause and the fix; then the others."""
    client = CANONICAL.replace("/v1/orders/", "/v1/orders").replace(
        "host:api.example.com", "host:api.example.com:443"
    )
    said = crossgate("explain", "--answer", answer(CANONICAL), "--canonical", client)
    lines = said.stdout.splitlines()

    assert said.exit_code == 0
    assert lines[0] == "Line 2, the path: the signed path has no / at its end."
    assert lines[2:5] == ["  gateway  /v1/orders/", "  you      /v1/orders", "                     ^"]
    assert any(line.startswith("  Why") for line in lines)
    assert any(line.startswith("  Fix") for line in lines)
    assert "Besides:" in lines
    assert "Line 5, the header host: " in said.stdout


def test_a_caret_stands_where_the_lines_differ_however_long_and_wide_they_are() -> None:
    """A long line is cut around the place; wide letters take two columns."""
    gateway, client = (
        CANONICAL.replace("content-type:application/json", f"content-type:{'张' * 40}{'x' * 80}{end}{'y' * 90}")
        for end in "12"
    )
    lines = crossgate("explain", "--answer", answer(gateway), "--canonical", client).stdout.splitlines()
    one, other, caret = lines[2:5]
    place = next(at for at, (left, right) in enumerate(zip(one[11:], other[11:], strict=True)) if left != right)
    wide = one[11 : 11 + place].count("张")

    assert one[11] == one[-1] == "…"
    assert caret == " " * (11 + place + wide) + "^"


def test_lines_that_one_side_does_not_have_are_told() -> None:
    """In words, since there is nothing to show."""
    no_blank_line = CANONICAL.replace("20240101T000000Z\n\n", "20240101T000000Z\n")
    said = crossgate("explain", "--answer", answer(CANONICAL), "--canonical", no_blank_line)

    assert "\n  gateway  (an empty line)\n  you      (no such line)\n" in said.stdout
    assert "^" not in said.stdout


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Whatever it holds."""
    (tmp_path / "answer").write_bytes(b"\xff\xfe")
    said = crossgate("explain", str(tmp_path / "answer"))

    assert (said.exit_code, said.stdout) == (2, "")
    assert "is not UTF-8 text" in said.stderr


def test_nothing_that_moves_a_cursor_reaches_the_screen() -> None:
    """What a gateway answers is shown letter by letter."""
    evil = CANONICAL.replace("application/json", "\x1b[2J")

    assert "\x1b" not in crossgate("explain", "--answer", answer(evil), "--canonical", CANONICAL).stdout


def test_only_the_secret_is_left_with_the_status_1() -> None:
    """Nothing differs."""
    said = crossgate("explain", "--answer", answer(CANONICAL), "--canonical", CANONICAL)

    assert said.exit_code == 1
    assert "the secret is wrong" in said.stdout


def test_json_is_the_document() -> None:
    """One document, with the same status."""
    client = CANONICAL.replace("POST", "GET").replace("/v1/orders/", "/v1/orders")
    said = crossgate("explain", "--answer", answer(CANONICAL), "--canonical", client, "--json")
    document = json.loads(said.stdout)

    assert said.exit_code == 0
    assert (document["verdict"], document["code"]) == ("differs", "method-changed")
    assert [(each["line"], each["part"], each["column"]) for each in document["differences"]] == [
        (1, "method", 1),
        (2, "path", 11),
    ]
    assert document["differences"][1]["gateway"] == "/v1/orders/"
    assert {"why", "fix", "title"} <= document["differences"][1].keys()


def test_an_expired_signature_tells_the_distance() -> None:
    """Nothing else has to be given; JSON has it in seconds."""
    text = "signature expired, signature time:20230527T000431Z,server time:20230527T020608Z"

    said = crossgate("explain", "--answer", text)
    document = json.loads(crossgate("explain", "--answer", text, "--json").stdout)
    assert said.exit_code == 0
    assert "2 hours 1 minute 37 seconds older than the gateway's clock" in said.stdout.replace("\n", " ")
    assert (document["verdict"], document["skew_seconds"]) == ("clock", 7297)


@pytest.mark.parametrize("way", ["files", "pipe", "pipe without a dash", "options", "file and option"])
def test_both_sides_may_come_in_any_way(way: str, tmp_path: Path) -> None:
    """From files, from standard input, or as texts."""
    told, signed = tmp_path / "answer.json", tmp_path / "canonical.txt"
    told.write_text("HTTP/1.1 401 Unauthorized\n\n" + answer(CANONICAL), "utf-8")
    signed.write_text(CANONICAL.replace("\n", "\r\n") + "\r\n", "utf-8")
    arguments, stdin = {
        "files": ([str(told), str(signed)], None),
        "pipe": (["-", str(signed)], told.read_text("utf-8")),
        "pipe without a dash": (["--canonical", CANONICAL], told.read_text("utf-8")),
        "options": (["--answer", answer(CANONICAL), "--canonical", CANONICAL.replace("\n", "|")], None),
        "file and option": ([str(signed), "--answer", answer(CANONICAL)], None),
    }[way]

    assert crossgate("explain", *arguments, stdin=stdin).exit_code == 1


def test_a_request_may_be_described_as_for_curl(tmp_path: Path) -> None:
    """It is signed by the rules: what differs was changed on the way."""
    body = tmp_path / "body.json"
    body.write_text(VECTORS["vector"][1]["body"], "utf-8")
    described = ["--url", "https://api.example.com/v1/orders/", "--data-file", str(body)]
    json_type = ["-H", "Content-Type: application/json"]
    behind_proxy = CANONICAL.replace("host:api.example.com", "host:10.0.0.7")

    same = crossgate("explain", "--answer", answer(CANONICAL), *described, *json_type)
    moved = crossgate("explain", "--answer", answer(behind_proxy), *described)
    assert crossgate("explain", "--answer", answer(CANONICAL), *described, *json_type, "-X", "put").exit_code == 0
    assert same.exit_code == 1
    assert "the secret or the signing code is wrong" in same.stdout.replace("\n", " ")
    assert moved.exit_code == 0
    assert "another Host arrived than was signed" in moved.stdout
    assert "Not compared, because you did not give them with -H: content-type" in moved.stdout


def test_a_body_beside_the_canonical_request_is_looked_for_in_other_forms() -> None:
    """It was signed compact, and sent with spaces."""
    signed, sent = '{"a":1,"b":[2]}', '{"a": 1, "b": [2]}'
    one, other = (
        canonical_request(
            Message("POST", b"/", [(b"host", b"h")], payload_sha256(text.encode())), ["host"],
            payload_sha256(text.encode()),
        ).decode()
        for text in (sent, signed)
    )  # fmt: skip

    said = crossgate("explain", "--answer", answer(one), "--canonical", other, "-d", signed)
    assert "the body arrived written anew: as JSON with spaces" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--answer", "Backend unavailable", "--canonical", CANONICAL],
            "ANSWER: there is no refusal of a signature",
        ),
        (["--answer", "verify aksk signature fail"], "not what was signed"),
        (["--answer", answer(CANONICAL)], "CANONICAL: say what your client signed"),
        (["--answer", answer(CANONICAL), "--canonical", "hello"], "CANONICAL: it is no canonical request"),
        (["missing.json"], "ANSWER: missing.json cannot be read: No such file"),
        (["--answer", answer(CANONICAL), "missing.txt"], "CANONICAL: missing.txt cannot be read: No such file"),
        (["--answer", answer(CANONICAL), "-H", "X-A: 1"], "--header: it describes a request"),
        (["--answer", answer(CANONICAL), "--url", "nowhere"], "URL: 'nowhere' is no URL"),
        (
            ["--answer", answer(CANONICAL), "--url", URL, "--canonical", CANONICAL],
            "CANONICAL and --url: choose one",
        ),
        (["--answer", "x", "a", "b"], "ANSWER: it is given twice"),
        (["--answer", "x", "a", "--canonical", "b"], "CANONICAL: it is given twice"),
    ],
)
def test_input_that_cannot_be_used_is_named(arguments: list[str], sentence: str) -> None:
    """With the status 2, and nothing on standard output."""
    said = crossgate("explain", *arguments)

    assert (said.exit_code, said.stdout) == (2, "")
    assert sentence in said.stderr
