r"""A request explained: from the stories of several browsers to words, a JSON document, and curl commands.

    stories = {name: fetch(page, ask, answer, Browser(profile=name)) for name in ("chromium", "firefox")}
    explanation = explain(page, ask, stories)
    print(*tell(explanation), sep="\n")

`document` is the same for machines, `commands` replays it; `read_har` and `calls` find what a recorded HAR has to
explain. Everything is pure.
"""

from crossgate.cors.explain.curl import command, commands
from crossgate.cors.explain.document import VERSION, document
from crossgate.cors.explain.explanation import Explanation, Group, explain
from crossgate.cors.explain.har import Entry, read_har
from crossgate.cors.explain.lines import Line, Run
from crossgate.cors.explain.outcome import (
    BROWSER_NAMES,
    COULD_NOT_ASK,
    GOOD,
    NOT_RECORDED,
    NOT_SENT,
    WORST_FIRST,
    Outcome,
    outcome,
    worst,
)
from crossgate.cors.explain.recording import Call, Left, calls, explain_call
from crossgate.cors.explain.remedy import HeaderLine, Remedy, Wanted
from crossgate.cors.explain.telling import headline, tell, verdict
from crossgate.cors.explain.timeline import Checked, Stage, Timeline, timeline

__all__ = [
    "BROWSER_NAMES",
    "COULD_NOT_ASK",
    "GOOD",
    "NOT_RECORDED",
    "NOT_SENT",
    "VERSION",
    "WORST_FIRST",
    "Call",
    "Checked",
    "Entry",
    "Explanation",
    "Group",
    "HeaderLine",
    "Left",
    "Line",
    "Outcome",
    "Remedy",
    "Run",
    "Stage",
    "Timeline",
    "Wanted",
    "calls",
    "command",
    "commands",
    "document",
    "explain",
    "explain_call",
    "headline",
    "outcome",
    "read_har",
    "tell",
    "timeline",
    "verdict",
    "worst",
]
