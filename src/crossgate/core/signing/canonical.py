"""The canonical form of a message: the bytes that signer and verifier must agree on (gateway.md 3.1, 3-8)."""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import quote, unquote_to_bytes

import msgspec

ALGORITHM: Final = "SDK-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
EMPTY_SHA256: Final = hashlib.sha256().hexdigest()

DATE_HEADER: Final = "x-sdk-date"
PAYLOAD_HEADER: Final = "x-sdk-content-sha256"


class Index(Protocol):
    """Header fields by lower-case name; there may still be white space around the values."""

    @property
    def single(self) -> Mapping[bytes, bytes]:
        """The value of each name that is there once."""

    @property
    def repeated(self) -> Mapping[bytes, Sequence[bytes]]:
        """The values of each name that is there more than once, in the order they came."""


class _Read(msgspec.Struct, frozen=True):
    single: dict[bytes, bytes]
    repeated: dict[bytes, list[bytes]]


_NOTHING: Final[Index] = _Read({}, {})


def index_of(headers: Iterable[tuple[bytes, bytes]]) -> Index:
    """The Index of raw `headers`."""
    single: dict[bytes, bytes] = {}
    repeated: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in repeated:
            repeated[lower].append(value)
        elif lower in single:
            repeated[lower] = [single.pop(lower), value]
        else:
            single[lower] = value
    return _Read(single, repeated)


def values_in(index: Index, name: bytes) -> tuple[bytes, ...]:
    """Every value of the field with this lower-case name, white space around each removed."""
    value = index.single.get(name)
    if value is not None:
        return (value.strip(),)
    return tuple(each.strip() for each in index.repeated.get(name, ()))


class Message(msgspec.Struct):
    """A request as it is on the wire.

    `target` is the raw request target, path and query (`/a%2Fb?x=1`). `headers` are raw pairs, names in any
    case; repeated names are kept. `body_sha256` is the lower-case hex digest of the body as received. Whoever has
    the `index` of the headers already gives that, and no pairs.
    """

    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body_sha256: str = EMPTY_SHA256
    index: Index = _NOTHING

    def __post_init__(self) -> None:
        if self.index is _NOTHING:
            self.index = index_of(self.headers)

    def values(self, name: str) -> Sequence[bytes]:
        """Every value of the header `name`, white space around each removed, in the order they came."""
        return values_in(self.index, name.lower().encode())


class Reading(msgspec.Struct, frozen=True):
    """How a client took its path and its query apart before it encoded them again."""

    path: Callable[[bytes], bytes]
    query: Callable[[bytes], bytes]


def _as_text(raw: bytes) -> bytes:
    return unquote_to_bytes(raw).decode("utf-8", "replace").encode()


def _untouched(raw: bytes) -> bytes:
    return raw


def _escaped_by_node(raw: bytes) -> bytes:
    return _NODE_ESCAPES.sub(lambda found: b"%%%02X" % found[0][0], raw)


def _unicode_to_node(raw: bytes) -> bytes:
    return _escaped_by_node(_BEYOND_ASCII.sub(lambda found: unquote_to_bytes(found[0]), raw))


STANDARD: Final = Reading(path=unquote_to_bytes, query=unquote_to_bytes)
# Python's and JavaScript's: what is not UTF-8 becomes U+FFFD.
_AS_TEXT: Final = Reading(path=_as_text, query=_as_text)
# Node's: the path is not decoded, so `%2F` -> `%252F`. What `url.parse` escapes in it, though it is sent as
# it was, is escaped twice; letters beyond ASCII that the program had not escaped are escaped once.
_PATHS_OF_NODE: Final = tuple(
    Reading(path=read, query=unquote_to_bytes) for read in (_untouched, _escaped_by_node, _unicode_to_node)
)
_NODE_ESCAPES: Final = re.compile(rb"['|^]")
_BEYOND_ASCII: Final = re.compile(rb"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_UNRESERVED: Final = re.compile(rb"[A-Za-z0-9_.~-]*")


def readings(target: bytes) -> Iterator[Reading]:
    """The readings that may give `target` different canonical forms, the documented one first."""
    yield STANDARD
    try:
        unquote_to_bytes(target).decode()
    except UnicodeDecodeError:
        yield _AS_TEXT
    path = target.partition(b"?")[0]
    known = {unquote_to_bytes(path)}
    for reading in _PATHS_OF_NODE:
        read = reading.path(path)
        if read not in known:
            known.add(read)
            yield reading


_PLAIN_PATH = re.compile(rb"[A-Za-z0-9/_.~-]+")
_ABSENT: Final = (b"",)
_MOST_REMEMBERED: Final = 64


def payload_sha256(body: bytes) -> str:
    """The digest of `body` as a Message carries it."""
    return hashlib.sha256(body).hexdigest()


def canonical_request(
    message: Message, signed_headers: Sequence[str], payload_hash: str, reading: Reading = STANDARD
) -> bytes:
    """The canonical request of `message` over `signed_headers`, in the order given.

    A signed header that the message does not have counts as empty; one that it has more than once gives one
    line for each value, sorted, as the cloud's Go client writes it.
    """
    path, _, query = message.target.partition(b"?")
    lines = [message.method.upper().encode(), _canonical_uri(path, reading), _canonical_query(query, reading)]
    index = message.index
    # A stranger's endless list is not worth remembering.
    read = _in_bytes if len(signed_headers) <= _MOST_REMEMBERED else _in_bytes.__wrapped__
    names, joined = read(tuple(signed_headers))
    if index.repeated:
        for label, name in names:
            lines += [label + value for value in sorted(values_in(index, name)) or _ABSENT]
    else:
        value_of = index.single.get
        lines += [label + value_of(name, b"").strip() for label, name in names]
    lines += (b"", joined, payload_hash.encode())
    return b"\n".join(lines)


# A client signs the same headers in every request.
@lru_cache(maxsize=256)
def _in_bytes(signed_headers: tuple[str, ...]) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """How each name is written, with its colon, and how it is looked for; then the list of them all."""
    names = [(name.encode() + b":", name.lower().encode()) for name in signed_headers]
    return names, ";".join(signed_headers).encode()


def string_to_sign(canonical: bytes, date: str) -> bytes:
    """What is signed: the algorithm, the `X-Sdk-Date` and the digest of the canonical request."""
    return f"{ALGORITHM}\n{date}\n{payload_sha256(canonical)}".encode()


def signature(secret: str, to_sign: bytes) -> str:
    """The signature of `to_sign` in hex."""
    made = _keyed(secret).copy()
    made.update(to_sign)
    return made.hexdigest()


# To begin with a key takes as long as to sign with it.
@lru_cache(maxsize=1024)
def _keyed(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), digestmod=hashlib.sha256)


def _encode(raw: bytes, *, keep: str = "~") -> bytes:
    return raw if _UNRESERVED.fullmatch(raw) else quote(raw, safe=keep).encode()


def _canonical_uri(path: bytes, reading: Reading) -> bytes:
    uri = path if _PLAIN_PATH.fullmatch(path) else _encode(reading.path(path), keep="/~")
    return uri if uri.endswith(b"/") else uri + b"/"


def _canonical_query(query: bytes, reading: Reading) -> bytes:
    if not query:
        return b""
    pairs = sorted(
        (reading.query(key), reading.query(value))
        for key, _, value in (part.partition(b"=") for part in query.split(b"&") if part)
    )
    return b"&".join(_encode(key) + b"=" + _encode(value) for key, value in pairs)
