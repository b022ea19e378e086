"""What is legal in a policy but unwise, or without effect; none of it refuses the policy (cors.md section 4)."""

from collections.abc import Callable, Iterator

from crossgate.cors.check import read_entry
from crossgate.cors.finding import Finding, Severity
from crossgate.cors.origin import NULL, Origin
from crossgate.cors.pattern import Pattern, PatternSet
from crossgate.cors.policy import MAX_AGE_S, NEVER_EXPOSED, WILDCARD, CorsPolicy
from crossgate.cors.suffixes import has_public_suffix_below

LONG_MAX_AGE_S = 7_200
_OVERRIDE_HEADERS = frozenset(("x-http-method", "x-http-method-override", "x-method-override"))
_IDENTITY_HEADERS = frozenset(
    [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-user",
        "x-original-url",
        "x-real-ip",
        "x-rewrite-url",
    ]
)
_SENSITIVE_HEADERS = frozenset(
    ["authorization", "www-authenticate", "x-api-key", "x-apig-appcode", "x-auth-token", "x-csrf-token"]
)


def advise(policy: CorsPolicy) -> list[Finding]:
    """What to reconsider in a policy that check() has passed, worst first."""
    found = [finding for rule in _RULES for finding in rule(policy)]
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def _origins(policy: CorsPolicy) -> Iterator[Finding]:
    for index, entry in enumerate(policy.origins):
        at = f"origins[{index}]"
        if entry == NULL:
            yield Finding(
                code="cors.null-origin",
                at=at,
                message="`null` is the origin of every sandboxed frame and local file: anyone can have it",
                fix="remove it and list real origins",
                severity=Severity.HIGH,
            )
        elif entry != WILDCARD:
            meant = read_entry(entry, at)
            if isinstance(meant, Pattern):
                yield from _pattern(policy, meant, at)
                meant = meant.base
            if isinstance(meant, Origin):
                yield from _reach(policy, meant, at)


def _pattern(policy: CorsPolicy, pattern: Pattern, at: str) -> Iterator[Finding]:
    if not pattern.is_below:
        return
    if policy.credentials:
        yield Finding(
            code="cors.subdomains-with-credentials",
            at=at,
            message=f"one weak or abandoned host below `{pattern.base.host}` can act and read as the user",
            fix="list the hosts that need credentials",
            severity=Severity.HIGH,
        )
    if has_public_suffix_below(pattern.base.host):
        yield Finding(
            code="cors.wildcard-covers-public-suffix",
            at=at,
            message=f"strangers can register some of the names below `{pattern.base.host}`",
            fix="write a longer name behind the `*.`",
            severity=Severity.HIGH,
        )


def _reach(policy: CorsPolicy, origin: Origin, at: str) -> Iterator[Finding]:
    if origin.is_private and policy.credentials:
        yield Finding(
            code="cors.private-origin-with-credentials",
            at=at,
            message=f"whatever runs at `{origin}` on the user's machine or network can act and read as the user",
            fix="keep development origins in a policy of their own",
            severity=Severity.MEDIUM,
        )
    if origin.scheme == "http" and not origin.is_loopback:
        yield Finding(
            code="cors.insecure-origin",
            at=at,
            message=f"anyone on the path can put a script into pages of `{origin}`",
            fix="serve the page by https and list that origin",
            severity=Severity.HIGH if policy.credentials else Severity.MEDIUM,
        )


def _shadowed(policy: CorsPolicy) -> Iterator[Finding]:
    for field in ("origins", "methods", "headers", "expose"):
        entries: tuple[str, ...] = getattr(policy, field)
        folded = [entry.lower() if field in ("headers", "expose") else entry for entry in entries]
        patterns = _patterns(entries) if field == "origins" else PatternSet(())
        seen: set[str] = set()
        for index, entry in enumerate(folded):
            # Authorization beside `*` is the one name that `*` does not cover.
            under_wildcard = WILDCARD in folded and entry not in (WILDCARD, "authorization")
            if entry in seen or under_wildcard or patterns.matches(entry.encode()):
                yield Finding(
                    code="cors.shadowed-entry",
                    at=f"{field}[{index}]",
                    message=f"`{entry}` adds nothing to the other entries",
                    fix="remove it",
                    severity=Severity.INFO,
                )
            seen.add(entry)


def _patterns(entries: tuple[str, ...]) -> PatternSet:
    meant = (read_entry(entry, "") for entry in entries if WILDCARD in entry and entry != WILDCARD)
    return PatternSet(pattern for pattern in meant if isinstance(pattern, Pattern))


def _wildcards(policy: CorsPolicy) -> Iterator[Finding]:
    if policy.credentials:
        for field in ("methods", "headers"):
            if WILDCARD in getattr(policy, field):
                yield Finding(
                    code="cors.everything-with-credentials",
                    at=field,
                    message="an allowed page, or a script injected into it, may send anything as the user",
                    fix=f"list the {field} that pages need",
                    severity=Severity.MEDIUM,
                )
    elif WILDCARD in policy.headers and "authorization" not in _lower(policy.headers):
        yield Finding(
            code="cors.authorization-not-covered",
            at="headers",
            message="by the standard `*` does not allow Authorization; browsers warn today and will refuse",
            fix="write `*,authorization` if pages send it",
            severity=Severity.MEDIUM,
        )


def _methods(policy: CorsPolicy) -> Iterator[Finding]:
    for index, method in enumerate(policy.methods):
        if method.lower() == "patch" and method != "PATCH":
            yield Finding(
                code="cors.patch-not-upper-case",
                at=f"methods[{index}]",
                message=f"`{method}` matches only pages that write exactly this; browsers do not change its case",
                fix="write `PATCH`",
                severity=Severity.LOW,
            )


def _headers(policy: CorsPolicy) -> Iterator[Finding]:
    for index, name in enumerate(_lower(policy.headers)):
        if name in _OVERRIDE_HEADERS and WILDCARD not in policy.methods:
            yield Finding(
                code="cors.method-override-header",
                at=f"headers[{index}]",
                message=f"with `{name}` a page can send a method that the policy does not list",
                fix="remove it and list the method",
                severity=Severity.MEDIUM,
            )
        if name in _IDENTITY_HEADERS:
            yield Finding(
                code="cors.identity-header",
                at=f"headers[{index}]",
                message=f"backends trust `{name}` to tell who calls, and a page could forge it",
                fix="remove it",
                severity=Severity.HIGH,
            )


def _exposed(policy: CorsPolicy) -> Iterator[Finding]:
    for index, name in enumerate(_lower(policy.expose)):
        if name in NEVER_EXPOSED:
            yield Finding(
                code="cors.never-exposed",
                at=f"expose[{index}]",
                message=f"no browser lets a page read `{name}`; it is left out of the answer",
                fix="remove it",
                severity=Severity.LOW,
            )
        if name in _SENSITIVE_HEADERS:
            yield Finding(
                code="cors.sensitive-header-exposed",
                at=f"expose[{index}]",
                message=f"every allowed page could read `{name}`",
                fix="expose only what pages need",
                severity=Severity.MEDIUM,
            )


def _max_age(policy: CorsPolicy) -> Iterator[Finding]:
    if policy.max_age is None:
        return
    if policy.max_age > MAX_AGE_S:
        yield Finding(
            code="cors.max-age-capped",
            at="max_age",
            message=f"no browser keeps a preflight for more than a day; {MAX_AGE_S} is sent",
            fix=f"write {MAX_AGE_S} or less",
            severity=Severity.LOW,
        )
    if policy.max_age > LONG_MAX_AGE_S:
        yield Finding(
            code="cors.long-max-age",
            at="max_age",
            message="an origin you remove may go on sending preflighted requests for up to a day",
            fix=f"write {LONG_MAX_AGE_S} or less, the most that Chromium keeps",
            severity=Severity.INFO,
        )


def _lower(names: tuple[str, ...]) -> list[str]:
    return [name.lower() for name in names]


_RULES: tuple[Callable[[CorsPolicy], Iterator[Finding]], ...] = (
    _origins,
    _shadowed,
    _wildcards,
    _methods,
    _headers,
    _exposed,
    _max_age,
)
