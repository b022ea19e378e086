"""The whole story of one request, and the pen that writes it down while the fetch goes on."""

from collections.abc import Callable

import msgspec

from crossgate.cors.browser.local_network import LocalNetwork
from crossgate.cors.browser.messages import WARNINGS, console, script_error
from crossgate.cors.browser.preflight import Need
from crossgate.cors.browser.preflight_cache import Lookup, PreflightCache
from crossgate.cors.browser.profiles import BROWSERS, PROFILES, Profile, ProfileName
from crossgate.cors.browser.reasons import REASONS
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.scene import Scene, scene
from crossgate.cors.browser.values import (
    Answer,
    Exchange,
    Failure,
    HttpRequest,
    Page,
    Purpose,
    Seen,
    Step,
    Tainting,
)
from crossgate.cors.browser.verdict import Refusal, Verdict, shown
from crossgate.cors.server import Fields


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """The browser before a request: which one, what it remembers of preflights, and what time it is in seconds.

    `network` matters for pages with an address space alone.
    """

    profile: ProfileName = "standard"
    cache: PreflightCache = PreflightCache()
    now: float = 0.0
    network: LocalNetwork = LocalNetwork()


class AskedFirst(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a hop needed permission, why, what the preflight cache said, and whether a preflight was sent."""

    is_needed: bool
    reasons: tuple[str, ...] = ()
    cache: str = ""
    was_sent: bool = False


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One URL on the way: how far the request is tainted there, and what was exchanged."""

    url: str
    tainting: Tainting
    asked_first: AskedFirst
    exchanges: tuple[Exchange, ...] = ()


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that happened, in order, and how it ended: with a `response` or with a `failure`, never both.

    `error` is what the script gets for a failure. `warnings` are console lines by browser that come without one.
    `browser` is the browser afterwards, with what it now remembers.
    """

    page: Page
    hops: tuple[Hop, ...]
    steps: tuple[Step, ...]
    response: Seen | None
    failure: Failure | None
    error: str
    warnings: dict[ProfileName, str]
    browser: Browser

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that crossed the network, in order."""
        return tuple(exchange for hop in self.hops for exchange in hop.exchanges)

    @property
    def is_allowed(self) -> bool:
        """Whether the script gets a response, be it one it cannot read."""
        return self.response is not None


class Pen:
    """Collects the story of one fetch. `cache` changes with it."""

    def __init__(self, page: Page, browser: Browser) -> None:
        self.page = page
        self.browser = browser
        self.profile: Profile = PROFILES[browser.profile]
        self.cache = browser.cache
        self.steps: list[Step] = []
        self.hops: list[Hop] = []
        self.warnings: dict[ProfileName, str] = {}

    def begin_hop(self, request: Request) -> None:
        """A new URL begins."""
        hop = Hop(url=request.url.text, tainting=request.tainting, asked_first=AskedFirst(is_needed=False))
        self.hops.append(hop)

    def asked(self, asks: Need, lookup: Lookup) -> None:
        """This hop needs permission; the cache may already have it."""
        first = AskedFirst(is_needed=True, reasons=asks.reasons, cache=lookup.why, was_sent=not lookup.is_enough)
        self.hops[-1] = msgspec.structs.replace(self.hops[-1], asked_first=first)

    def preflighted(self, sent: HttpRequest, answer: Answer) -> None:
        """A preflight went out and was answered; all of its fields are the browser's own."""
        self._exchanged(
            Exchange(request=sent, answer=answer, added=tuple(shown(name) for name, _ in sent.headers))
        )

    def exchanged(self, sent: HttpRequest, answer: Answer, own: Fields, before: Fields) -> None:
        """The request went out and was answered; `own` are the page's fields, `before` those of the last hop."""
        names = {name.lower() for name, _ in own}
        added = tuple(shown(name) for name, _ in sent.headers if name.lower() not in names)
        removed = tuple(shown(name) for name, _ in before if name.lower() not in names)
        self._exchanged(Exchange(request=sent, answer=answer, added=added, removed=removed))

    def _exchanged(self, exchange: Exchange) -> None:
        hop = self.hops[-1]
        self.hops[-1] = msgspec.structs.replace(hop, exchanges=(*hop.exchanges, exchange))

    def judge(
        self, check: Callable[[Profile], Verdict], request: Request, purpose: Purpose = "actual"
    ) -> Failure | None:
        """Run a check as this browser does, and as the others do, to know what they would write."""
        verdict = check(self.profile)
        self.steps += verdict.steps
        for warning in verdict.warnings:
            values = scene(request, purpose).values
            self.warnings |= {name: text.format_map(values) for name, text in WARNINGS[warning].items()}
        if verdict.refusal is None:
            return None
        refusals = {name: check(PROFILES[name]).refusal for name in BROWSERS}
        return failure(verdict.refusal, refusals, scene(request, purpose))

    def refuse(self, refusal: Refusal, request: Request, purpose: Purpose = "actual") -> Failure:
        """A failure that is the same in every browser."""
        found = everywhere(refusal, scene(request, purpose))
        self.steps.append(Step(section=found.section, question="May it go on?", found=found.message, passed=False))
        return found

    def end(self, outcome: Seen | Failure, kind: str, error: str = "") -> Story:
        """The finished story."""
        failed = isinstance(outcome, Failure)
        return Story(
            page=self.page,
            hops=tuple(self.hops),
            steps=tuple(self.steps),
            response=None if isinstance(outcome, Failure) else outcome,
            failure=outcome if isinstance(outcome, Failure) else None,
            error=(error or script_error(kind, self.profile.name)) if failed else "",
            warnings=self.warnings,
            browser=msgspec.structs.replace(self.browser, cache=self.cache),
        )


def everywhere(refusal: Refusal, where: Scene) -> Failure:
    """A refusal in which all browsers agree."""
    return failure(refusal, dict.fromkeys(BROWSERS, refusal), where)


def failure(refusal: Refusal, refusals: dict[ProfileName, Refusal | None], where: Scene) -> Failure:
    """A refusal in words; `refusals` has what each browser would refuse for at the same place."""
    reason = REASONS[refusal.code]
    values = {**where.values, **refusal.values}
    lines = {name: console(name, found, where) for name, found in refusals.items() if found is not None}
    return Failure(
        code=refusal.code,
        section=reason.section,
        message=reason.message.format_map(values),
        fix=reason.fix.format_map(values),
        console={name: written for name, written in lines.items() if written},
    )
