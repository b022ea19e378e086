"""Rule L44: policies whose paths overlap, so that matching decides."""

from typing import Any

import msgspec
import pytest

from crossgate.cors.lint.rules import lint
from crossgate.cors.lint.subject import Document, Place, Subject
from tests.cors.lint.subjects import subject_from


def policy(origin: str, file: str = "f", **route: Any) -> Subject:
    """A policy for some paths."""
    subject = subject_from({"origins": [origin], "route": route}, name=origin)
    return msgspec.structs.replace(subject, place=Place(at=origin, file=file))


def overlapping(*subjects: Subject) -> list[tuple[str, str | None]]:
    """The place and the witness of each finding of rule L44."""
    found = lint(Document(tuple(subjects)))
    return [(finding.at, finding.witness) for finding in found if finding.code == "cors.paths-overlap"]


A, B = "https://a.example", "https://b.example"


def regex(*paths: str) -> dict[str, Any]:
    """A route by regular expressions."""
    return {"paths": list(paths), "path_matching": "regex"}


def exact(*paths: str) -> dict[str, Any]:
    """A route by exact paths."""
    return {"paths": list(paths), "path_matching": "exact"}


def prefix(*paths: str) -> dict[str, Any]:
    """A route by prefixes."""
    return {"paths": list(paths), "path_matching": "prefix"}


@pytest.mark.parametrize(
    ("by", "to", "path"),
    [
        (regex("^/api"), prefix("/api/v1"), "/api/v1"),
        (regex("/x$"), prefix("/api/"), "/api/x"),
        ({**regex("^/API"), "path_matching": "regex-ignoring-case"}, exact("/api"), "/api"),
        (regex("^/a"), regex(r"^/api/\w+$"), "/api/x"),
    ],
)
def test_a_regex_that_reaches_another_policys_path_is_found(
    by: dict[str, Any], to: dict[str, Any], path: str
) -> None:
    """The finding is at the regex and names a path that both have."""
    assert (A, path) in overlapping(policy(A, **by), policy(B, **to))
    assert (A, path) in overlapping(policy(B, **to), policy(A, **by))


@pytest.mark.parametrize(
    ("by", "to"),
    [
        (regex("^/API"), exact("/api")),
        (prefix("/api"), prefix("/api/v1")),
        (regex("/x$"), exact("/api")),
        (regex("("), exact("/api")),
        (regex("^/api"), regex("(")),
    ],
)
def test_what_just_does_not_overlap_is_not_found(by: dict[str, Any], to: dict[str, Any]) -> None:
    """Case counts where it counts, the longest prefix is no matter of luck, and broken patterns reach nothing."""
    assert overlapping(policy(A, **by), policy(B, **to)) == []


def test_only_different_policies_of_one_file_are_compared() -> None:
    """The same policy twice, or another file's, is no finding."""
    assert overlapping(policy(A, **regex("^/a")), policy(A, **exact("/a"))) == []
    assert overlapping(policy(A, **regex("^/a")), policy(B, file="other", **exact("/a"))) == []
    three = (policy(A, **regex("^/a")), policy(B, **exact("/a")), policy("https://c.example", **exact("/a")))
    assert overlapping(*three) == [(A, "/a")]
