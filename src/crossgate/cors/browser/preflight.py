"""The preflight: whether one is needed, what it says, and whether its answer is enough (cors.md 1.14.2, 1.19)."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from crossgate.cors.browser.cors_check import cors_check
from crossgate.cors.browser.headers import Malformed, get, tokens
from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.safelist import AUTHORIZATION, is_safelisted_method, unsafe_names
from crossgate.cors.browser.values import HttpResponse, Step
from crossgate.cors.browser.verdict import Refusal, Verdict, shown
from crossgate.cors.server import ALLOW_HEADERS, ALLOW_METHODS, MAX_AGE

SECTION: Final = "Fetch, CORS-preflight fetch"
DEFAULT_MAX_AGE_S: Final = 5
INSUFFICIENT: Final = frozenset(("method-not-allowed", "header-not-allowed", "authorization-not-covered"))

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_NEGATIVE = re.compile(rb"-[0-9]+")
_DIGITS = re.compile(rb"0*([0-9]{1,19})")
_MANY_DIGITS = re.compile(rb"[0-9]+")


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request has to ask first: its method, its header names, or an upload that is listened to."""

    method: bytes | None = None
    headers: tuple[bytes, ...] = ()
    is_forced: bool = False
    is_again: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each reason; none when no preflight is needed."""
        found = []
        if self.method is not None:
            found.append(f"The method {shown(self.method)} is not GET, HEAD or POST.")
        if self.headers:
            found.append(f"These headers need permission: {shown(b', '.join(self.headers))}.")
        if self.is_forced:
            found.append("Something listens to the progress of the upload, or a stream is uploaded.")
        if self.is_again:
            found.append("It was needed before a redirect, and this browser then makes one at each hop.")
        return tuple(found)


class Lists(msgspec.Struct, frozen=True, kw_only=True):
    """The methods and header names that the answer to a preflight grants."""

    methods: tuple[bytes, ...]
    headers: tuple[bytes, ...]

    def has_method(self, method: bytes) -> bool:
        """Whether it is listed. Methods are compared byte by byte."""
        return method in self.methods

    def has_header(self, name: bytes) -> bool:
        """Whether it is listed, in whatever case."""
        return name.lower() in (listed.lower() for listed in self.headers)


def need(request: Request, profile: Profile) -> Need:
    """What there is to ask for, whether or not this request may ask (1.13, step 3.5)."""
    return Need(
        method=None if is_safelisted_method(request.method) else request.method,
        headers=unsafe_names(request.fields_to_ask_for, profile),
        is_forced=request.uses_preflight,
        is_again=request.asks_again,
    )


def has_unsafe_fields_of_page(request: Request, profile: Profile) -> bool:
    """Whether the page itself set a header that needs permission."""
    own = request.headers if request.at_first is None else request.at_first.headers
    return bool(unsafe_names(own, profile))


def check(request: Request, response: HttpResponse, profile: Profile, origin: str) -> Verdict:
    """Whether the answer to the preflight of `request` is enough under `profile` (1.19, steps 6 and 7)."""
    steps: tuple[Step, ...] = ()
    for part in _parts(request, profile):
        verdict = part(request, response, origin)
        steps += verdict.steps
        if verdict.refusal is not None:
            return Verdict(steps, verdict.refusal)
    lists = lists_of(request, response, profile)
    if isinstance(lists, Refusal):
        methods = tokens(response.headers, ALLOW_METHODS)
        if profile.preflight_judges_methods_before_names and not isinstance(methods, Malformed):
            verdict = _judge_method(request, Lists(methods=tuple(methods or ()), headers=()))
            if verdict.refusal is not None:
                return Verdict(steps + verdict.steps, verdict.refusal)
        return Verdict((*steps, _list_step(lists)), lists)
    verdict = _judge_lists(request, lists, profile)
    return Verdict(steps + verdict.steps, verdict.refusal, verdict.warnings)


def _parts(request: Request, profile: Profile) -> tuple[Callable[[Request, HttpResponse, str], Verdict], ...]:
    """What is judged before the lists, in this browser's order."""
    if profile.preflight_judges_status_first:
        return _judge_redirect, _judge_status, _judge_access
    if profile.preflight_to_own_origin_needs_no_access and not request.is_cross_origin:
        return _judge_redirect, _judge_status
    if profile.preflight_judges_access_before_redirect:
        return _judge_access, _judge_redirect, _judge_status
    return _judge_redirect, _judge_access, _judge_status


def lists_of(request: Request, response: HttpResponse, profile: Profile) -> Lists | Refusal:
    """What the answer grants, or the list that cannot be read (1.19, steps 6.1 and 6.2)."""
    methods = tokens(response.headers, ALLOW_METHODS)
    headers = tokens(response.headers, ALLOW_HEADERS)
    for found, name in ((methods, ALLOW_METHODS), (headers, ALLOW_HEADERS)):
        if isinstance(found, Malformed):
            code = "preflight-methods-malformed" if name == ALLOW_METHODS else "preflight-headers-malformed"
            value = shown(get(response.headers, name))
            return Refusal(code, {"token": shown(found.element), "value": value, "header": shown(name)})
    if methods is None and request.uses_preflight and profile.watched_uploads_grant_their_method:
        methods = [request.method]
    assert not isinstance(methods, Malformed)
    assert not isinstance(headers, Malformed)
    return Lists(methods=tuple(methods or ()), headers=tuple(headers or ()))


def max_age(response: HttpResponse, profile: Profile) -> int:
    """For how many seconds the answer may be reused (1.19, step 6.6)."""
    value = get(response.headers, MAX_AGE)
    if not value:
        return DEFAULT_MAX_AGE_S
    if profile.max_age_may_have_a_plus:
        value = value.removeprefix(b"+")
    if _NEGATIVE.fullmatch(value):
        return profile.negative_max_age_s
    if not _MANY_DIGITS.fullmatch(value):
        return profile.malformed_max_age_s
    match = _DIGITS.fullmatch(value)
    # What does not fit nineteen digits is more than anything it could be compared with.
    seconds = int(match[1]) if match else 10**19
    if profile.largest_max_age_read is not None and seconds > profile.largest_max_age_read:
        return DEFAULT_MAX_AGE_S
    return seconds if profile.max_age_cap_s is None else min(seconds, profile.max_age_cap_s)


def _judge_redirect(request: Request, response: HttpResponse, origin: str) -> Verdict:
    passed = response.status not in _REDIRECTS
    step = _step("Is it no redirect?", str(response.status), "no redirect", passed)
    return Verdict((step,), None if passed else Refusal("preflight-redirected", {"status": str(response.status)}))


def _judge_access(request: Request, response: HttpResponse, origin: str) -> Verdict:
    return cors_check(request, response, origin)


def _judge_status(request: Request, response: HttpResponse, origin: str) -> Verdict:
    passed = 200 <= response.status <= 299
    step = _step("Is its status one of 200 to 299?", str(response.status), "200 to 299", passed)
    return Verdict((step,), None if passed else Refusal("preflight-status", {"status": str(response.status)}))


def _judge_method(request: Request, lists: Lists) -> Verdict:
    method = request.method
    wild = lists.has_method(b"*") and not request.includes
    passed = lists.has_method(method) or is_safelisted_method(method) or wild
    listed = shown(b", ".join(lists.methods))
    step = _step("Is the method allowed?", listed, shown(method), passed)
    values = {"method": shown(method), "listed": listed, "also": _literal(request, lists.methods)}
    return Verdict((step,), None if passed else Refusal("method-not-allowed", values))


def _judge_lists(request: Request, lists: Lists, profile: Profile) -> Verdict:
    verdict = _judge_method(request, lists)
    if verdict.refusal is not None:
        return verdict
    steps = list(verdict.steps)
    warnings: tuple[str, ...] = ()
    for name in unsafe_names(request.fields_to_ask_for, profile):
        refusal = _judge_header(name, request, lists, profile)
        listed = shown(b", ".join(lists.headers))
        steps.append(_step("Is the header allowed?", listed, shown(name), refusal is None))
        if refusal is not None:
            return Verdict(tuple(steps), refusal)
        if name == AUTHORIZATION and not lists.has_header(name):
            warnings = ("authorization-covered-by-wildcard",)
    return Verdict(tuple(steps), None, warnings)


def _judge_header(name: bytes, request: Request, lists: Lists, profile: Profile) -> Refusal | None:
    wild = lists.has_header(b"*") and not request.includes
    if lists.has_header(name):
        return None
    listed = shown(b", ".join(lists.headers))
    values = {"name": shown(name), "listed": listed, "also": _literal(request, lists.headers)}
    if name == AUTHORIZATION and wild and not profile.wildcard_covers_authorization:
        return Refusal("authorization-not-covered", values)
    return None if wild else Refusal("header-not-allowed", values)


def _literal(request: Request, listed: tuple[bytes, ...]) -> str:
    return " With credentials, * is a name like any other." if request.includes and b"*" in listed else ""


def _list_step(refusal: Refusal) -> Step:
    question = f"Is every element of {refusal.values['header']} a token?"
    return _step(question, refusal.values["token"], "a token", False)


def _step(question: str, found: str, wanted: str, passed: bool) -> Step:
    return Step(
        section=SECTION,
        question=question,
        found=found,
        wanted=wanted,
        passed=passed,
    )
