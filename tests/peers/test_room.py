"""The doors of the room: which reader a document gets, and what is said when it gets none."""

from pathlib import Path

import pytest

from crossgate.peers import FORMATS, detect, read_file, read_text

NGINX = "location / {\n    add_header Access-Control-Allow-Origin *;\n}\n"


def test_a_text_is_read_by_the_reader_that_knows_it() -> None:
    """From standard input there is no file to go by."""
    assert detect(NGINX, "<stdin>") == "nginx"
    assert [subject.format for subject in read_text(NGINX, "<stdin>").subjects] == ["nginx"]


def test_a_named_format_is_taken_at_its_word() -> None:
    """Whatever the text looks like."""
    document = read_text("add_header Access-Control-Allow-Origin *;", "x", "nginx")
    assert len(document.subjects) == 1
    assert read_text(NGINX, "x", "s3").subjects == ()


@pytest.mark.parametrize(("text", "name"), [("hello", None), ("", None), (NGINX, "apache")])
def test_a_text_without_a_reader_is_unreadable(text: str, name: str | None) -> None:
    """And the formats there are, are named."""
    document = read_text(text, "x", name)
    assert document.subjects == ()
    assert all(known in document.unreadable[0].fix for known in FORMATS)


def test_a_file_is_read_with_its_byte_order_mark_taken_away(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "default.conf"
    path.write_bytes(b"\xef\xbb\xbf" + NGINX.encode())
    assert read_file(path).subjects[0].place.file == str(path)


def test_a_file_that_cannot_be_read_is_unreadable(tmp_path: Path) -> None:
    """Missing, a folder, or not text."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", ".", "binary"):
        document = read_file(tmp_path / name)
        assert document.subjects == ()
        assert document.unreadable[0].fix
