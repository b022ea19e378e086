"""An explanation: one request as several browsers would have made it, and what follows from the stories."""

from collections.abc import Mapping
from typing import Final

import msgspec

from crossgate.cors.browser import Ask, ElementLoad, Page, ProfileName, Story, XhrCall
from crossgate.cors.explain import fields
from crossgate.cors.explain.differences import Shown, differences
from crossgate.cors.explain.hints import hints
from crossgate.cors.explain.outcome import GOOD, Outcome, outcome, worst
from crossgate.cors.explain.remedy import Remedy, remedy
from crossgate.cors.explain.timeline import Timeline, timeline

COMMAND: Final = ("crossgate", "cors", "explain")


class Group(msgspec.Struct, frozen=True):
    """Browsers whose stories are the same but for what the browsers write to their consoles.

    `judges_alone`: the first group was sent and answered the same, and judged it differently.
    """

    browsers: tuple[ProfileName, ...]
    timeline: Timeline
    judges_alone: bool = False


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What happened and why. `stories` and `outcomes` are by browser, in the order in which they were asked for.

    `told_by` is the browser whose failure is told first; `hints` say what usually lies behind it. `notes` are
    sentences on how the stories came about, and commands to try next.
    """

    page: Page
    ask: Ask
    stories: Mapping[ProfileName, Story]
    outcomes: Mapping[ProfileName, Outcome]
    verdict: Outcome
    told_by: ProfileName
    remedy: Remedy | None
    hints: tuple[str, ...]
    differences: tuple[Shown, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the page gets what it asked for, in every browser."""
        return self.verdict in GOOD

    @property
    def story(self) -> Story:
        """The story that is told first."""
        return self.stories[self.told_by]

    @property
    def method(self) -> str:
        """The method as the page gave it."""
        if isinstance(self.ask, ElementLoad) and self.ask.initiator == "beacon":
            return "POST"
        return self.ask.method

    @property
    def asked_by(self) -> str:
        """What asks: `fetch`, `xhr`, or the name of an initiator."""
        if isinstance(self.ask, ElementLoad):
            return self.ask.initiator
        return "xhr" if isinstance(self.ask, XhrCall) else "fetch"


def explain(
    page: Page, ask: Ask, stories: Mapping[ProfileName, Story], notes: tuple[str, ...] = ()
) -> Explanation:
    """The explanation of what `page` asks for, from the story of at least one browser."""
    outcomes = {name: outcome(story, ask) for name, story in stories.items()}
    verdict = worst(outcomes.values())
    told_by = next(name for name in stories if outcomes[name] == verdict)
    failed = [story for name, story in stories.items() if outcomes[name] in ("blocked", "unreachable")]
    failure = stories[told_by].failure
    return Explanation(
        page=page,
        ask=ask,
        stories=stories,
        outcomes=outcomes,
        verdict=verdict,
        told_by=told_by,
        remedy=remedy(ask, failed),
        hints=hints(stories[told_by], failure) if failure is not None else (),
        differences=differences(page, ask, stories),
        groups=_groups(stories),
        notes=notes,
    )


def _groups(stories: Mapping[ProfileName, Story]) -> tuple[Group, ...]:
    """The browsers with the same story, together; the order of the fields that are sent does not count."""
    grouped: dict[object, list[ProfileName]] = {}
    for name, story in stories.items():
        ending = story.failure and (story.failure.code, story.failure.message)
        grouped.setdefault((_exchanged(story), ending, story.response), []).append(name)
    first, *others = (stories[names[0]] for names in grouped.values())
    alone = [False, *(_judges_alone(story, first) for story in others)]
    return tuple(
        Group(tuple(names), timeline(stories[names[0]]), judges_alone)
        for names, judges_alone in zip(grouped.values(), alone, strict=True)
    )


def _judges_alone(story: Story, first: Story) -> bool:
    return story.failure is not None and story.exchanges != () and _exchanged(story) == _exchanged(first)


def _exchanged(story: Story) -> object:
    """What a reader is shown of the exchanges, whatever the order and the case of field names."""
    return tuple(
        (
            exchange.request.method,
            exchange.request.url,
            exchange.request.body,
            frozenset((name.lower(), value) for name, value in fields.sent(exchange.request, exchange.added)),
            exchange.answer,
        )
        for exchange in story.exchanges
    )
