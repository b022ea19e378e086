"""What Chromium writes to its console, letter for letter (cors.md 5.2)."""

import re
from collections.abc import Callable
from typing import Final

from crossgate.cors.browser.scene import Scene
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.verdict import Refusal

Lines = tuple[str, ...]
Values = dict[str, str]

_FAILED: Final = "Failed to load resource: net::ERR_{}"
_VALID: Final = " Have the server send the header with a valid value."
_XHR: Final = (
    " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials "
    "attribute."
)
_CANNOT_LOAD: Final = "Fetch API cannot load {url}."
_THREW: Final = "Failed to execute 'fetch' on 'Window': "
_SCRIPTED: Final = ("fetch", "XMLHttpRequest")

_IN_FRAME: Final = {
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
# What fetch() alone says of its first URL, and outside the frame.
_OF_FETCH: Final = {
    "scheme-not-http": _CANNOT_LOAD + ' URL scheme "{scheme}" is not supported.',
    "same-origin-mode": _CANNOT_LOAD
    + ' Request mode is "same-origin" but the URL\'s origin is not same as the request origin {origin}.',
    "no-cors-redirect-mode": _CANNOT_LOAD + ' Request mode is "no-cors" but the redirect mode is not "follow".',
    "method-forbidden": _THREW + "'{name}' HTTP method is unsupported.",
    "url-has-credentials": _THREW + "Request cannot be constructed from a URL that includes credentials: {text}",
}
_UNFRAMED: Final = {
    "bad-port": _FAILED.format("UNSAFE_PORT"),
    "url-credentials-blocked": "Subresource requests whose URLs contain embedded credentials (e.g. "
    "`https://user:pass@host/`) are blocked. See https://www.chromestatus.com/feature/5669008342777856 for more "
    "details.",
    "redirect-scheme": _FAILED.format("UNSAFE_REDIRECT"),
    "redirect-location-invalid": _FAILED.format("INVALID_REDIRECT"),
    "redirect-too-many": _FAILED.format("TOO_MANY_REDIRECTS"),
}
_UNSAFE: Final = "Unsafe attempt to load URL {} from frame with URL {}. Domains, protocols and ports must match.\n"
_BY_POLICY: Final = {
    "same-origin": _FAILED.format("BLOCKED_BY_RESPONSE.NotSameOrigin"),
    "same-site": _FAILED.format("BLOCKED_BY_RESPONSE.NotSameSite"),
}
_LOCAL: Final = ("chrome", "file", "view-source")
_OWN: Final = ("blob", "filesystem")
_UNSAFE_SCHEMES: Final = frozenset(("about", "blob", "data", "file", "filesystem"))
_UNKNOWN_SCHEME: Final = (_FAILED.format("UNKNOWN_URL_SCHEME"),)
# What the console shows of a response is escaped.
_ESCAPED: Final = re.compile(r"[\x00-\x1f\x7f-\xff]")


def lines(refusal: Refusal, scene: Scene) -> Lines:
    """The lines for a refusal; none when nothing is said of it."""
    code, values = refusal.code, {**scene.values, **refusal.values}
    is_call = scene.kind == "fetch" and len(scene.urls) == 1
    if _is_local(code, scene, values["scheme"], is_call=is_call):
        url = scene.urls[-1]
        assert url is not None, "its scheme is known"
        return (f"Not allowed to load local resource: {url.without_credentials}",)
    if scene.mode in ("navigate", "websocket"):
        return ()
    if code in _OF_FETCH and is_call:
        return (_OF_FETCH[code].format_map({**values, "url": str(scene.urls[0])}),)
    if code in _SPECIAL:
        return _SPECIAL[code](scene, values)
    if code in _UNFRAMED:
        return (_UNFRAMED[code],)
    return _framed(code, scene, values, _urls(scene)) if code in _IN_FRAME else ()


def _is_local(code: str, scene: Scene, scheme: str, *, is_call: bool) -> bool:
    """Whether it is refused because no page may show what is in the browser, or another page's."""
    if is_call and code in _OF_FETCH:
        return scheme == "file" and code == "scheme-not-http"
    if _is_dropped(scene, scheme):
        return False
    is_there = scheme in _LOCAL or (scheme in _OWN and scene.is_cross_origin)
    return is_there and code in ("scheme-not-http", "local-url", "same-origin-mode")


def _is_dropped(scene: Scene, scheme: str) -> bool:
    """Whether send() gives it up by itself, and says nothing: `ftp:`, and a blob that is to be more than read."""
    return scene.kind == "XMLHttpRequest" and (scheme == "ftp" or (scheme == "blob" and scene.method != "GET"))


def _scheme(scene: Scene, values: Values) -> Lines:
    if scene.mode == "no-cors":
        return _UNKNOWN_SCHEME
    if _is_dropped(scene, values["scheme"]):
        return ()
    return _framed("scheme-not-http", scene, values, _urls(scene))


def _redirect_scheme(scene: Scene, values: Values) -> Lines:
    if _is_unsafe(values["location"]):
        return (_UNFRAMED["redirect-scheme"],)
    if scene.mode == "same-origin":
        return _unsafe_attempt(scene, values["location"])
    if scene.mode == "no-cors":
        return _UNKNOWN_SCHEME
    # Where the redirect leads is the last URL here, though nothing was ever sent there.
    return _framed("scheme-not-http", scene, values, [*_urls(scene), values["location"]])


def _same_origin(scene: Scene, values: Values) -> Lines:
    return _unsafe_attempt(scene, str(scene.urls[-1]))


def _unsafe_attempt(scene: Scene, url: str) -> Lines:
    return (_UNSAFE.format(url, scene.page_url),) if scene.kind == "fetch" else ()


def _integrity(scene: Scene, values: Values) -> Lines:
    if scene.kind != "fetch":
        return ()
    return (_CANNOT_LOAD.format(url=scene.urls[0]) + " SRI's integrity checks failed.",)


def _redirect_mode(scene: Scene, values: Values) -> Lines:
    if scene.kind != "fetch":
        return ()
    return (_UNFRAMED["redirect-scheme"],) if _is_unsafe(values["location"]) else (_FAILED.format("FAILED"),)


def _is_unsafe(location: str) -> bool:
    """Whether no redirect may ever lead there, even one that is not to be followed."""
    return location.partition(":")[0] in _UNSAFE_SCHEMES


def _resource_policy(scene: Scene, values: Values) -> Lines:
    return (_BY_POLICY[values["value"]],)


_SPECIAL: Final[dict[str, Callable[[Scene, Values], Lines]]] = {
    "scheme-not-http": _scheme,
    "redirect-scheme": _redirect_scheme,
    "same-origin-mode": _same_origin,
    "integrity-without-body": _integrity,
    "redirect-mode-error": _redirect_mode,
    "resource-policy": _resource_policy,
}


def _framed(code: str, scene: Scene, values: Values, urls: list[str]) -> Lines:
    first = f"(redirected from '{urls[0]}') " if len(urls) > 1 else ""
    is_preflight = scene.purpose == "preflight" and code in _PREFIXED
    prefix = "Response to preflight request doesn't pass access control check: " if is_preflight else ""
    escaped = {name: _ESCAPED.sub(_escape, value) for name, value in values.items()}
    text = _IN_FRAME[code].format_map(escaped) + _ENDINGS.get((code, scene.kind), "")
    frame = f"Access to {scene.kind} at '{urls[-1]}' {first}from origin '{scene.page}'"
    return (f"{frame} has been blocked by CORS policy: {prefix}{text}", _FAILED.format("FAILED"))


def _urls(scene: Scene) -> list[str]:
    return [_shown(url, scene) for url in scene.urls if url is not None]


def _shown(url: Url, scene: Scene) -> str:
    """A URL, of an element without the user name and the password in it."""
    return str(url) if scene.kind in _SCRIPTED else url.without_credentials + url.fragment


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"
