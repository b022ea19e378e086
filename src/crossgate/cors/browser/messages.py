"""What each browser writes to its console, letter for letter, and what the script gets (cors.md 5.2 to 5.4).

WebKit's lines are here, the others' next door.
"""

from typing import Final

from crossgate.cors.browser import chromium_console, firefox_console
from crossgate.cors.browser.profiles import ProfileName
from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.verdict import Refusal

_NOT_ALLOWED: Final = "Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: {status}"
_NOT_SUCCESSFUL: Final = "Preflight response is not successful. Status code: {status}"
_INVALID_VALUE: Final = "Header {header} has an invalid value: {value}"
_WEBKIT: Final = {
    "origin-missing": _NOT_ALLOWED,
    "origin-mismatch": _NOT_ALLOWED,
    "origin-invalid": _NOT_ALLOWED,
    "origin-multiple": _NOT_ALLOWED,
    "origin-wildcard-with-credentials": "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag "
    "is true.",
    "credentials-not-allowed": 'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',
    "preflight-status": _NOT_SUCCESSFUL,
    "preflight-redirected": _NOT_SUCCESSFUL,
    "method-not-allowed": "Method {method} is not allowed by Access-Control-Allow-Methods.",
    "header-not-allowed": "Request header field {name} is not allowed by Access-Control-Allow-Headers.",
    "preflight-methods-malformed": _INVALID_VALUE,
    "preflight-headers-malformed": _INVALID_VALUE,
    "redirect-scheme": "not allowed to follow a cross-origin CORS redirection with non CORS scheme",
    "redirect-has-credentials": "redirection URL {location} has credentials",
}
_WEBKIT_SEVERAL: Final = "Access-Control-Allow-Origin cannot contain more than one origin."

WARNINGS: Final[dict[str, dict[ProfileName, str]]] = {
    "authorization-covered-by-wildcard": {
        "chromium": "Authorization will not be covered by the wildcard symbol (*) in CORS "
        "`Access-Control-Allow-Headers` handling.",
        "firefox": "Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote "
        "resource at {url} soon. (Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` "
        "header is not covered. To include the `Authorization` header, it must be explicitly listed in CORS "
        "header `Access-Control-Allow-Headers`).",
    },
}


def console(browser: ProfileName, refusal: Refusal, scene: Scene) -> tuple[str, ...]:
    """The lines that `browser` writes; none when it has nothing to say of this."""
    if browser == "chromium":
        return chromium_console.lines(refusal, scene)
    return firefox_console.lines(refusal, scene) if browser == "firefox" else _webkit(refusal, scene)


def _webkit(refusal: Refusal, scene: Scene) -> tuple[str, ...]:
    values = {**scene.values, **refusal.values}
    if refusal.code == "origin-multiple" and "," in values["value"]:
        return (_WEBKIT_SEVERAL,)
    return (_WEBKIT[refusal.code].format_map(values),) if refusal.code in _WEBKIT else ()


_REJECTIONS: Final[dict[ProfileName, str]] = {
    "standard": "TypeError",
    "chromium": "TypeError: Failed to fetch",
    "firefox": "TypeError: NetworkError when attempting to fetch resource.",
    "webkit": "TypeError: Load failed",
}


def script_error(kind: str, profile: ProfileName) -> str:
    """What the script gets for a network error, which never says why.

    WebKit's sentence is known from use, not from its source.
    """
    if kind == "fetch":
        return _REJECTIONS[profile]
    return "error event, status 0" if kind == "XMLHttpRequest" else "error event"
