"""Reports of `crossgate sign explain`: lines for the screen, and a document for machines."""

from collections.abc import Iterator
from typing import Any, Final

from rich.cells import cell_len

from crossgate.core.signing.explained import Cause, Difference, Explanation, duration
from crossgate.cors.explain.lines import BLANK, Line, Run, labelled, listed, printable, prose, title

VERSION: Final = 1
_INDENT, _LABEL = 2, 9
_WINDOW: Final = 100
"""Characters of a line that are shown around the place where it differs."""


def tell(explanation: Explanation) -> Iterator[Line]:
    """The explanation for a person, the cause first."""
    first, *others = explanation.differences or (None,)
    cause = explanation.cause
    yield title(_sentence(f"{_place(first)}: {cause.title}") if first else _sentence(cause.title))
    yield BLANK
    if first is not None:
        yield from _shown(first)
        yield BLANK
    yield from _advice(cause)
    for number, other in enumerate(filter(None, others)):
        if number == 0:
            yield BLANK
            yield title("Besides:")
        yield prose(_sentence(f"{_place(other)}: {other.cause.title}"))
        yield from _shown(other)
        yield labelled("Fix", other.cause.fix, _INDENT, _LABEL)
    if explanation.not_compared:
        yield BLANK
        names = listed(list(explanation.not_compared))
        yield prose(f"Not compared, because you did not give them with -H: {names}.", 0, "faint")


def document(explanation: Explanation) -> dict[str, Any]:
    """The same for machines. `skew_seconds` is how far the client's time is behind the gateway's."""
    skew = explanation.skew
    return {
        "version": VERSION,
        "verdict": explanation.verdict,
        **_cause(explanation.cause),
        "differences": [
            {
                "line": each.line,
                "part": each.part,
                "name": each.name or None,
                "gateway": each.gateway,
                "client": each.client,
                "column": each.column + 1,
                **_cause(each.cause),
            }
            for each in explanation.differences
        ],
        "skew_seconds": None if skew is None else int(skew.total_seconds()),
        "skew": None if skew is None else duration(skew),
        "not_compared": list(explanation.not_compared),
    }


def _cause(cause: Cause) -> dict[str, str]:
    return {"code": cause.code, "title": cause.title, "why": cause.why, "fix": cause.fix}


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _place(difference: Difference) -> str:
    part = f"header {difference.name}" if difference.part == "header" else difference.part
    return f"Line {difference.line}, the {part}"


def _shown(difference: Difference) -> Iterator[Line]:
    """Both lines, and a caret below the first character that differs."""
    start = max(0, difference.column - _WINDOW // 2)
    for label, line in (("gateway", difference.gateway), ("you", difference.client)):
        if line is None:
            yield labelled(label, "(no such line)", _INDENT, _LABEL, "faint")
        elif not line:
            yield labelled(label, "(an empty line)", _INDENT, _LABEL, "faint")
        else:
            cut = ("…" if start else "") + line[start : start + _WINDOW]
            cut += "…" if len(line) > start + _WINDOW else ""
            yield _whole(label, cut)
    if difference.gateway and difference.client:
        before = printable(difference.gateway[start : difference.column])
        yield Line((Run(" " * (cell_len(before) + bool(start)) + "^", "bad"),), _INDENT + _LABEL, is_whole=True)


def _whole(label: str, text: str) -> Line:
    return Line((Run(label.ljust(_LABEL), "faint"), Run(printable(text), "code")), _INDENT, is_whole=True)


def _advice(cause: Cause) -> Iterator[Line]:
    yield labelled("Why", _sentence(cause.why), _INDENT, _LABEL)
    yield labelled("Fix", _sentence(cause.fix), _INDENT, _LABEL)
