"""A pattern on trial: which origins of the battery it lets in, and which of these are attacks."""

from collections.abc import Iterator, Sequence

import msgspec

from crossgate.cors.lint.attack import attack, is_foreign, stranger_of
from crossgate.cors.lint.battery import Attempt, battery
from crossgate.cors.lint.matching import admits
from crossgate.cors.lint.subject import OriginMatch
from crossgate.cors.lint.target import Target, targets_of

MAX_HOSTS = 3
# Right or wrong depends on more than the pattern: on credentials, and on who owns the other names.
_UP_TO_YOU = frozenset(("L11",))
_TO_WHOLE_NAMES = frozenset(("L05", "L07", "L09", "L14"))
_REGISTERED = "a name that a stranger registers"
_BY_WITNESS = {
    "cors.pattern-dot-unescaped": ("a character in place of a dot", "L07"),
    "cors.wildcard-over-public-suffix": (_REGISTERED, "L12"),
    "cors.wildcard-covers-public-suffix": (_REGISTERED, "L12"),
    "cors.wildcard-misplaced": (_REGISTERED, "L13"),
}


class Outcome(msgspec.Struct, frozen=True):
    """One attempt, and whether it got in."""

    attempt: Attempt
    is_admitted: bool

    @property
    def is_breach(self) -> bool:
        """Whether an attack got in."""
        return self.is_admitted and self.attempt.rule not in ("", *_UP_TO_YOU)


def trial(match: OriginMatch, origins: Sequence[str] = ()) -> list[Outcome]:
    """What `match` does with `origins`, and with the battery of the hosts it names; each origin once.

    A pattern that names no host is tried with the battery of example.com. Raises what admits() raises.
    """
    targets = [] if stranger_of(match) else targets_of(match)
    attempts = [*(Attempt(origin, "yours") for origin in origins), *_against(match, targets)]
    first: dict[str, Attempt] = {}
    for attempt in attempts:
        first.setdefault(attempt.origin, attempt)
    return [Outcome(attempt, admits(match, attempt.origin)) for attempt in first.values()]


def _against(match: OriginMatch, targets: list[Target]) -> Iterator[Attempt]:
    if not targets:
        yield from battery("example.com")
        return
    if match.kind in ("regex", "glob"):
        for code, witness in attack(match).witnesses.items():
            if code in _BY_WITNESS:
                yield Attempt(witness, *_BY_WITNESS[code])
    # One of each host, by its best scheme: the others are attacks, or much the same.
    by_host = {target.origin.host: target for target in reversed(targets)}
    shown = [target for target in targets if by_host[target.origin.host] is target]
    for target in shown[:MAX_HOSTS]:
        yield Attempt(str(target.origin), "any name there" if target.is_open else "the host itself")
        yield from _of_target(match, target)
    for target in shown[MAX_HOSTS:]:
        yield Attempt(str(target.origin), "another host")


def _of_target(match: OriginMatch, target: Target) -> Iterator[Attempt]:
    host = target.base or target.origin.host
    is_below = host != target.origin.host
    if is_below:
        # What is put behind, or in place of a part, is put to a whole name that gets in.
        for attempt in battery(target.origin.host, target.scheme, target.port):
            if attempt.rule in _TO_WHOLE_NAMES and not _is_loopback_own(attempt, target):
                yield attempt
    for attempt in battery(host, target.scheme, target.port):
        if is_below and attempt.rule in _TO_WHOLE_NAMES:
            continue
        if attempt.rule == "L08" and match.kind != "regex":
            continue
        if _is_loopback_own(attempt, target):
            continue
        is_own = attempt.rule == "L06" and target.is_open and not is_foreign(attempt.origin, host)
        yield Attempt(attempt.origin, "any name there") if is_own else attempt


def _is_loopback_own(attempt: Attempt, target: Target) -> bool:
    """Whether it is one more service of the reader's own machine."""
    return attempt.rule in ("L09", "L14") and target.origin.is_loopback
