"""Host patterns: what they stand for, one by one and by the thousand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cors.origin import NotAnOriginError, parse_origin
from crossgate.cors.pattern import MisplacedWildcardError, Pattern, PatternSet, read_pattern
from tests.cors.origins import LABELS, origins, patterns


def stands_for(pattern: Pattern, text: str) -> bool:
    """What a pattern means, said the slow way."""
    origin = parse_origin(text)
    if origin is None or origin.scheme != pattern.base.scheme:
        return False
    is_host = (
        origin.host.endswith(f".{pattern.base.host}") if pattern.is_below else origin.host == pattern.base.host
    )
    return is_host and (pattern.is_any_port or origin.port == pattern.base.port)


@given(patterns())
def test_a_pattern_survives_the_round_trip(pattern: Pattern) -> None:
    """What is written is read back."""
    assert read_pattern(str(pattern)) == pattern


@given(st.text(alphabet="htps:/.*a-_[]0x1%@", max_size=40))
def test_reading_fails_in_one_way_only(text: str) -> None:
    """Whatever an operator writes is a pattern or not one; a pattern's canonical form is canonical."""
    try:
        pattern = read_pattern(text)
    except NotAnOriginError:
        return
    assert read_pattern(str(pattern)) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "https://*",
        "https://*:*",
        "https://*example.com",
        "https://app.*",
        "https://app.*.example.com",
        "https://*.*.example.com",
        "https://example.com:8*",
        "*://example.com",
        "app://*.example.com",
    ],
)
def test_a_misplaced_wildcard_is_told_apart(text: str) -> None:
    """Only the whole left-most label, or the whole port, can be a wildcard."""
    with pytest.raises(MisplacedWildcardError):
        read_pattern(text)


@pytest.mark.parametrize(
    "text", ["*.example.com", "https://*.", "https://*.127.0.0.1", "https://*.[::1]", "http://localhost:80:*"]
)
def test_what_is_no_pattern_is_not_read_as_one(text: str) -> None:
    """A scheme is needed, and a name that can have names below it."""
    with pytest.raises(NotAnOriginError):
        read_pattern(text)


@given(st.lists(patterns(), max_size=6), st.lists(LABELS, max_size=3), st.data())
def test_a_set_matches_what_its_patterns_stand_for(
    every: list[Pattern], labels: list[str], data: st.DataObject
) -> None:
    """However many there are, together they match what one of them stands for."""
    known = [pattern.base for pattern in every] or [data.draw(origins())]
    base = data.draw(st.sampled_from(known))
    port = data.draw(st.sampled_from(["", ":443", ":80", ":8443", ":08443", ":65536", ":", ":x", "."]))
    text = f"{base.scheme}://{''.join(label + '.' for label in labels)}{base.host}{port}"

    assert PatternSet(every).matches(text.encode()) == any(stands_for(pattern, text) for pattern in every)


@given(st.lists(patterns(), min_size=1, max_size=3), st.binary(max_size=60))
def test_odd_bytes_match_nothing(every: list[Pattern], junk: bytes) -> None:
    """What is matched is always a serialised origin."""
    tail = str(every[0].base).encode().removeprefix(b"https://")
    for value in (junk, b"https://" + junk + b"." + tail, str(every[0].base).encode() + junk):
        if PatternSet(every).matches(value):
            assert parse_origin(value) is not None


def test_a_longer_name_may_have_another_scheme() -> None:
    """What one pattern does not stand for, another below it still may."""
    every = PatternSet([read_pattern("https://*.example.com"), read_pattern("http://*.dev.example.com")])

    assert every.matches(b"http://a.dev.example.com")
    assert every.matches(b"https://a.dev.example.com")
    assert not every.matches(b"http://a.example.com")


def test_a_much_longer_name_is_found_behind_names_that_end_no_pattern() -> None:
    """Between two patterns there may be labels that only lead from one to the other."""
    every = PatternSet([read_pattern("https://*.example.com"), read_pattern("http://*.d.c.b.a.example.com")])

    assert every.matches(b"http://x.d.c.b.a.example.com")
    assert every.matches(b"https://x.d.c.b.a.example.com")
    assert not every.matches(b"http://x.c.b.a.example.com")
    assert not every.matches(b"http://x.d.c.other.a.example.com")


@pytest.mark.parametrize(
    ("labels", "is_host"),
    [
        ("a." * 121, True),
        ("aa." + "a." * 120, False),
        ("a" * 63 + ".", True),
        ("a" * 64 + ".", False),
        ("b." * 40 + "a" * 63 + ".c.", True),
        ("b." * 40 + "a" * 64 + ".c.", False),
        ("b." * 40 + "a" * 120 + ".", False),
    ],
)
def test_a_host_has_its_limits(labels: str, *, is_host: bool) -> None:
    """253 bytes in all, 63 in a label: no browser sends more."""
    value = f"https://{labels}example.com:8443".encode()

    assert PatternSet([read_pattern("https://*.example.com:8443")]).matches(value) == is_host
