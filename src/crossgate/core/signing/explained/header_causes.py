"""Why two canonical requests differ in a header or in the list of those that are signed."""

from collections.abc import Sequence
from typing import Final

import msgspec

from crossgate.core.signing.canonical import DATE_HEADER
from crossgate.core.signing.explained.cause import Cause, Suspicion, likeliest


class HeaderLines(msgspec.Struct, frozen=True):
    """One header, by its lower-case name, as both sides have it."""

    name: str
    gateway: str
    client: str


def header_cause(lines: HeaderLines) -> Cause:
    """Why the values of a header differ."""
    found = likeliest(_HEADER, lines, _HEADER_CHANGED)
    return found.naming(name=lines.name, gateway=lines.gateway, client=lines.client)


def names_cause(gateway: Sequence[str], client: Sequence[str]) -> Cause:
    """Why the names of the headers, or the lists of them, differ."""
    added, lost = _without(gateway, client), _without(client, gateway)
    if [name.lower() for name in client] == list(gateway):
        return _NAME_CASE
    if not added and not lost:
        if sorted(client) == sorted(gateway):
            return _NAME_ORDER
        return _REPEATED
    if sorted(name.lower() for name in client) == sorted(name.lower() for name in gateway):
        return _NAME_CASE
    cause = _ONE_MORE if added and not lost else _ONE_LESS if lost and not added else _OTHER_NAMES
    return cause.naming(added=", ".join(added), lost=", ".join(lost))


def _without(names: Sequence[str], others: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in others]


def _port_differs(lines: HeaderLines) -> bool:
    """Whether one of the hosts has a port and the other none, for one and the same name."""
    one, other = sorted((lines.gateway, lines.client), key=len)
    return other.removeprefix(one)[:1] == ":" and other.startswith(one)


def _same_type(lines: HeaderLines) -> bool:
    one, other = (value.partition(";")[0].strip().lower() for value in (lines.gateway, lines.client))
    return lines.name == "content-type" and one == other


def _is_recoded(lines: HeaderLines) -> bool:
    if "\ufffd" in lines.gateway and "\ufffd" not in lines.client:
        return True
    try:
        return lines.gateway.encode("latin-1").decode() == lines.client
    except UnicodeError:
        return _has_been_recoded(lines)


def _has_been_recoded(lines: HeaderLines) -> bool:
    try:
        return lines.client.encode("latin-1").decode() == lines.gateway
    except UnicodeError:
        return False


_HOST: Final = "host"
_CHANGED_ON_THE_WAY: Final = frozenset((
    "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "connection", "cookie",
    "expect", "forwarded", "keep-alive", "origin", "pragma", "referer", "te", "trailer", "transfer-encoding",
    "upgrade", "user-agent", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-proto", "x-real-ip",
))  # fmt: skip

_HEADER: Final[tuple[Suspicion[HeaderLines], ...]] = (
    Suspicion(
        lambda lines: lines.name == DATE_HEADER,
        Cause(
            "date-twice",
            "another time was signed than the one in X-Sdk-Date",
            "The clock was read twice, or the header was set after signing.",
            "Read the clock once, and use that text for the header, the canonical request and the string to sign.",
        ),
    ),
    Suspicion(
        lambda lines: lines.client.strip() == lines.gateway,
        Cause(
            "header-trim",
            "white space around the value of {name} was signed",
            "A canonical value begins right after the colon and has no white space at its ends.",
            "Trim the value that you sign.",
        ),
    ),
    Suspicion(
        lambda lines: lines.name == _HOST and lines.gateway.lower() == lines.client.lower(),
        Cause(
            "host-case",
            "capitals and small letters of Host differ",
            "HTTP clients write the host in small letters.",
            "Sign Host as it is sent: {gateway}",
        ),
    ),
    Suspicion(
        lambda lines: lines.name == _HOST and _port_differs(lines),
        Cause(
            "host-port",
            "Host was signed with a port and sent without, or the other way round",
            "Clients send the port when it is not the usual one of the scheme (80, 443). A proxy may drop it.",
            "Sign Host as it arrives: {gateway} (nginx passes it on with proxy_set_header Host $http_host).",
        ),
    ),
    Suspicion(
        lambda lines: lines.name == _HOST,
        Cause(
            "host-rewritten",
            "another Host arrived than was signed",
            "A proxy in front of the gateway rewrites Host, or the request went to another one than signed.",
            "Let the proxy pass it on (nginx: proxy_set_header Host $http_host), or sign what arrives: {gateway}",
        ),
    ),
    Suspicion(
        lambda lines: not lines.gateway,
        Cause(
            "header-missing",
            "{name} was signed and did not arrive",
            "A header that is in SignedHeaders and not in the request counts as empty. Proxies remove some, "
            "browsers refuse to send some, and some HTTP clients drop empty or unknown ones.",
            "Send {name} as it was signed, or take it out of SignedHeaders.",
        ),
    ),
    Suspicion(
        lambda lines: not lines.client,
        Cause(
            "header-added",
            "{name} was signed as empty and arrived with a value",
            "The HTTP client or a proxy has set the header after signing.",
            "Set {name} before you sign, or take it out of SignedHeaders.",
        ),
    ),
    Suspicion(
        lambda lines: lines.client.split() == lines.gateway.split(),
        Cause(
            "header-spaces",
            "white space inside the value of {name} differs",
            "White space inside a value is signed as it is; one side has folded it.",
            "Send values with single spaces, and sign them unchanged.",
        ),
    ),
    Suspicion(
        _is_recoded,
        Cause(
            "header-charset",
            "the value of {name} is in another charset",
            "Header values are signed as UTF-8. HTTP clients that know Latin-1 alone send other bytes.",
            "Use ASCII in headers (percent-encode the rest), or send the UTF-8 bytes that were signed.",
        ),
    ),
    Suspicion(
        lambda lines: "boundary=" in lines.client + lines.gateway and _same_type(lines),
        Cause(
            "multipart-boundary",
            "the boundary of the multipart body differs",
            "The HTTP client makes up a boundary when it sends the body, after signing.",
            "Build the body yourself before signing, or leave content-type out of SignedHeaders "
            "and send X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD.",
        ),
    ),
    Suspicion(
        _same_type,
        Cause(
            "content-type-charset",
            "the parameters of content-type differ",
            "The HTTP client has added or rewritten them, often as ; charset=UTF-8.",
            "Set content-type to what is sent before you sign, or take it out of SignedHeaders: {gateway}",
        ),
    ),
    Suspicion(
        lambda lines: lines.name == "content-length",
        Cause(
            "content-length",
            "the body has another length than was signed",
            "The body was changed after signing, or its characters were counted in place of its bytes.",
            "Sign the bytes that are sent; content-length itself need not be signed.",
        ),
    ),
    Suspicion(
        lambda lines: lines.name == "content-type",
        Cause(
            "content-type-changed",
            "another content-type arrived than was signed",
            "HTTP clients choose a content-type by the body when none is set.",
            "Set content-type before you sign, or take it out of SignedHeaders.",
        ),
    ),
    Suspicion(
        lambda lines: lines.gateway.startswith(lines.client + ",") or lines.gateway.endswith("," + lines.client),
        Cause(
            "header-appended",
            "something was appended to {name}",
            "A proxy adds its own value to the header's.",
            "Take {name} out of SignedHeaders.",
        ),
    ),
    Suspicion(
        lambda lines: lines.client.lower() == lines.gateway.lower(),
        Cause(
            "header-letter-case",
            "capitals and small letters of {name} differ",
            "The name of a header is signed in small letters, its value as it is.",
            "Leave the value as it is sent.",
        ),
    ),
    Suspicion(
        lambda lines: lines.name in _CHANGED_ON_THE_WAY,
        Cause(
            "header-of-the-way",
            "{name} was changed on the way",
            "HTTP clients and proxies set this header themselves.",
            "Take {name} out of SignedHeaders; host and x-sdk-date are enough.",
        ),
    ),
)
_HEADER_CHANGED: Final = Cause(
    "header-changed",
    "another value of {name} arrived than was signed",
    "The value was set again after signing, or a proxy rewrites the header.",
    "Sign the value that is sent; look for a proxy that sets {name}.",
)

_NAME_CASE: Final = Cause(
    "header-name-case",
    "names of headers are not in small letters",
    "The canonical request has them in small letters, in the lines and in the list.",
    "Write the names in small letters before you sort them.",
)
_NAME_ORDER: Final = Cause(
    "signed-headers-order",
    "the headers are not in the order of SignedHeaders",
    "The gateway goes by the list in the Authorization header; the lines and the list have one order.",
    "Sort the names (in small letters) once, and use that order for the lines and for both lists.",
)
_REPEATED: Final = Cause(
    "header-repeated",
    "a repeated header was signed with another number of lines",
    "A header that is sent more than once has a line for each value, sorted by value.",
    "Send each header once: join the values with a comma yourself.",
)
_ONE_MORE: Final = Cause(
    "signed-headers-more",
    "the gateway was told of more signed headers than you signed: {added}",
    "SignedHeaders in the Authorization header names headers that are not in your canonical request.",
    "Take both from one list of names.",
)
_ONE_LESS: Final = Cause(
    "signed-headers-fewer",
    "you signed headers that SignedHeaders does not name: {lost}",
    "The gateway goes by the list in the Authorization header.",
    "Name every header that you sign, or do not sign it. Take the lines and the list from one list of names.",
)
_OTHER_NAMES: Final = Cause(
    "signed-headers-other",
    "the signed headers differ: only the gateway has {added}, only you have {lost}",
    "The gateway goes by the list in the Authorization header.",
    "Take the lines and the list from one list of names. Is this the canonical request of that very answer?",
)
