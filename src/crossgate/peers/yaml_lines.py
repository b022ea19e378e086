"""Reads YAML, and JSON, into pieces that know their lines."""

from collections.abc import Iterator
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from crossgate.cors.lint.subject import Place, Unreadable
from crossgate.peers import json_lines
from crossgate.peers.pieces import DEEPEST, Mapping, Node, Piece, Scalar, Sequence, TooDeep

LONGEST = 4_000_000
"""Characters of YAML. More would take minutes; JSON is read faster and has no such limit."""


MISTAKES = (YAMLError, ValueError, LookupError, AssertionError, AttributeError, TypeError)
"""What ruamel raises for a broken document: mostly its own, and now and then a slip of its own."""


class TooLong(Exception):
    """The document has more than LONGEST characters."""


def load(text: str, file: str) -> tuple[list[Piece], list[Unreadable]]:
    """The documents of a YAML stream, or the one of a JSON text, and what is wrong with it.

    The documents before a mistake are kept. Never raises.
    """
    nodes, problem = _parsed(text)
    documents = [Piece(node, file=file) for node in nodes]
    match problem:
        case None:
            return documents, []
        case TooLong():
            return [], [
                _unreadable(
                    file,
                    None,
                    f"The document is longer than {LONGEST} characters",
                    "Split it, or convert it to JSON, which has no such limit.",
                )
            ]
        case TooDeep():
            reason = f"The document nests deeper than {DEEPEST} levels"
            return documents, [_unreadable(file, None, reason, "Flatten it.")]
        case _:
            return documents, [_mistake(problem, file)]


@lru_cache(maxsize=1)
def _parsed(text: str) -> tuple[list[Node], Exception | None]:
    """Every document, and what ended the reading early. Kept, because several formats ask whose a text is."""
    nodes: list[Node] = []
    try:
        nodes.extend(_documents(text))
    except (TooLong, TooDeep, *MISTAKES) as problem:
        return nodes, problem
    return nodes, None


def _documents(text: str) -> Iterator[Node]:
    if text.lstrip()[:1] in {"{", "["} and (node := json_lines.parse(text)) is not None:
        yield node
        return
    if len(text) > LONGEST:
        raise TooLong
    # Only the scanner and parser of ruamel are used: they take time in proportion to the text, and aliases stay
    # references, so a document cannot unfold into more than was written.
    builder = _Builder()
    for event in YAML(typ="safe", pure=True).parse(text):
        builder.take(event)
        if isinstance(event, DocumentEndEvent) and builder.top is not None:
            yield builder.top
            builder = _Builder()


class _Builder:
    """Puts one document together from the parser's events."""

    def __init__(self) -> None:
        self.top: Node | None = None
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._anchors: dict[str, Node] = {}
        self._closing: list[str | None] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, CollectionEndEvent):
            self._close()
        elif isinstance(event, NodeEvent):
            self._add(event)

    def _add(self, event: NodeEvent) -> None:
        line = event.start_mark.line + 1
        node: Node
        if isinstance(event, AliasEvent):
            node = self._named(event)
        elif isinstance(event, ScalarEvent):
            node = Scalar(event.value, line, not event.style)
            self._remember(event.anchor, node)
        else:
            node = Sequence(line, []) if isinstance(event, SequenceStartEvent) else Mapping(line, [])
        self._place(node, line)
        if isinstance(event, SequenceStartEvent | MappingStartEvent):
            self._begin(node, event.anchor)

    def _begin(self, node: Node, anchor: str | None) -> None:
        assert not isinstance(node, Scalar)
        if len(self._open) == DEEPEST:
            raise TooDeep
        self._open.append(node)
        self._keys.append(None)
        self._closing.append(anchor)

    def _close(self) -> None:
        self._keys.pop()
        self._remember(self._closing.pop(), self._open.pop())

    def _place(self, node: Node, line: int) -> None:
        if not self._open:
            self.top = node
            return
        into = self._open[-1]
        if isinstance(into, Sequence):
            into.items.append(node)
        elif (key := self._keys[-1]) is None:
            # A key that is itself a list or mapping has no name that anybody asks for.
            self._keys[-1] = node if isinstance(node, Scalar) else Scalar("", line, is_plain=False)
        else:
            into.items.append((key, node))
            self._keys[-1] = None

    def _named(self, event: AliasEvent) -> Node:
        if event.anchor in self._closing:
            # A document inside itself; it counts as nothing there.
            return Scalar("", event.start_mark.line + 1)
        if event.anchor not in self._anchors:
            raise MarkedYAMLError(problem=f"nothing is named {event.anchor}", problem_mark=event.start_mark)
        return self._anchors[event.anchor]

    def _remember(self, anchor: str | None, node: Node) -> None:
        if anchor:
            self._anchors[anchor] = node


def _mistake(problem: Exception, file: str) -> Unreadable:
    line = None
    reason = "it is not well formed"
    if isinstance(problem, MarkedYAMLError):
        mark = problem.problem_mark or problem.context_mark
        line = mark.line + 1 if mark else None
        reason = " ".join(part for part in (problem.context, problem.problem) if part)
    fix = "Correct it there. A template has to be rendered first; read what comes out."
    return _unreadable(file, line, f"The document cannot be read: {reason}", fix)


def _unreadable(file: str, line: int | None, message: str, fix: str) -> Unreadable:
    return Unreadable(Place("", line, file), f"{message}.", fix)
