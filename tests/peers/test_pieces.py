"""Documents with lines: YAML, JSON and TOML, well formed, malformed and hostile."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.peers import json_lines, toml_lines, yaml_lines
from crossgate.peers.pieces import Piece

SECONDS = 5
"""More than any of these texts takes on a busy machine, and far less than it would take to unfold a bomb."""


def only(text: str) -> Piece:
    """The one document of a text that has to be read."""
    documents, unreadable = yaml_lines.load(text, "file.yaml")
    assert unreadable == []
    (document,) = documents
    return document


def plain(piece: Piece) -> Any:
    """A piece as plain values, every single one as text."""
    if piece.is_mapping:
        return {name: plain(value) for name, value in piece.fields().items()}
    return [plain(item) for item in piece.items()] if piece.is_list else piece.text


def test_a_piece_knows_its_path_line_and_file() -> None:
    """A field is where its name is, an item where it begins."""
    document = only("a:\n  b:\n    - one\n    - c: two\n")
    place = document["a"]["b"].items()[1]["c"].place
    assert (place.at, place.line, place.file) == ("a.b[1].c", 4, "file.yaml")
    assert document["a"]["b"].place.line == 2


def test_what_is_not_there_is_empty() -> None:
    """Any question can be put to a piece that is missing, and to null."""
    document = only("a: null\nb: ~\nc: 'null'\n")
    missing = document["x"]["y"]
    assert not missing
    assert (missing.text, missing.flag, missing.said, missing.words(), missing.items()) == ("", None, None, (), [])
    assert missing.fields() == {}
    assert missing.place.at == "x.y"
    assert not document["a"]
    assert not document["b"]
    assert document["c"].text == "null"


def test_names_are_found_however_they_are_spelt() -> None:
    """Formats that take `max_age`, `maxAge` and `MAXAGE` for one name."""
    document = only("Http: {max-age: 5}")
    assert document.loosely("http", "maxAge").text == "5"
    assert not document.loosely("http", "other")


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("'yes'", True), ("Off", False), ("2", None)])
def test_a_flag_is_yes_no_or_neither(text: str, flag: bool | None) -> None:
    """Quoted or not."""
    assert only(f"a: {text}")["a"].flag is flag


def test_words_come_from_lists_and_from_texts_with_commas() -> None:
    """Both are how people list methods."""
    document = only("a: [GET, PUT]\nb: GET,  PUT,\n")
    assert [word.text for word in document["a"].words()] == ["GET", "PUT"]
    assert [word.text for word in document["b"].words()] == ["GET", "PUT"]


def test_the_last_of_two_equal_names_counts_and_merged_ones_come_before() -> None:
    """As the programs that read these files have it."""
    document = only("base: &base {a: 1, b: 2}\nover: {<<: [*base, {b: 3, c: 4}], c: 5, d: 6, d: 7}\n")
    assert plain(document["over"]) == {"a": "1", "b": "2", "c": "5", "d": "7"}


def test_every_document_of_a_stream_is_read_up_to_the_mistake() -> None:
    """And the mistake has its line."""
    documents, unreadable = yaml_lines.load("a: 1\n---\nb: !secret 2\n---\nc: d: e\n", "f")
    assert [plain(document) for document in documents] == [{"a": "1"}, {"b": "2"}]
    assert [each.place.line for each in unreadable] == [5]


def test_json_may_have_tabs_and_knows_its_lines() -> None:
    """YAML alone would refuse the tabs."""
    document = only('{\n\t"a": [true,\n\t\t"x\\u00e9\\/"]\n}')
    assert document["a"].items()[1].text == "xé/"
    assert document["a"].items()[1].place.line == 3
    assert document["a"].items()[0].flag is True


def test_json_with_comments_or_loose_commas_is_read_as_yaml() -> None:
    """People write such files, and some programs take them."""
    assert plain(only('{"a": [1, 2,], # why\n"b": 3}')) == {"a": ["1", "2"], "b": "3"}


def test_toml_lines_are_found_by_names() -> None:
    """Tables, tables in lists, dotted keys, and items of a list below its name."""
    text = 'top = 1\n[a."b.c"]\nd.e = [\n  "x",\n  "y", # z\n]\n[[a.list]]\nn = true\n[[a.list]]\nn = false\n'
    (document,), unreadable = toml_lines.load(text, "f.toml")
    assert unreadable == []
    items = document["a"]["b.c"]["d"]["e"].items()
    assert [item.place.line for item in items] == [4, 5]
    assert [item["n"].place.line for item in document["a"]["list"].items()] == [8, 10]
    assert document["a"]["list"].items()[1]["n"].flag is False
    assert document["top"].place.line == 1


def test_broken_toml_is_reported_with_its_line() -> None:
    """And nothing of it is read."""
    documents, unreadable = toml_lines.load("a = 1\nb = = 2\n", "f.toml")
    assert documents == []
    assert unreadable[0].place.line == 2


def test_a_document_too_long_to_wait_for_is_refused() -> None:
    """Unless it is JSON, which is read fast."""
    _, unreadable = yaml_lines.load("{a: " + " " * yaml_lines.LONGEST + "1}", "f")
    assert "longer" in unreadable[0].message
    assert plain(only('{"a": ' + " " * yaml_lines.LONGEST + "1}")) == {"a": "1"}


def bomb() -> str:
    """Aliases that would unfold into nine to the sixteenth power of texts."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for before, name in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True):
        lines.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


def merged_bomb() -> str:
    """Merges that would be carried out two to the hundredth power of times."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{step}: &a{step} {{<<: [*a{step - 1}, *a{step - 1}]}}" for step in range(1, 101)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(),
        merged_bomb(),
        "[" * 100_000,
        '{"a":' * 100_000,
        "- " * 20_000,
        "a: &a [*a]",
        "a: &a {<<: *a}",
        "a: *nobody",
        "\x00",
        "%YAML 9.9\n---\na",
        "? [a, b]\n: c",
        "'" * 50_001,
        "&a " * 5_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_what_is_made_to_exhaust_a_reader_does_not(text: str) -> None:
    """Each is walked through or refused, in little time."""
    began = time.monotonic()
    documents, _ = yaml_lines.load(text, "f")
    for document in documents:
        assert len(list(document.walk())) <= text.count("\n") * 12 + 20_000
    assert time.monotonic() - began < SECONDS


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises, in any of the three."""
    for load in (yaml_lines.load, toml_lines.load):
        documents, unreadable = load(text, "f")
        assert documents or unreadable or not text.strip() or load is yaml_lines.load


values = st.recursive(
    st.one_of(st.text(max_size=12), st.booleans(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=20,
)


def as_text(value: Any) -> Any:
    """A value with every single one as text, as pieces have it."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return value if isinstance(value, str) else json.dumps(value)


@settings(max_examples=120, deadline=None)
@given(values, st.sampled_from((None, 0, "\t")))
def test_json_is_read_as_it_was_meant(value: Any, indent: int | str | None) -> None:
    """Every value comes back, whatever its characters."""
    node = json_lines.parse(json.dumps(value, indent=indent))
    assert node is not None
    assert plain(Piece(node)) == as_text(value)


@settings(max_examples=120, deadline=None)
@given(st.text(alphabet='{}[]:,"\\ ae0-.\n', max_size=30))
def test_json_is_taken_for_json_only_if_it_is(text: str) -> None:
    """The same texts as Python's own parser takes, numbers that it alone knows left aside."""
    try:
        expected = json.loads(text, strict=True)
    except ValueError:
        expected = None
    found = json_lines.parse(text)
    assert (found is None) == (expected is None), text
