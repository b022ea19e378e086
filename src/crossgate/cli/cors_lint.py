"""`crossgate cors lint`: reads configurations, prints what is dangerous or broken in them."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crossgate import __version__
from crossgate.cli.cors_lint_text import lines_of
from crossgate.cli.screen import screen, show
from crossgate.cors.finding import Severity
from crossgate.cors.lint.catalogue import BY_CODE, DOCUMENT_RULES, RULES
from crossgate.cors.lint.finding import LintFinding
from crossgate.cors.lint.report import Report, document
from crossgate.cors.lint.rules import lint as lint_document
from crossgate.cors.lint.sarif import sarif
from crossgate.cors.lint.subject import Document
from crossgate.peers import FORMATS, detect, read_file, read_text

FOUND, UNREADABLE = 1, 2
STDIN = "-"
_SUFFIXES = frozenset((".conf", ".json", ".toml", ".xml", ".yaml", ".yml"))
_NAMES = {name.lower(): rule.id for rule in (*RULES, *DOCUMENT_RULES) for name in (rule.id, rule.code)}
_NAMES |= {code: rule.id for code, rule in BY_CODE.items()}


class Output(StrEnum):
    """The forms of a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class FailOn(StrEnum):
    """From which severity on the exit status is 1."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"


def cors_lint(  # noqa: PLR0913, PLR0917 - one for each option
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Configurations, folders of them, or - for standard input."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Read all that the gateway with this data has published.")
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help=f"Read files as one of {', '.join(sorted(FORMATS))}."),
    ] = None,
    output: Annotated[Output, typer.Option(help="The form of the report.")] = Output.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 when something is at least this bad.")
    ] = FailOn.HIGH,
    only: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Only this rule; repeatable.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Not this rule; repeatable.")] = None,
) -> None:
    """Report what is dangerous or broken in CORS configurations.

    Reads our own policies, and nginx, Kong, APISIX, Traefik, Envoy, OpenAPI and S3. A RULE is a number such as
    L05, or a code such as cors.pattern-open-end. Exit status: 0 nothing as bad as --fail-on, 1 something is, 2 a
    file could not be read.
    """
    wanted = _wanted(only or [], ignore or [])
    if format_name is not None and format_name not in FORMATS:
        raise typer.BadParameter(
            f"{format_name!r} is none of {', '.join(sorted(FORMATS))}.", param_hint="--format"
        )
    if not files and data is None:
        raise typer.BadParameter("Give a file, a folder, - for standard input, or --data DIR.", param_hint="FILE")
    read = [(_shown(name), _read(name, format_name)) for name in _names(files or [], format_name)]
    if data is not None:
        read.append((str(data / "snapshot.json"), read_file(data / "snapshot.json", "crossgate")))
    report = _report(read, wanted)
    _print(report, output)
    if report.unreadable:
        raise typer.Exit(UNREADABLE)
    if fail_on is not FailOn.NEVER and report.reaches(Severity(fail_on)):
        raise typer.Exit(FOUND)


def _wanted(only: list[str], ignore: list[str]) -> frozenset[str]:
    """The rules to report; a name that is none ends the command."""
    unknown = [name for name in (*only, *ignore) if name.lower() not in _NAMES]
    if unknown:
        option = "--only" if unknown[0] in only else "--ignore"
        message = f"{unknown[0]!r} is no rule. Write L01 to L48, or a code such as cors.pattern-open-end."
        raise typer.BadParameter(message, param_hint=option)
    chosen = {_NAMES[name.lower()] for name in only} or set(_NAMES.values())
    return frozenset(chosen - {_NAMES[name.lower()] for name in ignore})


def _names(files: list[str], format_name: str | None) -> list[str]:
    """The files to read, in order; of a folder, those that some reader knows, or may be of the given format."""
    names: list[str] = []
    for name in files:
        if name != STDIN and Path(name).is_dir():
            inside = (path for path in sorted(Path(name).rglob("*")) if path.suffix in _SUFFIXES)
            names += [str(path) for path in inside if format_name or _is_known(path)]
        else:
            names.append(name)
    return list(dict.fromkeys(names))


def _is_known(path: Path) -> bool:
    try:
        return detect(path.read_text("utf-8-sig"), str(path)) is not None
    except (OSError, UnicodeDecodeError):
        return False


def _shown(name: str) -> str:
    """The name of a file as findings have it."""
    return "<stdin>" if name == STDIN else name


def _read(name: str, format_name: str | None) -> Document:
    if name == STDIN:
        text = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
        return read_text(text, _shown(name), format_name)
    return read_file(Path(name), format_name)


def _report(read: list[tuple[str, Document]], wanted: frozenset[str]) -> Report:
    findings: list[LintFinding] = []
    for _, found in read:
        findings += [finding for finding in lint_document(found) if finding.rule in wanted]
    return Report(
        files=tuple(name for name, _ in read),
        policies=sum(len(found.subjects) for _, found in read),
        findings=tuple(findings),
        unreadable=tuple(problem for _, found in read for problem in found.unreadable),
    )


def _print(report: Report, output: Output) -> None:
    match output:
        case Output.JSON:
            typer.echo(json.dumps(document(report), indent=2))
        case Output.SARIF:
            typer.echo(json.dumps(sarif(report, __version__), indent=2))
        case Output.TEXT:
            show(screen(), lines_of(report))
