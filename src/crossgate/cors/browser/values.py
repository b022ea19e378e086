"""What goes in and what comes out: the page, what crosses the network, and the story that is told about it.

What crosses the network is bytes, as in the server half. What a script says or sees is text in which a character
is a byte, as in JavaScript's ByteString.
"""

from typing import Literal

import msgspec

from crossgate.cors.origin import NULL, NotAnOriginError, Origin, parse_origin
from crossgate.cors.server import Fields

Mode = Literal["cors", "no-cors", "same-origin", "navigate", "websocket"]
Credentials = Literal["omit", "same-origin", "include"]
Redirect = Literal["follow", "error", "manual"]
Cache = Literal["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"]
Tainting = Literal["basic", "cors", "opaque"]
ResponseType = Literal["basic", "cors", "opaque", "opaqueredirect"]
AddressSpace = Literal["public", "local", "loopback"]
Purpose = Literal["preflight", "actual", "service-worker"]
ReferrerPolicy = Literal[
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
]
TextFields = tuple[tuple[str, str], ...]


class Page(msgspec.Struct, frozen=True):
    """Where the script runs. `origin` is a serialised origin, or `null` for an opaque one (cors.md 1.16).

    `secure` says whether the page is a secure context; None goes by the origin. `address_space` is where it was
    loaded from, for Local Network Access; None leaves that out. `url` is its address, which relative URLs and
    `Referer` are made from; the root of the origin stands for it when it is not given. `has_service_worker`: one
    is asked before the network, as an HttpRequest of that purpose. Raises NotAnOriginError.
    """

    origin: str
    secure: bool | None = None
    referrer_policy: ReferrerPolicy = "strict-origin-when-cross-origin"
    address_space: AddressSpace | None = None
    url: str = ""
    has_service_worker: bool = False

    def __post_init__(self) -> None:
        if self.origin != NULL and parse_origin(self.origin) is None:
            raise NotAnOriginError(
                f"{self.origin!r} is not an origin as a browser writes it: scheme://host[:port] in lower case, "
                "without default port, path or trailing slash, or null"
            )

    @property
    def tuple_origin(self) -> Origin | None:
        """The origin, None when it is opaque."""
        return None if self.origin == NULL else parse_origin(self.origin)

    @property
    def address(self) -> str:
        """What relative URLs are read against; empty for an opaque page of which no address is known."""
        return self.url or ("" if self.origin == NULL else self.origin + "/")

    @property
    def is_secure(self) -> bool:
        """Whether the page is a secure context."""
        origin = self.tuple_origin
        if self.secure is not None or origin is None:
            return bool(self.secure)
        return origin.scheme == "https" or origin.is_loopback


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the browser puts it on the wire.

    `headers` are those that the page or the Fetch standard determine. What is a browser's own taste and enters no
    decision (User-Agent, Accept-Encoding, Accept-Language, Connection, Content-Length) is left to whoever sends.
    `sends_credentials`: cookies and stored passwords go along, and Set-Cookie of the answer is kept, even when the
    page may not read it. `needs_http2`: over HTTP/1.1 this browser refuses to send it.
    """

    method: bytes
    url: str
    headers: Fields
    purpose: Purpose
    body: bytes | None = None
    sends_credentials: bool = False
    sends_client_certificate: bool = False
    needs_http2: bool = False

    def get(self, name: bytes) -> bytes | None:
        """The value of the field `name`, several joined by comma and space; None without one."""
        values = [value for field, value in self.headers if field.lower() == name.lower()]
        return b", ".join(values) if values else None


class WorkerResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Where the response of a service worker comes from, beside its head.

    `type` is that of the Response it gives: `default` for one it made itself, `error` for Response.error(). `urls`
    are those the worker's own fetch came along. `is_range`: that fetch had a Range.
    """

    type: Literal["basic", "cors", "default", "error", "opaque", "opaqueredirect"] = "default"
    urls: tuple[str, ...] = ()
    is_range: bool = False


class HttpResponse(msgspec.Struct, frozen=True):
    """The head of a final response. An HTTP parser has already stripped blanks around the values.

    `worker` is set where a service worker answers; without it the worker leaves the request to the network.
    """

    status: int
    headers: Fields = ()
    worker: WorkerResponse | None = None


class NetworkError(msgspec.Struct, frozen=True):
    """No response came: refused, reset, timed out, no such name, a bad certificate."""

    reason: str = ""


Answer = HttpResponse | NetworkError


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the browser looked at: where the standard says so, what was compared with what, what came out.

    `passed` is None where nothing can pass or fail because the step only says how to go on.
    """

    section: str
    question: str
    found: str
    wanted: str = ""
    passed: bool | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer. `added` are the fields the browser put in, `removed` those it took out."""

    request: HttpRequest
    answer: Answer
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why the script gets nothing.

    `code` is stable; `section` is a place in the standard; `fix` says what to change on the server. `console` has
    the lines each browser writes here; one that writes nothing, or would not refuse, is not in it.
    """

    code: str
    section: str
    message: str
    fix: str
    console: dict[str, tuple[str, ...]]

    @property
    def page(self) -> str:
        """Where the documentation explains the code, relative to the project."""
        return f"docs/cors/reasons/{self.code}.md"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The response as the script sees it (Fetch, "filtered response").

    `hidden` names the fields that were sent and cannot be read. `timing`: Resource Timing shows details.
    """

    type: ResponseType
    status: int
    url: str
    redirected: bool
    headers: TextFields
    hidden: tuple[str, ...]
    has_body: bool
    timing: bool
