"""The generator: from a seed and a number to a case, always the same one."""

from random import Random
from typing import Final, TypeVar, get_args

import msgspec

from crossgate.cors.browser import ElementLoad, FetchCall, Upload, XhrCall
from crossgate.cors.browser.asks import UploadKind
from crossgate.cors.browser.values import Cache, Credentials, Mode, Redirect, ReferrerPolicy, TextFields
from tests.browser import menus
from tests.browser.bodies import BODIES, TYPES
from tests.browser.cases import Answer, BodyName, Call, Case, PageKind, Place
from tests.browser.world import World

BLOCK: Final = 40
"""Cases that share a page. Not more, so that Firefox's cache of 100 preflights holds those of a whole block."""

SEQUENCES_EVERY: Final = 12
"""One block of so many has sequences: they wait for preflights to be forgotten."""

AGAIN: Final = 1_000_000
"""What a repeated case has as number is so much more."""

_T = TypeVar("_T")
_BODY_OF: Final[dict[str, BodyName]] = {
    "img": "image",
    "video": "media",
    "audio": "media",
    "stylesheet": "style",
    "script": "script",
    "module-script": "module",
    "font-face": "font",
    "font-preload": "font",
    "eventsource": "events",
    "worker": "worker",
    "service-worker": "script",
    "shared-worker": "shared-worker",
    "css-image": "image",
    "track": "track",
    "iframe": "page",
    "navigation": "page",
    "form": "page",
    "beacon": "text",
    "websocket": "",
}
_WITHOUT_NOTHING: Final = ("stylesheet", "font-preload", "font-face", "track", "css-image")
_PICTURES: Final = ("img", "video", "audio", "track")
_SLOW: Final = ("form", "navigation")
_REDIRECTS: Final = (301, 302, 303, 307, 308)


def generate(seed: int, number: int, world: World, *, again: bool = False) -> Case:
    """The case with this number. A block of numbers has one page; sequences have blocks of their own.

    `again` gives it other paths, for a browser that remembers the first ones.
    """
    block = number // BLOCK
    page = _page(Random(f"{seed}/{block}"), world)  # noqa: S311 - nothing here is a secret
    taken = number + AGAIN if again else number
    making = _Making(Random(f"{seed}:{number}"), taken, page, world)  # noqa: S311
    return making.sequence() if block % SEQUENCES_EVERY == SEQUENCES_EVERY - 1 else making.single()


def _page(random: Random, world: World) -> PageKind:
    name = random.choice(["home"] * 8 + ["site"] * 2 + ["plain"] * 3 + ["tls"] * 3 + ["below"])
    policies: tuple[ReferrerPolicy, ...] = get_args(ReferrerPolicy)
    policy = random.choice(policies) if random.random() < 0.3 else "strict-origin-when-cross-origin"
    return PageKind(world.origins[name], is_opaque=random.random() < 0.1, policy=policy)


class _Making:
    """One case in the making."""

    def __init__(self, random: Random, number: int, page: PageKind, world: World) -> None:
        self.random, self.number, self.page, self.world = random, number, page, world
        self.flaw = random.choice((0.0, 0.0, 0.12, 0.3, 0.7))
        self.places: dict[str, Place] = {}

    def single(self) -> Case:
        """One call, through as many redirects as it takes."""
        roll = self.random.random()
        url = self._first_url()
        ask: FetchCall | XhrCall | ElementLoad
        if roll < 0.62:
            ask = self._fetch_call(url)
        elif roll < 0.82:
            ask = self._xhr_call(url)
        else:
            ask = self._element_load(url)
        redirects = self._number_of_redirects()
        # In Chromium such requests may be redirected less often.
        is_limited = _outlives(ask) or getattr(ask, "initiator", "") in ("iframe", *_SLOW)
        self._lay_way(ask, min(redirects, 18) if is_limited else redirects)
        return Case(self.number, self.page, (Call(ask),), self.places)

    def sequence(self) -> Case:
        """Calls to one URL, one after the other, so that preflights are remembered or not."""
        include = self._chance(0.4)
        url = f"{self._origin()}/c/{self.number}/0"
        asks = [self._repeated(url, include) for _ in range(self.random.randint(2, 4))]
        preflights = tuple(self._preflight(ask, remembers=True) for ask in asks)
        actuals = tuple(self._final(ask, is_kept=False) for ask in asks)
        self.places[f"/c/{self.number}/0"] = Place(preflights, actuals)
        # Far from the five seconds of an answer without Max-Age, however busy this machine is.
        waits = [0.0, *(0.4 for _ in asks[1:])]
        if self._chance(0.3):
            waits[-1] = 7.0
        calls = tuple(Call(ask, wait) for ask, wait in zip(asks, waits, strict=True))
        return Case(self.number, self.page, calls, self.places)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _is_flawed(self) -> bool:
        return self._chance(self.flaw)

    def _one(self, menu: tuple[_T, ...]) -> _T:
        return self.random.choice(menu)

    def _origin(self) -> str:
        name = self._one(("home", "home", "next", "next", "site", "site", "plain", "below", "tls", "beside"))
        return self.page.origin if self._chance(0.12) else self.world.origins[name]

    # Where to.

    def _first_url(self) -> str:
        origin, path = self._origin(), f"/c/{self.number}/0"
        roll = self.random.random()
        if roll < 0.9:
            return origin + path
        host = origin.partition("://")[2]
        strange = (
            f"{origin}{path}?q=1&r=%20#part",
            f"{origin}{path}?a b\"<>'#x y",
            f"{origin}/c/{self.number}/./a/../0",
            f"{origin.replace('://', '://user:word@')}{path}",
            f"{origin.upper().replace('HTTP', 'http')}{path}",
            f"{origin.partition('://')[0]}://{host.partition(':')[0]}:6667{path}",
            f"http://127.0.0.1:{self.world.refused}{path}",
            f"ftp://{host}{path}",
            f"file:///c/{self.number}/0",
            f"data:text/plain,/c/{self.number}/",
            f"mailto:/c/{self.number}/0",
            f"about:/c/{self.number}/0",
            f"about:blank?/c/{self.number}/0",
            f"javascript:'/c/{self.number}/0'",
            f"unknown://host/c/{self.number}/0",
            f"unknown://us@HOST:0080/c/./a/../{self.number}/0",
            f"unknown://ho st/c/{self.number}/0",
            f"chrome://x/c/{self.number}/0",
            f"resource://x/c/{self.number}/0",
            f"blob:/c/{self.number}/0",
            f"ws://x.test/c/{self.number}/0",
            f"http://[/c/{self.number}/0",
            path,
        )
        return self._one(strange)

    def _number_of_redirects(self) -> int:
        return self._one((*(0,) * 64, *(1,) * 18, *(2,) * 9, *(3,) * 6, 4, 19, 20, 21))

    # What is asked.

    def _fields(self) -> TextFields:
        fields: list[tuple[str, str]] = []
        for _ in range(self._one((0, 0, 0, 1, 1, 1, 2, 2, 3, 4))):
            roll = self.random.random()
            fields.append(self._one(menus.SAFE_HEADERS if roll < 0.45 else menus.UNSAFE_HEADERS))
            if roll > 0.93:
                fields[-1] = self._one(menus.FORBIDDEN_HEADERS)
            if 0.925 < roll < 0.93:
                fields[-1] = self._one(menus.BAD_HEADERS)
        if self._chance(0.015):
            fields += [("Accept", "a" * 120)] * self._one((2, 8, 9, 10))
        # What becomes of names that are spelt in two ways depends on what was left out before.
        spellings: dict[str, str] = {}
        return tuple((spellings.setdefault(name.lower(), name), value) for name, value in fields)

    def _method(self) -> str:
        return self._one(menus.BAD_METHODS) if self._chance(0.015) else self._one(menus.METHODS)

    def _upload(self, method: str) -> Upload | None:
        if method.upper() in ("GET", "HEAD") and not self._chance(0.02):
            return None
        if self._chance(0.4):
            return None
        kinds: tuple[UploadKind, ...] = get_args(UploadKind)
        kind = self._one(kinds if self._chance(0.3) else ("text", "urlencoded", "multipart", "blob", "bytes"))
        types = ("", "text/plain", "application/json", "image/png", "text/plain;charset=x")
        return Upload(kind, b"a=1", self._one(types) if kind == "blob" else "")

    def _fetch_call(self, url: str) -> FetchCall:
        method = self._method()
        upload = self._upload(method)
        caches: tuple[Cache, ...] = ("default",) * 8 + ("no-store", "reload", "no-cache", "force-cache")
        modes: tuple[Mode, ...] = ("cors",) * 20 + ("no-cors",) * 5 + ("same-origin",) * 2
        mode = "navigate" if self._chance(0.004) else self._one(modes)
        if mode == "no-cors" and self._chance(0.9):
            method, upload = self._one((("GET", None), ("HEAD", None), ("POST", upload)))
        credentials: tuple[Credentials, ...] = ("same-origin", "same-origin", "include", "include", "omit")
        redirects: tuple[Redirect, ...] = ("follow",) * 9 + ("error", "manual")
        return FetchCall(
            url=url,
            method=method,
            headers=self._fields(),
            body=upload,
            mode=mode,
            credentials=self._one(credentials),
            redirect=self._one(redirects),
            cache=self._one(caches),
            referrer_policy=self._one(get_args(ReferrerPolicy)) if self._chance(0.12) else None,
            referrer=self._one(("", "/elsewhere?q", "https://x.test/y", "http://["))
            if self._chance(0.05)
            else None,
            integrity=self._chance(0.03) and not url.startswith("data:"),
            duplex=upload is not None and upload.kind == "stream" and not self._chance(0.1),
            keepalive=self._chance(0.03),
        )

    def _xhr_call(self, url: str) -> XhrCall:
        method = self._method()
        upload = self._upload(method)
        return XhrCall(
            url=url,
            method=method,
            headers=tuple(field for field in self._fields() if field != ("Content-Type", "")),
            body=upload,
            username="us:er" if self._chance(0.02) else None,
            password="word" if self._chance(0.02) else None,
            with_credentials=self._chance(0.4),
            upload_listeners=self._chance(0.2),
        )

    def _element_load(self, url: str) -> ElementLoad:
        names = tuple(name for name in _BODY_OF if name not in _SLOW)
        name = self._one(_SLOW) if self._chance(0.02) else self._one(names)
        if url.startswith("data:") or (url.startswith("about:blank") and name in _PICTURES):
            # It would have to be an image, a font, a style.
            url = f"{self.page.origin}/c/{self.number}/0"
        if name == "service-worker" and not self._may_register():
            name = "worker"
        if name == "shared-worker" and self.page.is_opaque:
            # There it is not there at all.
            name = "worker"
        if name == "websocket":
            url = url.replace("ws://x.test", self.world.origins["home"]).replace("http", "ws", 1)
        if name in ("worker", "service-worker", "shared-worker", "track") and self._chance(0.6):
            url = f"{self.page.origin}/c/{self.number}/0"
        upload = self._upload("POST") if name == "beacon" else None
        if url.startswith(("http://[", "unknown://ho ")) and name in _WITHOUT_NOTHING:
            # A link to nothing fires no event, and a stylesheet makes something of it.
            url = f"{self.page.origin}/c/{self.number}/0"
        if name == "form":
            # Its fields, of which there are none, replace the query.
            url = url.partition("#")[0].partition("?")[0] + "?"
        return ElementLoad(
            initiator=name,
            url=url,
            crossorigin=self._one((None, None, "anonymous", "use-credentials")),
            method=self._one(("GET", "POST")) if name == "form" else "GET",
            body=upload,
            integrity=name in ("script", "stylesheet", "module-script") and self._chance(0.1),
        )

    def _may_register(self) -> bool:
        """Whether service workers are there: in a secure context, of a server whose certificate is known."""
        return self.page.is_secure and self.page.origin.startswith("http://")

    def _repeated(self, url: str, include: bool) -> FetchCall:
        method = self._one(("GET", "GET", "POST", "PUT", "PUT", "DELETE", "HEAD", "patch"))
        fields = (("X-A", "1"), ("X-B", "2"), ("Authorization", "t"), ("Content-Type", "application/json"))
        caches: tuple[Cache, ...] = ("default",) * 12 + ("no-store", "reload", "no-cache", "force-cache")
        return FetchCall(
            url=url,
            method=method,
            headers=tuple(self.random.sample(fields, self._one((0, 1, 1, 1, 2)))),
            credentials="include" if include != self._chance(0.2) else "same-origin",
            cache=self._one(caches),
        )

    # What is answered.

    def _lay_way(self, ask: FetchCall | XhrCall | ElementLoad, redirects: int) -> None:
        for hop in range(redirects + 1):
            path = f"/c/{self.number}/{hop}"
            actual = self._final(ask) if hop == redirects else self._redirect(ask, hop + 1)
            if self._chance(0.006) and getattr(ask, "initiator", "") not in _SLOW:
                # A window would try again.
                actual = Answer(200, broken=True)
            preflight = Answer(200, broken=True) if self._chance(0.006) else self._preflight(ask)
            self.places[path] = Place((preflight,), (actual,))

    def _grant(self, include: bool) -> list[tuple[str, str]]:
        origins: tuple[str, ...] = ("{origin}",) if include else ("*", "{origin}", "{page}")
        allowed = self._one(menus.WRONG_ORIGINS) if self._is_flawed() else (self._one(origins),)
        credentials: tuple[str, ...] = ("true",) if include or self._chance(0.2) else ()
        if self._is_flawed():
            credentials = self._one(menus.WRONG_CREDENTIALS)
        return [
            *self._each("Access-Control-Allow-Origin", allowed),
            *self._each("Access-Control-Allow-Credentials", credentials),
        ]

    def _preflight(self, ask: FetchCall | XhrCall | ElementLoad, *, remembers: bool = False) -> Answer:
        include = _includes(ask)
        method = ask.method.upper() if self._chance(0.1) else ask.method
        names = ", ".join(sorted({name.lower() for name, _ in getattr(ask, "headers", ())}))
        stars: tuple[str, ...] = ("*",) if not include and self._chance(0.4) else ()
        methods = stars or (method.upper() if method.lower() in ("put", "delete", "options") else method,)
        headers = stars or (f"{names}, content-type",)
        if self._is_flawed():
            methods = self._one(menus.WRONG_METHODS)
        if self._is_flawed():
            headers = self._one(menus.WRONG_HEADERS)
        fields = self._grant(include)
        fields += self._each("Access-Control-Allow-Methods", methods, method=method)
        fields += self._each("Access-Control-Allow-Headers", headers, names=names)
        if self._chance(0.6 if remembers else 0.1):
            ages = ("60", "600") if remembers and self._chance(0.5) else menus.MAX_AGES
            fields += self._each("Access-Control-Max-Age", (self._one(ages),) * self._one((1, 1, 1, 1, 2)))
        status = (
            self._one(menus.WRONG_STATUSES) if self._is_flawed() and self._chance(0.6) else self._one((200, 204))
        )
        if status in _REDIRECTS:
            fields.append(("Location", f"/c/{self.number}/9"))
        return Answer(status, (*fields, ("Content-Length", "0")))

    def _final(self, ask: FetchCall | XhrCall | ElementLoad, *, is_kept: bool = True) -> Answer:
        body: BodyName = "text"
        if isinstance(ask, ElementLoad):
            body = _BODY_OF[ask.initiator]
        if not body and isinstance(ask, ElementLoad):
            return Answer(101, (("Upgrade", "websocket"), ("Connection", "Upgrade"), *self._grant(_includes(ask))))
        status = 200
        if not isinstance(ask, ElementLoad) and self._chance(0.25):
            status = self._one(menus.WRONG_STATUSES)
        body = "" if status in (204, 205, 304) else body
        fields = self._grant(_includes(ask))
        fields += self._each("Access-Control-Expose-Headers", self._one(menus.EXPOSED))
        fields += self._each("Timing-Allow-Origin", self._one(menus.TIMINGS))
        fields += self._each("Cross-Origin-Resource-Policy", self._resource_policy())
        menu = [field for field in menus.RESPONSE_FIELDS if is_kept or field[0] != "Cache-Control"]
        fields += self.random.sample(menu, self._one((0, 1, 2, 3, 6)))
        self.random.shuffle(fields)
        if not is_kept:
            fields.append(("Cache-Control", "no-store"))
        if body:
            fields.append(("Content-Type", TYPES[body]))
        return Answer(status, (*fields, ("Content-Length", str(len(BODIES[body])))), body)

    def _resource_policy(self) -> tuple[str, ...]:
        policy = self._one(menus.RESOURCE_POLICIES)
        # Chromium counts localhost as the same site as a page without origin, and no other host.
        return ("same-origin",) if self.page.is_opaque and policy == ("same-site",) else policy

    def _redirect(self, ask: FetchCall | XhrCall | ElementLoad, to: int) -> Answer:
        fields = self._grant(_includes(ask))
        fields += self._each("Timing-Allow-Origin", self._one(menus.TIMINGS))
        location = f"{self._origin()}/c/{self.number}/{to}"
        locations: tuple[str, ...] = (location,)
        if self._chance(0.12):
            # An element would not take a redirect that leads nowhere for what it wants.
            locations = self._one(
                (
                    (location,) if isinstance(ask, ElementLoad) else (),
                    (location, location),
                    (location.replace("://", "://user:word@"),),
                    (location.replace("://", "://user@"),),
                    (f"{to}",),
                    (f"./x/../{to}?y#z",),
                    (f"//{location.partition('//')[2]}#frag",),
                    (location.partition(":")[2],),
                    (f" {location}\t",),
                    (f"http://127.0.0.1:{self.world.refused}/c/{self.number}/{to}",),
                    (f"http://127.0.0.1:6667/c/{self.number}/{to}",),
                    (location + "?caf\xe9",),
                    (location + "?a b",),
                    (self._strange_location(ask, to),),
                )
            )
        fields += [("Location", each) for each in locations]
        return Answer(self._one(_REDIRECTS), (*fields, ("Content-Length", "2")), "text")

    def _strange_location(self, ask: FetchCall | XhrCall | ElementLoad, to: int) -> str:
        location = self._one(menus.STRANGE_LOCATIONS).replace("{path}", f"/c/{self.number}/{to}")
        is_shared = isinstance(ask, XhrCall) or getattr(ask, "mode", "") == "cors"
        # Without CORS Firefox asks the user for a mail program, and nobody is there to answer.
        return location if is_shared else location.replace("mailto:", "ftp://x.test")

    def _each(self, name: str, values: tuple[str, ...], **words: str) -> list[tuple[str, str]]:
        page = "null" if self.page.is_opaque else self.page.origin
        words = {"page": page, "PAGE": page.upper(), **words}
        filled = []
        for value in values:
            for word, text in words.items():
                value = value.replace("{" + word + "}", text)  # noqa: PLW2901 - one word after the other
            filled.append((name, value))
        return filled


def _includes(ask: FetchCall | XhrCall | ElementLoad) -> bool:
    """Whether the grant needs Access-Control-Allow-Credentials."""
    if isinstance(ask, FetchCall):
        return ask.credentials == "include"
    if isinstance(ask, XhrCall):
        return ask.with_credentials
    return ask.crossorigin == "use-credentials" or ask.initiator in ("beacon", "websocket")


def _outlives(ask: FetchCall | XhrCall | ElementLoad) -> bool:
    """Whether the request may outlive its page."""
    return getattr(ask, "keepalive", False) or getattr(ask, "initiator", "") == "beacon"


def describe(case: Case) -> str:
    """A case to read."""
    return msgspec.json.format(msgspec.json.encode(case), indent=1).decode()
