"""Paths as the router sees them and as the backend gets them."""

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossgate.core.snapshot import path


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (b"/a%20b", b"/a b"),
        (b"/aa%2Faa", b"/aa/aa"),
        (b"/a/./b/../c", b"/a/c"),
        (b"/a/%2e%2e/admin", b"/admin"),
        (b"/../../etc", b"/etc"),
        (b"/a/..", b"/"),
        (b"/a/b/.", b"/a/b/"),
        (b"/%252e%252e/a", b"/%2e%2e/a"),
        (b"/a//b", b"/a//b"),
        (b"/%E4%BD%A0", b"/\xe4\xbd\xa0"),
    ],
)
def test_a_path_is_decoded_once_and_its_dots_are_resolved(raw: bytes, normal: bytes) -> None:
    """What the router matches is what the backend would understand."""
    assert path.normalise(raw) == normal


@pytest.mark.parametrize("raw", [b"/%", b"/%4", b"/%zz", b"/%00", b"/%0d%0a", b"/%7f"])
def test_what_cannot_be_decoded_is_refused(raw: bytes) -> None:
    """Broken escapes and control characters reach no backend."""
    with pytest.raises(path.BadPathError):
        path.normalise(raw)


@given(st.binary().filter(lambda text: not set(text) & {*range(0x20), 0x7F}))
def test_what_was_decoded_survives_encoding(text: bytes) -> None:
    """Encoding a segment and decoding it again gives the same bytes, and nothing that ends the path."""
    encoded = path.encode_segment(text)

    assert unquote_to_bytes(encoded) == text
    assert not set(encoded) & set(b"/?# ")
