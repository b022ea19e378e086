"""Why two canonical requests differ in their method or path."""

import re
from typing import Final

from crossgate.core.signing.explained.cause import Cause, Suspicion, likeliest
from crossgate.core.signing.explained.target_lines import (
    Lines,
    canonical_path,
    differ_in_charset,
    in_capitals,
    once_less,
)


def method_cause(lines: Lines) -> Cause:
    """Why the methods differ."""
    return likeliest(_METHOD, lines, _METHOD_CHANGED).naming(gateway=lines.gateway, client=lines.client)


def path_cause(lines: Lines) -> Cause:
    """Why the paths differ."""
    return likeliest(_PATH, lines, _OTHER_PATH)


def _closed(path: str) -> str:
    return path if path.endswith("/") else path + "/"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1] or [""]
        elif segment != ".":
            kept.append(segment)
    return _closed("/".join(kept))


_METHOD: Final[tuple[Suspicion[Lines], ...]] = (
    Suspicion(
        lambda lines: lines.client.strip().upper() == lines.gateway,
        Cause(
            "method-case",
            "the method is not in capitals",
            "The canonical request has the method in capitals, without white space.",
            "Sign {gateway} in place of {client}.",
        ),
    ),
    Suspicion(
        lambda lines: lines.gateway == "GET" and lines.client.upper() in {"POST", "PUT", "PATCH", "DELETE"},
        Cause(
            "method-redirected",
            "a {client} was signed and a GET arrived",
            "After a redirect (301, 302, 303) clients ask again with GET and without the body.",
            "Ask for the address that the redirect leads to: look at https or http, the host and the last slash.",
        ),
    ),
)
_METHOD_CHANGED: Final = Cause(
    "method-changed",
    "a {client} was signed and a {gateway} arrived",
    "The request was sent with another method, or something on the way changed it.",
    "Sign the method that is sent; look for a proxy or a method override on the way.",
)

_PATH: Final[tuple[Suspicion[Lines], ...]] = (
    Suspicion(
        lambda lines: "://" in lines.client,
        Cause(
            "path-full-url",
            "a whole URL was signed where the path belongs",
            "The second line is the path alone: no scheme, no host, no query.",
            "Sign the path, from the first / after the host up to the ?.",
        ),
    ),
    Suspicion(
        lambda lines: "?" in lines.client,
        Cause(
            "path-with-query",
            "the path was signed together with the query",
            "The query has a line of its own, the third.",
            "Cut the path off at the ?, and put the sorted parameters on the next line.",
        ),
    ),
    Suspicion(
        lambda lines: not lines.client.startswith("/"),
        Cause(
            "path-first-slash",
            "the signed path has no / at its beginning",
            "A path begins with a slash, an empty one is a slash.",
            "Put a / before the path that you sign.",
        ),
    ),
    Suspicion(
        lambda lines: lines.client + "/" == lines.gateway,
        Cause(
            "path-last-slash",
            "the signed path has no / at its end",
            "The canonical path always ends with a slash, whether or not the URL does.",
            "Add a / to the path that you sign; leave the URL that you ask for as it is.",
        ),
    ),
    Suspicion(
        lambda lines: in_capitals(_closed(lines.client)) == lines.gateway,
        Cause(
            "path-hex-case",
            "percent-encoded bytes are in lower case",
            "The canonical path writes them in capitals: %2F, not %2f.",
            "Write the two digits after % in capitals in the path that you sign.",
        ),
    ),
    Suspicion(
        lambda lines: "%2F" in lines.client.upper() and canonical_path(lines.client) == lines.gateway,
        Cause(
            "path-encoded-slash",
            "an encoded slash was signed as %2F",
            "The canonical path is decoded once before its segments are encoded, so %2F becomes a plain /.",
            "Sign / in place of %2F; leave %2F in the URL that you ask for.",
        ),
    ),
    Suspicion(
        lambda lines: "%25" in lines.client and canonical_path(once_less(lines.client)) == lines.gateway,
        Cause(
            "path-encoded-twice",
            "the path was encoded twice before it was signed",
            "The path was percent-encoded already, and signing encoded its % once more, as %25.",
            "Decode the path once, then encode each segment; or sign the path before you encode it.",
        ),
    ),
    Suspicion(
        lambda lines: (
            "%25" in lines.gateway and canonical_path(once_less(lines.gateway)) == canonical_path(lines.client)
        ),
        Cause(
            "path-encoded-on-the-way",
            "the path was encoded once more after it was signed",
            "The gateway received %25 where a % was signed: the HTTP client or a proxy encodes an encoded path.",
            "Hand the HTTP client a URL that it leaves alone, or the path that is not encoded yet.",
        ),
    ),
    Suspicion(
        lambda lines: "+" in lines.client and canonical_path(lines.client.replace("+", "%20")) == lines.gateway,
        Cause(
            "path-plus",
            "a space in the path was signed as +",
            "In a path + is a plus; only HTML forms mean a space by it.",
            "Encode a space as %20.",
        ),
    ),
    Suspicion(
        lambda lines: canonical_path(lines.client) == lines.gateway,
        Cause(
            "path-encoding",
            "the signed path is not encoded as the gateway encodes it",
            "Every byte of the UTF-8 text is percent-encoded but for A-Z a-z 0-9 - _ . ~ and the slashes.",
            "Encode the others too, such as ! ' ( ) * : @ and everything outside ASCII.",
        ),
    ),
    Suspicion(
        differ_in_charset,
        Cause(
            "path-charset",
            "the path is in another charset",
            "One side has the bytes of another charset where the other has UTF-8.",
            "Encode the path as UTF-8 before you percent-encode it, in what you sign and in what you send.",
        ),
    ),
    Suspicion(
        lambda lines: _without_dots(_closed(lines.client)) == lines.gateway,
        Cause(
            "path-dots",
            "the signed path has . or .. in it",
            "HTTP clients resolve such segments before they send the request.",
            "Resolve them before you sign.",
        ),
    ),
    Suspicion(
        lambda lines: re.sub("/+", "/", _closed(lines.client)) == lines.gateway,
        Cause(
            "path-slashes-merged",
            "several slashes were signed and one arrived",
            "The HTTP client or a proxy merges slashes (nginx: merge_slashes).",
            "Ask for a URL without double slashes.",
        ),
    ),
    Suspicion(
        lambda lines: _closed(lines.client).lower() == lines.gateway.lower(),
        Cause(
            "path-letter-case",
            "capitals and small letters of the path differ",
            "Paths are compared letter by letter.",
            "Sign the path as it is sent.",
        ),
    ),
    Suspicion(
        lambda lines: _closed(lines.client).endswith(lines.gateway),
        Cause(
            "path-prefix-removed",
            "the beginning of the signed path did not arrive",
            "A proxy in front of the gateway removes a prefix.",
            "Sign the path that the gateway receives, or let the proxy pass the path on unchanged.",
        ),
    ),
    Suspicion(
        lambda lines: lines.gateway.endswith(_closed(lines.client)),
        Cause(
            "path-prefix-added",
            "the path that arrived begins with more than was signed",
            "A base URL or a proxy puts a prefix before the path.",
            "Sign the whole path of the URL that is asked for, base path included.",
        ),
    ),
)
_OTHER_PATH: Final = Cause(
    "path-changed",
    "another path arrived than was signed",
    "The URL that was sent is not the one that was signed, or something on the way rewrites it.",
    "Sign the path of the URL that you send; look for rewriting rules in a proxy.",
)
