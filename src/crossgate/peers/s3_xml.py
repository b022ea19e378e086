"""Reads the XML of an object store's CORS configuration into pieces that know their lines."""

import re
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import parseString

from crossgate.cors.lint.subject import Place, Unreadable
from crossgate.peers.pieces import Mapping, Node, Piece, Scalar, Sequence

LISTS = {"CORSRule", "CorsRule", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader"}
"""Elements that are said again for each item of a list."""

DEEPEST = 50
"""Levels of nesting. The deepest of these documents has four."""

# The text is decoded already: what the declaration says of its encoding no longer holds.
DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


class TooDeep(SAXException):
    """The document nests deeper than DEEPEST."""


def load(text: str, file: str) -> tuple[list[Piece], list[Unreadable]]:
    """The document and what is wrong with it. Never raises; entities and document types are refused."""
    reader = _Reader()
    undeclared = DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text.lstrip("\ufeff"))
    blank = len(undeclared) - len(undeclared.lstrip())
    reader.above = undeclared[:blank].count("\n")
    try:
        parseString(undeclared[blank:].encode("utf-8", "replace"), reader, forbid_dtd=True)
    except (SAXException, DefusedXmlException, ValueError) as problem:
        return [], [_mistake(problem, reader.line, file)]
    return [Piece(reader.top, file=file)], []


class _Reader(ContentHandler):
    """Puts the document together from the parser's calls. `above` counts the lines that it is not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Mapping(1, [])
        self.above = 0
        self._open = [self.top]
        self._text: list[str] = []
        self._locator: Locator | None = None

    @property
    def line(self) -> int:
        """The line the parser is at, counted from 1."""
        return self.above + (self._locator.getLineNumber() or 1 if self._locator else 1)

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the parser's own name
        """Keep what knows the line."""
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the parser's own name
        """An element opens."""
        if len(self._open) > DEEPEST:
            raise TooDeep(f"it nests deeper than {DEEPEST} levels")
        self._open.append(Mapping(self.line, []))
        self._text = []

    def characters(self, content: str) -> None:
        """Some of an element's text."""
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the parser's own name
        """An element closes: with elements in it, it is a mapping; otherwise its text."""
        element = self._open.pop()
        node: Node = (
            element if element.items else Scalar("".join(self._text).strip(), element.line, is_plain=False)
        )
        self._text = []
        _add(self._open[-1], name.rpartition(":")[2], node)


def _add(into: Mapping, name: str, node: Node) -> None:
    if name in LISTS:
        for key, value in into.items:
            if key.text == name and isinstance(value, Sequence):
                value.items.append(node)
                return
        node = Sequence(node.line, [node])
    into.items.append((Scalar(name, node.line), node))


def _mistake(problem: Exception, line: int, file: str) -> Unreadable:
    reason = problem.getMessage() if isinstance(problem, SAXException) else "document types are not read"
    fix = "Write well-formed XML without a document type."
    return Unreadable(Place("", line, file), f"The XML cannot be read: {reason}.", fix)
