"""URLs and MIME types, read as browsers read them."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.browser.mime import parse_mime
from crossgate.cors.browser.urls import Url, as_script_text, parse_location, parse_url


def table(file: str) -> dict[str, Any]:
    """A data file of this folder."""
    return tomllib.loads(Path(__file__).with_name(file).read_text("utf-8"))


URLS = table("urls.toml")


@pytest.mark.parametrize("row", URLS["urls"], ids=lambda row: ascii(row[0]))
def test_a_url_is_read_as_the_standard_and_two_browsers_read_it(row: list[str]) -> None:
    """Its address and its origin, or that it is none."""
    text, *expected = row
    url = parse_url(text, read(URLS["base"]))

    assert ([] if url is None else [str(url), "null" if url.origin is None else str(url.origin)]) == expected


@pytest.mark.parametrize(("text", "read_as"), table("types.toml")["types"], ids=ascii)
def test_a_type_is_read_as_the_row_says(text: str, read_as: str) -> None:
    """Its essence and its parameters, written the canonical way."""
    mime = parse_mime(text.encode("latin-1"))

    assert ("" if mime is None else mime.serialised().decode("latin-1")) == read_as


def read(text: str) -> Url:
    """A URL that is one."""
    url = parse_url(text)
    assert url is not None, text
    return url


def test_relative_urls_need_something_to_be_relative_to() -> None:
    """Without a base, or with one that is not of the web, there is no URL."""
    assert parse_url("/x") is None
    assert parse_url("/x", read("data:,x")) is None


def test_half_a_character_is_replaced_in_scripts_and_kept_as_bytes_in_locations() -> None:
    """What a script writes is text; what a server writes is bytes."""
    assert str(parse_url(as_script_text("https://b.example/\ud800"))) == "https://b.example/%EF%BF%BD"
    assert str(parse_location(b"/\xff?\xff#\xff", read("https://b.example/"))) == "https://b.example/%FF?%FF#%FF"
    assert parse_location(b"https://\xff.example/", read("https://b.example/")) is None


def test_a_host_may_be_written_in_any_script() -> None:
    """Names that break the rules of their script are none, however they are written."""
    long_number = "https://" + "9" * 301 + "/"

    assert str(parse_url("https://xn--bcher-kva.example/")) == "https://xn--bcher-kva.example/"
    assert [
        parse_url(f"https://{host}/") for host in ("xn--a", "xn--", "xn--a\u00e9", "a\u0301\u200d", "\u0301a")
    ] == [None] * 5
    assert parse_url(long_number) is None


def test_a_url_names_who_asks_and_leaves_it_out() -> None:
    """User and password are replaced, encoded, and not sent; other schemes have no place for them."""
    url = read("https://me:old@b.example:8443/x?y#z")

    assert str(url.with_credentials("m e", "p:w")) == "https://m%20e:p%3Aw@b.example:8443/x?y#z"
    assert str(url.with_credentials("", "")) == "https://b.example:8443/x?y#z"
    assert url.without_credentials == "https://b.example:8443/x?y"
    assert read("https://b.example/").without_credentials == "https://b.example/"
    assert str(read("data:,x").with_credentials("me", "pw")) == "data:,x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://b.example/", True),
        ("wss://b.example/", True),
        ("data:,x", True),
        ("http://127.1.2.3/", True),
        ("http://a.localhost/", True),
        ("blob:https://b.example/1", True),
        ("blob:http://b.example/1", False),
        ("http://b.example/", False),
        ("mailto:a", False),
    ],
)
def test_some_urls_can_be_trusted(text: str, expected: bool) -> None:
    """Those whose answers nobody on the way can have changed."""
    assert read(text).is_trustworthy == expected
