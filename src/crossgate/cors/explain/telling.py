"""An explanation told to people: the verdict first, then why and what to change, then everything that happened."""

from http import HTTPStatus
from typing import Final

from crossgate.cors.browser import NetworkError, ProfileName, Seen
from crossgate.cors.explain.explanation import COMMAND, Explanation, Group
from crossgate.cors.explain.lines import BLANK, Line, Role, Run, code, labelled, listed, prose, title
from crossgate.cors.explain.outcome import BROWSER_NAMES, FAILED_FOR_US_ALONE, GOOD, WORST_FIRST, Outcome
from crossgate.cors.explain.remedy import Remedy, Wanted, includes_credentials
from crossgate.cors.explain.steps import failed_checks
from crossgate.cors.explain.steps import told as told_steps

_VERDICTS: Final[dict[Outcome, str]] = {
    "blocked": "BLOCKED in {}",
    "opaque": "SENT, BUT NOT READABLE in {}",
    "hidden": "FAILED in the recording, which does not say why",
    "unreachable": "COULD NOT ASK: no answer came that browsers take",
    "unasked": "NOT ASKED: the request could change something, and no preflight comes before it",
    "permitted": "PERMITTED in {}: the preflight passes, and the request itself was not sent",
    "readable": "READABLE in {}",
    "loads": "LOADS in {}",
}
_ROLES: Final[dict[Outcome, Role]] = {"hidden": "unsure", "unasked": "unsure", "opaque": "unsure"}
_OPAQUE: Final = {
    "opaque": "The mode no-cors gives the script an opaque response: status 0, no headers, no body. To read the "
    "answer, ask in the mode cors, which is the default, and let the server allow it.",
    "opaqueredirect": "The answer is a redirect, and the page asked not to follow it. So the script learns "
    "that it is one, and nothing else.",
}
_WITHHELD: Final = (
    "The request reached the server and was answered. But a browser shows a page the answers of another origin "
    "only when their headers allow it, so it withholds this one."
)
# Names that no page wants to read.
_DULL: Final = frozenset(
    ("connection", "date", "keep-alive", "server", "set-cookie", "set-cookie2", "transfer-encoding", "vary")
)


def tell(explanation: Explanation) -> list[Line]:
    """The whole explanation."""
    sections = [
        [*verdict(explanation), headline(explanation)],
        _why(explanation),
        _hints(explanation.hints),
        _fix(explanation.remedy),
        _console(explanation),
        _differences(explanation),
        *(_happened(explanation, group) for group in explanation.groups),
        _readable(explanation.story.response),
        _more(explanation),
        list(map(_note, explanation.notes)),
    ]
    parted = [[*section, BLANK] for section in sections if section]
    return [line for section in parted for line in section][:-1]


def verdict(explanation: Explanation) -> list[Line]:
    """The verdict in a line, or in one for each group of browsers that agree."""
    found = []
    for outcome in WORST_FIRST:
        names = [name for name, came in explanation.outcomes.items() if came == outcome]
        if names:
            role: Role = "good" if outcome in GOOD else _ROLES.get(outcome, "bad")
            found.append(Line((Run(_VERDICTS[outcome].format(_browsers(names)), role),)))
    return found


def headline(explanation: Explanation) -> Line:
    """What was asked for, by whom."""
    by = {"fetch": "fetch()", "xhr": "XMLHttpRequest"}.get(explanation.asked_by, explanation.asked_by)
    credentials = ", with credentials" if includes_credentials(explanation.ask) else ""
    page = explanation.page.origin
    place = "a page without an origin of its own (null)" if page == "null" else f"a page at {page}"
    return prose(f"{explanation.method} {explanation.ask.url} by {by} from {place}{credentials}", 0)


def _browsers(names: list[ProfileName]) -> str:
    return listed([BROWSER_NAMES[name] for name in names])


def _why(explanation: Explanation) -> list[Line]:
    story, failure = explanation.story, explanation.story.failure
    if explanation.verdict == "opaque" and story.response is not None:
        return [title("Why"), prose(_OPAQUE[story.response.type])]
    if failure is None or explanation.verdict in ("permitted", "unasked"):
        return []
    found = [title("Why"), prose(failure.message)]
    last = story.hops[-1] if story.hops else None
    if explanation.verdict != "blocked" or last is None or not last.exchanges:
        return found
    if last.exchanges[-1].request.purpose == "preflight":
        because = " ".join(last.asked_first.reasons)
        return [
            *found,
            prose(f"{because} So the browser first asks the server for permission, by OPTIONS: the preflight."),
            prose(f"The preflight was refused, so the {_verb(explanation)} itself was never sent."),
        ]
    if not isinstance(last.exchanges[-1].answer, NetworkError):
        found.append(prose(_WITHHELD))
    return found


def _verb(explanation: Explanation) -> str:
    return explanation.method if explanation.method != "OPTIONS" else "request"


def _fix(remedy: Remedy | None) -> list[Line]:
    if remedy is None:
        return []
    if not remedy.answers:
        return [title("Fix"), prose(remedy.advice)]
    server = remedy.answers[0].url.partition("://")[2].partition("/")[0]
    found = [title(f"Fix, on the server {server} (nothing in the page can do this)")]
    for number, wanted in enumerate(remedy.answers):
        found += _wanted(wanted, is_first=number == 0)
    found.append(prose("In a cors plugin of Crossgate:"))
    found += [code(f'"{key}": {_json(value)}', 4) for key, value in remedy.plugin.items()]
    return found


def _json(value: str | bool) -> str:
    return "true" if value is True else f'"{value}"'


def _wanted(wanted: Wanted, *, is_first: bool) -> list[Line]:
    name = f"{wanted.method} {wanted.url}" + (" (the preflight)" if wanted.is_preflight else "")
    has = any(line.is_there for line in wanted.lines)
    legend = " (✓ is right already, + is to be set):" if has else ":"
    start = f"Answer {name} with{legend}" if is_first else f"and then {name} with:"
    found = [prose(start)]
    if wanted.status is not None:
        found.append(code(f"status {wanted.status} {HTTPStatus(wanted.status).phrase}", 4, "+"))
    return found + [
        code(str(line), 4, "✓" if line.is_there else "+", "good" if line.is_there else "code")
        for line in wanted.lines
    ]


def _hints(hints: tuple[str, ...]) -> list[Line]:
    return [title("Hint"), *map(prose, hints)] if hints else []


def _console(explanation: Explanation) -> list[Line]:
    """What each browser writes, for whoever searches for it."""
    found = []
    for name, story in explanation.stories.items():
        if explanation.outcomes[name] in FAILED_FOR_US_ALONE:
            continue
        label = BROWSER_NAMES[name]
        told = list(story.failure.console.get(name, ())) if story.failure else []
        warned = [line for browser, line in story.warnings.items() if browser == name]
        for number, text in enumerate(told + warned):
            found.append(labelled(label if number == 0 else "", text, 2, 10))
        if explanation.outcomes[name] == "blocked":
            found.append(labelled("" if told else label, f"The script gets: {story.error}", 2, 10))
    return [title("In the console"), *found] if found else []


def _differences(explanation: Explanation) -> list[Line]:
    found = [title("Where browsers differ")]
    for line in explanation.differences:
        runs = (Run(line.meaning + " "), Run(f"[{line.source}]", "faint"))
        found.append(Line(runs, 2, 2))
    return found if explanation.differences else []


def _happened(explanation: Explanation, group: Group) -> list[Line]:
    everyone = len(explanation.groups) == 1
    where = "" if everyone else f" in {_browsers(list(group.browsers))}"
    if group.judges_alone:
        same = prose("The same was sent and answered, and judged like this:")
        return [title(f"What happened{where}"), same, *failed_checks(group.timeline)]
    return [title(f"What happened{where}"), *told_steps(group.timeline)]


def _readable(seen: Seen | None) -> list[Line]:
    if seen is None or seen.type in ("opaque", "opaqueredirect"):
        return []
    body = ", the body" if seen.has_body else ""
    names = listed(list(dict.fromkeys(name for name, _ in seen.headers)))
    found = [title("What the script can read"), prose(f"Status {seen.status}{body}; headers: {names or 'none'}.")]
    hidden = [name for name in seen.hidden if name not in _DULL and not name.startswith("access-control-")]
    if hidden:
        found.append(prose(f"Not the headers {listed(hidden)}. To show one, answer with, for example:"))
        found.append(code(f"Access-Control-Expose-Headers: {_telling(hidden)}", 4))
    return found


def _more(explanation: Explanation) -> list[Line]:
    """The page of the documentation that has more about the failure."""
    failure = explanation.story.failure
    if failure is None or explanation.verdict in FAILED_FOR_US_ALONE:
        return []
    return [prose(f"More: {failure.page}", 0, "faint")]


def _note(note: str) -> Line:
    """A sentence, or a command, which is to be copied and so is never wrapped."""
    return code(note, 2) if note.startswith(" ".join(COMMAND)) else prose(note, 0, "faint")


def _telling(hidden: list[str]) -> str:
    """The hidden name that a page most likely wants: one of the application's own."""
    return next((name for name in hidden if name.startswith("x-")), hidden[0])
