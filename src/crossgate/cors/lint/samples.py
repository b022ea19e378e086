"""What the author of a pattern had in mind: origins that it is plainly for, and which parts of them are open."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice, product
from typing import Final, Literal

import msgspec
import regex

from crossgate.cors.lint.shape import Char, Choice, Class, Dot, Edge, Node, Repeat, Sequence

MAX_SAMPLES: Final = 48
_MAX_REPEATED: Final = 8
# Letters first: what can be a letter of a host name mostly is one.
_PREFERRED = "xa1.-_:/A@%# "

Kind = Literal[
    "literal",
    "dot",  # an unescaped dot, which the author took for one
    "open",  # any number of characters of some class
    "implied",  # open, because the pattern is not anchored there
]

OPEN: Final = frozenset[Kind](("open", "implied"))


class Piece(msgspec.Struct, frozen=True):
    """A part of a sample: what stands there, and why. `index` is where a dot is in the pattern."""

    text: str
    kind: Kind = "literal"
    index: int = -1


Sample = tuple[Piece, ...]


def samples_of(shape: Node) -> list[Sample]:
    """Some strings that `shape` is for, at most MAX_SAMPLES."""
    return list(dict.fromkeys(map(_joined, _samples(shape))))


def glob_sample(text: str) -> Sample:
    """What a glob is for: each `*` is open."""
    pieces: list[Piece] = []
    for index, literal in enumerate(text.split("*")):
        if index:
            pieces.append(Piece("1" if text_of(pieces).count(":") > 1 else "x", "open"))
        pieces.append(Piece(literal))
    return tuple(piece for piece in pieces if piece.text)


def text_of(sample: Iterable[Piece]) -> str:
    """The sample as one string."""
    return "".join(piece.text for piece in sample)


def _joined(sample: Sample) -> Sample:
    """Neighbouring literals as one piece."""
    pieces: list[Piece] = []
    for piece in sample:
        if pieces and piece.kind == "literal" == pieces[-1].kind:
            pieces[-1] = Piece(pieces[-1].text + piece.text)
        else:
            pieces.append(piece)
    return tuple(pieces)


def _samples(node: Node) -> list[Sample]:
    return list(islice(_each(node), MAX_SAMPLES))


def _each(node: Node) -> Iterator[Sample]:
    match node:
        case Char(text):
            yield (Piece(text),)
        case Dot(index):
            yield (Piece(".", "dot", index),)
        case Class(source):
            if member := member_of(source):
                yield (Piece(member),)
        case Edge():
            yield ()
        case Sequence(items):
            yield from _in_order(items)
        case Choice(options):
            for option in options:
                yield from _samples(option)
        case _:
            yield from _repeated(node)


def _in_order(items: tuple[Node, ...]) -> Iterator[Sample]:
    # Built up item by item and cut each time, because a product of all would not end.
    so_far: list[Sample] = [()]
    for item in items:
        so_far = [(*head, *tail) for head, tail in islice(product(so_far, _samples(item)), MAX_SAMPLES)]
    yield from so_far


def _repeated(repeat: Repeat) -> Iterator[Sample]:
    times = min(max(repeat.least, 1), _MAX_REPEATED)
    if repeat.most != 0:
        match repeat.item:
            case Dot() if repeat.most != 1:
                yield (Piece("x" * times, "open"),)
            case Class(source) if repeat.most != 1:
                if member := member_of(source):
                    yield (Piece(member * times, "open"),)
            case _:
                yield from ((*sample,) * times for sample in _samples(repeat.item))
    if repeat.least == 0:
        yield ()


@cache
def member_of(source: str) -> str:
    """A character of the class `source`, a letter if there is one; nothing if it has none in ASCII."""
    try:
        compiled = regex.compile(source, regex.ASCII)
    except regex.error:
        return ""
    every = _PREFERRED + "".join(map(chr, range(33, 127)))
    return next((char for char in every if compiled.fullmatch(char)), "")
