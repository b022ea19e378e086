"""The access log's line of each finished request (gateway.md 7.3): what it says, made in a microsecond.

Where the line goes is not decided here: the log is handed somebody who takes lines.
"""

from collections.abc import Callable
from time import gmtime, monotonic, strftime, time
from typing import TYPE_CHECKING

import msgspec

from crossgate.core.errors import Fault
from crossgate.core.snapshot.dispatch import Verdict
from crossgate.cors.server import is_preflight

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

# With its end, what a pipe takes in one piece from several writers.
LONGEST_LINE = 4095
_LONGEST_PATH = 1024
_LONGEST_VALUE = 256
_LONGEST_IN_NEED = 64
_REMEMBERED_TEXTS = 1024

_NO_POLICY = "no-policy"
_REFUSED_UNASKED = "request-refused"
_TUNNEL = 101
_MILLISECONDS = [f".{number:03}Z" for number in range(1000)]

TakeLine = Callable[[bytes], None]


class Line(msgspec.Struct, omit_defaults=True, gc=False):
    """One finished request. Names are the contract's where it has them; what does not apply is left out.

    `time` is when it was finished, in UTC. The others are in seconds: `request_time` begins when its head was
    read, `upstream_response_time` when the last attempt was sent. `router_uri` is the path as it came, without its
    query, which may hold a secret. `status` is 0 where nothing was sent, `bytes_sent` counts heads, too.

    `cors` is the reason for what a preflight or a cross-origin request was told (docs/cors.md has them all);
    `origin` is the one header value that is ever logged. `apig_err_code` is there when the gateway refused, and
    `apig_err_type` says why, by the type of its gateway response. `app_id` is the credential that has called,
    `user_id` the operator.
    `client_gone`: the client left before it had the whole answer; `cut`: the gateway broke the answer off.
    """

    time: str
    request_id: str
    remote_addr: str
    host: str
    request_method: str
    router_uri: str
    status: int
    bytes_sent: int
    request_time: float
    upstream_response_time: float | None = None
    api_id: str | None = None
    api_name: str | None = None
    env: str | None = None
    origin: str | None = None
    preflight: bool = False
    cors: str | None = None
    apig_err_code: str | None = None
    apig_err_type: str | None = None
    app_id: str | None = None
    user_id: str | None = None
    client_gone: bool = False
    cut: bool = False


class AccessLog:
    """Makes the lines of one worker and hands them to `take`, which must not wait."""

    def __init__(self, take: TakeLine) -> None:
        self._take = take
        self._encode = msgspec.json.Encoder().encode
        self._texts: dict[bytes, str] = {}
        self._paths: dict[bytes, str] = {}
        self._second = ""
        self._second_began = 0.0
        self._second_ends = 0.0

    def finished(self, exchange: "Exchange", *, client_gone: bool = False, cut: bool = False) -> None:
        """Writes down an exchange that is over."""
        now = monotonic()
        if now >= self._second_ends:
            self._begin_second(now)
        named, verdict, fault, sent_at = exchange.read.named, exchange.verdict, exchange.fault, exchange.sent_at
        # Looked up as they come: most values have been seen before.
        known, known_call = self._texts.get, exchange.known
        origin, env, route = named.origin, None, None
        if verdict is not None and verdict.match is not None:
            route = verdict.match.route
            env = known(route.env) or self._text(route.env)
        is_tunnel = exchange.status == _TUNNEL
        line = Line(
            self._second + _MILLISECONDS[int((now - self._second_began) * 1000)],
            exchange.request_id.decode(),
            known(exchange.client.address) or self._text(exchange.client.address),
            known(named.host) or self._text(named.host),
            known(exchange.method) or self._text(exchange.method),
            self._paths.get(exchange.target) or self._path(exchange.target),
            exchange.status,
            exchange.bytes_sent,
            int((now - exchange.started_at) * 1e6) / 1e6,
            int((now - sent_at) * 1e6) / 1e6 if sent_at else None,
            route.api_id if route is not None else None,
            route.api_name if route is not None else None,
            env,
            None if origin is None else known(origin) or self._text(origin),
            named.requested_method is not None and is_preflight(exchange.method, origin, named.requested_method),
            None if origin is None else _outcome(verdict, fault),
            None if fault is None else fault.kind.code,
            None if fault is None else fault.kind.response_type,
            known_call.app.id if known_call is not None and known_call.app is not None else None,
            known_call.account.id if known_call is not None and known_call.account is not None else None,
            # A tunnel has no other end than that one side leaves.
            client_gone and not is_tunnel,
            cut and not is_tunnel,
        )
        encoded = self._encode(line)
        self._take(encoded if len(encoded) <= LONGEST_LINE else self._encode(_shortened(line)))

    def _begin_second(self, now: float) -> None:
        """Makes the text of the second that `now` is in."""
        wall = time()
        self._second = strftime("%Y-%m-%dT%H:%M:%S", gmtime(wall))
        self._second_began = now - wall % 1
        # A microsecond early, so that rounding cannot lead past the last millisecond.
        self._second_ends = self._second_began + 1 - 1e-6

    def _path(self, target: bytes) -> str:
        path = target.partition(b"?")[0]
        _, separator, rest = path.partition(b"://")
        if separator and path[:1] != b"/":
            # Absolute form: the authority may hold a password.
            path = b"/" + rest.partition(b"/")[2]
        return _remember(self._paths, target, _printable(path[:_LONGEST_PATH]))

    def _text(self, value: bytes) -> str:
        return _remember(self._texts, value, _printable(value[:_LONGEST_VALUE]))


def _remember(texts: dict[bytes, str], value: bytes, text: str) -> str:
    if len(value) <= _LONGEST_PATH:
        if len(texts) >= _REMEMBERED_TEXTS:
            texts.clear()
        texts[value] = text
    return text


def _printable(value: bytes) -> str:
    """`value` as printable ASCII; everything else in it is escaped."""
    text = value.decode("latin-1")
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _shortened(line: Line) -> Line:
    """`line` with what a client can make long made short; only junk full of escapes comes to this."""
    for field in ("host", "request_method", "router_uri", "origin"):
        value = getattr(line, field)
        setattr(line, field, value and value[:_LONGEST_IN_NEED])
    return line


def _outcome(verdict: Verdict | None, fault: Fault | None) -> str:
    """The reason code of a request with an Origin."""
    if verdict is None:
        return _REFUSED_UNASKED
    preflight = verdict.preflight
    if preflight is not None:
        # A fault instead of its answer: the request was refused for what it is, whatever the policy says.
        return preflight.reason if fault is None else _REFUSED_UNASKED
    return _NO_POLICY if verdict.grant is None else verdict.grant.reason
