"""Asking live servers: what goes on the wire, what comes back of it, and what is said when nothing does."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crossgate.cors.browser import (
    Answer,
    Browser,
    FetchCall,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    Upload,
)
from crossgate.cors.browser import fetch as tell
from crossgate.cors.browser.profiles import BROWSERS
from crossgate.cors.browser.urls import parse_url
from crossgate.cors.explain import NOT_SENT
from crossgate.probe import Manners, Network, harmless
from tests.probe.server import RawServer, reply

PAGE = Page("https://app.example")
ALLOWED = reply(200, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: *")


def asked(url: str, **manners: object) -> Answer:
    """What a plain GET of `url` is answered."""
    request = HttpRequest(method=b"GET", url=url, headers=((b"Host", b"x"),), purpose="actual")
    return Network(Manners(**{"timeout_s": 5.0, **manners})).answer(request)  # type: ignore[arg-type]


def answered(data: bytes) -> Answer:
    """What is made of a response that consists of `data`."""
    with RawServer({"*": data}) as server:
        return asked(server.url + "/")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_the_engines_fields_go_out_in_its_order_before_the_usual_ones() -> None:
    """Nothing of what the engine decided is changed."""
    with RawServer({"*": ALLOWED}) as server:
        call = FetchCall(
            url=server.url + "/x?q=1", method="PUT", headers=(("X-Id", "1"),), body=Upload("bytes", b"hi")
        )
        story = tell(PAGE, call, lambda _: HttpResponse(200, ((b"Access-Control-Allow-Origin", b"*"),)), Browser())
        network = Network(Manners())
        tell(PAGE, call, network.answer, Browser())
    preflight = story.exchanges[0].request
    sent, *rest = server.requests[0].split(b"\r\n\r\n")
    lines = sent.split(b"\r\n")

    assert lines[0] == b"OPTIONS /x?q=1 HTTP/1.1"
    assert lines[1 : len(preflight.headers) + 1] == [b": ".join(field) for field in preflight.headers]
    assert [line.split(b":")[0] for line in lines[len(preflight.headers) + 1 :]] == [
        b"User-Agent", b"Accept-Language", b"Accept-Encoding", b"Connection",
    ]  # fmt: skip
    assert rest == [b""]


def test_a_body_is_sent_with_its_length() -> None:
    """Every byte of it."""
    with RawServer({"*": ALLOWED}) as server:
        call = FetchCall(url=server.url + "/x", method="POST", body=Upload("bytes", b"\x00\xff"))
        tell(PAGE, call, Network(Manners()).answer, Browser())

    assert server.requests[0].endswith(b"Content-Length: 2\r\n\r\n\x00\xff")


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        (b"A: 1\r\nA: 1\r\n", ((b"A", b"1"), (b"A", b"1"))),
        (b"A:\t 1 \t\r\n", ((b"A", b"1"),)),
        (b"A: \xe9\x80\x01\x0b\x0c\x7f\x85\r\n", ((b"A", b"\xe9\x80\x01\x0b\x0c\x7f\x85"),)),
        (b"A:\r\n", ((b"A", b""),)),
        (b"A: 1\r\n  2\r\n\t3\r\n", ((b"A", b"1 2 3"),)),
        (b" lost\r\nA: 1\r\n", ((b"A", b"1"),)),
        (b"no colon\r\nA: 1\r\n: nameless\r\n", ((b"A", b"1"),)),
        (b"A : 1\r\nB(: 2\r\n", ((b"A ", b"1"), (b"B(", b"2"))),
        (b"A: 1\nB: 2\n", ((b"A", b"1"), (b"B", b"2"))),
        (b"A: b: c\r\n", ((b"A", b"b: c"),)),
    ],
    ids=[
        "twice",
        "blanks",
        "odd bytes",
        "empty",
        "folded",
        "folded first",
        "no field",
        "odd names",
        "bare LF",
        "colons",
    ],
)
def test_fields_come_as_they_are(lines: bytes, fields: tuple[tuple[bytes, bytes], ...]) -> None:
    """What other clients refuse, repair or join reaches the engine byte for byte."""
    assert answered(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n") == HttpResponse(200, fields)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"HTTP/1.1 204\r\n\r\n", 204),
        (b"HTTP/1.0 999 Strange things\r\n\r\n", 999),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nnever more", 200),
        (b"HTTP/1.1\r\n\r\n", 200),
        (b"HTTP/1.1 20 OK\r\n\r\n", 20),
        (b"\r\nHTTP/1.1 201 OK\r\n\r\n", 201),
        (b"HTTP/1.1 202 OK\r\nA: 1", 202),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\nContent-Length: 2\r\n\r\n1", 200),
    ],
    ids=[
        "no phrase",
        "any status",
        "interim answers",
        "an endless body",
        "no status",
        "two digits",
        "an empty line first",
        "breaking off",
        "the same length twice",
        "lengths that do not count",
    ],
)
def test_the_final_head_is_the_answer(data: bytes, status: int) -> None:
    """Interim responses are passed over, and no body is waited for."""
    answer = answered(data)

    assert isinstance(answer, HttpResponse)
    assert answer.status == status


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "what came is no HTTP response: it begins with 'SSH-2.0-OpenSSH'"),
        (b"\x1b[2Jhello", r"no HTTP response: it begins with '\x1b[2Jhello'"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "no HTTP response"),
        (b"HTTP/1.1 200OK\r\n\r\n", "no HTTP response"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switches to another protocol (101)"),
        (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "a NUL byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n", "Content-Length: 1 and 2"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"Content-Disposition: a\r\n" * 2 + b"Content-Disposition: b\r\n\r\n",
            ": a and b",
        ),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 300_000, "longer than 256 KiB"),
    ],
    ids=[
        "nothing",
        "another protocol",
        "control characters",
        "long status",
        "status and word",
        "switching",
        "NUL",
        "two lengths",
        "two dispositions",
        "too long",
    ],
)
def test_what_is_no_answer_is_told_in_plain_words(data: bytes, words: str) -> None:
    """The reason can be shown as it is."""
    answer = answered(data)

    assert isinstance(answer, NetworkError)
    assert words in answer.reason


def test_nobody_there_is_told_in_plain_words() -> None:
    """A closed port, and a name nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused = asked(f"http://127.0.0.1:{port}/")
    unknown = asked("http://bücher.invalid/")

    assert refused == NetworkError(f"nothing listens at 127.0.0.1:{port} (connection refused)")
    assert unknown == NetworkError("the name xn--bcher-kva.invalid cannot be resolved")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_server_can_make_it_wait_longer_than_it_may(scheme: str) -> None:
    """The time is for everything together: what is asked afterwards has none left."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        network = Network(Manners(timeout_s=0.3))
        began = time.monotonic()
        answers = [
            network.answer(HttpRequest(method=b"GET", url=url + path, headers=(), purpose="actual"))
            for path in ("/a", "/b")
        ]

    assert time.monotonic() - began < 2
    assert all("within 0.3 seconds" in answer.reason for answer in answers if isinstance(answer, NetworkError))
    assert {type(answer) for answer in answers} == {NetworkError}


def test_a_resolver_that_does_not_answer_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver knows no deadline of its own."""
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(20))
    answer = asked("http://slow.example/", timeout_s=0.2)
    done.set()

    assert answer == NetworkError("the name slow.example was not resolved within 0.2 seconds")


def test_a_host_that_takes_no_connection_is_told() -> None:
    """One that lets it wait, and one to which no connection can lead."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(place)
        late = asked(f"http://127.0.0.1:{place[1]}/", timeout_s=0.3)
        for client in waiting:
            client.close()
    nowhere = asked("http://255.255.255.255/")

    assert late == NetworkError(f"no answer from 127.0.0.1:{place[1]} within 0.3 seconds")
    assert isinstance(nowhere, NetworkError)
    assert nowhere.reason.startswith("255.255.255.255:80 cannot be reached (")


def test_a_connection_that_breaks_is_told() -> None:
    """A reset instead of an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        client = Network(Manners(timeout_s=5))
        request = HttpRequest(method=b"GET", url=f"http://127.0.0.1:{port}/", headers=(), purpose="actual")

        def reset() -> None:
            connection, _ = listening.accept()
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        answer = client.answer(request)
        thread.join()

    assert isinstance(answer, NetworkError)
    assert "the connection broke" in answer.reason


def test_certificates_are_verified_unless_told_otherwise(tls: ssl.SSLContext) -> None:
    """An untrusted one is no answer; --insecure takes it."""
    network = Network(Manners())
    with RawServer({"*": ALLOWED}, tls=tls) as server:
        request = HttpRequest(method=b"GET", url=server.url + "/", headers=(), purpose="actual")
        refused = network.answer(request)
        taken = asked(server.url + "/", verify=False)

    assert isinstance(refused, NetworkError)
    assert refused.reason == "the certificate of 127.0.0.1 is not trusted (self-signed certificate)"
    assert network.met_distrust
    assert isinstance(taken, HttpResponse)


def test_a_head_that_breaks_off_over_tls_is_no_answer(tls: ssl.SSLContext) -> None:
    """Somebody may have cut it."""
    with RawServer({"*": b"HTTP/1.1 200 OK\r\nA: 1\r\n"}, tls=tls) as server:
        answer = asked(server.url + "/", verify=False)

    assert answer == NetworkError("the server closed the connection in the middle of the response's head")


def test_every_name_below_localhost_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As browsers have it, whatever the resolver knows of the name."""
    names: list[object] = []
    known = socket.getaddrinfo

    def resolve(name: str, port: int, *, type: int) -> object:  # noqa: A002 - the socket module's own name
        names.append(name)
        return known(name, port, type=type)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with RawServer({"*": ALLOWED}) as server:
        answer = asked(server.url.replace("127.0.0.1", "shop.apic.localhost") + "/")

    assert isinstance(answer, HttpResponse)
    assert names == ["localhost"]


def test_a_certificate_that_is_trusted_is_taken(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own list of authorities counts, and the name in the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with RawServer({"*": ALLOWED}, tls=tls) as server:
        good = asked(server.url + "/")
        other = asked(server.url.replace("127.0.0.1", "localhost") + "/")

    assert isinstance(good, HttpResponse)
    assert isinstance(other, NetworkError)
    assert "not valid for 'localhost'" in other.reason


def test_https_to_a_server_without_it_is_told() -> None:
    """The usual mistake of the wrong port."""
    with RawServer({"*": b"HTTP/1.1 400 Bad Request\r\n\r\n"}) as server:
        answer = asked(server.url.replace("http:", "https:") + "/")

    assert isinstance(answer, NetworkError)
    assert "does not speak TLS that can be used" in answer.reason


def test_ipv6_hosts_are_reached() -> None:
    """The brackets are the URL's, not the address's."""
    with RawServer({"*": ALLOWED}, host="::1") as server:
        assert isinstance(asked(server.url + "/"), HttpResponse)
    answer = asked("http://[::1]:6/")

    assert answer == NetworkError("nothing listens at [::1]:6 (connection refused)")


def test_what_browsers_ask_alike_is_asked_once() -> None:
    """The order of fields and Firefox's Priority make no other request; a PUT is sent once, not three times."""
    with RawServer({"*": ALLOWED}) as server:
        network = Network(Manners())
        call = FetchCall(url=server.url + "/x", method="PUT")
        stories = [tell(PAGE, call, network.answer, Browser(profile=name)) for name in BROWSERS]

    assert server.lines == ["OPTIONS /x", "PUT /x"]
    assert [story.is_allowed for story in stories] == [True, True, True]


def test_what_could_do_harm_is_not_sent_when_only_harmless_requests_are_wanted() -> None:
    """Preflights and GET are asked, a PUT is not."""
    with RawServer({"*": ALLOWED}) as server:
        answer = harmless(Network(Manners()).answer)
        put = tell(PAGE, FetchCall(url=server.url + "/x", method="PUT"), answer, Browser())
        get = tell(PAGE, FetchCall(url=server.url + "/x"), answer, Browser())

    assert server.lines == ["OPTIONS /x", "GET /x"]
    assert put.exchanges[-1].answer == NOT_SENT
    assert get.is_allowed


def test_cookies_go_to_their_origin_alone_and_only_with_credentials() -> None:
    """Neither to where a redirect leads, nor with a preflight, nor without credentials."""
    with RawServer({}) as other, RawServer({}) as server:
        granted = (f"Access-Control-Allow-Origin: {PAGE.origin}", "Access-Control-Allow-Credentials: true")
        other.answers["*"] = reply(200, "Access-Control-Allow-Origin: null", granted[1])
        server.answers["*"] = reply(307, *granted, f"Location: {other.url}/y")
        server.answers["OPTIONS /x"] = reply(200, *granted, "Access-Control-Allow-Methods: PUT")
        url = parse_url(server.url)
        assert url is not None
        manners = Manners(cookie="sid=1", cookie_origin=url.origin)
        tell(
            PAGE,
            FetchCall(url=server.url + "/x", method="PUT", credentials="include"),
            Network(manners).answer,
            Browser(),
        )
        tell(PAGE, FetchCall(url=server.url + "/x"), Network(manners).answer, Browser())

    assert server.lines == ["OPTIONS /x", "PUT /x", "GET /x"]
    assert [b"Cookie: sid=1" in request for request in server.requests] == [False, True, False]
    assert other.requests
    assert not any(b"Cookie" in request for request in other.requests)
