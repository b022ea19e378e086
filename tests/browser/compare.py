"""The comparison: what the engine said of a case beside what the page, the server and the console saw. Pure."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from crossgate.cors.browser import ElementLoad, FetchCall, HttpRequest, HttpResponse, Story, XhrCall
from tests.browser.cases import Case
from tests.browser.driver import BrowserName, Line
from tests.browser.prediction import reaches_server
from tests.browser.server import Request
from tests.browser.world import World

# A browser's own taste, which the engine leaves to whoever sends, unless the page sets one of them.
_TASTE: Final = frozenset(
    (
        "accept-encoding", "accept-language", "connection", "content-length", "cookie", "dnt", "priority",
        "sec-gpc", "te", "transfer-encoding", "upgrade-insecure-requests", "user-agent",
    )
)  # fmt: skip
_NAVIGATES: Final = frozenset(("cache-control",))
_TASTE_OF: Final = {"form": _NAVIGATES, "iframe": _NAVIGATES, "navigation": _NAVIGATES}
_TASTE_BEGINS: Final = ("sec-ch-", "sec-websocket-", "sec-fetch-user", "sec-fetch-storage")
# No script hears whether it came.
_UNHEARD: Final = ("beacon", "navigation", "form", "iframe", "css-image")
# What is said of them is not said to the page.
_WITH_OWN_CONSOLE: Final = ("worker", "shared-worker", "service-worker")
# Its promise is rejected with many errors, which have nothing to do with CORS.
_UNNAMED: Final = ("service-worker",)
_THROWN: Final = "Failed to execute"
_NAMED: Final = re.compile("Request header field [^ ]+ is")
_ABOUT_CORS: Final[dict[BrowserName, tuple[str, ...]]] = {
    "chromium": (
        "Access to ",
        "Fetch API cannot load",
        "Not allowed to load local",
        "Failed to load resource: net:",
    ),
    "firefox": ("Cross-Origin Request Blocked",),
}


class Call(msgspec.Struct, frozen=True):
    """What the script saw of one call."""

    error: str = ""
    seen: dict[str, Any] | None = None
    loaded: bool = False
    timing: bool | None = None


class Observation(msgspec.Struct, frozen=True):
    """What a browser did in a case."""

    calls: tuple[Call, ...]
    requests: tuple[Request, ...]
    lines: tuple[Line, ...]


class Mismatch(msgspec.Struct, frozen=True):
    """One thing that came out otherwise than predicted."""

    number: int
    what: str
    predicted: str
    observed: str


def compare(
    case: Case, stories: list[Story], observed: Observation, world: World, browser: BrowserName
) -> list[Mismatch]:
    """Everything in which the prediction and the browser differ."""
    found: list[tuple[str, object, object]] = []
    sent = [each.request for story in stories for each in story.exchanges if reaches_server(each.request, world)]
    found += _requests(case, sent, observed.requests)
    for step, (story, call, seen) in enumerate(zip(stories, case.calls, observed.calls, strict=True)):
        for what, predicted, came in _outcome(call.ask, story, seen, browser):
            found.append((f"{what} of call {step}", predicted, came))
    written = _console_predicted(stories, browser), _console(stories, observed.lines, browser)
    if getattr(case.calls[0].ask, "initiator", "") not in _WITH_OWN_CONSOLE:
        found.append(("console", _any_name(written[0]), _any_name(written[1])))
    return [
        Mismatch(case.number, what, str(predicted), str(came))
        for what, predicted, came in found
        if predicted != came
    ]


def _requests(
    case: Case, predicted: list[HttpRequest], came: tuple[Request, ...]
) -> Iterable[tuple[str, object, object]]:
    said = [f"{each.method.decode('latin-1')} {_http(each.url)}" for each in predicted]
    yield "requests", said, [f"{each.method} {each.url}" for each in came]
    for number, (one, other) in enumerate(zip(predicted, came, strict=False)):
        what = f"fields of request {number} ({one.method.decode('latin-1')})"
        ours = {name.decode().lower() for name, _ in one.headers}
        taste = _TASTE | _TASTE_OF.get(getattr(case.calls[0].ask, "initiator", ""), frozenset())
        theirs = [field for field in _fields(other.fields) if _counts(field[0], ours, taste)]
        mine = _fields(one.headers)
        if one.purpose == "preflight":
            yield what, mine, theirs
        else:
            yield what, sorted(mine), sorted(theirs)
        yield (
            f"cookies of request {number}",
            one.sends_credentials and _has_cookies(one.url),
            "mark=1" in other.get("Cookie"),
        )


def _http(url: str) -> str:
    """A URL as the server sees it."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.replace('ws', 'http')}://{host.rpartition('@')[2]}{slash}{path}"


def _fields(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    shown = []
    for name, value in fields:
        text = value.decode("latin-1")
        if name.lower() == b"range" and text.lower().startswith("bytes="):
            # Chromium's HTTP cache writes anew what it understands.
            text = text.lower().replace(" ", "")
        if name.lower() == b"content-type" and text.startswith("multipart/form-data; boundary=-"):
            text = "multipart/form-data; boundary=…"
        text = text.strip(" ")
        shown.append((name.decode("latin-1"), text))
    return shown


def _counts(name: str, ours: set[str], taste: frozenset[str]) -> bool:
    lower = name.lower()
    return lower in ours or not (lower in taste or lower.startswith(_TASTE_BEGINS))


def _has_cookies(url: str) -> bool:
    host = url.partition("://")[2].partition("/")[0].rpartition(":")[0].rpartition("@")[2]
    return host in ("localhost", "127.0.0.1") or (
        url.startswith(("https", "wss")) and host.endswith("secure.test")
    )


def _outcome(ask: object, story: Story, call: Call, browser: BrowserName) -> Iterable[tuple[str, object, object]]:
    response = story.response
    if isinstance(ask, ElementLoad):
        yield from _event(ask, story, call, browser)
        return
    if response is None:
        if _never_ends(ask, story, browser):
            return
        yield "error", story.error, _error(story, call)
        if isinstance(ask, FetchCall) and browser == "chromium":
            yield "message", _thrown(story), [call.error.partition(": ")[2]] if _thrown(story) else []
        return
    seen = {
        "status": response.status,
        "url": response.url,
        "body": response.has_body,
        "headers": _combined(response.headers),
    }
    if isinstance(ask, FetchCall):
        seen |= {"type": response.type, "redirected": response.redirected}
    came = call.seen and {
        **call.seen,
        "headers": sorted((name.lower(), value) for name, value in call.seen["headers"]),
    }
    for name, value in seen.items():
        yield name, value, came[name] if came else call.error
    if call.timing is not None and not (browser == "firefox" and _is_timed_otherwise(ask, story)):
        yield "timing", response.timing, call.timing


def _event(
    ask: ElementLoad, story: Story, call: Call, browser: BrowserName
) -> Iterable[tuple[str, object, object]]:
    response = story.response
    if ask.initiator in _UNHEARD:
        return
    if ask.initiator == "font-preload" and browser == "firefox":
        # It fires `load` for some that it refuses.
        return
    if ask.initiator in _UNNAMED:
        yield "event", response is not None, call.loaded
    else:
        yield "event", "load" if response else story.error, "load" if call.loaded else _error(story, call)
    if response is not None and call.timing is not None:
        yield "timing", response.timing, call.timing


def _thrown(story: Story) -> list[str]:
    """What Chromium says when it throws before there is a request; uncaught, it is in the console."""
    lines = story.failure.console.get("chromium", ()) if story.failure else ()
    return [line for line in lines if line.startswith(_THROWN)]


def _error(story: Story, call: Call) -> str:
    text = call.error or "a response"
    return text if ":" in story.error or " " in story.error else text.partition(":")[0]


def _combined(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for name, value in fields:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return sorted(found.items())


def _console_predicted(stories: list[Story], browser: BrowserName) -> list[str]:
    failures = [story.failure for story in stories if story.failure is not None]
    lines = (line for failure in failures for line in failure.console.get(browser, ()))
    return sorted(line for line in lines if line.startswith(_ABOUT_CORS[browser]))


def _console(stories: list[Story], lines: tuple[Line, ...], browser: BrowserName) -> list[str]:
    about = [line.text for line in lines if line.text.startswith(_ABOUT_CORS[browser])]
    # Of a dead connection Chromium names the reason, which the engine cannot know.
    dead = any(story.failure is not None and story.failure.code == "network-error" for story in stories)
    if browser == "chromium" and dead:
        about = [text for text in about if not text.startswith("Failed to load resource: net:")]
    return sorted(about)


def _never_ends(ask: object, story: Story, browser: BrowserName) -> bool:
    """Whether this is an XMLHttpRequest that was redirected to a bad port: it may hang in Firefox."""
    is_bad_port = story.failure is not None and story.failure.code == "bad-port"
    return browser == "firefox" and is_bad_port and isinstance(ask, XhrCall)


def _is_timed_otherwise(ask: object, story: Story) -> bool:
    """Whether Firefox shows timings by rules of its own.

    What is opaque and not ok it blocks for its content. What may outlive its page is timed in another process.
    """
    is_blocked = story.response is not None and story.response.type == "opaque" and not _was_ok(story)
    return is_blocked or (isinstance(ask, FetchCall) and ask.keepalive and len(story.hops) > 1)


def _was_ok(story: Story) -> bool:
    answer = story.exchanges[-1].answer
    return isinstance(answer, HttpResponse) and 200 <= answer.status <= 299 and answer.status != 206


def _any_name(lines: list[str]) -> list[str]:
    """The lines without the name of a header that is not allowed: Chromium names the first one of a hash map."""
    return [_NAMED.sub("Request header field … is", line) for line in lines]


def ending(story: Story) -> str:
    """How a story ended: the type of the response, or the code of the failure."""
    return story.failure.code if story.failure else story.response.type if story.response else ""
