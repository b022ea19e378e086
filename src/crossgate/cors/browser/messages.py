"""What each browser writes to its console, letter for letter (cors.md 5.2 to 5.4).

Chromium's and Firefox's lines stand in a frame that names the resource; WebKit's stand alone.
"""

from typing import Final

import msgspec

from crossgate.cors.browser.profiles import ProfileName
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import Purpose
from crossgate.cors.browser.verdict import Refusal

_FAILED: Final = "Failed to load resource: net::ERR_{}"
_VALID: Final = " Have the server send the header with a valid value."
_XHR: Final = (
    " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials "
    "attribute."
)
_CANNOT_LOAD: Final = "Fetch API cannot load {url}"
_FETCH_THREW: Final = "Failed to execute 'fetch' on 'Window': "

_CHROMIUM_IN_FRAME: Final = {
    "origin-missing": "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
    "origin-mismatch": "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the "
    "supplied origin.",
    "origin-multiple": "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one "
    "is allowed.",
    "origin-invalid": "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.",
    "origin-wildcard-with-credentials": "The value of the 'Access-Control-Allow-Origin' header in the response "
    "must not be the wildcard '*' when the request's credentials mode is 'include'.",
    "credentials-not-allowed": "The value of the 'Access-Control-Allow-Credentials' header in the response is "
    "'{credentials}' which must be 'true' when the request's credentials mode is 'include'.",
    "preflight-status": "It does not have HTTP ok status.",
    "preflight-redirected": "Redirect is not allowed for a preflight request.",
    "preflight-methods-malformed": "Cannot parse Access-Control-Allow-Methods response header field in preflight "
    "response.",
    "preflight-headers-malformed": "Cannot parse Access-Control-Allow-Headers response header field in preflight "
    "response.",
    "method-not-allowed": "Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.",
    "header-not-allowed": "Request header field {name} is not allowed by Access-Control-Allow-Headers in "
    "preflight response.",
    # The browser leaves the location out, and the quotes empty.
    "redirect-has-credentials": "Redirect location '' contains a username and password, which is disallowed for "
    "cross-origin requests.",
    "scheme-not-http": "Cross origin requests are only supported for protocol schemes: chrome, "
    "chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, https, "
    "isolated-app.",
    "same-origin-mode": "Cross origin requests are not allowed by request mode.",
    "local-network-insecure": "The request client is not a secure context and the resource is in more-private "
    "address space `{space}`.",
    "local-network-target": "Request had a target IP address space of `{target}` yet the resource is in address "
    "space `{space}`.",
    "local-network-denied": "Permission was denied for this request to access the `{space}` address space.",
}
_PREFIXED: Final = frozenset(
    (
        "origin-missing", "origin-mismatch", "origin-multiple", "origin-invalid",
        "origin-wildcard-with-credentials", "credentials-not-allowed", "preflight-status", "preflight-redirected",
    )
)  # fmt: skip
_ENDINGS: Final = {
    ("origin-mismatch", "fetch"): _VALID,
    ("origin-multiple", "fetch"): _VALID,
    ("origin-invalid", "fetch"): _VALID,
    ("origin-wildcard-with-credentials", "XMLHttpRequest"): _XHR,
    ("credentials-not-allowed", "XMLHttpRequest"): _XHR,
}
# What fetch() alone says, and outside the frame.
_CHROMIUM_FETCH: Final = {
    "scheme-not-http": _CANNOT_LOAD + '. URL scheme "{scheme}" is not supported.',
    "same-origin-mode": _CANNOT_LOAD
    + ' Request mode is "same-origin" but the URL\'s origin is not same as the request origin {origin}.',
    "no-cors-redirect-mode": _CANNOT_LOAD + ' Request mode is "no-cors" but the redirect mode is not "follow".',
    "method-forbidden": _FETCH_THREW + "'{name}' HTTP method is unsupported.",
    "url-has-credentials": _FETCH_THREW
    + "Request cannot be constructed from a URL that includes credentials: {text}",
}
_CHROMIUM_ALONE: Final = {
    "bad-port": _FAILED.format("UNSAFE_PORT"),
    "redirect-scheme": _FAILED.format("UNSAFE_REDIRECT"),
}
_ALLOW_ORIGIN: Final = "CORS header ‘Access-Control-Allow-Origin’"
_FIREFOX: Final = {
    "network-error": "CORS request did not succeed",
    "scheme-not-http": "CORS request not http",
    "redirect-scheme": "CORS request not http",
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
_FIREFOX_SEVERAL_FIELDS: Final = "Multiple " + _ALLOW_ORIGIN + " not allowed"
_FIREFOX_WITH_STATUS: Final = frozenset(("network-error", "origin-missing", "preflight-status"))
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
    },
}


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where a refusal happened: what asked (in Chromium's word), the URLs so far, the origin as sent."""

    kind: str
    urls: tuple[Url | None, ...]
    origin: str
    method: str
    purpose: Purpose = "actual"

    @property
    def values(self) -> dict[str, str]:
        """What the sentences of every refusal may name."""
        url = self.urls[-1]
        text = url.text if url else ""
        return {
            "url": text,
            "scheme": url.scheme if url else "",
            "origin": self.origin,
            "method": self.method,
            "response": "The answer to the preflight"
            if self.purpose == "preflight"
            else f"The response from {text}",
        }


def scene(request: Request, purpose: Purpose = "actual") -> Scene:
    """The scene of a request on its way."""
    return Scene(
        kind=request.kind,
        urls=request.urls,
        origin=request.origin,
        method=request.method.decode("latin-1"),
        purpose=purpose,
    )


def console(browser: ProfileName, refusal: Refusal, scene: Scene) -> tuple[str, ...]:
    """The lines that `browser` writes; none when it has nothing to say of this."""
    values = {**scene.values, **refusal.values}
    if browser == "chromium":
        return _chromium(refusal, scene, values)
    return _firefox(refusal, values) if browser == "firefox" else _webkit(refusal, values)


def _chromium(refusal: Refusal, scene: Scene, values: dict[str, str]) -> tuple[str, ...]:
    code, url = refusal.code, values["url"]
    if code == "scheme-not-http" and values["scheme"] == "file":
        return (f"Not allowed to load local resource: {url}",)
    if code in _CHROMIUM_FETCH and scene.kind == "fetch" and len(scene.urls) == 1:
        return (_CHROMIUM_FETCH[code].format_map(values),)
    if code in _CHROMIUM_ALONE:
        return (_CHROMIUM_ALONE[code],)
    if code not in _CHROMIUM_IN_FRAME:
        return ()
    first = f"(redirected from '{scene.urls[0].text}') " if len(scene.urls) > 1 and scene.urls[0] else ""
    is_preflight = scene.purpose == "preflight" and code in _PREFIXED
    prefix = "Response to preflight request doesn't pass access control check: " if is_preflight else ""
    text = _CHROMIUM_IN_FRAME[code].format_map(values) + _ENDINGS.get((code, scene.kind), "")
    frame = f"Access to {scene.kind} at '{url}' {first}from origin '{scene.origin}'"
    return (f"{frame} has been blocked by CORS policy: {prefix}{text}", _FAILED.format("FAILED"))


def _firefox(refusal: Refusal, values: dict[str, str]) -> tuple[str, ...]:
    if refusal.code not in _FIREFOX:
        return ()
    several = int(refusal.values.get("fields", "1")) > 1
    reason = _FIREFOX_SEVERAL_FIELDS if several else _FIREFOX[refusal.code].format_map(values)
    status = values.get("status") if refusal.code in _FIREFOX_WITH_STATUS else None
    ending = f" Status code: {status}." if status else ""
    blocked = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    return (f"{blocked} {values['url']}. (Reason: {reason}).{ending}",)


def _webkit(refusal: Refusal, values: dict[str, str]) -> tuple[str, ...]:
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
