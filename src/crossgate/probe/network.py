"""The network as whoever answers a browser: each distinct request is sent once, and its answer remembered."""

import socket
from collections.abc import Callable

import msgspec

from crossgate import __version__
from crossgate.cors.browser import Answer, HttpRequest, NetworkError
from crossgate.cors.browser.headers import get
from crossgate.cors.browser.urls import Url, parse_url
from crossgate.cors.explain import NOT_SENT
from crossgate.cors.origin import Origin
from crossgate.cors.server import Fields
from crossgate.probe import head
from crossgate.probe.connection import Deadline, Distrusted, Unreachable, connect

_USER_AGENT = f"Mozilla/5.0 (compatible; crossgate/{__version__})".encode()
_PIECE = 64 * 1024
_INTERIM = range(100, 200)
_SWITCHING_PROTOCOLS = 101
# What changes nothing on the server, by RFC 9110 section 9.2.1.
_SAFE_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS"))
# Fields in which browsers differ and that no server decides by.
_TASTE = frozenset((b"priority",))

Answerer = Callable[[HttpRequest], Answer]


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How to ask. `timeout_s` is for all requests together, in seconds; `verify` certificates.

    `cookie` is the value of a Cookie field; it goes to `cookie_origin` alone, and only where the browser would
    send cookies at all.
    """

    timeout_s: float = 30.0
    verify: bool = True
    cookie: str = ""
    cookie_origin: Origin | None = None


class Network:
    """Answers by asking. What was asked once, by whichever browser, is not asked again.

    `met_distrust`: some server showed a certificate that is not trusted, and was asked nothing.
    """

    def __init__(self, manners: Manners) -> None:
        self.met_distrust = False
        self._manners = manners
        self._deadline = Deadline(manners.timeout_s)
        self._answers: dict[object, Answer] = {}

    def answer(self, request: HttpRequest) -> Answer:
        """The head of the final response, or why there is none."""
        key = _substance(request)
        if key not in self._answers:
            self._answers[key] = self._ask(request)
        return self._answers[key]

    def _ask(self, request: HttpRequest) -> Answer:
        url = parse_url(request.url)
        assert url is not None, "the engine sends to URLs alone"
        assert url.origin is not None, "and only to http and https"
        try:
            with connect(url.origin, self._deadline, verify=self._manners.verify) as connection:
                connection.settimeout(self._deadline.left())
                connection.sendall(message(request, url, self._cookie(request, url.origin)))
                return self._response(connection, may_break_off=url.scheme == "http")
        except (Unreachable, head.NotHttpError) as error:
            self.met_distrust |= isinstance(error, Distrusted)
            return NetworkError(str(error))
        except TimeoutError:
            return NetworkError(f"no answer within {self._deadline.seconds:g} seconds")
        except OSError as error:
            return NetworkError(f"the connection broke ({error.strerror or error})")

    def _cookie(self, request: HttpRequest, origin: Origin) -> str:
        is_for_it = request.sends_credentials and origin == self._manners.cookie_origin
        return self._manners.cookie if is_for_it else ""

    def _response(self, connection: socket.socket, *, may_break_off: bool) -> Answer:
        """The final response's head. Its body is left unread: nothing in it enters a decision about CORS.

        Where TLS does not vouch for its end, browsers take a head that breaks off.
        """
        data = b""
        while True:
            parts = head.split(data)
            if parts is not None:
                response = head.read(parts[0])
                if response.status == _SWITCHING_PROTOCOLS:
                    return NetworkError("the server switches to another protocol (101), which nobody asked for")
                if response.status not in _INTERIM:
                    return response
                data = parts[1]
                continue
            if len(data) > head.LONGEST:
                return NetworkError(f"the head of the response is longer than {head.LONGEST // 1024} KiB")
            connection.settimeout(self._deadline.left())
            piece = connection.recv(_PIECE)
            if not piece:
                return head.read(data) if data and may_break_off else _cut_off(data)
            data += piece


def harmless(answer: Answerer) -> Answerer:
    """`answer`, but for requests that could change something: those are not sent."""

    def answer_harmless(request: HttpRequest) -> Answer:
        is_sent = request.purpose == "preflight" or request.method in _SAFE_METHODS
        return answer(request) if is_sent else NOT_SENT

    return answer_harmless


def message(request: HttpRequest, url: Url, cookie: str) -> bytes:
    """The request as it goes on the wire: the engine's fields in its order, and then a browser's usual ones."""
    usual: list[tuple[bytes, bytes]] = [(b"User-Agent", _USER_AGENT), (b"Accept-Language", b"en")]
    usual += [(b"Accept-Encoding", b"identity"), (b"Connection", b"close")]
    if cookie:
        usual.append((b"Cookie", cookie.encode()))
    if request.body is not None:
        usual.append((b"Content-Length", str(len(request.body)).encode()))
    fields: Fields = (*request.headers, *(field for field in usual if get(request.headers, field[0]) is None))
    target = (url.path + url.query).encode()
    lines = [request.method + b" " + target + b" HTTP/1.1", *(name + b": " + value for name, value in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (request.body or b"")


def _cut_off(data: bytes) -> NetworkError:
    if data:
        return NetworkError("the server closed the connection in the middle of the response's head")
    return NetworkError("the server closed the connection without an answer")


def _substance(request: HttpRequest) -> object:
    """What makes two requests the same to a server: the order of fields does not count."""
    fields = frozenset((name.lower(), value) for name, value in request.headers if name.lower() not in _TASTE)
    return request.method, request.url, fields, request.body, request.sends_credentials
