"""What each browser writes to its console, letter for letter (cors.md 5.2 to 5.4).

Chromium's and Firefox's lines stand in a frame that names the resource; WebKit's stand alone.
"""

import re
from typing import Final

import msgspec

from crossgate.cors.browser.profiles import ProfileName
from crossgate.cors.browser.redirects import UNSAFE_SCHEMES
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import Url
from crossgate.cors.browser.values import Mode, Purpose, Redirect, Tainting
from crossgate.cors.browser.verdict import Refusal

_FAILED: Final = "Failed to load resource: net::ERR_{}"
_VALID: Final = " Have the server send the header with a valid value."
_XHR: Final = (
    " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials "
    "attribute."
)
_CANNOT_LOAD: Final = "Fetch API cannot load {url}."
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
    "scheme-not-http": _CANNOT_LOAD + ' URL scheme "{scheme}" is not supported.',
    "same-origin-mode": _CANNOT_LOAD
    + ' Request mode is "same-origin" but the URL\'s origin is not same as the request origin {origin}.',
    "no-cors-redirect-mode": _CANNOT_LOAD + ' Request mode is "no-cors" but the redirect mode is not "follow".',
    "method-forbidden": _FETCH_THREW + "'{name}' HTTP method is unsupported.",
    "url-has-credentials": _FETCH_THREW
    + "Request cannot be constructed from a URL that includes credentials: {text}",
}
_CHROMIUM_ALONE: Final = {
    "bad-port": _FAILED.format("UNSAFE_PORT"),
    "url-credentials-blocked": "Subresource requests whose URLs contain embedded credentials (e.g. "
    "`https://user:pass@host/`) are blocked. See https://www.chromestatus.com/feature/5669008342777856 for more "
    "details.",
    "redirect-scheme": _FAILED.format("UNSAFE_REDIRECT"),
    "redirect-location-invalid": _FAILED.format("INVALID_REDIRECT"),
    "redirect-too-many": _FAILED.format("TOO_MANY_REDIRECTS"),
}
_CHROMIUM_UNSAFE: Final = (
    "Unsafe attempt to load URL {} from frame with URL {}. Domains, protocols and ports must match.\n"
)
_CHROMIUM_BY_POLICY: Final = {
    "same-origin": _FAILED.format("BLOCKED_BY_RESPONSE.NotSameOrigin"),
    "same-site": _FAILED.format("BLOCKED_BY_RESPONSE.NotSameSite"),
}
# What the console shows of a response's value is escaped.
_CHROMIUM_ESCAPES: Final = re.compile(r"[\x00-\x1f\x7f-\xff]")
_ALLOW_ORIGIN: Final = "CORS header ‘Access-Control-Allow-Origin’"
_FIREFOX_NOT_HTTP: Final = "CORS request not http"
# The schemes, among those that are not for pages, for which Firefox looks for another program.
_LED_OUT: Final = ("ftp:", "mailto:")
_FIREFOX: Final = {
    "scheme-not-http": _FIREFOX_NOT_HTTP,
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
_FIREFOX_QUOTES_URL: Final = ("origin-wildcard-with-credentials",)
_FIREFOX_SEVERAL_FIELDS: Final = "Multiple " + _ALLOW_ORIGIN + " not allowed"
_FIREFOX_WITH_STATUS: Final = frozenset(("origin-missing", "preflight-status"))
_FIREFOX_BLOCKED: Final = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {}. "
    "(Reason: {})."
)
_FIREFOX_ENDED: Final = "CORS request did not succeed"
_FIREFOX_ALWAYS_SAID: Final = frozenset(("bad-port", "redirect-has-credentials"))
# Where a redirect led that is not followed, this is said of the response that redirects.
_FIREFOX_NOT_FOLLOWED: Final = frozenset(
    (
        "bad-port", "mixed-content", "redirect-scheme", "redirect-location-invalid", "redirect-too-many", "redirect-has-credentials",
        "redirect-body-stream",
    )
)  # fmt: skip
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


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where a refusal happened: what asked (in Chromium's word), the URLs so far, the origin as sent.

    `page` is the page's origin, `page_url` its address, `mode` and `redirect` are the request's; `tainting` is
    that of the last hop that was sent.
    """

    kind: str
    urls: tuple[Url | None, ...]
    origin: str
    page: str
    method: str
    page_url: str = ""
    purpose: Purpose = "actual"
    mode: Mode = "cors"
    redirect: Redirect = "follow"
    tainting: Tainting = "basic"

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
        page=request.page.origin,
        page_url=request.page.address,
        method=request.method.decode("latin-1"),
        purpose=purpose,
        mode=request.mode,
        redirect=request.redirect,
        tainting=request.tainting,
    )


def console(browser: ProfileName, refusal: Refusal, scene: Scene) -> tuple[str, ...]:
    """The lines that `browser` writes; none when it has nothing to say of this."""
    values = {**scene.values, **refusal.values}
    if browser == "chromium":
        return _chromium(refusal, scene, values)
    return _firefox(refusal, scene, values) if browser == "firefox" else _webkit(refusal, values)


def _chromium(refusal: Refusal, scene: Scene, values: dict[str, str]) -> tuple[str, ...]:
    code, url = refusal.code, values["url"]
    if code == "scheme-not-http" and values["scheme"] == "file":
        return (f"Not allowed to load local resource: {url}",)
    if code == "integrity-without-body" and scene.kind == "fetch":
        return (_CANNOT_LOAD.format(url=scene.urls[0]) + " SRI's integrity checks failed.",)
    if code in _CHROMIUM_FETCH and scene.kind == "fetch" and len(scene.urls) == 1:
        return (_CHROMIUM_FETCH[code].format_map({**values, "url": str(scene.urls[-1])}),)
    if code == "scheme-not-http" and scene.mode == "no-cors":
        return (_FAILED.format("UNKNOWN_URL_SCHEME"),)
    if code == "scheme-not-http" and scene.kind == "XMLHttpRequest" and values["scheme"] == "ftp":
        return ()
    urls = [each.without_credentials + each.fragment for each in scene.urls if each is not None]
    if code == "redirect-scheme" and values["location"].partition(":")[0] not in UNSAFE_SCHEMES:
        if scene.mode == "no-cors":
            return (_FAILED.format("UNKNOWN_URL_SCHEME"),)
        # Where a redirect leads is the last URL here, though nothing was ever sent there.
        code, urls = "scheme-not-http", [*urls, values["location"]]
    if code == "resource-policy":
        return (_CHROMIUM_BY_POLICY[values["value"]],)
    if code == "redirect-mode-error":
        return (_FAILED.format("FAILED"),) if scene.kind == "fetch" and values["to"].startswith("http") else ()
    if code == "bad-port" and scene.mode == "navigate":
        return ()
    if code in _CHROMIUM_ALONE:
        return (_CHROMIUM_ALONE[code].format_map(values),)
    if code == "same-origin-mode" and scene.kind == "fetch":
        return (_CHROMIUM_UNSAFE.format(url, scene.page_url),)
    if code not in _CHROMIUM_IN_FRAME:
        return ()
    first = f"(redirected from '{urls[0]}') " if len(urls) > 1 else ""
    is_preflight = scene.purpose == "preflight" and code in _PREFIXED
    prefix = "Response to preflight request doesn't pass access control check: " if is_preflight else ""
    escaped = {name: _CHROMIUM_ESCAPES.sub(_escaped, value) for name, value in values.items()}
    text = _CHROMIUM_IN_FRAME[code].format_map(escaped) + _ENDINGS.get((code, scene.kind), "")
    frame = f"Access to {scene.kind} at '{urls[-1]}' {first}from origin '{scene.page}'"
    return (f"{frame} has been blocked by CORS policy: {prefix}{text}", _FAILED.format("FAILED"))


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"


def _firefox(refusal: Refusal, scene: Scene, values: dict[str, str]) -> tuple[str, ...]:
    """Its reasons, and a last line once a request that was sent across origins has come to nothing."""
    code, is_preflight = refusal.code, scene.purpose == "preflight"
    if code == "network-error":
        return (_firefox_ended(scene.urls[-1]),) * (1 + is_preflight) if scene.tainting == "cors" else ()
    if code in _FIREFOX_NOT_FOLLOWED:
        is_next = code in ("bad-port", "mixed-content")
        redirecting = scene.urls[:-1] if is_next else scene.urls
        is_said = scene.mode == "cors" if code in _FIREFOX_ALWAYS_SAID else scene.tainting == "cors"
        is_said = is_said and bool(redirecting) and scene.redirect == "follow"
        ended = (_firefox_ended(redirecting[-1]),) if is_said else ()
        if code == "redirect-scheme" and scene.mode == "cors" and scene.redirect == "follow":
            to = values["location"]
            return (
                *((_FIREFOX_BLOCKED.format(to, _FIREFOX_NOT_HTTP),) if to.startswith(_LED_OUT) else ()),
                *ended,
            )
        return ended
    if code not in _FIREFOX or (code == "scheme-not-http" and not _firefox_says_scheme(scene, values)):
        return ()
    codes = [code]
    if code == "preflight-redirected":
        codes = [code, "preflight-status"] if scene.redirect == "follow" else ["preflight-status"]
    lines = [_firefox_line(each, refusal, scene, values) for each in codes]
    is_followed = bool(values.get("leads_on")) and scene.redirect == "follow"
    return (*lines, *(_firefox_ended(scene.urls[-1]),) * (is_preflight + is_followed))


def _firefox_says_scheme(scene: Scene, values: dict[str, str]) -> bool:
    return scene.mode == "cors" and values["scheme"] != "file"


def _firefox_line(code: str, refusal: Refusal, scene: Scene, values: dict[str, str]) -> str:
    several = int(refusal.values.get("fields", "1")) > 1
    shown = {name: value.encode("latin-1", "replace").decode("utf-8", "replace") for name, value in values.items()}
    reason = _FIREFOX_SEVERAL_FIELDS if several else _FIREFOX[code].format_map(shown)
    whole = str(scene.urls[-1])
    url = f"‘{whole}’" if code in _FIREFOX_QUOTES_URL else whole
    ending = f" Status code: {values['status']}." if code in _FIREFOX_WITH_STATUS else ""
    return _FIREFOX_BLOCKED.format(url, reason) + ending


def _firefox_ended(url: Url | None) -> str:
    assert url is not None, "what was sent had a URL"
    return _FIREFOX_BLOCKED.format(url, _FIREFOX_ENDED) + " Status code: (null)."


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
