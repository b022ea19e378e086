"""A story in the order of time: each hop, what was exchanged there, and the checks each answer had to pass."""

import msgspec

from crossgate.cors.browser import Exchange, Hop, Step, Story
from crossgate.cors.browser.local_network import SECTION as LOCAL_NETWORK
from crossgate.cors.browser.preflight import SECTION as PREFLIGHT
from crossgate.cors.browser.reasons import HTTP_FETCH, MAIN


class Checked(msgspec.Struct, frozen=True):
    """One exchange and what the browser looked at in its answer."""

    exchange: Exchange
    checks: tuple[Step, ...]

    @property
    def is_preflight(self) -> bool:
        """Whether the browser asked for permission here."""
        return self.exchange.request.purpose == "preflight"


class Stage(msgspec.Struct, frozen=True):
    """One URL on the way. `before` is what was decided there before anything was sent."""

    hop: Hop
    before: tuple[Step, ...]
    exchanges: tuple[Checked, ...]


class Timeline(msgspec.Struct, frozen=True):
    """`before` is what the page's call came to; `stages` are the URLs, in order."""

    before: tuple[Step, ...]
    stages: tuple[Stage, ...]


def timeline(story: Story) -> Timeline:
    """The story's steps, each put where it was taken."""
    before, *by_hop = _by_hop(story.steps)
    if not story.hops:
        # A data: URL is read without going anywhere.
        return Timeline(before=story.steps, stages=())
    stages = [_stage(hop, steps) for hop, steps in zip(story.hops, by_hop, strict=True)]
    return Timeline(before=tuple(before), stages=tuple(stages))


def _by_hop(steps: tuple[Step, ...]) -> list[list[Step]]:
    """The steps before the first hop, and then those of each: a hop begins with how far it is tainted."""
    groups: list[list[Step]] = [[]]
    for step in steps:
        if step.section == MAIN and step.passed is None:
            groups.append([])
        groups[-1].append(step)
    return groups


def _stage(hop: Hop, steps: list[Step]) -> Stage:
    first = next((number for number, step in enumerate(steps) if not _is_before(step)), len(steps))
    rest = tuple(steps[first:])
    exchanges = hop.exchanges
    if hop.asked_first.was_sent:
        # A preflight that is passed ends with a step of its own section, which the request itself never has.
        own = max((number for number, step in enumerate(rest) if step.section == PREFLIGHT), default=-1) + 1
        border = own if len(exchanges) > 1 else len(rest)
        checks = [rest[:border], rest[border:]]
    else:
        checks = [rest]
    return Stage(
        hop=hop,
        before=tuple(steps[:first]),
        exchanges=tuple(Checked(*pair) for pair in zip(exchanges, checks, strict=False)),
    )


def _is_before(step: Step) -> bool:
    return step.section == LOCAL_NETWORK or (step.section in (MAIN, HTTP_FETCH) and step.passed is None)
