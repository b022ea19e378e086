"""What refuses a policy: everything in it that would endanger a caller, or could never work."""

from collections.abc import Callable, Iterator
from typing import Final

from crossgate.cors.finding import Finding
from crossgate.cors.origin import NULL, NotAnOriginError, Origin, read_origin
from crossgate.cors.pattern import MisplacedWildcardError, Pattern, read_pattern
from crossgate.cors.policy import WILDCARD, CorsPolicy
from crossgate.cors.suffixes import is_public_suffix
from crossgate.cors.tokens import is_token

FORBIDDEN_METHODS = frozenset(("CONNECT", "TRACE", "TRACK"))
# Browsers write these in upper case whatever the page wrote (Fetch, "normalize a method").
NORMALISED_METHODS = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"))
_FORBIDDEN_REQUEST_HEADERS = frozenset(
    [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ]
)
_FORBIDDEN_PREFIXES = ("access-control-", "proxy-", "sec-")


# Every code that check() uses: what these say about one of our policies refuses it.
REFUSING: Final = frozenset(
    f"cors.{name}"
    for name in (
        "any-origin-with-credentials", "empty-entry", "header-forbidden", "max-age-out-of-range",
        "method-forbidden", "method-not-upper-case", "no-origins", "not-a-token",
        "null-origin-with-credentials", "origin-malformed", "origin-not-canonical", "origin-without-scheme",
        "preflight-status-not-2xx", "wildcard-misplaced", "wildcard-over-public-suffix",
        "wildcard-port-not-loopback",
    )
)  # fmt: skip


def check(policy: CorsPolicy) -> list[Finding]:
    """Every reason for which `policy` cannot be used; places are in the policy's own field names."""
    return [finding for rule in _RULES for finding in rule(policy)]


def is_set_by_browsers(header: str) -> bool:
    """Whether only browsers set the request header, so that no page ever asks for it; CORS headers count, too."""
    lower = header.lower()
    return lower in _FORBIDDEN_REQUEST_HEADERS or lower.startswith(_FORBIDDEN_PREFIXES)


def shown(text: str) -> str:
    """`text` fit for a message: short, printable, and without the user and password a URL may carry."""
    scheme, separator, rest = text.rpartition("@")
    if separator:
        text = scheme.partition("://")[0] + "://…@" + rest if "://" in scheme else "…@" + rest
    cut = text if len(text) <= 80 else text[:80] + "…"
    return "`" + "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut) + "`"


def read_entry(entry: str, at: str) -> Origin | Pattern | Finding:
    """The origin or pattern that one entry of `origins` means, or what is wrong with it."""
    try:
        meant = read_pattern(entry) if WILDCARD in entry else read_origin(entry)
    except MisplacedWildcardError as error:
        return _wildcard_misplaced(entry, at, str(error))
    except NotAnOriginError as error:
        return _malformed(entry, at, str(error))
    if str(meant) != entry:
        return Finding(
            code="cors.origin-not-canonical",
            at=at,
            message=f"{shown(entry)} never matches: it is not how a browser writes this origin",
            fix=f"write `{meant}`",
        )
    return meant


def _malformed(entry: str, at: str, why: str) -> Finding:
    if not entry:
        return Finding(code="cors.empty-entry", at=at, message="the list has an empty entry", fix="remove it")
    if "://" not in entry:
        return Finding(
            code="cors.origin-without-scheme",
            at=at,
            message=f"{shown(entry)} has no scheme, so it could mean http or https",
            fix=f"write {shown('https://' + entry.rpartition('@')[2].lstrip('/'))}",
        )
    return Finding(
        code="cors.origin-malformed",
        at=at,
        message=f"{shown(entry)} is not an origin: {why}",
        fix="write scheme://host or scheme://host:port, as in `https://app.example.com`",
    )


def _wildcard_misplaced(entry: str, at: str, why: str) -> Finding:
    return Finding(
        code="cors.wildcard-misplaced",
        at=at,
        message=f"{shown(entry)} would match hosts of strangers: {why}",
        fix="write `https://*.example.com` for all hosts below one name, or list each origin",
    )


def _origins(policy: CorsPolicy) -> Iterator[Finding]:
    if not policy.origins:
        yield Finding(
            code="cors.no-origins",
            at="origins",
            message="the policy allows no origin at all",
            fix="list origins such as `https://app.example.com`, or `*` for a public API without credentials",
        )
    for index, entry in enumerate(policy.origins):
        at = f"origins[{index}]"
        if entry == WILDCARD:
            if policy.credentials:
                yield _any_origin_with_credentials(at)
        elif entry == NULL:
            if policy.credentials:
                yield _null_with_credentials(at)
        else:
            meant = read_entry(entry, at)
            if isinstance(meant, Finding):
                yield meant
            elif isinstance(meant, Pattern):
                yield from _pattern(meant, at)


def _any_origin_with_credentials(at: str) -> Finding:
    return Finding(
        code="cors.any-origin-with-credentials",
        at=at,
        message="`*` together with credentials would let every web site act and read as the user",
        fix="list the origins that need credentials, or switch credentials off",
    )


def _null_with_credentials(at: str) -> Finding:
    return Finding(
        code="cors.null-origin-with-credentials",
        at=at,
        message="`null` is the origin of every sandboxed frame and local file, so with credentials any site "
        "could act and read as the user",
        fix="remove `null` and list real origins, or switch credentials off",
    )


def _pattern(pattern: Pattern, at: str) -> Iterator[Finding]:
    host = pattern.base.host
    if pattern.is_below and host != "localhost" and is_public_suffix(host):
        yield Finding(
            code="cors.wildcard-over-public-suffix",
            at=at,
            message=f"anyone can register a name below `{host}`, so `{pattern}` allows strangers",
            fix="put your own name behind the `*.`, or list each origin",
        )
    if pattern.is_any_port and not pattern.base.is_loopback:
        yield Finding(
            code="cors.wildcard-port-not-loopback",
            at=at,
            message=f"`{pattern}` allows every service on that host; `:*` is for localhost and loopback addresses",
            fix="write the port, or leave it out for the scheme's default",
        )


def _methods(policy: CorsPolicy) -> Iterator[Finding]:
    for index, method in enumerate(policy.methods):
        at, upper = f"methods[{index}]", method.upper()
        if not is_name(method):
            yield _not_a_token(method, at, "a method")
        elif upper in FORBIDDEN_METHODS:
            yield Finding(
                code="cors.method-forbidden",
                at=at,
                message=f"no browser lets a page send {upper}",
                fix="remove it",
            )
        elif method != upper and upper in NORMALISED_METHODS:
            yield Finding(
                code="cors.method-not-upper-case",
                at=at,
                message=f"`{method}` never matches: methods are compared byte for byte and browsers send {upper}",
                fix=f"write `{upper}`",
            )


def _headers(policy: CorsPolicy) -> Iterator[Finding]:
    for index, header in enumerate(policy.headers):
        at = f"headers[{index}]"
        if not is_name(header):
            yield _not_a_token(header, at, "a header name")
        elif is_set_by_browsers(header):
            yield Finding(
                code="cors.header-forbidden",
                at=at,
                message=f"no page can set `{header}`: only the browser does, and without asking",
                fix="remove it",
            )
    for index, header in enumerate(policy.expose):
        if not is_name(header):
            yield _not_a_token(header, f"expose[{index}]", "a header name")


def _not_a_token(text: str, at: str, what: str) -> Finding:
    if not text:
        return Finding(code="cors.empty-entry", at=at, message="the list has an empty entry", fix="remove it")
    return Finding(
        code="cors.not-a-token",
        at=at,
        message=f"{shown(text)} is not {what}, and one such element makes browsers drop the whole list",
        fix="use letters, digits and hyphens, and separate names with commas",
    )


def is_name(text: str) -> bool:
    """Whether `text` can be a method or the name of a header."""
    return text.isascii() and is_token(text.encode())


def _numbers(policy: CorsPolicy) -> Iterator[Finding]:
    if policy.max_age is not None and policy.max_age < 0:
        yield Finding(
            code="cors.max-age-out-of-range",
            at="max_age",
            message="a negative age is not a number of seconds, and browsers disagree about what it means",
            fix="write 0 to switch the browsers' preflight cache off, or up to 86400",
        )
    if not 200 <= policy.preflight_status <= 299:
        yield Finding(
            code="cors.preflight-status-not-2xx",
            at="preflight_status",
            message="browsers refuse every preflight whose status is not 200 to 299",
            fix="write 204, or 200 for old proxies",
        )


_RULES: tuple[Callable[[CorsPolicy], Iterator[Finding]], ...] = (_origins, _methods, _headers, _numbers)
