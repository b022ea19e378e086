"""A timeline told step by step: what was sent, what came, and what the browser looked at."""

from http import HTTPStatus

from crossgate.cors.browser import Answer, NetworkError, Step
from crossgate.cors.explain import fields
from crossgate.cors.explain.lines import Line, Role, Run, code, labelled, printable, prose
from crossgate.cors.explain.outcome import NOT_RECORDED, NOT_SENT
from crossgate.cors.explain.timeline import Checked, Stage, Timeline

_INDENT = 5


def told(timeline: Timeline) -> list[Line]:
    """The lines of a timeline."""
    found = [line for step in timeline.before for line in check(step, 2)]
    number = 0
    for stage in timeline.stages:
        found += [line for step in stage.before if step.passed is not None for line in check(step, 2)]
        for checked in stage.exchanges:
            number += 1
            found += _exchange(number, stage, checked)
        if _ended_asking(stage):
            found.append(_numbered(number + 1, f"The request to {stage.hop.url} itself is never sent.", "faint"))
    return found or [prose("Nothing was sent.")]


def failed_checks(timeline: Timeline) -> list[Line]:
    """What did not pass in the last answer of a timeline."""
    checks = timeline.stages[-1].exchanges[-1].checks
    return [line for step in checks if step.passed is False for line in check(step, 2)]


def _ended_asking(stage: Stage) -> bool:
    """Whether the preflight was refused; what nobody recorded may have been granted."""
    if len(stage.exchanges) != 1 or not stage.exchanges[0].is_preflight:
        return False
    return stage.exchanges[0].exchange.answer != NOT_RECORDED


def _exchange(number: int, stage: Stage, checked: Checked) -> list[Line]:
    request, answer = checked.exchange.request, checked.exchange.answer
    method = request.method.decode("latin-1")
    head = f"{method} {request.url}"
    if checked.is_preflight:
        head += "  – the preflight: may the page send this?"
    found = [_numbered(number, head, "title")]
    if checked.is_preflight:
        found += [labelled("why", reason, _INDENT, 5) for reason in stage.hop.asked_first.reasons]
    elif stage.hop.asked_first.is_needed and not stage.hop.asked_first.was_sent:
        found.append(labelled("why", f"No preflight: {stage.hop.asked_first.cache}", _INDENT, 5))
    found += [_sent(name, value) for name, value in fields.sent(request, checked.exchange.added)]
    if request.sends_credentials:
        found.append(code("(and the cookies the browser has for this host)", _INDENT, "→", "faint"))
    if checked.exchange.removed:
        gone = ", ".join(checked.exchange.removed)
        found.append(code(f"(without {gone}, which the browser took away)", _INDENT, "→", "faint"))
    found += _answer(answer)
    # Of an answer that nobody gave there is nothing to check.
    checks = () if answer in (NOT_SENT, NOT_RECORDED) else checked.checks
    return found + [line for step in checks for line in check(step, _INDENT)]


def _numbered(number: int, text: str, role: Role) -> Line:
    label = f"{number}.".ljust(3)
    return Line((Run(label, "faint"), Run(printable(text), role)), 2, _INDENT)


def _sent(name: str, value: str) -> Line:
    return code(f"{name}: {value}", _INDENT, "→", "plain")


def _answer(answer: Answer) -> list[Line]:
    if isinstance(answer, NetworkError):
        role: Role = "faint" if answer in (NOT_SENT, NOT_RECORDED) else "bad"
        told = (Run("← ", role), Run(printable(f"no answer: {answer.reason}"), role))
        return [Line(told, _INDENT, _INDENT + 2)]
    found = [code(f"{answer.status} {phrase(answer.status)}".rstrip(), _INDENT, "←", "plain")]
    return found + [code(f"{name}: {value}", _INDENT, "←", "plain") for name, value in fields.came(answer.headers)]


def check(step: Step, indent: int) -> list[Line]:
    """One thing that the browser looked at; what passed needs no more than its question."""
    mark, role = _MARKS[step.passed]
    head = (Run(f"{mark} ", role), Run(printable(step.question)), Run(f"  {step.section}", "faint"))
    lines = [Line(head, indent, indent + 2)]
    if step.passed is not True:
        lines.append(prose(_comparison(step), indent + 2, "plain" if step.passed is None else role))
    return lines


def _comparison(step: Step) -> str:
    found = fields.found(step)
    if not step.wanted:
        return f"{found.rstrip('.')}."
    if not found:
        return "It is missing." if step.wanted == "a value" else f"It is missing; wanted: {step.wanted}."
    return f"It is {found}; wanted: {step.wanted}."


def phrase(status: int) -> str:
    """The usual words for a status; nothing for one that has none."""
    return _PHRASES.get(status, "")


_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_MARKS: dict[bool | None, tuple[str, Role]] = {True: ("✓", "good"), False: ("✗", "bad"), None: ("·", "faint")}
