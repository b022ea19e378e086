"""The readers of nginx, Traefik and Envoy take any text whatever, and any arrangement of their own words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.peers import FORMATS

READERS = ("envoy", "nginx", "traefik")
DATA = Path(__file__).parent / "data"

WORDS_OF_NGINX = (
    *("server", "location", "http", "if", "map", "geo", "set", "return", "rewrite", "break", "add_header"),
    *("more_set_headers", "limit_except", "include", "hostnames", "default", "proxy_pass", "upstream", "always"),
    *("$http_origin", "$request_method", "$cors", "${cors}x", "$1", "($http_origin", "~*", "!~", "=", "^(a|b)$)"),
    *("Access-Control-Allow-Origin", "Vary", "'*'", "\"", "'", "\\", "{", "}", ";", ";", "{", "}", "#", "\n"),
    *("header_filter_by_lua_block", "-s", "204", "301", "OPTIONS", "@a", "/", "off"),
)  # fmt: skip
NAMES = (
    *("http", "routers", "middlewares", "headers", "accessControlAllowOriginList", "chain", "rule", "service"),
    *("accessControlAllowOriginListRegex", "customResponseHeaders", "services", "loadBalancer", "tls", "labels"),
    *("traefik.http.middlewares.a.headers.accesscontrolalloworiginlist", "kind", "spec", "metadata", "items"),
    *("virtual_hosts", "routes", "match", "route", "cors", "typed_per_filter_config", "envoy.filters.http.cors"),
    *("allow_origin_string_match", "exact", "safe_regex", "regex", "http_filters", "name", "route_config", "<<"),
    *("allowOrigins", "corsPolicy", "filters", "rules", "response_headers_to_add", "header", "key", "value"),
    *("apiVersion", "load_assignment", "socket_address", "address", "static_resources", "filter_enabled"),
)  # fmt: skip
VALUES = ("*", "a", "a@file", "true", "Middleware", "VirtualService", "HTTPRoute", "(", "1h", "Path(`/a`)", "null")

values = st.recursive(
    st.one_of(st.sampled_from(VALUES), st.sampled_from(NAMES), st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=5)
    ),
    max_leaves=25,
)


def check(text: str) -> None:
    """Read a text in every way there is."""
    for name in READERS:
        FORMATS[name].recognises(text, "any")
        document = FORMATS[name].read(text, "any")
        last = text.count("\n") + 2
        places = [subject.place for subject in document.subjects]
        places += [each.place for each in document.unreadable]
        places += [origin.place for subject in document.subjects for origin in subject.origins]
        assert all(place.line is None or 1 <= place.line <= last for place in places)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(WORDS_OF_NGINX), max_size=40).map(" ".join))
def test_any_arrangement_of_nginx_words_is_read(text: str) -> None:
    """Most of them no configuration at all."""
    check(text)


@settings(max_examples=120, deadline=None)
@given(values)
def test_any_arrangement_of_names_is_read(value: Any) -> None:
    """Mappings where lists are expected, and the other way round."""
    check(json.dumps(value, indent=1))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Text that is nothing at all."""
    check(text)


FILES = sorted(path for name in READERS for path in (DATA / name).iterdir())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_any_part_of_a_file_is_read(path: Path, data: st.DataObject) -> None:
    """A file that was cut off, or has a piece missing in the middle."""
    text = path.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 200)))
    check(text[:start] + text[end:])


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "text",
    ["", "\ufeff", "{" * 3000, "a{" * 3000 + "}" * 3000, "if(" * 3000, ";" * 3000, "[" * 3000, "\ud800", "a\x00;"],
    ids=lambda text: repr(text[:4]),
)
def test_what_only_a_test_would_write_is_read(name: str, text: str) -> None:
    """Nesting without end, and characters that no file has."""
    assert FORMATS[name].read(text, "any").subjects == ()
