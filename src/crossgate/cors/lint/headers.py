"""Rules about allowed and exposed headers, and lists that allow everything (L22-L27, L30)."""

from collections.abc import Iterator
from typing import Final

from crossgate.cors.check import NORMALISED_METHODS, is_name, is_set_by_browsers, shown
from crossgate.cors.finding import Severity
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.subject import Place, Said, Subject
from crossgate.cors.policy import NEVER_EXPOSED, WILDCARD

_ALL_METHODS: Final = (NORMALISED_METHODS | {"PATCH"}) - {"OPTIONS"}
_OVERRIDES: Final = frozenset(("x-http-method", "x-http-method-override", "x-method-override"))
_IDENTITY: Final = frozenset(
    (
        "cf-connecting-ip", "forwarded", "remote-user", "true-client-ip", "x-authenticated-userid", "x-client-ip",
        "x-consumer-custom-id", "x-consumer-groups", "x-consumer-id", "x-consumer-username", "x-forwarded-email",
        "x-forwarded-for", "x-forwarded-groups", "x-forwarded-host", "x-forwarded-preferred-username",
        "x-forwarded-user", "x-original-url", "x-real-ip", "x-remote-user", "x-rewrite-url",
    )
)  # fmt: skip
_IDENTITY_PREFIXES: Final = ("x-amzn-oidc-", "x-auth-request-", "x-authentik-", "x-ssl-client-")
_SENSITIVE: Final = frozenset(
    (
        "authorization", "proxy-authenticate", "www-authenticate", "x-access-token", "x-amz-security-token",
        "x-api-key", "x-apig-appcode", "x-auth-token", "x-csrf-token", "x-refresh-token", "x-session-id",
        "x-session-token", "x-xsrf-token",
    )
)  # fmt: skip
_IN_AUTHORIZATION: Final = frozenset(("basic", "bearer", "signature"))
_IN_HEADERS: Final = _IN_AUTHORIZATION | {"key"}


def allowed_headers(subject: Subject) -> Iterator[LintFinding]:
    """Names that pages should not send, or cannot (L25-L27)."""
    trusted = {name.lower() for name in subject.trusted_headers}
    for said in subject.headers or ():
        name = said.text.lower()
        if name in _OVERRIDES and _restricts_methods(subject):
            yield finding(
                "cors.method-override-header",
                said.place,
                f"with `{name}` a page can send a method that the policy does not list",
                fix="remove it and list the method",
                witness=f"{said.text}: DELETE",
            )
        if name in _IDENTITY or name in trusted or name.startswith(_IDENTITY_PREFIXES):
            yield finding(
                "cors.identity-header",
                said.place,
                f"backends trust {shown(name)} to tell who calls, and a page could forge it",
                fix="remove it",
                witness=said.text,
            )
        if is_name(name) and is_set_by_browsers(name):
            yield finding(
                "cors.header-forbidden",
                said.place,
                f"no page can set {shown(said.text)}: only the browser does, and without asking",
                fix="remove it",
            )


def _restricts_methods(subject: Subject) -> bool:
    listed = {said.text.upper() for said in subject.methods or ()}
    is_any = WILDCARD in listed or subject.reflects_methods is not None or listed >= _ALL_METHODS
    return subject.methods is not None and not is_any


def authorization(subject: Subject) -> Iterator[LintFinding]:
    """`*` where pages send Authorization (L22). With credentials `*` is no wildcard: that is L23."""
    names = {said.text.lower(): said.place for said in subject.headers or ()}
    needed = subject.route.auth is None or not _IN_AUTHORIZATION.isdisjoint(subject.route.auth)
    is_covered = "authorization" in names or subject.reflects_headers is not None
    if WILDCARD in names and needed and not is_covered and not subject.credentials:
        yield finding(
            "cors.authorization-not-covered",
            _of_list(names[WILDCARD]),
            "by the standard `*` does not allow Authorization; browsers warn today and will refuse",
            fix="write `*,authorization` if pages send it",
            witness="Authorization",
        )


def everything(subject: Subject) -> Iterator[LintFinding]:
    """Lists of everything, with credentials (L23, L24)."""
    if not subject.credentials:
        return
    for what, said, reflects in (
        ("methods", subject.methods, subject.reflects_methods),
        ("headers", subject.headers, subject.reflects_headers),
        ("exposed headers", subject.expose, subject.reflects_expose),
    ):
        star = _star(said)
        if reflects and what != "exposed headers":
            yield finding(
                "cors.everything-with-credentials",
                reflects,
                f"an allowed page, or a script injected into it, may send any {what} as the user",
                fix=f"list the {what} that pages need",
            )
        elif star and not reflects:
            yield finding(
                "cors.wildcard-list-with-credentials",
                star,
                "with credentials browsers take `*` for a name like any other, so it allows nothing",
                fix=f"list the {what} that pages need",
            )


def exposed(subject: Subject) -> Iterator[LintFinding]:
    """Response headers that pages should not read, or cannot (L30)."""
    for said in subject.expose or ():
        name = said.text.lower()
        if name in NEVER_EXPOSED:
            yield finding(
                "cors.never-exposed",
                said.place,
                f"no browser lets a page read `{name}`, whatever is listed",
                fix="remove it",
                severity=Severity.LOW,
            )
        if name in _SENSITIVE or name.startswith("x-internal-"):
            yield finding(
                "cors.sensitive-header-exposed",
                said.place,
                f"every allowed page could read {shown(name)}",
                fix="expose only what pages need",
                witness=said.text,
            )
    star = _star(subject.expose)
    if star and not subject.credentials and not _IN_HEADERS.isdisjoint(subject.route.auth or ()):
        yield finding(
            "cors.sensitive-header-exposed",
            star,
            "`*` exposes every header, and this API has tokens in headers",
            fix="expose only what pages need",
        )


def _star(said: tuple[Said, ...] | None) -> Place | None:
    return next((word.place for word in said or () if word.text == WILDCARD), None)


def _of_list(place: Place) -> Place:
    """The place of the list that an element is in."""
    at = place.at.rpartition("[")[0] if place.at.endswith("]") else place.at
    return Place(at=at, line=place.line, file=place.file)
