"""What Firefox writes to its console, letter for letter (cors.md 5.3)."""

from typing import Final

from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.verdict import Refusal

Lines = tuple[str, ...]
Values = dict[str, str]

_BLOCKED: Final = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {}. "
    "(Reason: {})."
)
_ALLOW_ORIGIN: Final = "CORS header ‘Access-Control-Allow-Origin’"
_NOT_HTTP: Final = "CORS request not http"
_REASONS: Final = {
    "scheme-not-http": _NOT_HTTP,
    "origin-missing": _ALLOW_ORIGIN + " missing",
    "origin-mismatch": _ALLOW_ORIGIN + " does not match ‘{value}’",
    "origin-invalid": _ALLOW_ORIGIN + " does not match ‘{value}’",
    "origin-multiple": _ALLOW_ORIGIN + " does not match ‘{value}’",
    "origin-wildcard-with-credentials": "Credential is not supported if the " + _ALLOW_ORIGIN + " is ‘*’",
    "credentials-not-allowed": "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’",
    "preflight-redirected": "CORS request external redirect not allowed",
    "preflight-status": "CORS preflight response did not succeed",
    "preflight-methods-malformed": "invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Methods’",
    "preflight-headers-malformed": "invalid token ‘{token}’ in CORS header ‘Access-Control-Allow-Headers’",
    "method-not-allowed": "Did not find method in CORS header ‘Access-Control-Allow-Methods’",
    "header-not-allowed": "header ‘{name}’ is not allowed according to header ‘Access-Control-Allow-Headers’ from "
    "CORS preflight response",
}
_SEVERAL_FIELDS: Final = "Multiple " + _ALLOW_ORIGIN + " not allowed"
_ENDED: Final = "CORS request did not succeed"
_QUOTES_URL: Final = frozenset(("origin-wildcard-with-credentials",))
_WITH_STATUS: Final = frozenset(("origin-missing", "preflight-status"))
# Of a redirect that is not followed, this is said of the response that redirects.
_NOT_FOLLOWED: Final = frozenset(
    (
        "bad-port", "mixed-content", "redirect-scheme", "redirect-location-invalid", "redirect-too-many",
        "redirect-has-credentials", "redirect-body-stream",
    )
)  # fmt: skip
# It is said even of the first redirect away from the page's own origin.
_ALWAYS_SAID: Final = frozenset(("bad-port", "redirect-has-credentials"))
# The scene of these is already where the redirect leads.
_SEEN_THERE: Final = frozenset(("bad-port", "mixed-content"))
_LINKS: Final = ("stylesheet", "font-preload", "manifest")
# Of links it says this of these alone.
_SAID_OF_LINKS: Final = ("about", "javascript")
# No page may open these, so nothing is asked across origins.
_CLOSED: Final = ("about", "blob", "chrome", "file", "resource", "view-source", "ws", "wss")
# Nothing is said of redirects to these schemes. For others another program might have been looked for.
_QUIET: Final = ("about:", "blob:", "data:", "file:", "javascript:")


def lines(refusal: Refusal, scene: Scene) -> Lines:
    """The reason, and a last line once a request that was sent across origins has come to nothing."""
    code, values = refusal.code, {**scene.values, **refusal.values}
    is_preflight = scene.purpose == "preflight"
    if code == "network-error":
        times = 1 + (is_preflight and scene.is_cross_origin)
        return (_ended(scene.urls[-1]),) * times if scene.tainting == "cors" else ()
    if code in _NOT_FOLLOWED:
        return _not_followed(code, scene, values)
    if code not in _REASONS or (code == "scheme-not-http" and not _says_scheme(scene, values)):
        return ()
    reasons = tuple(_reason(each, refusal, scene, values) for each in _codes(code, scene))
    is_followed = bool(values.get("leads_on")) and scene.redirect == "follow"
    return (*reasons, *(_ended(scene.urls[-1]),) * (is_preflight + is_followed))


def _not_followed(code: str, scene: Scene, values: Values) -> Lines:
    redirecting = scene.urls[:-1] if code in _SEEN_THERE else scene.urls
    if scene.mode != "cors" or scene.redirect != "follow" or not redirecting:
        return ()
    is_led_out = code == "redirect-scheme" and not values["location"].startswith(_QUIET)
    is_said = scene.tainting == "cors" or code in _ALWAYS_SAID
    led_out = (_BLOCKED.format(values["location"], _NOT_HTTP),) if is_led_out else ()
    return (*led_out, _ended(redirecting[-1])) if is_said else led_out


def _codes(code: str, scene: Scene) -> tuple[str, ...]:
    """The reasons that are given for a refusal; a preflight is redirected only where redirects are followed."""
    if code != "preflight-redirected":
        return (code,)
    return (code, "preflight-status") if scene.redirect == "follow" else ("preflight-status",)


def _says_scheme(scene: Scene, values: Values) -> bool:
    scheme = values["scheme"]
    is_link = scene.initiator in _LINKS and scheme not in _SAID_OF_LINKS
    is_closed = scheme in _CLOSED and values["url"].partition("?")[0] != "about:blank"
    return scene.mode == "cors" and scene.kind != "resource" and not is_link and not is_closed


def _reason(code: str, refusal: Refusal, scene: Scene, values: Values) -> str:
    several = int(refusal.values.get("fields", "1")) > 1
    # What came as bytes is shown as UTF-8.
    shown = {name: value.encode("latin-1", "replace").decode("utf-8", "replace") for name, value in values.items()}
    reason = _SEVERAL_FIELDS if several else _REASONS[code].format_map(shown)
    whole = str(scene.urls[-1])
    ending = f" Status code: {values['status']}." if code in _WITH_STATUS else ""
    return _BLOCKED.format(f"‘{whole}’" if code in _QUOTES_URL else whole, reason) + ending


def _ended(url: Url | None) -> str:
    return _BLOCKED.format(url, _ENDED) + " Status code: (null)."
