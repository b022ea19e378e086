"""What the engine says will happen in a case."""

from crossgate.cors.browser import (
    Browser,
    HttpRequest,
    HttpResponse,
    NetworkError,
    PreflightCache,
    ProfileName,
    Story,
    fetch,
)
from tests.browser.cases import Answer, Case, Script
from tests.browser.world import World


def predict(case: Case, world: World, profile: ProfileName) -> list[Story]:
    """A story for each call of the case, told by this profile."""
    script = Script(case)
    browser = Browser(profile=profile, cache=PreflightCache(), now=0.0)
    stories = []

    def answer(request: HttpRequest) -> HttpResponse | NetworkError:
        if not reaches_server(request, world):
            return NetworkError()
        path = "/" + request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        origin = (request.get(b"Origin") or b"").decode()
        return as_parsed(script.answer(path, is_preflight=request.purpose == "preflight", origin=origin))

    for call in case.calls:
        browser = Browser(profile=profile, cache=browser.cache, now=browser.now + call.wait_s)
        story = fetch(case.page.page, call.ask, answer, browser)
        browser = story.browser
        stories.append(story)
    return stories


def reaches_server(request: HttpRequest, world: World) -> bool:
    """Whether the server gets it: it speaks HTTP/1.1, TLS on one port alone, and nobody listens on another."""
    scheme, _, rest = request.url.partition("://")
    port = rest.partition("/")[0].rpartition(":")[2]
    is_tls = port == str(world.tls)
    return not request.needs_http2 and port != str(world.refused) and is_tls == (scheme in ("https", "wss"))


def as_parsed(answer: Answer) -> HttpResponse | NetworkError:
    """What is left of an answer once a browser's HTTP parser has read it."""
    if answer.broken:
        return NetworkError()
    fields = tuple((name.encode(), value.strip(" \t").encode("latin-1")) for name, value in answer.fields)
    return HttpResponse(answer.status, fields)
