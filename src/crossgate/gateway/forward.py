"""The request as the backend receives it (gateway.md 2.3)."""

import logging
from typing import TYPE_CHECKING

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.call import Call
from crossgate.core.policies.signature_key import BackendSigner
from crossgate.core.snapshot import path as paths
from crossgate.core.snapshot.dispatch import Verdict
from crossgate.core.snapshot.mapping import Call as Sent
from crossgate.core.snapshot.mapping import Mapped, Mapping
from crossgate.core.snapshot.snapshot import HttpTarget
from crossgate.gateway import fields
from crossgate.gateway.fields import Notes, changed, connection_options, pairs, without

if TYPE_CHECKING:
    from crossgate.gateway.exchange import Exchange

_log = logging.getLogger(__name__)

# gateway.md 2.2: a call that passes the gateway more often than this is calling itself.
MAX_HOPS = 10

_FIRST_HOP = b"\r\nX-Crossgate-Hops: 1\r\n\r\n"


def hops(notes: Notes) -> int:
    """How often the request has already passed a Crossgate; nonsense counts as never."""
    value = notes.get(fields.HOPS)
    return int(value) if value is not None and value.isdigit() and len(value) < 4 else 0


def chunked(chunks: list[bytes]) -> list[bytes]:
    """`chunks` as one chunk of chunked transfer coding, not the last one."""
    return [b"%x\r\n" % sum(map(len, chunks)), *chunks, b"\r\n"]


def request_head(exchange: "Exchange", verdict: Verdict, target: HttpTarget) -> bytes:
    """Request line and fields, the empty line included. Raises Fault where it cannot be signed."""
    client, read, match, target_sent = exchange.client, exchange.read, verdict.match, verdict.target
    assert target_sent is not None
    assert match is not None
    notes, passed, host_line = read.notes, read.passed, target.host_line
    call = exchange.known or (exchange.call() if match.route.checks else None)
    query, changes = target_sent.query, call.changes if call is not None else ()
    if call is not None and call.hidden:
        query = paths.without_parameters(query, call.hidden)
    if changes and target.mapping is not None:
        # What a policy takes away is not there to be mapped, either.
        passed = without(passed, frozenset(change.name for change in changes if not change.values))
    if target.mapping is None:
        request_target = target.path if not match.remainder else _joined(target.path, verdict)
        if query:
            request_target += b"?" + query
    else:
        mapped = _mapped(exchange, verdict, target.mapping, passed, query)
        request_target = _joined(mapped.path, verdict) + (b"?" + mapped.query if mapped.query else b"")
        passed = without(passed, mapped.dropped)
        for name, value in mapped.added:
            if name.lower() == b"host":
                host_line = b"Host: " + value
            else:
                passed += name + b": " + value + b"\r\n"
    method = target.method or exchange.method
    if changes:
        passed = changed(passed, changes)
    if match.route.signer is not None and call is not None:
        passed = _signed(match.route.signer, method, request_target, host_line, passed, call)
    return b"".join(
        (
            method,
            b" ",
            request_target,
            b" HTTP/1.1\r\n",
            host_line,
            b"\r\n",
            passed,
            _forwarded(exchange) if fields.FORWARDED_FOR in notes else client.forwarded_lines,
            target_sent.host,
            b"\r\nX-Request-Id: ",
            exchange.request_id,
            _FIRST_HOP if read.is_ordinary else _hops_and_framing(exchange),
        )
    )


def _signed(
    signer: BackendSigner, method: bytes, target: bytes, host_line: bytes, passed: bytes, call: Call
) -> bytes:
    """`passed` with what shows the backend that the gateway sends it."""
    covered = [(b"Host", host_line.removeprefix(b"Host: "))]
    types = [(name, value) for name, value in pairs(passed) if name.lower() == b"content-type"]
    if len(types) == 1:
        # Of two of them a backend may see the first, the last, or both.
        covered += types
    try:
        return changed(passed, signer.changes(method.decode(), target, covered, call))
    except Exception:
        _log.exception("a backend signature failed")
        raise Fault(runtime.BACKEND_SIGNATURE_FAILED) from None


def _forwarded(exchange: "Exchange") -> bytes:
    """The client's lines where others have forwarded the request before."""
    here = b"X-Forwarded-For: "
    before = exchange.read.notes[fields.FORWARDED_FOR]
    lines = exchange.client.forwarded_lines
    return here + before + b", " + lines.removeprefix(here) if before else lines


def _hops_and_framing(exchange: "Exchange") -> bytes:
    """The last fields, and the empty line, of a request that is not ordinary."""
    passes = hops(exchange.read.notes) + 1
    return b"\r\nX-Crossgate-Hops: %d\r\n" % passes + _framing(exchange) + b"\r\n"


def _framing(exchange: "Exchange") -> bytes:
    """The field that says where the body ends; or those of a WebSocket."""
    notes = exchange.read.notes
    length = notes.get(fields.CONTENT_LENGTH)
    if length is not None:
        return b"Content-Length: " + length + b"\r\n"
    if fields.TRANSFER_ENCODING in notes:
        return b"Transfer-Encoding: chunked\r\n"
    if fields.UPGRADE in notes and wants_tunnel(exchange):
        return b"Connection: Upgrade\r\nUpgrade: " + notes[fields.UPGRADE] + b"\r\n"
    return b""


def wants_tunnel(exchange: "Exchange") -> bool:
    """Whether the request asks to become a WebSocket (the only protocol that is switched to)."""
    if exchange.is_http10 or exchange.method != b"GET" or exchange.body is not None:
        return False
    notes = exchange.read.notes
    options = connection_options(notes.get(fields.CONNECTION, b""))
    return notes.get(fields.UPGRADE, b"").lower() == b"websocket" and b"upgrade" in options


def _joined(path: bytes, verdict: Verdict) -> bytes:
    """The backend's path with what followed the prefix of a prefix API."""
    assert verdict.match is not None and verdict.target is not None
    remainder = verdict.match.remainder
    if not remainder:
        return path
    return path.rstrip(b"/") + (remainder if verdict.target.is_plain else paths.encode_path(remainder))


def _mapped(exchange: "Exchange", verdict: Verdict, mapping: Mapping, passed: bytes, query: bytes) -> Mapped:
    assert verdict.match is not None
    headers: dict[str, bytes] = {}
    for name, value in pairs(passed):
        key = name.lower().decode("latin-1")
        headers[key] = headers[key] + b", " + value if key in headers else value
    captured = dict(zip(verdict.match.route.path_names, verdict.match.captured, strict=False))
    return mapping.apply(Sent(captured, query, headers, exchange.call().system))
