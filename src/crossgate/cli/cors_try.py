"""`crossgate cors try`: which origins a pattern lets in, yours and the attacks."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final, NoReturn

import typer

from crossgate.cli.screen import screen, show
from crossgate.cors.check import read_entry
from crossgate.cors.explain.lines import BLANK, Line, Role, Run, printable, prose
from crossgate.cors.finding import Finding
from crossgate.cors.lint.battery import is_sendable
from crossgate.cors.lint.matching import SlowPatternError, UnusablePatternError
from crossgate.cors.lint.subject import Anchoring, MatchKind, OriginMatch, Place
from crossgate.cors.lint.trial import Outcome, trial
from crossgate.cors.origin import NULL
from crossgate.cors.pattern import Pattern

BREACHED, UNUSABLE = 1, 2
_PLACE: Final = Place(at="PATTERN")


class Gateway(StrEnum):
    """Whose pattern it is."""

    CROSSGATE = "crossgate"
    NGINX = "nginx"
    KONG = "kong"
    APISIX = "apisix"
    TRAEFIK = "traefik"
    ENVOY = "envoy"
    S3 = "s3"


_MATCHED_BY: Final[dict[Gateway, tuple[MatchKind, Anchoring]]] = {
    Gateway.CROSSGATE: ("host-pattern", "full"),
    Gateway.NGINX: ("regex", "search"),
    Gateway.KONG: ("regex", "full"),
    Gateway.APISIX: ("regex", "search"),
    Gateway.TRAEFIK: ("regex", "search"),
    Gateway.ENVOY: ("regex", "full"),
    Gateway.S3: ("glob", "full"),
}
_ONLY_IN_REGEX = frozenset("\\^$()[]+?|{}")


def cors_try(  # noqa: PLR0913, PLR0917 - one for each option
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="What is allowed, as it is written.")],
    origins: Annotated[
        list[str] | None, typer.Argument(metavar="ORIGIN", help="Origins of yours to try as well.")
    ] = None,
    regex: Annotated[bool, typer.Option("--regex", help="It is a regular expression.")] = False,
    glob: Annotated[bool, typer.Option("--glob", help="Its * stands for any characters.")] = False,
    prefix: Annotated[bool, typer.Option("--prefix", help="What begins with it is let in.")] = False,
    suffix: Annotated[bool, typer.Option("--suffix", help="What ends with it is let in.")] = False,
    contains: Annotated[bool, typer.Option("--contains", help="What contains it is let in.")] = False,
    gateway: Annotated[
        Gateway | None, typer.Option("--for", help="Match it as this gateway does.", show_default=False)
    ] = None,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", help="Match without regard to case.")] = False,
) -> None:
    """Print which origins a pattern lets in: those it names, yours, and the attacks on them.

    Without an option that says what it is, a pattern is taken for what it looks like. A regular expression may
    match anywhere in the origin, as in nginx, APISIX and Traefik; --for kong and --for envoy match the whole. Exit
    status: 0 no attack gets in, 1 one does, 2 the pattern cannot be used.
    """
    flags: dict[MatchKind, bool] = {
        "regex": regex,
        "glob": glob,
        "prefix": prefix,
        "suffix": suffix,
        "contains": contains,
    }
    match = _match(pattern, [kind for kind, is_set in flags.items() if is_set], gateway, ignore_case=ignore_case)
    try:
        outcomes = trial(match, origins or [])
    except UnusablePatternError as error:
        _end(f"The pattern cannot be read: {error}. Write another, or list exact origins.")
    except SlowPatternError:
        _end("The pattern does not answer in time. Remove nested repetitions such as (a+)+.")
    show(screen(), _lines(match, outcomes))
    if any(outcome.is_breach for outcome in outcomes):
        raise typer.Exit(BREACHED)


def _end(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(UNUSABLE)


def _match(pattern: str, kinds: list[MatchKind], gateway: Gateway | None, *, ignore_case: bool) -> OriginMatch:
    if len(kinds) > 1:
        _end(f"The pattern can be one of --{' and --'.join(kinds)}, not both.")
    kind, anchoring = _MATCHED_BY[gateway] if gateway else (_look(pattern), "search")
    kind = kinds[0] if kinds else kind
    if kind == "host-pattern":
        kind = _entry_kind(pattern)
    if gateway is Gateway.KONG and kind == "regex" and ":" not in pattern:
        # Kong compares an entry without a colon with the host alone.
        pattern = f"[a-z][a-z0-9+.-]*://(?:{pattern})(?::[0-9]+)?"
    return OriginMatch(kind=kind, text=pattern, place=_PLACE, anchoring=anchoring, ignore_case=ignore_case)


def _look(pattern: str) -> MatchKind:
    is_regex = ".*" in pattern or not _ONLY_IN_REGEX.isdisjoint(pattern)
    return "regex" if is_regex else "host-pattern"


def _entry_kind(pattern: str) -> MatchKind:
    """What an entry of one of our own policies is."""
    if pattern == "*":
        return "any"
    found = NULL if pattern == NULL else read_entry(pattern, "PATTERN")
    if isinstance(found, Finding):
        _end(f"As an entry of a policy, {found.message}: {found.fix}. It can be tried as --glob or --regex.")
    return "host-pattern" if isinstance(found, Pattern) else "exact"


def _lines(match: OriginMatch, outcomes: list[Outcome]) -> Iterator[Line]:
    told = {outcome.attempt.rule for outcome in outcomes if outcome.is_admitted and not outcome.attempt.is_variant}
    shown = [outcome for outcome in outcomes if not outcome.attempt.is_variant or _is_news(outcome, told)]
    yield _verdict(match, shown)
    width = max(len(printable(outcome.attempt.origin)) for outcome in shown)
    for title, some in (
        ("Gets in, and should not", [outcome for outcome in shown if outcome.is_breach]),
        ("Gets in", [outcome for outcome in shown if outcome.is_admitted and not outcome.is_breach]),
        ("Does not get in", [outcome for outcome in shown if not outcome.is_admitted]),
    ):
        if some:
            yield BLANK
            yield Line((Run(title, "title"),))
            yield from (_row(outcome, min(width, 44)) for outcome in some)
    if not any(outcome.is_admitted for outcome in outcomes):
        yield BLANK
        yield prose("It lets nothing in that was tried. Give an origin of yours to see whether it does.", 0)


def _verdict(match: OriginMatch, shown: list[Outcome]) -> Line:
    breaches = sum(outcome.is_breach for outcome in shown)
    attacks = sum(bool(outcome.attempt.rule) for outcome in shown)
    how = f"matching it as {_WORDS[match.kind]}"
    if match.kind == "regex":
        how += f" {_WHERE[match.anchoring]}"
    if breaches:
        return Line(
            (Run(f"{breaches} of {attacks} attacks {'get' if breaches > 1 else 'gets'} in, {how}.", "bad"),)
        )
    return Line((Run(f"None of {attacks} attacks gets in, {how}.", "good"),))


def _is_news(outcome: Outcome, told: set[str]) -> bool:
    """Whether a variant shows what nothing else does."""
    return outcome.is_admitted and outcome.attempt.rule not in told


_WORDS: Final[dict[MatchKind, str]] = {
    "any": "any origin",
    "exact": "one exact origin",
    "host-pattern": "a host pattern",
    "regex": "a regular expression",
    "glob": "a glob",
    "prefix": "a prefix",
    "suffix": "a suffix",
    "contains": "a part of the origin",
}
_WHERE: Final[dict[Anchoring, str]] = {
    "search": "that may match anywhere in the origin",
    "start": "that must match from the start of the origin",
    "full": "that must match the whole origin",
}


def _row(outcome: Outcome, width: int) -> Line:
    attempt = outcome.attempt
    origin = printable(attempt.origin) or "(empty)"
    role: Role = "bad" if outcome.is_breach else "good" if outcome.is_admitted else "faint"
    rule = f" ({attempt.rule})" if outcome.is_breach else ""
    unsent = "; no browser sends it" if outcome.is_breach and not is_sendable(attempt.origin) else ""
    said = f"  {attempt.name}{unsent}{rule}"
    return Line((Run(origin.ljust(width), role), Run(said, "plain")), 2, 2 + width + 2)
