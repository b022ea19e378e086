"""A case: a page, what it asks for, and what the server answers. Plain data, so that a mismatch can be read."""

from typing import Literal

import msgspec

from crossgate.cors.browser import ElementLoad, FetchCall, Page, XhrCall
from crossgate.cors.browser.values import ReferrerPolicy, TextFields

BodyName = Literal[
    "", "text", "image", "media", "font", "script", "module", "style", "events", "worker", "shared-worker",
    "track", "page",
]  # fmt: skip


class PageKind(msgspec.Struct, frozen=True):
    """Where the script runs: the origin whose server sent the page, and whether a sandbox makes it opaque."""

    origin: str
    is_opaque: bool = False
    policy: ReferrerPolicy = "strict-origin-when-cross-origin"

    @property
    def is_secure(self) -> bool:
        """Whether it is a secure context."""
        return Page(self.origin).is_secure

    @property
    def page(self) -> Page:
        """The page as the engine has it."""
        origin = "null" if self.is_opaque else self.origin
        return Page(origin, secure=self.is_secure, referrer_policy=self.policy, url=self.origin + "/")


class Answer(msgspec.Struct, frozen=True):
    """What the server writes. `{origin}` in a value stands for the Origin of the request; `broken` is no HTTP."""

    status: int
    fields: TextFields = ()
    body: BodyName = ""
    broken: bool = False


class Place(msgspec.Struct, frozen=True):
    """What is answered at one path, in turn; the last answer stays."""

    preflights: tuple[Answer, ...] = ()
    actuals: tuple[Answer, ...] = ()


class Call(msgspec.Struct, frozen=True):
    """One thing the page does, after it has waited."""

    ask: FetchCall | XhrCall | ElementLoad
    wait_s: float = 0.0


class Case(msgspec.Struct, frozen=True):
    """Calls that follow each other, and the paths they may come to. Every path begins with `/c/{number}/`."""

    number: int
    page: PageKind
    calls: tuple[Call, ...]
    places: dict[str, Place]


class Script:
    """Who answers a case: the server and the prediction ask one each, so they hear the same."""

    def __init__(self, case: Case) -> None:
        self._places = case.places
        self._told: dict[tuple[str, bool], int] = {}

    def answer(self, path: str, *, is_preflight: bool, origin: str) -> Answer:
        """The next answer at `path`, for this Origin; 404 where there is none."""
        place = self._places.get(path, Place())
        answers = place.preflights if is_preflight else place.actuals
        if not answers:
            return Answer(404, (("Content-Length", "0"),))
        number = self._told.get((path, is_preflight), 0)
        self._told[path, is_preflight] = number + 1
        found = answers[min(number, len(answers) - 1)]
        fields = tuple((name, value.replace("{origin}", origin)) for name, value in found.fields)
        return msgspec.structs.replace(found, fields=fields)


def number_of(text: str) -> int | None:
    """The case that a URL or a console line is about; None when it is about none."""
    digits = text.partition("/c/")[2].partition("/")[0]
    return int(digits) if digits.isdigit() else None
