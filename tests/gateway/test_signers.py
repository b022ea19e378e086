"""The cloud's own signing clients over sockets: let in unchanged, refused with one bit changed."""

import contextlib
import hashlib
import hmac
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

import msgspec
import pytest
from apigateway_sdk_python import signer as apig_signer
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer as CoreSigner

from crossgate.core.snapshot.config import Limits

from .callers import FOR_THE_APP, HOST, KEY, SECRET, Fields, guarded, signed, written
from .conftest import api, http
from .peers import Request, RunningGateway, ScriptedBackend

SEEDS = range(4)
CASES_EACH = 260
UNRESERVED = "/ a Z 0 - _ ~ ! $ ' ( ) * + , ; : @ ="
PATH_PIECES = f"{UNRESERVED} & %2F %2f %20 %25 %252F %2B %3F %23 %7Bid%7D %C3%A9 %e4%bd%a0 %5C %7E".split()
QUERY_PIECES = f"{UNRESERVED} . ? b C 7 q %20 %2B %26 %3D %25 %2520 %2F %C3%A9 %e4%bd%a0 %F0%90%8D%88 %7B".split()
VALUES = ("1", "  padded  value  ", "", "张三", "a,b", "é", "x" * 300, 'q="1"', "a\tb")
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
TYPES = ("application/json", "application/json;charset=utf8", "text/plain", "application/octet-stream")
LENGTHS = (0, 0, 1, 40, 1500, 66_000)
PARTS = ("method", "path", "query", "header", "body")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a client program wants to send, as it would hand it to a signer."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The names and values of the query, as they are written."""
        return [part.partition("=")[::2] for part in self.query.split("&") if part.partition("=")[0]]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A signed request on its way."""

    method: str
    target: str
    fields: Fields
    body: bytes
    chunk: int

    @property
    def data(self) -> bytes:
        """Its bytes."""
        is_bodyless = not self.body and self.method in ("GET", "HEAD", "OPTIONS")
        return written(self.method, self.target, self.fields, None if is_bodyless else self.body, chunk=self.chunk)


def wanted(seed: int) -> Iterator[tuple[Wanted, random.Random]]:
    """The requests of one seed, each with what else is left to chance."""
    chance = random.Random(seed)  # noqa: S311 - the same requests each time
    for _ in range(CASES_EACH):
        names = ["".join(chance.choices(QUERY_PIECES, k=2)).replace("=", "") or "k" for _ in range(3)]
        forms = (lambda n: f"{n}={''.join(chance.choices(QUERY_PIECES, k=3))}", "{}=".format, "{}".format)
        queries = [chance.choice(forms)(name) for name in (*names[: chance.randint(0, 3)], *names[:1])]
        headers = {
            f"x-{chance.choice('abc')}{at}": chance.choice(VALUES) for at in range(chance.choice((0, 2, 30)))
        }
        yield (
            Wanted(
                method=chance.choice(METHODS),
                path="/" + "".join(chance.choices(PATH_PIECES, k=chance.randint(0, 8))),
                query="&".join(queries) if chance.random() < 0.8 else "",
                headers=headers,
                body=chance.randbytes(chance.choice(LENGTHS)),
            ),
            chance,
        )


def by_apig(case: Wanted, chance: random.Random) -> Sent:
    """As the API gateway's own SDK signs it."""
    declared = {"x-sdk-content-sha256": "UNSIGNED-PAYLOAD"} if chance.random() < 0.2 else {}
    url = f"https://{HOST.decode()}{case.path}" + (f"?{case.query}" if case.query else "")
    request = apig_signer.HttpRequest(case.method, url, case.headers | declared)
    request.body = case.body
    client = apig_signer.Signer()
    client.Key, client.Secret = KEY, SECRET
    client.Sign(request)
    return sent(case, chance, request.uri, request.headers)


def by_core(case: Wanted, chance: random.Random) -> Sent:
    """As the SDK of the whole cloud signs it, which leaves the body of some content types unsigned."""
    typed = {"Content-Type": chance.choice(TYPES)} if case.body and chance.random() < 0.8 else {}
    request = SdkRequest(
        method=case.method,
        host=HOST.decode(),
        resource_path=case.path,
        query_params=case.pairs,
        header_params=case.headers | typed,
        body=case.body,
    )
    CoreSigner(BasicCredentials(KEY, SECRET, "p")).sign(request)
    return sent(case, chance, request.uri, request.header_params)


def sent(case: Wanted, chance: random.Random, target: str, headers: dict[str, str]) -> Sent:
    """The request with the target and the headers of a signer; `content-length` is the sender's to say."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    fields = [(name, value) for name, value in fields if name.lower() != b"content-length"]
    chunk = chance.choice((0, 0, 1000)) if case.body else 0
    return Sent(method=case.method, target=target, fields=fields, body=case.body, chunk=chunk)


def with_another_bit(request: Sent, part: str, chance: random.Random) -> Sent | None:
    """`request` with one bit of a part of it changed (another method); None where that part has none to change."""
    path, question, query = request.target.partition("?")
    match part:
        case "method":
            others = [method for method in METHODS if method != request.method]
            return msgspec.structs.replace(request, method=chance.choice(others))
        case "path":
            changed = _flipped(path.encode(), chance)
            target = (changed or b"").decode() + question + query
            return None if changed is None else msgspec.structs.replace(request, target=target)
        case "query":
            changed = _flipped(query.encode(), chance)
            target = path + question + (changed or b"").decode()
            return None if changed is None else msgspec.structs.replace(request, target=target)
        case "header":
            # With another Host it is a request to somebody else.
            at = chance.choice([at for at, (name, _) in enumerate(request.fields) if name.lower() != b"host"])
            name, value = request.fields[at]
            changed = _flipped(value, chance)
            fields = [*request.fields[:at], (name, changed or b""), *request.fields[at + 1 :]]
            return None if changed is None else msgspec.structs.replace(request, fields=fields)
        case "body":
            is_unsigned = any(value == b"UNSIGNED-PAYLOAD" for _, value in request.fields)
            if is_unsigned or not request.body:
                return None
            body = bytearray(request.body)
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
            return msgspec.structs.replace(request, body=bytes(body))
    raise AssertionError(part)


def _flipped(text: bytes, chance: random.Random) -> bytes | None:
    """`text` with one bit of a letter or digit changed, such that it is another; escapes are left alone."""
    places = [found.start() for found in re.finditer(rb"%..|([0-9A-Za-z])", text) if found[1]]
    flips = [(at, bit) for at in places for bit in range(7) if chr(text[at] ^ 1 << bit).isalnum()]
    if not flips:
        return None
    at, bit = chance.choice(flips)
    return text[:at] + bytes((text[at] ^ 1 << bit,)) + text[at + 1 :]


@pytest.fixture(scope="module")
def backend() -> Iterator[ScriptedBackend]:
    """The backend of this module."""
    backend = ScriptedBackend()
    yield backend
    backend.stop()


@pytest.fixture
def gateway(backend: ScriptedBackend) -> Iterator[RunningGateway]:
    """A gateway with everything under / for the app."""
    gateway = RunningGateway(guarded(api("/", http(backend.port), **FOR_THE_APP)))
    backend.requests.clear()
    backend.bytes_received = 0
    yield gateway
    gateway.stop()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sign", [by_apig, by_core])
def test_what_a_public_signer_signs_reaches_the_backend_as_it_is(
    gateway: RunningGateway, backend: ScriptedBackend, sign: Callable[[Wanted, random.Random], Sent], seed: int
) -> None:
    """Whatever the method, path, parameters, headers and body; long bodies by way of the disk."""
    client = gateway.connect()
    for case, chance in wanted(seed):
        request = sign(case, chance)
        answer = client.ask(request.data)
        assert answer.status == 200, (request, answer.body)
        assert_is_same(backend.requests.pop(), request)


def assert_is_same(received: Request, request: Sent) -> None:
    """Method, query and body to the byte, the path as the gateway writes it, every header but those of the hop."""
    path, _, query = request.target.partition("?")
    received_path, _, received_query = received.target.partition("?")
    assert (received.method, received_query, received.body) == (request.method, query, request.body)
    assert unquote_to_bytes(received_path) == unquote_to_bytes(path)
    there = {name.lower(): value.strip() for name, value in received.fields}
    for name, value in request.fields:
        if name.lower() != b"host":
            assert there[name.decode().lower()] == value.decode("latin-1").strip(), name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sign", [by_apig, by_core])
def test_one_other_bit_and_nothing_reaches_the_backend(
    gateway: RunningGateway, backend: ScriptedBackend, sign: Callable[[Wanted, random.Random], Sent], seed: int
) -> None:
    """In the method, the path, the query, a signed header or a signed body."""
    client = gateway.connect()
    changed = dict.fromkeys(PARTS, 0)
    for at, (case, chance) in enumerate(wanted(seed)):
        part = PARTS[at % len(PARTS)]
        request = with_another_bit(sign(case, chance), part, chance)
        if request is None:
            continue
        changed[part] += 1
        answer = client.ask(request.data)
        assert answer.status == 401, (request, answer.body)
        assert request.method == "HEAD" or b'"APIG.0303"' in answer.body
        if answer.field("Connection") == "close":
            # It was refused before the whole of its body had come.
            client = gateway.connect()
    assert min(changed.values()) > 10
    assert backend.bytes_received == 0


def test_whatever_byte_is_another_what_gets_through_is_what_was_signed(backend: ScriptedBackend) -> None:
    """A bit, a byte, one more or one less, anywhere in head or body: refused, or of no matter to the backend."""
    chance = random.Random(7)  # noqa: S311 - the same requests each time
    gateway = RunningGateway(
        guarded(api("/", http(backend.port), **FOR_THE_APP), limits=Limits(request_body_timeout_ms=100))
    )
    refused = 0
    for _ in range(500):
        body = chance.choice((b"", b"hello world"))
        fields = signed("POST", "/a%2Fb?x=1&y=%2B", [(b"X-User", b"ada")], body)
        data = written("POST", "/a%2Fb?x=1&y=%2B", fields, body, chunk=chance.choice((0, 4)) if body else 0)
        at, other = chance.randrange(len(data)), bytes((chance.choice(b" \t\r\n\0:;,%/?&=+#aA0"),))
        bit = bytes((data[at] ^ 1 << chance.randrange(8),))
        changes = (
            bit + data[at + 1 :],
            bit + data[at + 1 :],
            other + data[at:],
            other + data[at + 1 :],
            data[at + 1 :],
        )
        backend.requests.clear()
        client = gateway.connect()
        client.socket.settimeout(0.5)
        with contextlib.suppress(OSError):
            refused += client.send(data[:at] + chance.choice(changes)).read().status >= 400
        client.socket.close()
        for request in backend.requests:
            path, _, query = request.target.partition("?")
            assert (request.method, path, request.body) == ("POST", "/a/b", body)
            assert query.lower().strip("&").replace("&&", "&") == "x=1&y=%2b"
            named = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in request.lines}
            assert named["x-user"] == "ada"
    gateway.stop()
    assert refused > 400


# Found by running the cloud's SDK for Node: what it sends for a path, and what it signs.
PATHS_OF_NODE = {
    "/a%2Fb": "/a%252Fb/",
    "/a%20b": "/a%2520b/",
    "/it's": "/it%2527s/",
    "/a|b": "/a%257Cb/",
    "/%C3%A9": "/%C3%A9/",
    "/%C3%A9%20b": "/%C3%A9%2520b/",
    "/%E4%BD%A0/%E5%A5%BD": "/%E4%BD%A0/%E5%A5%BD/",
}


@pytest.mark.parametrize(("path", "canonical"), PATHS_OF_NODE.items())
def test_a_path_as_node_signs_it(
    gateway: RunningGateway, backend: ScriptedBackend, path: str, canonical: str
) -> None:
    """It is let in; a letter more, and it is not."""
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    nothing = hashlib.sha256().hexdigest()
    names = "host;x-sdk-date"
    request = f"GET\n{canonical}\n\nhost:{HOST.decode()}\nx-sdk-date:{date}\n\n{names}\n{nothing}"
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(SECRET.encode(), to_sign.encode(), "sha256").hex()
    shown = f"SDK-HMAC-SHA256 Access={KEY}, SignedHeaders={names}, Signature={signature}"
    fields = [(b"Host", HOST), (b"X-Sdk-Date", date.encode()), (b"Authorization", shown.encode())]
    statuses = [gateway.ask(written("GET", target, fields)).status for target in (path, path + "x")]
    assert (statuses, len(backend.requests)) == ([200, 401], 1)
