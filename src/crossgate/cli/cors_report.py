"""Reports of `crossgate cors explain`: as text, as JSON, as curl commands."""

import json
from typing import Any, Literal

import typer

from crossgate.cli.screen import screen, show
from crossgate.cors.explain import VERSION, Explanation, Left, commands, document, headline, tell, verdict
from crossgate.cors.explain.lines import BLANK, Line, listed, prose, title

Form = Literal["text", "json", "curl"]


def report(explanation: Explanation, form: Form, *, insecure: bool = False) -> None:
    """Print one explanation."""
    if form == "json":
        _print_json(document(explanation))
    elif form == "curl":
        typer.echo(_replay(explanation, insecure=insecure))
    else:
        show(screen(), tell(explanation))


def report_recording(
    entries: int, explanations: list[tuple[str, Explanation]], left: list[Left], form: Form
) -> None:
    """Print the explanations of a recording, each behind its place; what was left out is named."""
    if form == "json":
        requests = [{"at": at, **document(explanation)} for at, explanation in explanations]
        ignored = [{"at": each.at, "why": each.why} for each in left]
        _print_json({"version": VERSION, "entries": entries, "requests": requests, "ignored": ignored})
    elif form == "curl":
        typer.echo("\n\n".join(f"# {at}\n{_replay(explanation)}" for at, explanation in explanations))
    else:
        show(screen(), _summary(entries, explanations, left))


def _print_json(data: dict[str, Any]) -> None:
    typer.echo(json.dumps(data, indent=2))


def _replay(explanation: Explanation, *, insecure: bool = False) -> str:
    """The commands, under the verdict; browsers that ask differently have commands of their own."""
    lines = [f"# {line}" for line in (*verdict(explanation), headline(explanation))]
    for group in explanation.groups:
        if len(explanation.groups) > 1:
            lines += ["", f"# As asked by {listed(list(group.browsers))}:"]
        replayed = commands(explanation.stories[group.browsers[0]], insecure=insecure)
        lines += ["", "\n\n".join(replayed) or "# Nothing was sent, so nothing can be replayed."]
    return "\n".join(lines)


def _summary(entries: int, explanations: list[tuple[str, Explanation]], left: list[Left]) -> list[Line]:
    good = sum(explanation.is_good for _, explanation in explanations)
    across = len(explanations)
    lines = [title(f"{entries} requests recorded, {across} across origins: {across - good} of them fail.")]
    lines += [prose(f"{each.at} is left out: {each.why}.", 0, "faint") for each in left]
    for at, explanation in explanations:
        lines += [BLANK, Line(tuple(title(f"── {at} ──").runs)), *tell(explanation)]
    return lines
