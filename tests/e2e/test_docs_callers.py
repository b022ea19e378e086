"""The pages about callers are true: every example on them is run, and calls are answered as they say."""

import json
import re
import runpy
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from email.message import Message as Headers
from pathlib import Path
from typing import Any

import pytest

from crossgate.core.errors import FaultKind, runtime
from crossgate.core.model.api_backend import BackendParamBase
from crossgate.core.model.document import read
from crossgate.core.signing import Message, payload_sha256, sign
from crossgate.core.snapshot.checks import ORDER
from tests.e2e.pages import DOCS, blocks, follow
from tests.e2e.running import Crossgate
from tests.e2e.test_readme import free_ports

KEY, SECRET = "to-my-server", "s3cr3t_Key-For!Tests@2024"
BODY = b'{"qty": 2}'
CALLERS = (DOCS / "callers.md").read_text("utf-8")
SIGNATURE_KEYS = (DOCS / "signature-keys.md").read_text("utf-8")
PLAIN, BACKEND, WITH_SDK = blocks(SIGNATURE_KEYS, "python")


@pytest.mark.parametrize(
    "page", ["credentials.md", "access-control.md", "callers.md", "gateway-responses.md", "rate-limit.md"]
)
def test_a_page_can_be_followed(page: str, lasting: Crossgate, tmp_path: Path) -> None:
    """From nothing to a call that passes and one that is refused, as the page shows them."""
    follow((DOCS / page).read_text("utf-8"), lasting, tmp_path)


@pytest.mark.parametrize("checking", [PLAIN, WITH_SDK], ids=["plain", "with the SDK"])
def test_the_backend_of_a_page_knows_the_gateway(checking: str, crossgate: Crossgate, tmp_path: Path) -> None:
    """It lets in what comes through the gateway and nothing else, whichever way it checks."""
    port = free_ports()["3000"]
    (tmp_path / "gateway_signature.py").write_text(checking, "utf-8")
    (tmp_path / "backend.py").write_text(BACKEND.replace("3000", port), "utf-8")

    follow(SIGNATURE_KEYS, crossgate, tmp_path, {"127.0.0.1:3000": f"127.0.0.1:{port}"})


def test_the_page_about_a_service_that_is_asked_can_be_followed(lasting: Crossgate, tmp_path: Path) -> None:
    """With the service on it."""
    page = (DOCS / "third-auth.md").read_text("utf-8")
    (service,) = blocks(page, "python")
    port = free_ports()["3000"]
    (tmp_path / "check.py").write_text(service.replace("8901", port), "utf-8")

    follow(page, lasting, tmp_path, {"8901": port})


def test_the_page_about_tokens_of_others_can_be_followed(lasting: Crossgate, tmp_path: Path) -> None:
    """With the issuer on it."""
    page = (DOCS / "jwt-auth.md").read_text("utf-8")
    (issuer,) = blocks(page, "python")
    (tmp_path / "issuer.py").write_text(issuer, "utf-8")

    follow(page, lasting, tmp_path)


def test_the_page_about_authorizers_can_be_followed(lasting: Crossgate, tmp_path: Path) -> None:
    """Its function is the one that the page about functions shows."""
    function, *_ = blocks((DOCS / "functions.md").read_text("utf-8"), "python")
    (tmp_path / "check.py").write_text(function, "utf-8")
    page = (DOCS / "authorizers.md").read_text("utf-8")

    follow(page, lasting, tmp_path, {"8900": free_ports()["3000"]})


@pytest.mark.parametrize(
    ("page", "first", "names"),
    [
        ("app-tokens.md", "callers.md", {'"pages"': '"tokens"', '"our-pages"': '"tokens"'}),
        ("client-address.md", "access-control.md", {'"inside"': '"addresses"', '"our_network"': '"addresses"'}),
    ],
)
def test_a_page_can_be_followed_after_another(
    page: str, first: str, names: dict[str, str], lasting: Crossgate, tmp_path: Path
) -> None:
    """Its first feature is switched on, and calls go to what the other page has made."""
    text = (DOCS / page).read_text("utf-8")
    feature, *_ = blocks(text, "json")
    made = [
        *blocks((DOCS / first).read_text("utf-8"), "sh")[:2],
        f"create /features <<'FEATURE'\n{feature}FEATURE\n",
    ]
    before = "".join(f"```sh\n{block}```\n" for block in made)

    follow(before + text, lasting, tmp_path, names)


def signed(*, age: timedelta = timedelta(), secret: str = SECRET) -> tuple[str, str, Headers, bytes]:
    """Method, target, headers and body of a request that the gateway has signed some time ago."""
    fields = [(b"Host", b"127.0.0.1:3000"), (b"Content-Type", b"application/json")]
    message = Message("POST", b"/a%20b?z=1&a=%E5%BC%A0", fields, payload_sha256(BODY))
    made = sign(message, access_key=KEY, secret=secret, now=datetime.now(UTC) - age)
    headers = Headers()
    for name, value in [*fields, *made]:
        headers[name.decode()] = value.decode()
    return "POST", "/a%20b?z=1&a=%E5%BC%A0", headers, BODY


@pytest.mark.parametrize("checking", [PLAIN, WITH_SDK], ids=["plain", "with the SDK"])
def test_the_backend_of_a_page_is_not_deceived(
    checking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been changed, is old, or is signed by somebody else, is not from the gateway."""
    monkeypatch.setenv("SIGN_KEY", KEY)
    monkeypatch.setenv("SIGN_SECRET", SECRET)
    file = tmp_path / "gateway_signature.py"
    file.write_text(checking, "utf-8")
    is_from_the_gateway = runpy.run_path(str(file))["is_from_the_gateway"]

    def changed(name: str, value: str) -> tuple[str, str, Headers, bytes]:
        method, target, headers, body = signed()
        del headers[name]
        headers[name] = value
        return method, target, headers, body

    method, target, headers, body = signed()
    assert is_from_the_gateway(method, target, headers, body)
    authorization = headers["Authorization"]
    forged: list[tuple[Any, ...]] = [
        ("PUT", target, headers, body),
        (method, target.replace("z=1", "z=2"), headers, body),
        (method, "/other", headers, body),
        (method, target, headers, b'{"qty": 3}'),
        changed("Host", "other"),
        changed("Content-Type", "text/plain"),
        changed("X-Sdk-Date", "20240101T000000Z"),
        changed("X-Sdk-Date", "yesterday"),
        changed("Authorization", authorization.replace(KEY, "another-key")),
        changed("Authorization", authorization.replace("content-type;host;", "")),
        changed("Authorization", authorization.replace(";x-sdk-date", ";x-sdk-date;x-other")),
        changed("Authorization", "Basic eDp5"),
        (method, target, Headers(), body),
        signed(age=timedelta(minutes=16)),
        signed(secret="another-secret-of-16"),
    ]
    assert [is_from_the_gateway(*each) for each in forged] == [False] * len(forged)


@pytest.mark.parametrize("page", ["callers.md", "credentials.md", "access-control.md", "signature-keys.md"])
def test_the_codes_of_a_page_are_those_of_the_table(page: str) -> None:
    """Each code on it has its status, and is answered by the type of gateway response beside it."""
    kinds = [kind for kind in vars(runtime).values() if isinstance(kind, FaultKind)]
    lines = [line for line in (DOCS / page).read_text("utf-8").splitlines() if re.search(r"\d{3} `APIG", line)]

    assert lines
    for line in lines:
        told = re.findall(r"(\d{3}) `(APIG\.\d{4})`", line)
        types = set(re.findall(r"`([A-Z][A-Z_45]+(?:X{2})?)`", line)) & {kind.response_type for kind in kinds}
        for status, code in told:
            meant = {kind.response_type for kind in kinds if (kind.code, kind.status) == (code, int(status))}
            assert meant, (status, code)
            assert not types or types & meant, line


def test_the_checks_are_told_in_their_order() -> None:
    """The page counts as many as there are."""
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", CALLERS, re.MULTILINE)] == list(
        range(1, len(ORDER) + 1)
    )


def test_the_backend_parameter_is_one() -> None:
    """What tells a backend who calls can be written into an API."""
    (example,) = blocks((DOCS / "credentials.md").read_text("utf-8"), "json")

    assert read(BackendParamBase, json.loads(example)).value == "$context.appName"


def test_a_page_of_a_site_reads_why(tmp_path: Path) -> None:
    """The script of the page throws what the gateway's answer says."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so the script was not run")
    (script,) = blocks(CALLERS, "js")
    (tmp_path / "orders.mjs").write_text(script, "utf-8")
    refusal = {
        "error_code": "APIG.0308",
        "error_msg": "The throttling threshold has been reached.",
        "request_id": "7",
    }
    (tmp_path / "page.mjs").write_text(
        f"""
        import {{ orders }} from "./orders.mjs";
        globalThis.fetch = async () => new Response('{json.dumps(refusal)}', {{ status: 429 }});
        await orders("https://api.example.com/", "code").catch((error) => console.log(error.message));
        """,
        "utf-8",
    )
    ran = subprocess.run([node, "page.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)

    assert ran.stdout == "429 APIG.0308: The throttling threshold has been reached. (7)\n"
