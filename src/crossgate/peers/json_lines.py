"""Reads JSON into nodes that know their lines: fast, and with the tabs that YAML does not allow."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from crossgate.peers.pieces import DEEPEST, Mapping, Node, Scalar, Sequence, TooDeep

TOKEN = re.compile(r'\s*(?:([{}\[\],:])|("(?:[^"\\\n]|\\.)*")|([-+.\w]+))')
WORDS = {"true", "false", "null"}


class Broken(ValueError):
    """The text is not JSON."""


def parse(text: str) -> Node | None:
    """The document in a text; None when it is not JSON.

    Raises:
        TooDeep: it nests deeper than DEEPEST.
    """
    try:
        return _document(text)
    except ValueError:
        return None


def _symbols(text: str) -> Iterator[tuple[str, int]]:
    """Every symbol and its line; an empty one at the end."""
    starts = [match.end() for match in re.finditer("\n", text)]
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise Broken
        start = match.start(match.lastindex or 0)
        yield match.group(match.lastindex or 0), bisect_right(starts, start) + 1
        position = match.end()
    yield "", len(starts) + 1


def _document(text: str) -> Node:
    symbols = _symbols(text)
    top = _value(*next(symbols), symbols, 0)
    if next(symbols)[0]:
        raise Broken
    return top


def _value(symbol: str, line: int, symbols: Iterator[tuple[str, int]], depth: int) -> Node:
    if depth > DEEPEST:
        raise TooDeep
    if symbol == "[":
        return _list(line, symbols, depth + 1)
    if symbol == "{":
        return _object(line, symbols, depth + 1)
    if symbol in WORDS:
        return Scalar(symbol, line)
    return Scalar(*_single(symbol, line))


def _single(symbol: str, line: int) -> tuple[str, int, bool]:
    """A text or a number. `json` says whether it is one."""
    value = json.loads(symbol)
    return (value, line, False) if isinstance(value, str) else (symbol, line, True)


def _list(line: int, symbols: Iterator[tuple[str, int]], depth: int) -> Sequence:
    into = Sequence(line, [])
    symbol, at = next(symbols)
    while symbol != "]":
        into.items.append(_value(symbol, at, symbols, depth))
        symbol, at = _after(symbols, "]")
    return into


def _object(line: int, symbols: Iterator[tuple[str, int]], depth: int) -> Mapping:
    into = Mapping(line, [])
    symbol, at = next(symbols)
    while symbol != "}":
        if not symbol.startswith('"') or next(symbols)[0] != ":":
            raise Broken
        into.items.append((Scalar(*_single(symbol, at)), _value(*next(symbols), symbols, depth)))
        symbol, at = _after(symbols, "}")
    return into


def _after(symbols: Iterator[tuple[str, int]], end: str) -> tuple[str, int]:
    """What follows a value: the end, or the first symbol after a comma."""
    symbol, at = next(symbols)
    if symbol == ",":
        symbol, at = next(symbols)
        if symbol == end:
            raise Broken
        return symbol, at
    if symbol != end:
        raise Broken
    return symbol, at
