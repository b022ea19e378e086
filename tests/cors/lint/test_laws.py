"""Whatever is written, the linter answers, and soon."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError, admits
from crossgate.cors.lint.rules import lint, lint_subject
from crossgate.cors.lint.shape import unquoted
from crossgate.cors.lint.subject import Document, Order, OriginMatch, Place, Route, Said, Subject
from crossgate.cors.lint.trial import trial

PLACES = st.builds(Place, at=st.text(max_size=5), line=st.none() | st.integers(1, 9), file=st.text(max_size=3))
PIECES = st.sampled_from(
    [
        "^", "$", "https://", "http", "s?", "://", ".*", ".+", r"\.", ".", "example", "com", "(", ")", "|",
        "[a-z0-9-]", "+", "*", "{2}", "{1,60}", "{", "}", "?", "(?:", "(?i)", "(?<n>", "(?=", "[^/]",
        "[[:alpha:]]", "]", "[", "\\",
        r"\d", r"\w", r"\Q", r"\E", r"\x2e", r"\x{", r"\p{L}", r"\1", "github.io", "null", ":", "*.", "é", "\0",
        "#",
        "(?#", "(?'n'", "(?P=n)", "(?>", "(?-i:", r"\pL", r"\b", r"\z",
    ]
)  # fmt: skip
PATTERNS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=20))
KINDS = st.sampled_from(
    ["any", "reflect", "exact", "host-pattern", "glob", "prefix", "suffix", "contains", "regex", "regex",
     "template", "dns", "referer"]
)  # fmt: skip
MATCHES = st.builds(
    OriginMatch,
    kind=KINDS,
    text=PATTERNS,
    place=PLACES,
    anchoring=st.sampled_from(["search", "start", "full"]),
    ignore_case=st.booleans(),
    sent=st.none() | st.sampled_from(["*", "https://evil.test"]),
)
WORDS = st.lists(st.builds(Said, st.text(max_size=8), PLACES), max_size=3).map(tuple)
ROUTES = st.builds(
    Route,
    paths=st.lists(PATTERNS, max_size=2).map(tuple),
    path_matching=st.sampled_from([None, "exact", "prefix", "regex", "regex-ignoring-case"]),
    methods=st.none() | st.lists(st.sampled_from(["GET", "POST", "PUT"]), max_size=2).map(tuple),
    auth=st.none() | st.frozensets(st.sampled_from(["none", "cookie", "bearer", "ip", "mtls"])),
    is_https=st.none() | st.booleans(),
    upstreams=st.lists(st.text(max_size=8), max_size=2).map(tuple),
)
SUBJECTS = st.builds(
    Subject,
    name=st.text(max_size=5),
    format=st.sampled_from(["crossgate", "nginx", "envoy"]),
    place=PLACES,
    origins=st.lists(MATCHES, max_size=3).map(tuple),
    credentials=st.none() | PLACES,
    methods=st.none() | WORDS,
    headers=st.none() | WORDS,
    expose=st.none() | WORDS,
    reflects_headers=st.none() | PLACES,
    max_age=st.none() | st.builds(Said, st.text(max_size=6) | st.integers().map(str), PLACES),
    preflight_status=st.none() | st.builds(Said, st.text(max_size=4), PLACES),
    vary=st.sampled_from([None, "always", "with-origin", "never"]),
    timing_allow_origin=WORDS,
    resource_policy=st.none() | st.builds(Said, st.text(max_size=14), PLACES),
    route=ROUTES,
    order=st.builds(Order, cache=st.none() | PLACES, auth=st.none() | PLACES),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(SUBJECTS, max_size=3))
def test_any_document_is_judged_and_every_judgement_can_be_printed(subjects: list[Subject]) -> None:
    """Nothing raises, and what is said is fit for a terminal."""
    for finding in lint(Document(tuple(subjects))):
        for said in (finding.message, finding.fix, finding.why):
            assert said.isprintable(), finding


@settings(deadline=None, max_examples=150)
@given(MATCHES, st.lists(st.text(max_size=30), max_size=2))
def test_any_pattern_can_be_tried(match: OriginMatch, origins: list[str]) -> None:
    """A trial ends, or says that the pattern cannot be used; its outcomes are what admits() says."""
    try:
        outcomes = trial(match, origins)
    except (UnusablePatternError, SlowPatternError):
        return

    assert [outcome.attempt.origin for outcome in outcomes][: len(set(origins))] == list(dict.fromkeys(origins))
    for outcome in outcomes:
        assert outcome.is_admitted == admits(match, outcome.attempt.origin)


@given(st.text(max_size=10).filter(lambda text: "\\E" not in text))
def test_what_is_quoted_stands_for_itself(text: str) -> None:
    """Between \\Q and \\E nothing is special."""
    quoted = OriginMatch(kind="regex", text=f"\\Q{text}\\E", place=Place(at=""), anchoring="full")

    assert admits(quoted, text)
    assert unquoted("\\Q\\E" * 5000) == ""
    assert unquoted("\\\\Q") == "\\\\Q"


@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 5000 + ")" * 5000,
        "((((a{99}){99}){99}){99})",
        "a" * 100_000,
        "[a-z]{1,100000}" * 50,
        "^https://(a|b|c|ab|bc|abc)*(a|b|c|ab|bc|abc)*(a|b|c|ab|bc|abc)*x$",
        r"^(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3$",
        "(x+x+)+y",
        "|".join(f"https://h{number}\\.example\\.com" for number in range(500)),
        "^https://" + "(a|b)" * 30 + r"\.example\.com$",
        "(?:" * 39 + "a" + ")*" * 39,
        "\\Q" * 3000,
    ],
    ids=range(11),
)
def test_patterns_made_to_be_slow_are_not(pattern: str) -> None:
    """Each is judged within seconds of the processor's time."""
    subject = Subject(
        name="s",
        format="nginx",
        place=Place(at=""),
        origins=(OriginMatch(kind="regex", text=pattern, place=Place(at="o")),),
    )
    start = time.process_time()

    lint_subject(subject)

    assert time.process_time() - start < 5
