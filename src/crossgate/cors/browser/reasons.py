"""Every reason for which a script gets nothing: where the standard says so, a sentence, and what to change.

The braces are filled with the values of the refusal, beside `url`, `origin` and `method` of the request.
"""

from typing import Final

import msgspec

from crossgate.cors.browser.challenges import SECTION as NETWORK_OR_CACHE
from crossgate.cors.browser.cors_check import SECTION as CORS_CHECK
from crossgate.cors.browser.local_network import SECTION as LOCAL_NETWORK
from crossgate.cors.browser.preflight import SECTION as PREFLIGHT
from crossgate.cors.browser.redirects import SECTION as REDIRECT

MAIN: Final = "Fetch, main fetch"
CONSTRUCTOR: Final = "Fetch, Request constructor"
HTTP_FETCH: Final = "Fetch, HTTP fetch"
SCHEME: Final = "Fetch, scheme fetch"
OPEN: Final = "XMLHttpRequest, open()"
SEND_HEADER: Final = "XMLHttpRequest, setRequestHeader()"

_IN_THE_PAGE = "No answer of the server can allow this; the page must ask differently."
_ORIGIN_LINE = "{allow}"


class Reason(msgspec.Struct, frozen=True):
    """What a code stands for; the three are templates."""

    section: str
    message: str
    fix: str


REASONS: Final[dict[str, Reason]] = {
    # What the page may not even ask for.
    "url-invalid": Reason(CONSTRUCTOR, "{text} is not a URL.", _IN_THE_PAGE),
    "url-has-credentials": Reason(
        CONSTRUCTOR, "fetch() takes no URL that has a user name or password in it.", _IN_THE_PAGE
    ),
    "method-not-a-token": Reason(CONSTRUCTOR, "{name} is not a method, because it is not a token.", _IN_THE_PAGE),
    "method-forbidden": Reason(CONSTRUCTOR, "No script may send {name}.", _IN_THE_PAGE),
    "header-invalid": Reason(
        CONSTRUCTOR, "The header {name} has a name or a value that HTTP does not allow.", _IN_THE_PAGE
    ),
    "mode-not-for-scripts": Reason(CONSTRUCTOR, "No script may use the mode {mode}.", _IN_THE_PAGE),
    "only-if-cached-mode": Reason(
        CONSTRUCTOR, "The cache mode only-if-cached needs the mode same-origin.", _IN_THE_PAGE
    ),
    "no-cors-method": Reason(CONSTRUCTOR, "The mode no-cors allows GET, HEAD and POST, not {name}.", _IN_THE_PAGE),
    "body-not-allowed": Reason(CONSTRUCTOR, "A {name} has no body.", _IN_THE_PAGE),
    "stream-without-duplex": Reason(CONSTRUCTOR, "A stream is uploaded only with duplex: half.", _IN_THE_PAGE),
    "stream-mode": Reason(
        CONSTRUCTOR, "A stream is uploaded only in the modes cors and same-origin.", _IN_THE_PAGE
    ),
    "stream-keepalive": Reason(CONSTRUCTOR, "keepalive and a stream exclude each other.", _IN_THE_PAGE),
    "referrer-invalid": Reason(CONSTRUCTOR, "The referrer of the call is not a URL.", _IN_THE_PAGE),
    # What is never sent.
    "bad-port": Reason(
        MAIN, "Browsers send nothing to port {port}.", "Let the server listen on another port, such as 443."
    ),
    "mixed-content": Reason(
        "Mixed Content", "A page that came by https may not load {url} over http.", "Serve it over https."
    ),
    "same-origin-mode": Reason(
        MAIN, "The mode same-origin reaches {origin} alone, and {url} is of another origin.", _IN_THE_PAGE
    ),
    "no-cors-redirect-mode": Reason(
        MAIN, "The mode no-cors needs the redirect mode follow for another origin.", _IN_THE_PAGE
    ),
    "scheme-not-http": Reason(
        MAIN, "Across origins only http and https can be fetched, not {scheme}.", "Serve it over https."
    ),
    "url-credentials-blocked": Reason(
        MAIN,
        "This browser loads nothing for a page from a URL with a user name or a password in it: {url}",
        "Answer with a `Location` without user name and password; leave them out of the page's URLs as well.",
    ),
    "local-url": Reason(SCHEME, "{url} needs no server, and there is nothing to read: {why}.", _IN_THE_PAGE),
    "keepalive-too-large": Reason(
        NETWORK_OR_CACHE,
        "What is sent may outlive its page, so it may have 65536 bytes, and it has {size}.",
        _IN_THE_PAGE,
    ),
    "not-cached": Reason(
        NETWORK_OR_CACHE, "The page wants what is in the cache alone, and nothing is there.", _IN_THE_PAGE
    ),
    # What the network or the server did.
    "network-error": Reason(
        "Fetch, HTTP-network fetch",
        "No response came from {url}{detail}.",
        "Make the server reachable under exactly this URL: name, port, certificate.",
    ),
    "proxy-authentication": Reason(
        NETWORK_OR_CACHE,
        "The status 407 says that a proxy wants a password, and there is no proxy that was asked.",
        "Answer with 401 or 403; 407 is for proxies.",
    ),
    "service-worker-response": Reason(
        HTTP_FETCH,
        "The page does not get the response of its service worker: {why}.",
        "No server takes part; the service worker must answer differently.",
    ),
    "mime-type-blocked": Reason(
        "Fetch, blocked due to its MIME type or nosniff",
        "A response of the type {type} is not taken for what the element loads.",
        "Answer with the right `Content-Type`, such as text/javascript or text/css.",
    ),
    "range-not-asked-for": Reason(
        MAIN,
        "The service worker answers with a part ({status}) of what the page has asked for as a whole.",
        "No server takes part; the service worker must answer differently.",
    ),
    "integrity-without-body": Reason(
        MAIN,
        "There is integrity metadata, and no body that the browser could compare with it.",
        "Answer with a body, and for another origin with `Access-Control-Allow-Origin`, in the mode cors.",
    ),
    "local-network-insecure": Reason(
        LOCAL_NETWORK,
        "The page is no secure context, and {url} is in the more private address space {space}.",
        "Serve the page over https; no header of the server at {url} helps.",
    ),
    "local-network-target": Reason(
        LOCAL_NETWORK,
        "The page named the address space {target}, and {url} is in {space}.",
        _IN_THE_PAGE,
    ),
    "local-network-denied": Reason(
        LOCAL_NETWORK,
        "The user has not permitted the page to reach the address space {space}.",
        "The user has to permit it; no header of the server helps.",
    ),
    "resource-policy": Reason(
        "Fetch, cross-origin resource policy check",
        "The response keeps other origins from embedding it: Cross-Origin-Resource-Policy is {value}.",
        "Answer with `Cross-Origin-Resource-Policy: cross-origin`, or leave the header out.",
    ),
    "origin-missing": Reason(CORS_CHECK, "{response} has no Access-Control-Allow-Origin.", _ORIGIN_LINE),
    "origin-mismatch": Reason(
        CORS_CHECK,
        "{response} is for the origin {value}, and the request came from {origin}.",
        _ORIGIN_LINE,
    ),
    "origin-invalid": Reason(
        CORS_CHECK,
        "{response} has an Access-Control-Allow-Origin that is no origin: {value}",
        _ORIGIN_LINE,
    ),
    "origin-multiple": Reason(
        CORS_CHECK,
        "{response} has several values in Access-Control-Allow-Origin, {value}, where one may be.",
        "{allow} There must be one such field; often a backend and a gateway both write one.",
    ),
    "origin-wildcard-with-credentials": Reason(
        CORS_CHECK,
        "The request was made with credentials, for which Access-Control-Allow-Origin: * does not count.",
        _ORIGIN_LINE,
    ),
    "credentials-not-allowed": Reason(
        CORS_CHECK,
        "The request was made with credentials, and Access-Control-Allow-Credentials is not exactly true.",
        "Answer with `Access-Control-Allow-Credentials: true`, in lower case and once; in a policy, set "
        "credentials.",
    ),
    "preflight-redirected": Reason(
        PREFLIGHT,
        "The preflight was answered with a redirect ({status}), and a preflight must not be redirected.",
        "Answer OPTIONS at {url} itself, with a status of 200 to 299; redirect no preflight.",
    ),
    "preflight-status": Reason(
        PREFLIGHT,
        "The preflight was answered with status {status}, and only 200 to 299 is a yes.",
        "Answer OPTIONS at {url} with `204 No Content`, before anything asks for authentication.",
    ),
    "preflight-methods-malformed": Reason(
        PREFLIGHT,
        "Access-Control-Allow-Methods cannot be read: {token} is not a method.",
        "Answer with a list of methods, as in `Access-Control-Allow-Methods: {method}`.",
    ),
    "preflight-headers-malformed": Reason(
        PREFLIGHT,
        "Access-Control-Allow-Headers cannot be read: {token} is not a header name.",
        "Answer with a list of header names, as in `Access-Control-Allow-Headers: content-type`.",
    ),
    "method-not-allowed": Reason(
        PREFLIGHT,
        "The answer to the preflight does not list {method} in Access-Control-Allow-Methods.{also}",
        "Answer with `Access-Control-Allow-Methods: {method}`, in exactly this case; in a policy, list it in "
        "methods.",
    ),
    "header-not-allowed": Reason(
        PREFLIGHT,
        "The answer to the preflight does not list {name} in Access-Control-Allow-Headers.{also}",
        "Answer with `Access-Control-Allow-Headers: {name}`; in a policy, list it in headers.",
    ),
    "authorization-not-covered": Reason(
        PREFLIGHT,
        "Access-Control-Allow-Headers: * does not cover authorization, which must be listed by name.",
        "Answer with `Access-Control-Allow-Headers: *, authorization`; in a policy, list authorization in "
        "headers.",
    ),
    # Where redirects end.
    "redirect-mode-error": Reason(
        HTTP_FETCH,
        "The response is a redirect ({status}), and the page asked for none.",
        "Answer at {url} itself, without a redirect.",
    ),
    "redirect-location-invalid": Reason(
        REDIRECT, "The Location of the redirect is not one URL: {location}", "Answer with one valid `Location`."
    ),
    "redirect-scheme": Reason(
        REDIRECT,
        "The redirect leads to {location}, which is neither http nor https.",
        "Redirect to an https URL, or answer directly.",
    ),
    "redirect-too-many": Reason(
        REDIRECT,
        "There were more than {limit} redirects.",
        "Answer directly, or with fewer redirects; there may be a loop.",
    ),
    "redirect-has-credentials": Reason(
        REDIRECT,
        "The redirect leads to another origin with a user name or password in the URL.",
        "Answer with a `Location` without user name and password.",
    ),
    "redirect-body-stream": Reason(
        REDIRECT,
        "The upload is a stream, which cannot be sent a second time.",
        "Redirect with 303, or answer directly.",
    ),
}
