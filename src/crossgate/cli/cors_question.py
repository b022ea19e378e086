"""The question that the options of `crossgate cors explain` ask, or everything that is wrong with them."""

import re
from typing import Any, Final, get_args

import msgspec

from crossgate.cors.browser import INITIATORS, Ask, ElementLoad, FetchCall, Page, ProfileName, Upload, XhrCall
from crossgate.cors.browser.profiles import BROWSERS, NAMES
from crossgate.cors.browser.urls import Url, parse_url
from crossgate.cors.browser.values import Credentials, Mode, Redirect, ReferrerPolicy
from crossgate.cors.origin import NotAnOriginError

ALL: Final = "all"
_SCRIPTS: Final = ("fetch", "xhr")
# `localhost:8080/x` is a URL by the standard, whose scheme is localhost; nobody means that.
_PORT_BEHIND_HOST: Final = re.compile(r"[^/?#:]+:[0-9]+(?:[/?#]|$)")
# A WebSocket's handshake is checked by its server alone, so there is nothing to explain.
ASKERS: Final = (*_SCRIPTS, *(name for name in INITIATORS if name != "websocket"))
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "browser": (ALL, *NAMES),
    "as": ASKERS,
    "credentials": get_args(Credentials),
    "mode": tuple(mode for mode in get_args(Mode) if mode not in ("navigate", "websocket")),
    "redirect": get_args(Redirect),
    "referrer-policy": get_args(ReferrerPolicy),
}


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. `choices` has the options of CHOICES by name, None where one was left out."""

    url: str | None
    page: str | None
    method: str | None
    headers: tuple[str, ...]
    body: str | None
    upload_listener: bool
    choices: dict[str, str | None]

    def __getitem__(self, name: str) -> Any:
        return self.choices[name]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which page asks for what, and the browsers to think of."""

    page: Page
    ask: Ask
    browsers: tuple[ProfileName, ...]


class WrongOptionsError(Exception):
    """The options cannot be used; `sentences` say why, each for one option."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


def question(given: Given, usual_method: str = "GET") -> Question:
    """The question; raises WrongOptionsError with everything that is wrong."""
    wrong = wrong_choices(given)
    page = _page(given, wrong)
    _url(given, wrong)
    headers = _headers(given, wrong)
    wrong += _wrong_together(given)
    if wrong or page is None:
        raise WrongOptionsError(wrong)
    return Question(page=page, ask=_ask(given, headers, usual_method), browsers=browsers(given["browser"]))


def browsers(name: str | None) -> tuple[ProfileName, ...]:
    """The profiles that `--browser` means."""
    return tuple(known for known in NAMES if known == name) if name not in (None, ALL) else BROWSERS


def wrong_choices(given: Given) -> list[str]:
    """A sentence for each option whose value is none of its choices."""
    return [
        f"--{name}: {value!r} is none of {', '.join(CHOICES[name])}."
        for name, value in given.choices.items()
        if value is not None and value not in CHOICES[name]
    ]


def _page(given: Given, wrong: list[str]) -> Page | None:
    """The page; the address of a page will do for its origin."""
    text = given.page
    if text is None:
        wrong.append("--from: say where the page comes from, as in --from https://app.example.")
        return None
    url = parse_url(text)
    try:
        origin = str(url.origin) if url is not None and url.is_http else text
        return Page(origin, referrer_policy=given["referrer-policy"] or "strict-origin-when-cross-origin")
    except NotAnOriginError:
        is_host = "://" not in text and parse_url(f"https://{text}") is not None
        example = f"https://{text}" if is_host else "https://app.example"
        wrong.append(f"--from: {text!r} is no origin; write it as in {example}, or null for an opaque page.")
        return None


def _url(given: Given, wrong: list[str]) -> Url | None:
    if given.url is None:
        wrong.append("URL: say what the page asks for, as in https://api.example/orders.")
        return None
    found = parse_url(given.url)
    if found is None or _PORT_BEHIND_HOST.match(given.url):
        wrong.append(f"URL: {given.url!r} is no URL; begin with http:// or https://.")
    return found


def _headers(given: Given, wrong: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in given.headers:
        name, colon, value = text.partition(":")
        if colon and name.strip():
            found.append((name.strip(), value.strip()))
        else:
            wrong.append(f"--header: {text!r} is no header; write it as in 'X-Id: 1'.")
    return tuple(found)


def _wrong_together(given: Given) -> list[str]:
    asker = given["as"] or _SCRIPTS[0]
    if asker not in ASKERS:
        return []
    rules = (
        ("--mode: XMLHttpRequest has no mode; leave it out.", asker == "xhr" and given["mode"]),
        (
            "--mode: elements have cors, which is crossorigin, or no-cors; same-origin is fetch()'s alone.",
            asker not in _SCRIPTS and given["mode"] == "same-origin",
        ),
        ("--redirect: only fetch() has a redirect mode; leave it out.", asker != "fetch" and given["redirect"]),
        (
            "--upload-listener: it is for --as xhr.",
            asker != "xhr" and given.upload_listener,
        ),
        (f"--header: a page cannot set headers on {asker}.", asker not in _SCRIPTS and given.headers),
        (
            f"--method: a page cannot choose the method of {asker}.",
            asker not in (*_SCRIPTS, "form") and given.method is not None,
        ),
        (
            f"--body: a page uploads nothing with {asker}.",
            asker not in (*_SCRIPTS, "form", "beacon") and given.body is not None,
        ),
        (
            "--credentials: XMLHttpRequest and elements have include, or same-origin; omit is fetch()'s alone.",
            asker != "fetch" and given["credentials"] == "omit",
        ),
    )
    return [sentence for sentence, applies in rules if applies]


def _ask(given: Given, headers: tuple[tuple[str, str], ...], usual_method: str) -> Ask:
    asker, url = given["as"] or _SCRIPTS[0], given.url or ""
    body = None if given.body is None else Upload("text", given.body.encode())
    method = given.method or ("POST" if body is not None and usual_method == "GET" else usual_method)
    includes = given["credentials"] == "include"
    if asker == "fetch":
        return FetchCall(
            url=url,
            method=method,
            headers=headers,
            body=body,
            mode=given["mode"] or "cors",
            credentials=given["credentials"] or "same-origin",
            redirect=given["redirect"] or "follow",
        )
    if asker == "xhr":
        return XhrCall(
            url=url,
            method=method,
            headers=headers,
            body=body,
            with_credentials=includes,
            upload_listeners=given.upload_listener,
        )
    attribute: Any = "anonymous" if given["mode"] == "cors" else None
    return ElementLoad(
        initiator=asker,
        url=url,
        crossorigin="use-credentials" if includes else attribute,
        method=method if asker == "form" else "GET",
        body=body,
    )
