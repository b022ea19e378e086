"""The router: from method and path to a route (gateway.md 2.1).

The rules, in their order, at every segment from the left:

1. a literal segment, then `{x}` (one segment), then `{x+}` (the rest, at least one segment), then a prefix API
   that ends here; so the longest prefix and the most literal path win;
2. for the same path an exact (NORMAL) API before a prefix (SWA) API;
3. on the path so found the API of that method, then the API of method ANY; where neither exists the search
   goes on with the next candidate path.

A prefix ends on a segment boundary and also matches itself; its own trailing slash does not count.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

ANY = b"ANY"

R = TypeVar("R")


class Match(msgspec.Struct, Generic[R], frozen=True):
    """A found route, the decoded values of its `{x}` in order, and what followed a prefix (`/…` or empty)."""

    route: R
    captured: tuple[bytes, ...] = ()
    remainder: bytes = b""


class _Node(Generic[R]):
    """One segment position in the tree of path templates."""

    __slots__ = ("exact", "literal", "param", "prefix", "rest")

    def __init__(self) -> None:
        self.literal: dict[bytes, _Node[R]] = {}
        self.param: _Node[R] | None = None
        self.rest: dict[bytes, R] = {}
        self.exact: dict[bytes, R] = {}
        self.prefix: dict[bytes, R] = {}


class Router(Generic[R]):
    """The routes of one group in one environment. Fill with `add`, then only `find`."""

    __slots__ = ("_plain", "_root")

    def __init__(self) -> None:
        self._root: _Node[R] = _Node()
        self._plain: dict[bytes, dict[bytes, Match[R]]] = {}

    def add(self, method: bytes, template: bytes, *, prefix: bool, route: R) -> None:
        """Adds one API; `template` is its `req_uri`, `prefix` its match mode SWA."""
        node = self._root
        for segment in _segments(template.rstrip(b"/") if prefix else template):
            if segment.startswith(b"{") and segment.endswith(b"+}"):
                node.rest[method] = route
                return
            if segment.startswith(b"{") and segment.endswith(b"}"):
                node.param = node.param or _Node()
                node = node.param
            else:
                node = node.literal.setdefault(segment, _Node())
        (node.prefix if prefix else node.exact)[method] = route
        if not prefix and b"{" not in template:
            self._plain.setdefault(template, {})[method] = Match(route)

    def find(self, method: bytes, path: bytes) -> Match[R] | None:
        """The route for `method` on the normalised `path`, or None."""
        plain = self._plain.get(path)
        if plain is not None:
            match = plain.get(method) or plain.get(ANY)
            if match is not None:
                return match
        for methods, captured, remainder in self._candidates(path):
            route = methods.get(method) or methods.get(ANY)
            if route is not None:
                return Match(route, captured, remainder)
        return None

    def find_own(self, method: bytes, path: bytes) -> Match[R] | None:
        """The best route that is for `method` and no other; one for ANY is not."""
        for methods, captured, remainder in self._candidates(path):
            if method in methods:
                return Match(methods[method], captured, remainder)
        return None

    def on_path(self, path: bytes) -> Iterator[R]:
        """Every route whose path matches, best first, whatever its method."""
        for methods, _, _ in self._candidates(path):
            yield from methods.values()

    def _candidates(self, path: bytes) -> Iterator[tuple[dict[bytes, R], tuple[bytes, ...], bytes]]:
        return _walk(self._root, _segments(path), 0, ())


def _segments(path: bytes) -> list[bytes]:
    return path.split(b"/")[1:]


def _walk(
    node: _Node[R], segments: list[bytes], at: int, captured: tuple[bytes, ...]
) -> Iterator[tuple[dict[bytes, R], tuple[bytes, ...], bytes]]:
    left = segments[at:]
    if not left:
        if node.exact:
            yield node.exact, captured, b""
    else:
        literal = node.literal.get(left[0])
        if literal is not None:
            yield from _walk(literal, segments, at + 1, captured)
        if node.param is not None and left[0]:
            yield from _walk(node.param, segments, at + 1, (*captured, left[0]))
        if node.rest and any(left):
            yield node.rest, (*captured, b"/".join(left)), b""
    if node.prefix:
        yield node.prefix, captured, b"".join(b"/" + segment for segment in left)
