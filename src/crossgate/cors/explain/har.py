"""HAR 1.2 documents, as far as CORS needs them: entries with requests and answers, in the order they began.

Read leniently, because exporters differ: Chromium's `_resourceType`, `_initiator` and `_error` are used where they
are, header names may be in any case, and Chromium joins fields of one name with a line break.
"""

import json
from typing import Annotated, Any, Final

import msgspec

from crossgate.cors.browser.urls import Url, parse_url
from crossgate.cors.finding import Finding
from crossgate.cors.server import Fields

_CODE: Final = "explain.har-malformed"
# Chromium's word for a response whose body nobody read, too.
_ABORTED: Final = "net::ERR_ABORTED"
_EXPORT: Final = "Export it again: in the network panel of the browser, “Save all as HAR”."


class Header(msgspec.Struct, frozen=True):
    """A header field."""

    name: str
    value: str = ""


class PostData(msgspec.Struct, frozen=True):
    """What was uploaded; exporters often leave the text out."""

    mimeType: str | None = ""  # noqa: N815 (HAR's own name)
    text: str | None = ""


class Request(msgspec.Struct, frozen=True):
    """What was sent."""

    method: Annotated[str, msgspec.Meta(min_length=1)]
    url: Annotated[str, msgspec.Meta(min_length=1)]
    headers: list[Header] = []
    cookies: list[Any] = []
    postData: PostData | None = None  # noqa: N815


class Response(msgspec.Struct, frozen=True):
    """What came; status 0 or -1 where the exporter knows of nothing."""

    status: int = 0
    headers: list[Header] = []
    redirectURL: str | None = ""  # noqa: N815
    error: str | None = msgspec.field(name="_error", default=None)
    failure: str | None = msgspec.field(name="_failureText", default=None)


class _Raw(msgspec.Struct, frozen=True):
    request: Request
    response: Response | None = None
    startedDateTime: str = ""  # noqa: N815
    pageref: str | None = None
    kind: str | None = msgspec.field(name="_resourceType", default=None)
    initiator: Any = msgspec.field(name="_initiator", default=None)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the log, for an http or https URL; `at` is its place."""

    at: str
    began: str
    url: Url
    request: Request
    response: Response
    kind: str
    page_url: str
    """Where the page was, if the log or the initiator says so."""

    @property
    def method(self) -> str:
        """The method as sent."""
        return self.request.method

    @property
    def is_answered(self) -> bool:
        """Whether the recording holds the answer."""
        return self.response.status > 0

    @property
    def failure(self) -> str:
        """What the exporter writes of a failure; nothing where there was none, or where the page lost interest."""
        written = self.response.error or self.response.failure or ""
        return "" if self.is_answered and written == _ABORTED else written

    @property
    def has_failed(self) -> bool:
        """Whether the browser says that the request failed."""
        return not self.is_answered or bool(self.failure)

    @property
    def is_preflight(self) -> bool:
        """Whether it asks for permission for another request."""
        asks = self.sent("access-control-request-method") is not None
        return self.method == "OPTIONS" and (self.kind == "preflight" or asks)

    @property
    def location(self) -> str:
        """Where a redirect leads; exporters that leave headers out have it beside them."""
        named = (field.value for field in self.response.headers if field.name.lower() == "location")
        return next(named, None) or self.response.redirectURL or ""

    def sent(self, name: str) -> str | None:
        """The value of a request field, by its name in lower case."""
        return next((field.value for field in self.request.headers if field.name.lower() == name), None)


def read_har(text: str) -> list[Entry] | list[Finding]:
    """The entries of a HAR document by the time they began, or everything that keeps it from being read."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        return [_finding("$", f"It is no JSON document: {error}.")]
    log = data.get("log") if isinstance(data, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(log, dict) or not isinstance(entries, list):
        return [_finding("log.entries", "It is no HAR: there is no list log.entries.")]
    pages = _pages(log.get("pages"))
    found: list[Entry] = []
    findings: list[Finding] = []
    for number, data in enumerate(entries):
        at = f"log.entries[{number}]"
        try:
            raw = msgspec.convert(data, _Raw, strict=False)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at ")
            findings.append(_finding(at + place.strip("`").removeprefix("$"), f"{what}."))
            continue
        url = parse_url(raw.request.url)
        # Nothing of CORS is in data:, blob: and the like.
        if url is not None and url.is_http:
            found.append(_entry(at, raw, url, pages))
    return findings or sorted(found, key=lambda entry: entry.began)


def fields_of(headers: list[Header]) -> Fields:
    """Header fields as bytes; HTTP/2's own, which begin with a colon, are none."""
    return tuple(
        (_bytes(header.name), _bytes(value).strip(b" \t"))
        for header in headers
        if not header.name.startswith(":")
        for value in header.value.split("\n")
    )


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _pages(pages: object) -> dict[str, str]:
    """The addresses of the pages, by id: Chromium writes them into the title, others into a field of their own."""
    found = {}
    for page in pages if isinstance(pages, list) else []:
        if isinstance(page, dict):
            named = (page.get("_url"), page.get("title"))
            address = next((text for text in named if isinstance(text, str) and _is_http(text)), "")
            found[str(page.get("id"))] = address
    return found


def _entry(at: str, raw: _Raw, url: Url, pages: dict[str, str]) -> Entry:
    return Entry(
        at=at,
        began=raw.startedDateTime,
        url=url,
        request=raw.request,
        response=raw.response or Response(),
        kind=(raw.kind or "").lower(),
        page_url=pages.get(raw.pageref or "", "") or _initiator(raw.initiator),
    )


def _initiator(initiator: Any) -> str:
    """The script that asked, or the document in which it stands; better than nothing."""
    if not isinstance(initiator, dict):
        return ""
    found = initiator.get("url")
    return found if isinstance(found, str) and _is_http(found) else ""


def _is_http(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _finding(at: str, message: str) -> Finding:
    return Finding(code=_CODE, at=at, message=message, fix=_EXPORT)
