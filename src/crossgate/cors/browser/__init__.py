"""The browser's half of CORS: given a page, what it asks for and what servers answer, the whole story.

    story = fetch(Page("https://app.example"), FetchCall(url="https://api.example/x", method="PUT"), answer)
    story.failure.console["chromium"]   # what the console says
    story.failure.fix                   # what to change on the server

`answer` is any function from HttpRequest to HttpResponse or NetworkError: a compiled policy (`policy_answers`),
what was recorded (`recorded_answers`), or your own. Who has to wait for answers drives the generator `begin`
instead. `Browser` says which browser (`standard`, `chromium`, `firefox`, `webkit`), what its preflight cache holds
and what time it is; `story.browser` is the browser afterwards. Everything is pure: no clock, no network, no state.

What a service worker would answer can be handed in as well (`WorkerResponse`), for pages that say they have one.

Not modelled, because it needs more than the page, its request and the answers' heads: Content-Security-Policy,
Integrity-Policy and Cross-Origin-Embedder-Policy; HSTS; the HTTP cache, which is taken to be empty; which cookies
there are, and what SameSite keeps back (only whether credentials go along); passwords that a user is asked for;
whether a body matches its integrity metadata; what is blocked for its content (opaque response blocking), or by
HTML's own rules on the types of modules and style sheets; the type and length of a Blob behind a `blob:` URL; how
many bytes other requests that outlive the page are still sending.
"""

from crossgate.cors.browser.answers import policy_answers, recorded_answers
from crossgate.cors.browser.asks import Ask, ElementLoad, FetchCall, Upload, XhrCall
from crossgate.cors.browser.fetch import begin, fetch
from crossgate.cors.browser.initiators import INITIATORS
from crossgate.cors.browser.local_network import LocalNetwork
from crossgate.cors.browser.preflight_cache import PreflightCache
from crossgate.cors.browser.profiles import DIFFERENCES, PROFILES, Difference, ProfileName
from crossgate.cors.browser.reasons import REASONS
from crossgate.cors.browser.story import AskedFirst, Browser, Hop, Story
from crossgate.cors.browser.values import (
    Answer,
    Exchange,
    Failure,
    HttpRequest,
    HttpResponse,
    NetworkError,
    Page,
    Seen,
    Step,
    WorkerResponse,
)

__all__ = [
    "DIFFERENCES",
    "INITIATORS",
    "PROFILES",
    "REASONS",
    "Answer",
    "Ask",
    "AskedFirst",
    "Browser",
    "Difference",
    "ElementLoad",
    "Exchange",
    "Failure",
    "FetchCall",
    "Hop",
    "HttpRequest",
    "HttpResponse",
    "LocalNetwork",
    "NetworkError",
    "Page",
    "PreflightCache",
    "ProfileName",
    "Seen",
    "Step",
    "Story",
    "Upload",
    "WorkerResponse",
    "XhrCall",
    "begin",
    "fetch",
    "policy_answers",
    "recorded_answers",
]
