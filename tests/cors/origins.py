"""Strategies for origins, patterns and policies."""

from hypothesis import strategies as st

from crossgate.cors.origin import Origin
from crossgate.cors.pattern import Pattern
from crossgate.cors.policy import CorsPolicy

# Few, so that what is allowed and what is asked meet often.
LABELS = st.sampled_from(["a", "b", "shop", "x-1", "a_b", "xn--bcher-kva", "com"])
TOKENS = st.sampled_from(["X-A", "x-a", "X-b", "PATCH", "patch", "Content-Type", "Range"])


@st.composite
def hosts(draw: st.DrawFn) -> str:
    """Host names, and now and then an address."""
    name = ".".join(draw(st.lists(LABELS, min_size=1, max_size=4)))
    return draw(st.one_of(st.just(name), st.sampled_from(["localhost", "127.0.0.1", "[::1]", "192.0.2.7"])))


@st.composite
def origins(draw: st.DrawFn) -> Origin:
    """Origins of web pages and apps."""
    scheme, default = draw(st.sampled_from([("https", 443), ("http", 80), ("app", None)]))
    host = draw(LABELS if scheme == "app" else hosts())
    port = draw(st.one_of(st.none(), st.integers(1, 65535)))
    return Origin(scheme, host, None if port == default else port)


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    """Host patterns that check() passes."""
    if draw(st.booleans()):
        host = draw(st.sampled_from(["localhost", "127.0.0.1", "[::1]"]))
        return Pattern(Origin(draw(st.sampled_from(["http", "https"])), host), is_below=False, is_any_port=True)
    base = ".".join([*draw(st.lists(LABELS, min_size=1, max_size=3)), "example"])
    return Pattern(
        Origin(draw(st.sampled_from(["http", "https"])), base, draw(st.one_of(st.none(), st.just(8443)))),
        is_below=True,
        is_any_port=False,
    )


@st.composite
def policies(draw: st.DrawFn, *, only_usable: bool = False) -> CorsPolicy:
    """Policies; without `only_usable` some of them will be refused."""
    entry = st.one_of(origins().map(str), patterns().map(str), st.sampled_from(["*", "null"]))
    entries = draw(st.lists(entry, min_size=1 if only_usable else 0, max_size=4))
    may_have_credentials = not only_usable or not {"*", "null"} & set(entries)
    return CorsPolicy(
        origins=tuple(entries),
        credentials=may_have_credentials and draw(st.booleans()),
        methods=tuple(draw(st.lists(st.one_of(TOKENS, st.sampled_from(["*", "GET", "PUT"])), max_size=3))),
        headers=tuple(draw(st.lists(st.one_of(TOKENS, st.sampled_from(["*", "authorization"])), max_size=3))),
        expose=tuple(draw(st.lists(st.one_of(TOKENS, st.sampled_from(["*", "Set-Cookie"])), max_size=3))),
        max_age=draw(st.one_of(st.none(), st.integers(0, 100_000))),
        backend_headers=draw(st.sampled_from(["override", "strip-foreign", "keep"])),
        reject_foreign=draw(st.booleans()),
    )


def usable_policies() -> st.SearchStrategy[CorsPolicy]:
    """Policies that can be compiled."""
    return policies(only_usable=True)
