"""The CORS engine, both halves of it: what a server answers, and what a browser makes of the answer.

Everything is pure: no network, no clock, no file, no state of its own. It imports nothing else of Crossgate's.

**What a server answers.** A policy is plain data; `check` says what is wrong with it, `compile_policy` makes the
table that answers from it.

>>> policy = CorsPolicy(origins=("https://app.example",), methods=("PUT",), headers=("x-id",))
>>> table = compile_policy(policy)
>>> table.grant(b"https://app.example").headers
((b'Access-Control-Allow-Origin', b'https://app.example'), (b'Vary', b'Origin'))
>>> table.preflight(b"https://app.example", b"DELETE", None).reason
'method-not-allowed'

`is_preflight` tells preflights from other requests, and `merge` joins a grant with the backend's own fields.

**What a browser does.** `fetch` tells the whole story of a request: what is sent, what is asked before, what the
script may read, and why.

>>> page = Page("https://app.example")
>>> call = FetchCall(url="https://api.example/things", method="DELETE")
>>> story = fetch(page, call, policy_answers(table, lambda request: HttpResponse(200)))
>>> story.failure.code, story.failure.console["webkit"]
('origin-missing', ('Preflight response is not successful. Status code: 403',))

Any function from HttpRequest to HttpResponse or NetworkError may answer. Who waits for answers drives `begin`
instead: a generator that yields each request and is sent its answer. `Browser` says which browser it is
(`standard`, `chromium`, `firefox`, `webkit`), what its preflight cache holds and what time it is; `story.browser`
is the browser afterwards. `DIFFERENCES` is the table of all that browsers do differently, `REASONS` that of all
failures.
"""

from crossgate.cors.browser import (
    DIFFERENCES,
    INITIATORS,
    PROFILES,
    REASONS,
    Answer,
    Ask,
    AskedFirst,
    Browser,
    Difference,
    ElementLoad,
    Exchange,
    Failure,
    FetchCall,
    Hop,
    HttpRequest,
    HttpResponse,
    LocalNetwork,
    NetworkError,
    Page,
    PreflightCache,
    ProfileName,
    Seen,
    Step,
    Story,
    Upload,
    WorkerResponse,
    XhrCall,
    begin,
    fetch,
    policy_answers,
    recorded_answers,
)
from crossgate.cors.check import check
from crossgate.cors.finding import Finding
from crossgate.cors.origin import NotAnOriginError, Origin, parse_origin, read_origin
from crossgate.cors.policy import CorsPolicy
from crossgate.cors.server import Grant, PreflightAnswer, is_preflight, merge
from crossgate.cors.table import CorsTable, compile_policy

__all__ = [
    "DIFFERENCES",
    "INITIATORS",
    "PROFILES",
    "REASONS",
    "Answer",
    "Ask",
    "AskedFirst",
    "Browser",
    "CorsPolicy",
    "CorsTable",
    "Difference",
    "ElementLoad",
    "Exchange",
    "Failure",
    "FetchCall",
    "Finding",
    "Grant",
    "Hop",
    "HttpRequest",
    "HttpResponse",
    "LocalNetwork",
    "NetworkError",
    "NotAnOriginError",
    "Origin",
    "Page",
    "PreflightAnswer",
    "PreflightCache",
    "ProfileName",
    "Seen",
    "Step",
    "Story",
    "Upload",
    "WorkerResponse",
    "XhrCall",
    "begin",
    "check",
    "compile_policy",
    "fetch",
    "is_preflight",
    "merge",
    "parse_origin",
    "policy_answers",
    "read_origin",
    "recorded_answers",
]
