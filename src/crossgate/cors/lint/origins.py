"""Rules about single entries: `*`, reflection, `null`, origins, templates (L01-L04, L10, L15-L17, L46, L48)."""

import re
from collections.abc import Iterator

import msgspec

from crossgate.cors.check import read_entry, shown
from crossgate.cors.finding import Finding, Severity
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.hosting import is_shared
from crossgate.cors.lint.structure import OWN
from crossgate.cors.lint.subject import OriginMatch, Subject
from crossgate.cors.origin import NULL, Origin
from crossgate.cors.pattern import Pattern

# `$http_origin`, `{{ request.headers.Origin }}`, `%[req.hdr(Origin)]`: what came is sent back.
_ORIGIN_OF_REQUEST = re.compile(r"http_origin|head(er)?s?\W*origin|hdr\W*origin", re.IGNORECASE)


def entry(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    """What is wrong with `match`, if it is no pattern that has to be tried."""
    match match.kind:
        case "reflect":
            yield reflected(subject, match)
        case "any" if subject.credentials:
            yield finding(
                "cors.wildcard-with-credentials",
                match.place,
                "browsers refuse `*` together with credentials",
                witness="https://evil.test",
            )
        case "template":
            yield _template(subject, match)
        case "dns" | "referer":
            by = "an address or name lookup" if match.kind == "dns" else "the Referer header"
            yield finding("cors.origin-by-lookup", match.place, f"the origin is judged by {by}")
        case "exact" | "host-pattern":
            yield from _listed(subject, match)
        case _:
            pass


def reflected(subject: Subject, match: OriginMatch, witness: str = "https://evil.test") -> LintFinding:
    """The finding about a match that lets everyone in (L01, L02)."""
    if subject.credentials:
        return finding(
            "cors.any-origin-with-credentials",
            match.place,
            f"{shown(match.text)} lets every web site act and read as the user",
            fix="list the origins that need credentials, or switch credentials off",
            witness=witness,
        )
    return finding(
        "cors.any-origin-reflected",
        match.place,
        f"{shown(match.text)} sends back whatever origin came",
        fix="send the literal `*` if the answers are truly public, or list the origins",
        witness=witness,
    )


def null_allowed(subject: Subject, match: OriginMatch) -> LintFinding:
    """The finding about a match that lets `null` in (L04)."""
    if subject.credentials:
        return finding(
            "cors.null-origin-with-credentials",
            match.place,
            "`null` is the origin of every sandboxed frame and local file, so with credentials any site "
            "could act and read as the user",
            fix="remove `null` and list real origins, or switch credentials off",
            witness=NULL,
        )
    return finding(
        "cors.null-origin",
        match.place,
        "`null` is the origin of every sandboxed frame and local file: anyone can have it",
        fix="remove it and list real origins",
        severity=Severity.HIGH,
        witness=NULL,
    )


def _template(subject: Subject, match: OriginMatch) -> LintFinding:
    if _ORIGIN_OF_REQUEST.search(match.text):
        return reflected(subject, match)
    return finding(
        "cors.origin-template",
        match.place,
        f"{shown(match.text)} is filled in somewhere else, so nobody can tell here who is let in",
        fix="write the origins themselves",
    )


def _listed(subject: Subject, match: OriginMatch) -> Iterator[LintFinding]:
    text = match.text.lower() if match.ignore_case else match.text
    if text == NULL:
        yield null_allowed(subject, match)
        return
    never = None if subject.format == OWN else _never_matches(match, text)
    meant = never or read_entry(text, match.place.at)
    if isinstance(meant, Finding):
        yield finding(meant.code, match.place, meant.message, fix=meant.fix)
        return
    if isinstance(meant, Pattern):
        # One of those that it stands for.
        host = f"x.{meant.base.host}" if meant.is_below else meant.base.host
        meant = msgspec.structs.replace(meant.base, host=host)
    yield from reach(subject, match, meant)


def _never_matches(match: OriginMatch, text: str) -> Finding | None:
    if match.kind == "host-pattern":
        return None
    if any(separator in text.strip() for separator in ", "):
        why, fix = "holds several origins, and an answer may name only one", "compare, and send the one that came"
    elif "*" in text:
        why, fix = "is compared as it stands, so its `*` matches nothing", "list each origin"
    else:
        return None
    return Finding(code="cors.origin-malformed", at="", message=f"{shown(text)} {why}", fix=fix)


def reach(subject: Subject, match: OriginMatch, origin: Origin) -> Iterator[LintFinding]:
    """What is unwise about letting exactly `origin` in, or the hosts below it (L10, L15, L16)."""
    yield from private_origin(subject, match, origin)
    yield from insecure_origin(subject, match, origin)
    yield from shared_origin(match, origin)


def private_origin(subject: Subject, match: OriginMatch, origin: Origin) -> Iterator[LintFinding]:
    """A loopback or private origin with credentials, outside development (L15)."""
    if origin.is_private and subject.credentials and not subject.is_development:
        yield finding(
            "cors.private-origin-with-credentials",
            match.place,
            f"whatever runs at `{origin}` on the user's machine or network can act and read as the user",
            fix="keep development origins in a policy of their own",
            witness=str(origin),
        )


def insecure_origin(subject: Subject, match: OriginMatch, origin: Origin) -> Iterator[LintFinding]:
    """A plain http origin (L10). An API that is said to be plain http itself has nothing to lose by it."""
    if origin.scheme == "http" and not origin.is_loopback and subject.route.is_https is not False:
        yield finding(
            "cors.insecure-origin",
            match.place,
            f"anyone on the path can put a script into pages of `{origin}`",
            fix="serve the page by https and list that origin",
            severity=Severity.HIGH if subject.credentials else Severity.MEDIUM,
            witness=str(origin),
        )


def shared_origin(match: OriginMatch, origin: Origin) -> Iterator[LintFinding]:
    """An origin on hosting that strangers share (L16)."""
    if is_shared(origin.host):
        yield finding(
            "cors.shared-hosting-origin",
            match.place,
            f"strangers publish pages at `{origin.host}`, or can get the name once it is given up",
            fix="serve the page from a domain of your own",
            witness=str(origin),
        )
