"""Attacks a pattern with the battery of each host it names, and keeps one witness for each rule that is broken."""

from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.battery import ANY_LABELS, EVIL, ODD_PORTS, open_ends, open_starts, parts_of_urls
from crossgate.cors.lint.matching import admits
from crossgate.cors.lint.shape import Choice, Dot, Node, Repeat, Sequence, read_shape, unquoted
from crossgate.cors.lint.subject import OriginMatch
from crossgate.cors.lint.target import Target, targets_of
from crossgate.cors.origin import NULL, Origin, is_address
from crossgate.cors.suffixes import has_public_suffix_below, is_public_suffix

STRANGERS = (f"https://{EVIL}", f"http://{EVIL}")


class Attacked(msgspec.Struct, frozen=True):
    """What came of it: a witness by code, and the origins that the pattern is for."""

    witnesses: dict[str, str]
    targets: tuple[Target, ...]


def stranger_of(match: OriginMatch) -> str | None:
    """An origin that no pattern can mean, if `match` lets it in: then it lets everyone in."""
    return _first_admitted(match, STRANGERS)


def attack(match: OriginMatch) -> Attacked:
    """The witnesses against `match`, which is not one that lets everyone in; raises what admits() raises."""
    # Unescaped dots are a finding of their own; everything else is asked of the pattern its author meant.
    meant = with_dots_escaped(match)
    targets = tuple(targets_of(match))
    witnesses: dict[str, str] = {}
    opened = {target.base for target in targets if target.is_open}
    for target in targets:
        for code, candidates in _attacks(target, opened):
            if code not in witnesses:
                asked = match if code == "cors.pattern-dot-unescaped" else meant
                if witness := _first_admitted(asked, candidates):
                    witnesses[code] = witness
        for code, witness in _reach(meant, target):
            witnesses.setdefault(code, witness)
    if admits(match, NULL):
        witnesses["cors.null-origin"] = NULL
    return Attacked(_without_doubles(witnesses), targets)


def registrable_domain(host: str) -> str:
    """The name that somebody registered to have `host`; empty for a public suffix and for an address."""
    labels = host.split(".")
    for start in range(1, len(labels)):
        if is_public_suffix(".".join(labels[start:])):
            return ".".join(labels[start - 1 :])
    return ""


def _attacks(target: Target, opened: set[str]) -> Iterator[tuple[str, list[str]]]:
    """By code, origins none of which may get in. What is before the `opened` hosts was left open on purpose."""
    host, base, scheme = target.origin.host, target.base, target.scheme
    yield "cors.pattern-open-end", [attempt.origin for attempt in open_ends(host, scheme)]
    yield (
        "cors.pattern-open-start",
        [
            attempt.origin
            for attempt in open_starts(base, scheme)
            if base and (base not in opened or is_foreign(attempt.origin, base))
        ],
    )
    if not is_address(host):
        yield "cors.pattern-dot-unescaped", sorted(target.undotted(), key=lambda name: not is_foreign(name, host))
    if target.is_open and base:
        yield "cors.pattern-too-wide", [attempt.origin for attempt in parts_of_urls(base, scheme)]
    if not base:
        yield "cors.wildcard-misplaced", [o for label in ("evil", "zz", "xyz") for o in target.opened(label)]
    if not target.origin.is_loopback:
        if scheme == "https":
            yield "cors.pattern-allows-http", [f"http://{host}{target.port}"]
        yield (
            "cors.wildcard-port-not-loopback",
            [f"{scheme}://{host}:{port}" for port in ODD_PORTS if f":{port}" != target.port],
        )


def is_foreign(origin: str, host: str) -> bool:
    """Whether a stranger can register the host of `origin`, because it is not below the domain of `host`."""
    name = origin.partition("://")[2].partition(":")[0]
    return registrable_domain(name) not in ("", registrable_domain(host))


def _reach(meant: OriginMatch, target: Target) -> Iterator[tuple[str, str]]:
    """Which names below its base a pattern lets in."""
    base = target.base
    if not base or is_address(base) or Origin(target.scheme, base).is_loopback:
        return
    if "." not in target.origin.host:
        # A word, not a domain that somebody wrote.
        return
    below = [f"{target.scheme}://{label}.{base}{target.port}" for label in ANY_LABELS]
    is_any = all(admits(meant, origin) for origin in below)
    if is_public_suffix(base):
        if witness := _first_admitted(meant, [below[-1], *target.opened("evil")]):
            yield "cors.wildcard-over-public-suffix", witness
    elif is_any:
        deeper = f"{target.scheme}://evil.x.{base}{target.port}"
        if has_public_suffix_below(base) and admits(meant, deeper):
            yield "cors.wildcard-covers-public-suffix", deeper
        yield "cors.subdomains-with-credentials", below[-1]


def _without_doubles(witnesses: dict[str, str]) -> dict[str, str]:
    """`witnesses`, without those that only repeat a worse one."""
    repeated: set[str] = set()
    if "cors.pattern-open-start" in witnesses:
        repeated |= {"cors.subdomains-with-credentials"}
    if "cors.pattern-open-end" in witnesses:
        repeated |= {"cors.wildcard-port-not-loopback", "cors.wildcard-misplaced"}
    return {code: witness for code, witness in witnesses.items() if code not in repeated}


def _first_admitted(match: OriginMatch, origins: tuple[str, ...] | list[str]) -> str | None:
    return next((origin for origin in origins if admits(match, origin)), None)


def with_dots_escaped(match: OriginMatch) -> OriginMatch:
    """`match` as its author meant it: a dot that is not repeated stands for itself."""
    if match.kind != "regex":
        return match
    pattern = unquoted(match.text)
    for index in sorted(_single_dots(read_shape(pattern)), reverse=True):
        pattern = f"{pattern[:index]}\\{pattern[index:]}"
    return msgspec.structs.replace(match, text=pattern)


def _single_dots(node: Node) -> Iterator[int]:
    """Where a dot stands that is not repeated."""
    match node:
        case Dot(index):
            yield index
        case Sequence(items) | Choice(items):
            for item in items:
                yield from _single_dots(item)
        case Repeat(item) if not isinstance(item, Dot):
            yield from _single_dots(item)
        case _:
            pass
