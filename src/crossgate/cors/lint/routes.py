"""Rules about what a policy is for: internal routes, authentication, forgery (L39-L43, L45, L47)."""

import ipaddress
from collections.abc import Iterator
from typing import Final

from crossgate.cors.check import shown
from crossgate.cors.finding import Severity
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.matching import UNDECIDED, SlowPatternError, UnusablePatternError, admits
from crossgate.cors.lint.subject import Auth, OriginMatch, Place, Subject
from crossgate.cors.origin import is_loopback
from crossgate.cors.policy import WILDCARD

_INTERNAL_PATHS: Final = frozenset(
    (
        "_internal", "actuator", "admin", "debug", "internal", "metrics", "phpmyadmin", "private", "prometheus",
        "server-status",
    )
)  # fmt: skip
_SENT_BY_PAGES: Final[frozenset[Auth]] = frozenset(("bearer", "key", "signature"))
_SENT_BY_BROWSERS: Final[frozenset[Auth]] = frozenset(("cookie", "basic"))
_NOBODY: Final[frozenset[Auth]] = frozenset(("none",))
_BY_NETWORK: Final[frozenset[Auth]] = frozenset(("ip", "mtls"))


def routes(subject: Subject) -> Iterator[LintFinding]:
    """What does not fit the routes that the policy is for."""
    open_match = next((match for match in subject.origins if match.kind in ("any", "reflect")), None)
    if open_match is not None:
        yield from _internal(subject, open_match)
        yield from _network(subject, open_match)
    yield from _access(subject)
    yield from _private_network(subject, is_any=open_match is not None)
    if open_match is None and subject.origins:
        yield from _wider(subject)


def _internal(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    path = next((path for path in subject.route.paths if _is_internal(path)), None)
    fix = "allow no origin there"
    if subject.is_internal is not None:
        message = "any origin may read this internal endpoint through an employee's browser"
        yield finding("cors.any-origin-on-internal-route", subject.is_internal, message, fix=fix)
    elif path is not None:
        message = f"any origin may read {shown(path)}, which looks internal, through an employee's browser"
        yield finding("cors.any-origin-on-internal-route", match.place, message, fix=fix)
    elif (
        subject.route.auth == _NOBODY
        and subject.route.upstreams
        and all(map(_is_private, subject.route.upstreams))
    ):
        yield finding(
            "cors.any-origin-on-internal-route",
            match.place,
            f"any origin may read {shown(subject.route.upstreams[0])}, a private address where nobody logs in",
            fix="allow no origin, unless the API is meant for the public",
            severity=Severity.MEDIUM,
        )


def _is_internal(path: str) -> bool:
    return path.strip("^~/ ").partition("/")[0].lower() in _INTERNAL_PATHS


def _is_private(upstream: str) -> bool:
    host = upstream.rpartition("://")[2].partition("/")[0]
    name = host.rpartition(":")[0] if host.count(":") == 1 or "]:" in host else host
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return is_loopback(name)
    return address.is_private


def _network(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    used = sorted(_BY_NETWORK.intersection(subject.route.auth or ()))
    if used:
        by = {"ip": "the address", "mtls": "a client certificate"}[used[0]]
        yield finding(
            "cors.any-origin-with-network-auth",
            match.place,
            f"{by} lets callers in here, and any page they visit can use it",
            fix="list the origins",
        )


def _access(subject: Subject) -> Iterator[LintFinding]:
    auth = subject.route.auth
    if subject.rejects is not None and auth == _NOBODY:
        yield finding(
            "cors.used-as-access-control",
            subject.rejects,
            "foreign origins are refused and nobody has to log in; outside browsers any Origin can be sent",
            fix="authenticate the callers",
        )
    if subject.credentials is None:
        return
    if auth and auth <= _SENT_BY_PAGES:
        yield finding(
            "cors.credentials-not-needed",
            subject.credentials,
            "callers prove who they are in a header that the page sends, so no cookie needs to travel",
            fix="switch credentials off and list `authorization` among the headers",
        )
    if _can_be_forged(subject):
        yield finding(
            "cors.no-preflight-needed",
            subject.credentials,
            "a foreign page can send POST with the user's cookies without asking, whatever CORS says",
            fix="answer 415 to anything but application/json, or check Sec-Fetch-Site or Origin",
            witness="Content-Type: text/plain",
        )


def _can_be_forged(subject: Subject) -> bool:
    route = subject.route
    by_browser = route.auth is None or route.auth == _NOBODY or not _SENT_BY_BROWSERS.isdisjoint(route.auth)
    unchecked = route.accepts_any_content_type is True and route.checks_csrf is False
    return by_browser and unchecked and "POST" in (route.methods or ())


def _private_network(subject: Subject, *, is_any: bool) -> Iterator[LintFinding]:
    if subject.private_network is not None:
        yield finding(
            "cors.private-network-allowed",
            subject.private_network,
            "Access-Control-Allow-Private-Network is obsolete, and older browsers open private services by it",
            fix="switch it off",
            severity=Severity.HIGH if is_any else Severity.MEDIUM,
            witness="Access-Control-Allow-Private-Network: true",
        )


def _wider(subject: Subject) -> Iterator[LintFinding]:
    for said in subject.timing_allow_origin:
        if said.text == WILDCARD or not _is_allowed(subject, said.text):
            yield _wider_finding(
                said.place, f"Timing-Allow-Origin names {shown(said.text)}, which CORS does not allow"
            )
    policy = subject.resource_policy
    if policy is not None and policy.text.strip().lower() == "cross-origin":
        yield _wider_finding(
            policy.place, "Cross-Origin-Resource-Policy lets every page embed what CORS keeps to some"
        )


def _wider_finding(place: Place, message: str) -> LintFinding:
    return finding("cors.wider-than-cors", place, message, fix="name the same origins, or leave the header out")


def _is_allowed(subject: Subject, origin: str) -> bool:
    """Whether CORS lets `origin` in, or may: what nobody can decide is not a finding."""
    for match in subject.origins:
        try:
            if match.kind in UNDECIDED or admits(match, origin):
                return True
        except (UnusablePatternError, SlowPatternError):
            return True
    return False
