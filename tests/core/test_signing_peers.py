"""Thousands of made-up requests, signed by the official clients and by ours: nobody disagrees."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from apigateway_sdk_python import signer as apig_signer
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer as CoreSigner

from crossgate.core.signing import Authorization, Message, parse_authorization, payload_sha256, sign, verify

KEY, SECRET = "0123456789abcdef0123456789abcdef", "s3cr3t_Key-For!Tests@2024"
DATE, NOW = "20240101T000000Z", datetime(2024, 1, 1, tzinfo=UTC)
HOST = "api.example.com"
SEEDS = range(8)
CASES_EACH = 500

PATH_PIECES = (
    *(
        "/",
        "/",
        "a",
        "Z",
        "0",
        "-",
        "_",
        ".",
        "~",
        "!",
        "$",
        "'",
        "(",
        ")",
        "*",
        "+",
        ",",
        ";",
        ":",
        "@",
        "=",
        "&",
    ),
    *(
        "%2F",
        "%2f",
        "%20",
        "%25",
        "%252F",
        "%2B",
        "%3F",
        "%23",
        "%00",
        "%7Bid%7D",
        "%C3%A9",
        "%e4%bd%a0",
        "%5C",
        "%7E",
    ),
)
QUERY_PIECES = (
    *("a", "B", "0", "-", "_", ".", "~", "!", "$", "'", "(", ")", "*", "+", ",", ";", ":", "@", "/", "?", "="),
    *(
        "%20",
        "%2B",
        "%26",
        "%3D",
        "%25",
        "%2520",
        "%2F",
        "%C3%A9",
        "%e4%bd%a0",
        "%F0%90%8D%88",
        "%EF%BF%BD",
        "%7B",
    ),
)
NOT_UTF8 = ("%FF", "%C3%28")
VALUES = ("1", "  padded  value  ", "", "张三", "a,b", "é", "x" * 40, "a|b", 'q="1"', "a\tb")
CONTENT_TYPES = (
    None,
    "application/json",
    "application/json;charset=utf8",
    "text/plain",
    "application/octet-stream",
)
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One request, its path and query as a client would write them into a URL."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The names and values of the query, as they are written."""
        parts = [part.partition("=") for part in self.query.split("&")]
        return [(name, value) for name, _, value in parts if name]


def cases(seed: int, pieces: tuple[str, ...] = ()) -> Iterator[Case]:
    """The requests of one seed; `pieces` are strewn in, too."""
    chance = random.Random(seed)  # noqa: S311 - the same requests each time
    paths, queries = (*PATH_PIECES, *pieces), (*QUERY_PIECES, *pieces)
    for _ in range(CASES_EACH):
        names = [written(chance, queries, 1, 3).replace("=", "") or "k" for _ in range(chance.randint(0, 4))]
        # A name that is there twice, values that are empty, names without a value, parts without either.
        parts = [
            chance.choice((f"{name}={written(chance, queries, 0, 4)}", f"{name}=", name, f"{name}=1&{name}=0", ""))
            for name in (*names, *names[:1])
        ]
        named = {f"x-{chance.choice('abc')}{at}": chance.choice(VALUES) for at in range(chance.randint(0, 3))}
        yield Case(
            method=chance.choice(METHODS),
            path="/" + written(chance, paths, 0, 8),
            query="&".join(parts),
            headers=named,
            body=chance.choice((b"", chance.randbytes(chance.randint(1, 40)), "张三".encode())),
        )


def written(chance: random.Random, pieces: tuple[str, ...], fewest: int, most: int) -> str:
    """Some pieces, one behind the other."""
    return "".join(chance.choices(pieces, k=chance.randint(fewest, most)))


def is_let_in(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether what a client sends is accepted; header values are as Python's clients hand them over."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    message = Message(method, target.encode(), fields, payload_sha256(body))
    claimed = parse_authorization(message.values("authorization")[0])
    assert isinstance(claimed, Authorization)
    return verify(message, claimed, SECRET, NOW) is None


def signed_by_apig(case: Case) -> apig_signer.HttpRequest:
    """The request after the API gateway's own SDK has signed it."""
    request = apig_signer.HttpRequest(
        case.method, f"https://{HOST}{case.target}", {**case.headers, "X-Sdk-Date": DATE}
    )
    request.body = case.body
    client = apig_signer.Signer()
    client.Key, client.Secret = KEY, SECRET
    client.Sign(request)
    return request


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_apig_sdk_signs_is_let_in_and_is_signed_alike(seed: int) -> None:
    """Sent as it was written, and with the query in order as the SDK sends it; our signer's header is the same."""
    for case in cases(seed):
        request = signed_by_apig(case)
        for target in (case.target, request.uri):
            assert is_let_in(case.method, target, request.headers, case.body), case
        fields = [(b"host", HOST.encode()), (b"X-Sdk-Date", DATE.encode())]
        fields += [(name.encode(), value.encode()) for name, value in case.headers.items()]
        message = Message(case.method, case.target.encode(), fields, payload_sha256(case.body))
        ours = sign(message, access_key=KEY, secret=SECRET, now=NOW)
        assert ours == [(b"Authorization", request.headers["Authorization"].encode())], case


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_cloud_sdk_signs_is_let_in(seed: int) -> None:
    """With a body that it signs, and with one that it leaves unsigned for its type."""
    chance = random.Random(seed)  # noqa: S311 - the same requests each time
    for case in cases(seed + len(SEEDS)):
        content_type = chance.choice(CONTENT_TYPES)
        request = SdkRequest(
            method=case.method,
            host=HOST,
            resource_path=case.path,
            query_params=case.pairs,
            header_params={**case.headers, "X-Sdk-Date": DATE}
            | ({"Content-Type": content_type} if content_type else {}),
            body=case.body,
        )
        CoreSigner(BasicCredentials(KEY, SECRET, "p")).sign(request)
        assert is_let_in(case.method, request.uri, request.header_params, case.body), case


@pytest.mark.parametrize("seed", SEEDS)
def test_what_we_sign_is_verified_by_the_apig_sdk(seed: int) -> None:
    """As a backend does that checks a signature key."""
    for case in cases(seed + 2 * len(SEEDS)):
        fields = {"host": HOST, "X-Sdk-Date": DATE, **case.headers}
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        message = Message(case.method, case.target.encode(), raw, payload_sha256(case.body))
        ((_, header),) = sign(message, access_key=KEY, secret=SECRET, now=NOW)
        claimed = parse_authorization(header)
        assert isinstance(claimed, Authorization)
        received = apig_signer.HttpRequest(case.method, f"https://{HOST}{case.target}", fields)
        received.body = case.body
        verifier = apig_signer.Signer()
        verifier.Secret = SECRET
        assert verifier.Verify(received, claimed.signature), case


def test_bytes_that_are_no_utf8_are_let_in_as_python_reads_them() -> None:
    """They become U+FFFD in the SDK's canonical request."""
    for case in cases(3 * len(SEEDS), NOT_UTF8):
        assert is_let_in(case.method, case.target, signed_by_apig(case).headers, case.body), case


@pytest.mark.parametrize("part", ["method", "path", "query", "header", "body", "date", "signature", "secret"])
def test_what_was_changed_after_it_was_signed_is_refused(part: str) -> None:
    """Whatever the request: one change anywhere, and it is not let in."""
    for case in cases(4 * len(SEEDS)):
        headers = dict(signed_by_apig(case).headers) | {"content-length": str(len(case.body))}
        method, target, body = case.method, case.target, case.body
        match part:
            case "method":
                method = "POST" if method == "GET" else "GET"
            case "path":
                target = "/x" + target
            case "query":
                target += ("&" if "?" in target else "?") + "extra=1"
            case "header":
                headers["host"] += ".evil.example"
            case "body":
                body += b"x"
            case "date":
                headers["X-Sdk-Date"] = "20240101T000001Z"
            case "signature":
                headers["Authorization"] = headers["Authorization"][:-1] + (
                    "0" if headers["Authorization"][-1] != "0" else "1"
                )
            case _:
                headers["Authorization"] = forged(case)
        assert not is_let_in(method, target, headers, body), case


def forged(case: Case) -> str:
    """The header of somebody with another secret."""
    raw = [(b"host", HOST.encode()), (b"X-Sdk-Date", DATE.encode())]
    raw += [(name.encode(), value.encode()) for name, value in case.headers.items()]
    message = Message(case.method, case.target.encode(), raw, payload_sha256(case.body))
    ((_, header),) = sign(message, access_key=KEY, secret="guessed", now=NOW)
    return header.decode()
