"""Readers take any text whatever: they never raise, and every line they name is one of the document's."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.cors.lint.subject import Document, Subject
from crossgate.peers import FORMATS

READERS = ("apisix", "kong", "openapi", "s3")

# Words of the four formats: any arrangement of them reaches further into a reader than other text does.
NAMES = (
    *(
        "_format_version",
        "_plugin_configs",
        "_config",
        "services",
        "routes",
        "plugins",
        "name",
        "config",
        "enabled",
    ),
    *(
        "service",
        "route",
        "consumer",
        "protocols",
        "paths",
        "methods",
        "https_redirect_status_code",
        "url",
        "host",
    ),
    *(
        "cors",
        "origins",
        "headers",
        "credentials",
        "max_age",
        "key-auth",
        "response-transformer",
        "add",
        "ordering",
    ),
    *("response-rewrite", "uri", "allow_origins", "allow_origins_by_regex", "allow_origins_by_metadata", "set"),
    *(
        "global_rules",
        "plugin_configs",
        "plugin_metadata",
        "upstream",
        "nodes",
        "_meta",
        "priority",
        "list",
        "value",
    ),
    *("apiVersion", "kind", "metadata", "annotations", "konghq.com/plugins", "spec", "http", "match", "rules"),
    *("openapi", "swagger", "/", "get", "options", "security", "components", "securitySchemes", "type", "in"),
    *(
        "x-apigateway-cors",
        "x-apigateway-responses",
        "x-amazon-apigateway-cors",
        "x-amazon-apigateway-integration",
    ),
    *("responses", "responseParameters", "method.response.header.Access-Control-Allow-Origin", "default"),
    *("x-amazon-apigateway-gateway-responses", "DEFAULT_4XX", "allowOrigins", "x-kong-plugin-cors", "servers"),
    *(
        "CORSRules",
        "AllowedOrigins",
        "AllowedMethods",
        "AllowedHeaders",
        "MaxAgeSeconds",
        "origin",
        "cors",
        "corsRules",
    ),
)
WORDS = (
    "*",
    "**",
    "true",
    "https://a.example",
    "^(a|b",
    "null",
    "$http_origin",
    "[",
    "cors",
    "KongPlugin",
    "3.0.1",
    "-1",
)

values = st.recursive(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(NAMES),
        st.text(max_size=8),
        st.integers(),
        st.none(),
        st.booleans(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=5)
    ),
    max_leaves=25,
)
elements = st.sampled_from(("CORSConfiguration", "CORSRule", "AllowedOrigin", "AllowedMethod", "Cors", "CorsRule"))
tags = st.builds(
    lambda name, mark: mark.format(name), elements, st.sampled_from(("<{}>", "</{}>", "<{}/>", "<!DOCTYPE {}>"))
)
pieces_of_xml = st.lists(
    st.one_of(tags, st.sampled_from(("*", "&amp;", "&x;", "\n", "<!-- -->", "\x00", "é"))), max_size=12
)


def every_line(document: Document) -> list[int | None]:
    """The lines of all that a document names."""
    found = [each.place.line for each in document.unreadable]
    for subject in document.subjects:
        found += [subject.place.line, *(origin.place.line for origin in subject.origins)]
        found += [said.place.line for said in lists_of(subject)]
    return found


def lists_of(subject: Subject) -> list[Any]:
    """Every word that a subject says."""
    return [*(subject.methods or ()), *(subject.headers or ()), *(subject.expose or ())]


def check(text: str) -> None:
    """Reads a text in every way there is."""
    for name in READERS:
        FORMATS[name].recognises(text, "any")
        document = FORMATS[name].read(text, "any")
        lines = [line for line in every_line(document) if line is not None]
        assert all(1 <= line <= text.count("\n") + text.count("\r") + 1 for line in lines)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from((None, 1)))
def test_any_arrangement_of_their_words_is_read(value: Any, indent: int | None) -> None:
    """JSON made of the words that the readers look for, in places they do not expect."""
    check(json.dumps(value, indent=indent))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Text that is nothing at all, or a part of something."""
    check(text)


@settings(max_examples=100, deadline=None)
@given(pieces_of_xml)
def test_any_xml_is_read(pieces: list[str]) -> None:
    """Elements that open, close or stand where they should not."""
    check("<CORSConfiguration>" + "".join(pieces))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "text", ["", "\ufeff", "---\n", "[]", "{}", "[" * 5000, "<a>" * 300, "a: &a [*a]", "\ud800"]
)
def test_what_only_a_test_would_write_is_read(name: str, text: str) -> None:
    """Empty documents, documents without end, and one that contains itself."""
    reader = FORMATS[name]
    assert not reader.recognises(text, "any")
    assert reader.read(text, "any").subjects == ()
