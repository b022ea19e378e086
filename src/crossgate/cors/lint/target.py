"""What a pattern is for: the origins its author had in mind, and the hosts that it names literally."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from crossgate.cors.lint.matching import admits, compiled_regex
from crossgate.cors.lint.samples import OPEN, Piece, Sample, glob_sample, samples_of, text_of
from crossgate.cors.lint.shape import read_shape, unquoted
from crossgate.cors.lint.subject import OriginMatch
from crossgate.cors.origin import Origin, parse_origin

MAX_TARGETS: Final = 24
_SCHEMES = {"https": 0, "http": 1}
_HOSTS = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Target(msgspec.Struct, frozen=True):
    """One origin that a pattern is for. `sample` is its text in pieces: what the author fixed, what is open."""

    origin: Origin
    sample: Sample

    @property
    def scheme(self) -> str:
        """The scheme of the origin."""
        return self.origin.scheme

    @property
    def is_open(self) -> bool:
        """Whether any piece of the host is open by what is written."""
        return any(piece.kind == "open" for piece in self.host_pieces)

    @property
    def port(self) -> str:
        """The port with its colon; empty for the scheme's own."""
        return "" if self.origin.port is None else f":{self.origin.port}"

    @property
    def host_pieces(self) -> Sample:
        """The pieces that make up the host."""
        pieces = []
        at, start = 0, len(self.scheme) + 3
        end = start + len(self.origin.host)
        for piece in self.sample:
            text = piece.text[max(start - at, 0) : max(end - at, 0)]
            if text:
                pieces.append(Piece(text, piece.kind, piece.index))
            at += len(piece.text)
        return tuple(pieces)

    @property
    def base(self) -> str:
        """The part of the host that the pattern names, behind all that is open and without half a label.

        `example.com` for `.*.example.com` and `.*example.com`, `vercel.app` for `.*-team.vercel.app`.
        """
        pieces = self.host_pieces
        after = next((i for i in range(len(pieces), 0, -1) if pieces[i - 1].kind in OPEN), 0)
        fixed = text_of(pieces[after:])
        if after == 0 or not fixed.startswith(("-", "_")):
            return fixed.removeprefix(".")
        return fixed.partition(".")[2]

    def opened(self, label: str) -> Iterator[str]:
        """The origin with each open piece of its host replaced by `label`, the last one first."""
        for index, piece in reversed(list(enumerate(self.host_pieces))):
            if piece.kind in OPEN:
                yield self._with(index, label)

    def undotted(self) -> Iterator[str]:
        """The origin with an unescaped dot of its host replaced by a letter, each in turn, then all of them."""
        dots = [index for index, piece in enumerate(self.host_pieces) if piece.kind == "dot"]
        for index in dots:
            yield self._with(index, "x")
        if len(dots) > 1:
            host = text_of(Piece("x") if piece.kind == "dot" else piece for piece in self.host_pieces)
            yield f"{self.scheme}://{host}{self.port}"

    def _with(self, index: int, text: str) -> str:
        pieces = self.host_pieces
        return f"{self.scheme}://{text_of((*pieces[:index], Piece(text), *pieces[index + 1 :]))}{self.port}"


def targets_of(match: OriginMatch) -> list[Target]:
    """Origins that `match` is for and lets in, at most MAX_TARGETS; raises what admits() raises."""
    found: dict[str, Target] = {}
    for sample in _samples(match):
        target = _target(match, sample)
        if target is not None:
            found.setdefault(str(target.origin), target)
        if len(found) == MAX_TARGETS:
            break
    # The plainest first: findings show these.
    return sorted(found.values(), key=lambda target: (target.port, _SCHEMES.get(target.scheme, len(_SCHEMES))))


def _samples(match: OriginMatch) -> list[Sample]:
    if match.kind == "glob":
        return [glob_sample(match.text)]
    if match.kind != "regex":
        return [(Piece(match.text),)]
    # Asked first for what is wrong with it.
    compiled_regex(match.text, match.ignore_case)
    pattern = unquoted(match.text)
    named = _HOSTS.findall(pattern.replace("\\", ""))
    return [*samples_of(read_shape(pattern)), *((Piece(host),) for host in named)]


def _target(match: OriginMatch, sample: Sample) -> Target | None:
    """The first reading of `sample` that is an origin and is let in: a pattern may leave out either end."""
    plain = tuple(Piece("x") if piece.kind == "dot" else piece for piece in sample)
    for middle in (_by_https(sample), sample, plain):
        for before in _BEFORE:
            for after in _AFTER:
                whole = (*before, *middle, *after)
                origin = parse_origin(text_of(whole).lower())
                if origin is not None and _is_meant(origin, whole) and admits(match, str(origin)):
                    return Target(origin, tuple(piece for piece in whole if piece.text))
    return None


def _is_meant(origin: Origin, whole: Sample) -> bool:
    """Whether somebody can have had `origin` in mind: not `httpshttps://.example.com`, as apps might have."""
    is_written = whole[0].kind == "literal" and whole[0] not in _BEGINNINGS
    return origin.scheme in _SCHEMES or (is_written and not origin.host.startswith("."))


def _by_https(sample: Sample) -> Sample:
    """`sample` with https in place of its scheme: where any scheme is let in, that is the one to look at."""
    scheme, mark, _ = text_of(sample).partition("://")
    if not mark:
        return sample
    cut, rest = len(scheme) + len(mark), []
    for piece in sample:
        rest.append(Piece(piece.text[max(cut, 0) :], piece.kind, piece.index))
        cut -= len(piece.text)
    return (_HTTPS, *(piece for piece in rest if piece.text))


_HTTPS, _HTTP = Piece("https://"), Piece("http://")
_X = Piece("x", "implied")
_BEFORE: Final[tuple[Sample, ...]] = ((), (_HTTPS,), (Piece("https"),), (_HTTPS, _X), (_HTTP,), (_HTTP, _X))
_BEGINNINGS: Final = frozenset(before[0] for before in _BEFORE if before)
_AFTER: Final[tuple[Sample, ...]] = ((), (_X,), (Piece(".test"),))
