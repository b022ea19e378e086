"""How a story ended, in one word, and which of several endings is the worst."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from crossgate.cors.browser import Ask, ElementLoad, NetworkError, ProfileName, Story

Outcome = Literal["blocked", "opaque", "hidden", "unreachable", "unasked", "permitted", "readable", "loads"]
"""blocked: the script gets an error. opaque: it gets a response that it cannot read. hidden: the recording does
not say what came. unreachable: nothing was asked, because the first connection failed. unasked: nothing was asked,
because it was not to be sent. permitted: the preflight passed, and the request itself was not to be sent.
readable: the script can read the response. loads: the element gets what it asked for."""

WORST_FIRST: Final[tuple[Outcome, ...]] = get_args(Outcome)
COULD_NOT_ASK: Final = frozenset(("unreachable", "unasked"))
FAILED_FOR_US_ALONE: Final = frozenset(("permitted", "unasked", "hidden"))
"""No browser saw these fail, so none has anything to say of why."""
GOOD: Final = frozenset(("permitted", "readable", "loads"))

BROWSER_NAMES: Final[dict[ProfileName, str]] = {
    "chromium": "Chromium",
    "firefox": "Firefox",
    "webkit": "Safari",
    "standard": "the Fetch standard",
}

# Answers that nobody gave. Whoever answers for the network says with one of them why it did not ask.
NOT_SENT: Final = NetworkError("it was not to be sent")
NOT_RECORDED: Final = NetworkError("the recording holds no answer to it")


def outcome(story: Story, ask: Ask) -> Outcome:
    """How `story` ended for what `ask` asked for."""
    if story.response is None:
        return _without_response(story)
    if isinstance(ask, ElementLoad):
        return "loads"
    return "opaque" if story.response.type in ("opaque", "opaqueredirect") else "readable"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The one that matters most to whoever asks."""
    return min(outcomes, key=WORST_FIRST.index)


def _without_response(story: Story) -> Outcome:
    answers = [exchange.answer for exchange in story.exchanges]
    if NOT_SENT in answers:
        return "permitted" if len(answers) > 1 else "unasked"
    if NOT_RECORDED in answers:
        return "hidden"
    return "unreachable" if len(answers) == 1 and isinstance(answers[0], NetworkError) else "blocked"
