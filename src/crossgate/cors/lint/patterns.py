"""Rules about patterns, found by trying what they let in (L01, L02, L04-L16; cors.md section 4, detection).

Each finding has a witness: an origin that gets in and should not. Host patterns of our own are judged by what they
mean instead, which says the same without trying.
"""

from collections.abc import Iterator

from crossgate.cors.check import shown
from crossgate.cors.finding import Severity
from crossgate.cors.lint.attack import Attacked, attack, stranger_of
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.hosting import is_shared
from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError, admits
from crossgate.cors.lint.origins import insecure_origin, null_allowed, private_origin, reflected, shared_origin
from crossgate.cors.lint.safer import safer
from crossgate.cors.lint.slow import slow_part
from crossgate.cors.lint.subject import OriginMatch, Subject
from crossgate.cors.origin import NotAnOriginError, Origin
from crossgate.cors.pattern import Pattern, read_pattern
from crossgate.cors.suffixes import has_public_suffix_below, is_public_suffix

TRIED = frozenset(("regex", "glob", "prefix", "suffix", "contains"))
# Engines that take linear time whatever the pattern.
_LINEAR = frozenset(("envoy", "traefik"))
_ONLY_WITH_CREDENTIALS = frozenset(("cors.pattern-allows-http", "cors.subdomains-with-credentials"))
# A wildcard at the wrong end is the same mistake at either end.
_OF_GLOBS = {
    "cors.pattern-open-end": "cors.wildcard-misplaced",
    "cors.pattern-open-start": "cors.wildcard-misplaced",
}
# How far a pattern reaches is not mended by writing it better.
_BY_REACH = frozenset(
    (
        "cors.subdomains-with-credentials",
        "cors.wildcard-over-public-suffix",
        "cors.wildcard-covers-public-suffix",
    )
)
_SEVERITIES = {"cors.wildcard-covers-public-suffix": Severity.HIGH}
_MESSAGES = {
    "cors.pattern-open-end": "{} does not say where the host ends",
    "cors.pattern-open-start": "{} does not say where the host begins",
    "cors.pattern-dot-unescaped": "the dot in {} stands for any character",
    # High, as the specification has it, although it takes a client or a parser with a fault of its own.
    "cors.pattern-too-wide": (
        "{} lets characters through that no host name has; browsers send no such origin, but other clients can"
    ),
    "cors.pattern-allows-http": "{} lets http in as well, where anyone on the path can add a script",
    "cors.subdomains-with-credentials": "one weak or abandoned host that {} lets in can act and read as the user",
    "cors.wildcard-over-public-suffix": "{} stands for names that anyone can register",
    "cors.wildcard-covers-public-suffix": "strangers can register some of the names that {} stands for",
    "cors.wildcard-misplaced": "{} would match hosts of strangers",
    "cors.wildcard-port-not-loopback": "{} allows every service on that host",
}


def pattern(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    """What is wrong with `match`, if it is a pattern."""
    if match.kind == "host-pattern":
        yield from _host_pattern(subject, match)
    elif match.kind in TRIED:
        yield from _tried(subject, match)


def _tried(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    try:
        stranger = stranger_of(match)
        if stranger is None:
            yield from _surprises(subject, match, attack(match))
        else:
            yield reflected(subject, match, stranger)
    except UnusablePatternError as error:
        yield finding("cors.pattern-unreadable", match.place, f"{shown(match.text)} cannot be read: {error}")
        return
    except SlowPatternError:
        yield finding(
            "cors.pattern-too-slow", match.place, f"{shown(match.text)} does not answer in time for some origins"
        )
        return
    slow = slow_part(match) if subject.format not in _LINEAR else None
    if slow is not None:
        part, witness = slow
        yield finding(
            "cors.pattern-too-slow",
            match.place,
            f"{shown(part)} is repeated, and can match the same characters in very many ways",
            witness=witness,
        )


def _surprises(subject: Subject, match: OriginMatch, attacked: Attacked) -> Iterator[LintFinding]:
    # What a glob's `*` lets through beyond host names is no host that a browser would send.
    codes = {"cors.pattern-too-wide"} if match.kind == "glob" else set()
    better = safer(match, subject.format) if attacked.witnesses.keys() - _BY_REACH else None
    for found, witness in attacked.witnesses.items():
        code = _OF_GLOBS.get(found, found) if match.kind == "glob" else found
        if code == "cors.null-origin":
            yield null_allowed(subject, match)
        elif code not in codes and (subject.credentials or code not in _ONLY_WITH_CREDENTIALS):
            message = _MESSAGES[code].format(shown(match.written or match.text))
            fix = _fix(match, code, better)
            yield finding(code, match.place, message, fix=fix, severity=_SEVERITIES.get(code), witness=witness)
        codes.add(code)
    yield from _reach(subject, match, attacked)


def _fix(match: OriginMatch, code: str, better: str | None) -> str:
    """What to write instead; empty for what the rule itself says."""
    if code in _BY_REACH:
        return ""
    if better is not None:
        as_regex = "" if match.kind in ("regex", "glob") else "the regular expression "
        return f"write {as_regex}`{better}`, or list exact origins"
    is_written_well = match.kind in ("regex", "glob") or code == "cors.wildcard-port-not-loopback"
    return "" if is_written_well else "list exact origins"


def _reach(subject: Subject, match: OriginMatch, attacked: Attacked) -> Iterator[LintFinding]:
    """The rules about single origins, asked of one origin each that the pattern is for."""
    origins = [target.origin for target in attacked.targets]
    for origin in [origin for origin in origins if origin.is_private][:1]:
        yield from private_origin(subject, match, origin)
    plain = [origin for origin in origins if origin.scheme == "http" and not _has_https_twin(match, origin)]
    for origin in [origin for origin in plain if not origin.is_loopback][:1]:
        yield from insecure_origin(subject, match, origin)
    for origin in [origin for origin in origins if is_shared(origin.host)][:1]:
        yield from shared_origin(match, origin)


def _has_https_twin(match: OriginMatch, origin: Origin) -> bool:
    return admits(match, "https" + str(origin).removeprefix("http"))


def _host_pattern(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    try:
        meant = read_pattern(match.text)
    except NotAnOriginError:
        return
    host = meant.base.host
    if meant.is_any_port and not meant.base.is_loopback:
        yield finding(
            "cors.wildcard-port-not-loopback",
            match.place,
            f"`{meant}` allows every service on that host",
            witness=f"{meant.base}:4444",
        )
    if not meant.is_below:
        return
    if host != "localhost" and is_public_suffix(host):
        yield finding(
            "cors.wildcard-over-public-suffix",
            match.place,
            f"anyone can register a name below `{host}`, so `{meant}` allows strangers",
            witness=_below(meant),
        )
    elif subject.credentials and not meant.base.is_loopback:
        yield finding(
            "cors.subdomains-with-credentials",
            match.place,
            f"one weak or abandoned host below `{host}` can act and read as the user",
            fix="list the hosts that need credentials",
            witness=_below(meant),
        )
    if has_public_suffix_below(host):
        yield finding(
            "cors.wildcard-covers-public-suffix",
            match.place,
            f"strangers can register some of the names below `{host}`",
            fix="write a longer name behind the `*.`",
            severity=Severity.HIGH,
        )


def _below(meant: Pattern) -> str:
    return f"{meant.base.scheme}://evil.{str(meant.base).partition('://')[2]}"
