"""Rules about caches, of responses and of preflights (L19-L21, L31-L33)."""

from collections.abc import Iterator
from typing import Final

from crossgate.cors.check import shown
from crossgate.cors.finding import Severity
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.subject import Place, Subject
from crossgate.cors.policy import MAX_AGE_S

CHROMIUM_MAX_AGE_S: Final = 7_200
_SAFE: Final = frozenset(("GET", "HEAD", "OPTIONS"))
_SAFELISTED: Final = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
_SAFELISTED_HEADERS: Final = frozenset(("accept", "accept-language", "content-language", "range"))


def responses(subject: Subject) -> Iterator[LintFinding]:
    """Caches that give one origin the answer made for another (L19-L21)."""
    if subject.vary == "never" and _depends_on_origin(subject):
        yield finding(
            "cors.vary-missing",
            subject.place,
            "which origin is named depends on the request, and caches are not told",
            witness="Vary",
        )
    if subject.vary == "with-origin" and subject.origins:
        yield finding(
            "cors.vary-only-with-origin",
            subject.place,
            "caches are told only when the request had an Origin",
            witness="Vary",
        )
    if subject.order.cache is not None:
        yield finding(
            "cors.cached-before-cors",
            subject.order.cache,
            "this cache keeps answers with the CORS headers of whoever came first",
            fix="add the CORS headers after the cache, or make Origin part of its key",
        )


def _depends_on_origin(subject: Subject) -> bool:
    kinds = {match.kind for match in subject.origins}
    if "any" in kinds:
        return False
    is_fixed = (
        len(subject.origins) == 1 and subject.origins[0].kind == "exact" and subject.origins[0].sent is not None
    )
    return bool(kinds) and not is_fixed


def preflights(subject: Subject) -> Iterator[LintFinding]:
    """How long browsers keep a preflight (L31-L33)."""
    said = subject.max_age
    if said is None:
        if any(method not in _SAFELISTED for method in subject.route.methods or ()) and subject.origins:
            yield finding(
                "cors.no-max-age",
                subject.place,
                "no max age is sent, so browsers ask again after five seconds",
                fix="send 600",
            )
        return
    seconds = _seconds(said.text)
    if seconds is None:
        yield finding(
            "cors.no-max-age",
            said.place,
            f"{shown(said.text)} is not a number of seconds, so browsers use their own few",
            fix="write 600",
        )
    elif seconds < 0:
        yield finding(
            "cors.max-age-out-of-range",
            said.place,
            "a negative age is not a number of seconds, and browsers disagree about what it means",
            fix="write 0 to switch the browsers' preflight cache off, or up to 86400",
        )
    elif seconds == 0 and _has_preflights(subject):
        yield finding(
            "cors.no-max-age", said.place, "every request that needs a preflight asks again", fix="write 600"
        )
    elif seconds > CHROMIUM_MAX_AGE_S:
        yield from _long(subject, said.place, seconds)


def _long(subject: Subject, place: Place, seconds: int) -> Iterator[LintFinding]:
    shorter = f"write {CHROMIUM_MAX_AGE_S} or less; Firefox alone keeps up to {MAX_AGE_S}"
    if seconds > MAX_AGE_S:
        yield finding(
            "cors.max-age-capped", place, "no browser keeps a preflight for more than a day", fix=shorter
        )
    if _changes_things(subject):
        yield finding(
            "cors.slow-revocation",
            place,
            "pages that are no longer allowed may go on sending requests that change things, for up to a day",
            fix=f"write 600 to 3600, and never more than {CHROMIUM_MAX_AGE_S}",
        )
    else:
        yield finding(
            "cors.long-max-age",
            place,
            f"Chromium keeps a preflight for {CHROMIUM_MAX_AGE_S} seconds, Safari for 600; in Firefox pages "
            "that are no longer allowed may go on sending preflighted requests for up to a day",
            fix=shorter,
            severity=Severity.INFO,
        )


def _seconds(text: str) -> int | None:
    try:
        return int(text) if len(text) <= 20 else MAX_AGE_S + 1
    except ValueError:
        return None


def _changes_things(subject: Subject) -> bool:
    if subject.reflects_methods is not None:
        return True
    listed = {said.text.upper() for said in subject.methods or ()} or set(subject.route.methods or ())
    return not listed <= _SAFE


def _has_preflights(subject: Subject) -> bool:
    methods = [said.text for said in subject.methods or ()]
    headers = [said.text.lower() for said in subject.headers or ()]
    asks = any(method not in _SAFELISTED for method in (*methods, *(subject.route.methods or ())))
    return asks or any(header not in _SAFELISTED_HEADERS for header in headers)
