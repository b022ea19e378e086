"""Rules about what runs ahead of CORS, and beside it (L34-L38, X06)."""

from collections.abc import Iterator

from crossgate.cors.check import shown
from crossgate.cors.lint.finding import LintFinding, finding
from crossgate.cors.lint.subject import Subject


def order(subject: Subject) -> Iterator[LintFinding]:
    """What keeps preflights, redirected requests and errors from their CORS headers."""
    yield from _preflights(subject)
    if subject.debug is not None:
        yield finding(
            "cors.debug-on",
            subject.debug,
            "refused preflights tell everyone why they are refused, and so what the policy allows",
            fix="switch it off when you are done",
        )
    if subject.order.redirect is not None:
        yield finding(
            "cors.redirect-before-cors",
            subject.order.redirect,
            "requests are redirected here before CORS sees them, and no preflight may be redirected",
            fix="leave the route out of the redirect, or put the redirect behind CORS",
        )
    if subject.backend_cors == "passed" and subject.origins:
        yield finding(
            "cors.set-twice",
            subject.place,
            "the backend's own CORS headers are passed on beside these, and browsers refuse an answer with two",
            fix="remove the backend's CORS headers here, or switch one of the two off",
            witness="Access-Control-Allow-Origin",
        )
    if subject.on_errors is False and subject.origins:
        yield finding(
            "cors.errors-without-cors",
            subject.place,
            "errors are answered without the CORS headers, so pages see a CORS error instead",
            fix="add the headers to all answers, errors included",
        )
    for place in subject.lost:
        yield finding(
            "cors.headers-lost",
            place,
            "this block writes headers of its own, and by that loses the CORS headers written around it",
            fix="write the CORS headers here as well",
        )
    if subject.is_header_rule and _covers_everything(subject) and subject.origins:
        yield finding(
            "cors.global-header-rule",
            subject.place,
            "a rule for all answers adds the CORS headers, so login pages and internal routes get them, too",
            fix="set them for the routes that need them, by a CORS policy if there is one",
        )


def _preflights(subject: Subject) -> Iterator[LintFinding]:
    status = subject.preflight_status
    # A redirect is a finding of its own.
    is_redirected = subject.order.redirect is not None and status is not None and status.text.startswith("3")
    if (
        status is not None
        and not is_redirected
        and not (status.text.startswith("2") and len(status.text) == 3 and status.text.isdigit())
    ):
        yield finding(
            "cors.preflight-status-not-2xx",
            status.place,
            f"browsers refuse every preflight whose status is not 200 to 299, and this is {shown(status.text)}",
            fix="write 204, or 200 for old proxies",
        )
    if subject.preflight_without is not None:
        yield finding(
            "cors.preflight-without-headers",
            subject.preflight_without,
            "preflights are answered here without Access-Control-Allow-Origin, so what needs one fails",
            fix="add the CORS headers to the answer to OPTIONS",
            witness="OPTIONS",
        )
    for place, what in (
        (subject.order.auth, "authentication runs before CORS, and a preflight has no credentials"),
        (subject.order.method_filter, "OPTIONS does not get through to CORS"),
    ):
        if place is not None:
            yield finding(
                "cors.preflight-blocked",
                place,
                f"{what}, so every request that needs a preflight fails",
                fix="let CORS run first, and let OPTIONS through",
                witness="OPTIONS",
            )


def _covers_everything(subject: Subject) -> bool:
    paths = subject.route.paths
    return not paths or (subject.route.path_matching in (None, "prefix") and "/" in paths)
