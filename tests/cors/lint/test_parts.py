"""The linter's parts that have doors of their own: matching, the catalogue, the battery, trials."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crossgate.cors.finding import Severity
from crossgate.cors.lint.battery import battery, is_sendable
from crossgate.cors.lint.catalogue import BY_CODE, DOCUMENT_RULES, RULES
from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError, admits
from crossgate.cors.lint.samples import samples_of, text_of
from crossgate.cors.lint.shape import read_shape
from crossgate.cors.lint.subject import Place
from crossgate.cors.lint.trial import trial
from tests.cors.lint.subjects import match_from

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("entry", "let_in", "kept_out"),
    [
        ("https://a.example", ["https://a.example"], ["https://A.example", "https://a.example:1", "null", ""]),
        (["exact", "https://A.example", {"ignore_case": True}], ["https://a.example"], ["https://b.example"]),
        (["any", "*"], ["https://a.example", "null"], []),
        (["reflect", "x"], ["https://a.example", "null"], []),
        (["host-pattern", "https://*.example.com"], ["https://a.b.example.com"], ["https://example.com"]),
        (["host-pattern", "https://*example.com"], [], ["https://aexample.com"]),
        (["glob", "a*b*c"], ["abc", "aXbYbZc"], ["ab", "acb", "xabc", "abcx", "ac"]),
        (["glob", "ab*b"], ["abb"], ["ab"]),
        (["glob", "a"], ["a"], ["aa"]),
        (["prefix", "https://a"], ["https://a.example"], ["http://a.example"]),
        (["suffix", ".example"], ["https://a.example"], ["https://aexample"]),
        (["contains", "a.ex"], ["https://a.example"], ["https://aexample"]),
        (["regex", "a", {"anchoring": "full"}], ["a"], ["ab", "ba"]),
        (["regex", "a", {"anchoring": "start"}], ["ab"], ["ba"]),
        (["regex", "A", {"ignore_case": True}], ["ba"], ["b"]),
        (["regex", r"^\w$"], ["a"], ["é"]),
        (["template", "${A}"], [], ["https://a.example", "${A}"]),
        (["dns", "*.example"], [], ["https://a.example"]),
        (["referer", "a.example"], [], ["https://a.example"]),
        (["regex", ".*", {"sent": "https://a.example"}], ["https://a.example"], ["https://b.example"]),
        (["regex", ".*", {"sent": "*"}], ["https://a.example", "https://b.example"], []),
    ],
)
def test_a_match_lets_in_what_its_kind_says(entry: Any, let_in: list[str], kept_out: list[str]) -> None:
    """Each kind of match, at its borders."""
    match = match_from(entry, Place(at=""))

    assert all(admits(match, origin) for origin in let_in)
    assert not any(admits(match, origin) for origin in kept_out)


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "((((a{99}){99}){99}){99})", "a" * 10_001, "(" * 50 + ")" * 50])
def test_a_pattern_that_cannot_be_used_says_why(pattern: str) -> None:
    """The error has a sentence."""
    with pytest.raises(UnusablePatternError, match=r"\w+ \w+"):
        admits(match_from(["regex", pattern], Place(at="")), "https://a.example")


def test_a_pattern_that_does_not_answer_in_time_is_stopped() -> None:
    """A regular expression that never ends is ended."""
    with pytest.raises(SlowPatternError):
        admits(match_from(["regex", "(a|aa)+$"], Place(at="")), "https://" + "a" * 200 + "!")


@pytest.mark.parametrize(
    ("pattern", "samples"),
    [
        ("^a(b|c)?$", ["ab", "ac", "a"]),
        ("a{2}b{0}", ["aa"]),
        ("[^a-z]{3,5}x*", ["111x", "111"]),
        ("[.]", ["."]),
        ("[]a]+", ["a"]),
        (r"[\]\-]", ["-"]),
        ("[é]", []),
        ("[é]+x", []),
        ("[z-a]", []),
        (r"\x2e\x{2e}\t", ["..\t"]),
        (r"\xzz\x{110000}", [""]),
        (r"\pL\p{L}\d\w", ["xx1x"]),
        (r"\ba\1\Z", ["a"]),
        ("(?:a)(?P<n>b)(?<m>c)(?'o'd)(?>e)", ["abcde"]),
        ("(?#x)a(?=b)(?!c)(?<=d)(?<!e)", ["a"]),
        ("(?i)a(?i:b)(?", ["ab"]),
        ("a{,3}{x}", ["a{x}", "{x}"]),
        ("a{3", ["a{3"]),
        ("a)b", ["ab"]),
        ("a+?b++", ["ab"]),
        ("(a|b", ["a", "b"]),
        ("[a", []),
        ("[[:digit:]a]", ["a"]),
    ],
)
def test_the_shape_of_a_pattern_shows_what_it_is_for(pattern: str, samples: list[str]) -> None:
    """Samples leave out what they cannot see through, and are taken from unfinished patterns, too."""
    assert [text_of(sample) for sample in samples_of(read_shape(pattern))] == samples


def test_the_catalogue_says_everything_about_each_rule() -> None:
    """No text is missing, codes are told apart, and only sentences that end are printed."""
    codes = [code for rule in (*RULES, *DOCUMENT_RULES) for code in (rule.code, *rule.variants)]

    assert len(codes) == len(set(codes)) == len(BY_CODE)
    for rule in (*RULES, *DOCUMENT_RULES):
        assert rule.title
        assert not rule.title.endswith(".")
        assert rule.why.endswith(".")
        assert rule.fix.endswith(".")
        assert rule.page == f"docs/cors/rules/{rule.id}.md"
        assert rule.severity in Severity


def test_the_battery_has_every_attack_of_the_specification() -> None:
    """The list of section 4, made from one host; the first is the host itself."""
    attempts = battery("app.example.com")
    origins = [attempt.origin for attempt in attempts]

    assert origins[0] == "https://app.example.com"
    assert attempts[0].rule == ""
    assert len(origins) == len(set(origins))
    wanted = tomllib.loads((HERE / "battery.toml").read_text("utf-8"))["attacks"]
    rules = {attempt.origin: attempt.rule for attempt in attempts}
    assert {origin: rules.get(origin) for origin in wanted} == wanted


@pytest.mark.parametrize(
    ("origin", "is_sent"),
    [
        ("https://app.example.com.evil.test", True),
        ("https://app.example.com:1", True),
        ("null", True),
        ("", False),
        ("https://evil.test#app.example.com", False),
        ("https://evil.test/app.example.com", False),
        ("https://evil.test?app.example.com", False),
        ("https://app.example.com@evil.test", False),
    ],
)
def test_what_no_browser_sends_is_told_apart(origin: str, is_sent: bool) -> None:
    """An origin ends with its host and port."""
    assert is_sendable(origin) is is_sent


def test_an_address_has_no_subdomains_and_no_dots_to_replace() -> None:
    """Nobody can register names around an address."""
    attempts = battery("192.0.2.1", scheme="http", port=":8080")

    assert {attempt.rule for attempt in attempts} == {"", "L02", "L04", "L05", "L06", "L08", "L14", "L16"}
    assert attempts[0].origin == "http://192.0.2.1:8080"


@pytest.mark.parametrize(
    ("entry", "breaches"),
    [
        ("https://app.example.com", set()),
        (["host-pattern", "https://*.example.com"], set()),
        (["regex", r"^https://([a-z0-9-]+\.)*example\.com$"], set()),
        (["regex", r"^https://[a-z0-9-]*app\.example\.com$"], set()),
        (["regex", r"^https?://localhost(:\d+)?$"], set()),
        (["regex", r"^https://(a|b|c|d|e)\.example\.com$"], set()),
        (["glob", "https://*.example.com"], set()),
        (["regex", r"^https://app\.example\.com"], {"L05", "L14"}),
        (["regex", r"^https://app.example\.com$"], {"L07"}),
        (["regex", r"^https?://app\.example\.com$"], {"L09"}),
        (["regex", r"^https://example\.[a-z]+$"], {"L13"}),
        (["regex", r"^https://.*\.github\.io$"], {"L08", "L12"}),
        (["glob", "https://*example.com"], {"L06"}),
        (["suffix", "example.com"], {"L06", "L09"}),
        ("null", {"L04"}),
        (["any", "*"], {"L02", "L04", "L05", "L06", "L07", "L08", "L09", "L14", "L16"}),
    ],
)
def test_a_trial_tells_attacks_from_what_is_meant(entry: Any, breaches: set[str]) -> None:
    """What an author plainly means is no attack, and what gets in besides is."""
    outcomes = trial(match_from(entry, Place(at="")), ["https://mine.example"])

    assert outcomes[0].attempt.origin == "https://mine.example"
    assert not outcomes[0].is_breach
    assert {outcome.attempt.rule for outcome in outcomes if outcome.is_breach} == breaches
