"""Service workers: what one may answer, and how that looks to the page (cors.md 1.14, step 1)."""

from typing import Final

from crossgate.cors.browser.filtered import as_worker_saw, filtered
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.values import HttpResponse, Seen, WorkerResponse
from crossgate.cors.browser.verdict import Refusal

_FILTERED: Final = frozenset(("basic", "cors", "opaque", "opaqueredirect"))


def refused(request: Request, worker: WorkerResponse) -> Refusal | None:
    """Why the page does not get the worker's response."""
    reasons = (
        ("it is Response.error()", worker.type == "error"),
        (
            "a same-origin request takes none from elsewhere",
            (request.mode, worker.type) == ("same-origin", "cors"),
        ),
        ("only a no-cors request takes an opaque one", request.mode != "no-cors" and worker.type == "opaque"),
        (
            "only the redirect mode manual takes an unfollowed redirect",
            request.redirect != "manual" and worker.type == "opaqueredirect",
        ),
        ("it came by a redirect, and the page wants none", request.redirect != "follow" and len(worker.urls) > 1),
    )
    why = next((why for why, applies in reasons if applies), "")
    return Refusal("service-worker-response", {"why": why}) if why else None


def seen_through(request: Request, response: HttpResponse, worker: WorkerResponse) -> Seen:
    """The response for the page; what the worker got from the network stays as it was filtered for the worker."""
    return as_worker_saw(request, response, worker) if worker.type in _FILTERED else filtered(request, response)
