"""Origins: what is read as one, what is not, and what is said instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.cors.origin import MAX_ORIGIN_BYTES, NotAnOriginError, Origin, parse_origin, read_origin
from tests.cors.origins import origins

CANONICAL = [
    ("HTTPS://App.Example:443/x?y#z", "https://app.example"),
    ("http://app.example:80", "http://app.example"),
    ("https://app.example:0443", "https://app.example"),
    ("https://app.example:80", "https://app.example:80"),
    ("https://me@app.example:8443/", "https://app.example:8443"),
    ("https://app.example\\x", "https://app.example"),
    ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
    ("https://\uff41pp.example", "https://app.example"),
    ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
    ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
    ("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
    ("http://192.0.2.1", "http://192.0.2.1"),
    ("Capacitor://localhost", "capacitor://localhost"),
    ("app://-", "app://-"),
]

NOT_ORIGINS = [
    "",
    "app.example",
    "//app.example",
    "://app.example",
    "1https://app.example",
    "https://",
    "https://:443",
    "https:// app.example",
    "https://app.example.",
    "https://app..example",
    "https://-app.example",
    "https://app-.example",
    "https://" + "a" * 64 + ".example",
    "https://" + "a." * 127 + "example",
    "https://" + "\u00fc" * 254,
    "https://" + "\u00fc." * 63 + "example",
    "https://\u0378.example",
    "https://app.example:",
    "https://app.example:0",
    "https://app.example:65536",
    "https://app.example:99999999",
    "https://app.example:" + "9" * 5000,
    "https://app.example:abc",
    "https://app.example:\u0661",
    "http://0x7f.1",
    "http://2130706433",
    "http://127.0.0.01",
    "http://[::1",
    "http://[::g]",
    "http://[fe80::1%25eth0]",
    "file://localhost",
    "null://app.example",
    "app://",
    "app://a b",
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_what_was_meant_is_read_in_canonical_form(text: str, canonical: str) -> None:
    """An operator's spelling is understood, and only the canonical one is a serialised origin."""
    assert str(read_origin(text)) == canonical
    assert parse_origin(canonical) == read_origin(text)
    assert parse_origin(text) == (read_origin(text) if text == canonical else None)


@pytest.mark.parametrize("text", NOT_ORIGINS)
def test_what_is_no_origin_is_not_read_as_one(text: str) -> None:
    """There is no canonical form of what no browser could send, and the reason is a sentence."""
    with pytest.raises(NotAnOriginError, match=r"^(?:its|it|no) .+[a-z0-9/]$"):
        read_origin(text)
    assert parse_origin(text) is None
    assert parse_origin(text.encode()) is None


@given(origins())
def test_an_origin_survives_the_round_trip(origin: Origin) -> None:
    """What is written is read back, from text and from bytes, and fits the limit of the wire."""
    assert parse_origin(str(origin)) == origin
    assert parse_origin(str(origin).encode()) == origin
    assert len(str(origin)) <= MAX_ORIGIN_BYTES


@given(
    st.one_of(st.text(), st.binary(), origins().map(str).flatmap(lambda text: st.text().map(lambda x: text + x)))
)
def test_reading_never_raises_and_never_rewrites(value: str | bytes) -> None:
    """Whatever arrives is an origin exactly as it stands, or none."""
    origin = parse_origin(value)

    assert origin is None or str(origin) == (value.decode() if isinstance(value, bytes) else value)


@given(st.text(alphabet="htps:/.a-_[]0x1%@é*", max_size=40))
def test_canonical_form_is_canonical(text: str) -> None:
    """Reading what was written changes nothing more."""
    try:
        origin = read_origin(text)
    except NotAnOriginError:
        return
    assert read_origin(str(origin)) == origin


@pytest.mark.parametrize(
    ("origin", "is_loopback", "is_private"),
    [
        ("http://localhost:3000", True, True),
        ("http://app.localhost", True, True),
        ("http://127.9.9.9", True, True),
        ("http://[::1]", True, True),
        ("http://10.0.0.1", False, True),
        ("http://[fd00::1]", False, True),
        ("http://192.0.2.256.example", False, False),
        ("https://localhost.example", False, False),
        ("https://8.8.8.8", False, False),
    ],
)
def test_where_an_origin_lives_is_known(origin: str, *, is_loopback: bool, is_private: bool) -> None:
    """Loopback means this machine, private means a local network or this machine."""
    read = read_origin(origin)

    assert (read.is_loopback, read.is_private) == (is_loopback, is_private)
