"""Reads nginx configuration: a whole one, a file of conf.d, a snippet that others include, or an Ingress.

nginx knows nothing of CORS; people write its headers by hand. So each server and location is asked, as a browser
would, what it answers to a stranger's origin and to each origin that some condition lets pass.
"""

import re
from collections.abc import Iterator

import msgspec

from crossgate.cors.lint.subject import Document, Place, Subject, Unreadable
from crossgate.peers import nginx_ingress
from crossgate.peers.nginx_policy import Surroundings, policies
from crossgate.peers.nginx_routes import Chain, upstreams_of
from crossgate.peers.nginx_syntax import Directive, parse
from crossgate.peers.nginx_values import definitions
from crossgate.peers.same_policy import joined

MOST_PLACES = 500
"""Servers and locations that are asked."""
MOST_TESTS = 2000
"""Origins and patterns asked about in one place, if there are few places."""
MOST_QUESTIONS = 50_000
"""Origins and patterns asked about in all places together: some seconds' work."""

OPENING = re.compile(
    r"^\s*(?:http|server|events|location\s+[^{;]+|upstream\s+\S+|map\s+\S+\s+\S+|geo\s+[^{;]+|if\s*\([^{;]*\))\s*\{",
    re.MULTILINE,
)
STATEMENT = re.compile(
    r"^\s*(?:add_header|more_set_headers|proxy_pass|proxy_hide_header|server_name|set\s+\$\w+|return\s+\d{3}|include)"
    r"\s[^;{}]*;",
    re.MULTILINE,
)


def recognises(text: str, file: str) -> bool:
    """Whether this has the blocks or statements that only nginx has, or is an Ingress for it."""
    if nginx_ingress.recognises(text):
        return True
    if text.lstrip()[:1] in {"{", "[", "<"} and not file.endswith(".conf"):
        return False
    return bool(OPENING.search(text) or STATEMENT.search(text))


def read(text: str, file: str) -> Document:
    """Every place that sends Access-Control-Allow-Origin. Includes are read from beside the file. Never raises."""
    return _ingresses(text, file) if nginx_ingress.recognises(text) else _configured(text, file)


def _ingresses(text: str, file: str) -> Document:
    """Ingress objects: what their annotations say, and the snippets of nginx in them."""
    ingresses, unreadable = nginx_ingress.load(text, file)
    documents = [_configured(snippet, file) for each in ingresses for snippet in nginx_ingress.snippets(each)]
    subjects = [subject for each in ingresses if (subject := nginx_ingress.policy(each))]
    return Document(
        (*subjects, *(subject for document in documents for subject in document.subjects)),
        (*unreadable, *(problem for document in documents for problem in document.unreadable)),
    )


def _configured(text: str, file: str) -> Document:
    directives, unreadable = parse(text, file)
    document = Directive("", (), Place("", file=file), directives)
    everywhere = list(_everything(document))
    unreadable.extend(_misplaced(everywhere))
    leaves = list(_leaves((document,)))
    most_tests = min(MOST_TESTS, MOST_QUESTIONS // max(1, len(leaves)))
    surroundings = Surroundings(definitions(everywhere), upstreams_of(everywhere), file, most_tests)
    if len(leaves) > MOST_PLACES:
        message = f"There are {len(leaves)} servers and locations; the first {MOST_PLACES} are read."
        unreadable.append(Unreadable(Place("", file=file), message, "Give the files one by one."))
    subjects: list[Subject] = []
    silent: list[Chain] = []
    for chain in leaves[:MOST_PLACES]:
        found = policies(chain, surroundings)
        subjects += found.subjects
        if not found.subjects:
            silent.append(chain)
        if not found.is_complete:
            message = "Too many origins are tested for here; only the first are read."
            unreadable.append(Unreadable(chain[-1].place, message, "Compare origins in one regular expression."))
    return Document(_with_losses(joined(subjects), silent), tuple(unreadable))


def _everything(block: Directive) -> Iterator[Directive]:
    for directive in block.inside:
        yield directive
        yield from _everything(directive)


def _leaves(chain: Chain) -> Iterator[Chain]:
    """Every block that answers requests, below the blocks around it."""
    blocks = [each for each in chain[-1].inside if each.block is not None]
    inner = [each for each in blocks if each.name in {"http", "server", "location"}]
    if _answers(chain[-1], inner):
        yield chain
    for each in inner:
        yield from _leaves((*chain, each))


def _answers(block: Directive, inner: list[Directive]) -> bool:
    """Whether requests end up in a block itself.

    A server answers what no location is for; so does a snippet without either, wherever it is included.
    """
    if block.name == "server":
        return not any(_takes_all(each) for each in inner)
    return block.name == "location" or not inner


def _takes_all(location: Directive) -> bool:
    return location.args in {("/",), ("^~", "/")}


def _misplaced(directives: list[Directive]) -> Iterator[Unreadable]:
    """Headers where nginx takes none: it does not start with such a file, so people never see the mistake live."""
    for server in (each for each in directives if each.name == "server"):
        for condition in (each for each in server.inside if each.name == "if"):
            for header in condition.inside:
                if header.name == "add_header":
                    message = (
                        "nginx allows no add_header in an if that stands directly in a server: it will not start."
                    )
                    yield Unreadable(header.place, message, "Use a map, or put the if into a location.")


def _with_losses(subjects: list[Subject], silent: list[Chain]) -> tuple[Subject, ...]:
    """The subjects, with the blocks that drop their headers by writing some of their own."""
    losses: dict[Place, list[Place]] = {}
    for chain in silent:
        levels = [[each for each in block.inside if each.name == "add_header"] for block in chain]
        writing = [index for index, headers in enumerate(levels) if headers]
        for index in writing[:-1]:
            for header in levels[index]:
                losses.setdefault(header.place, []).append(levels[writing[-1]][0].place)
    return tuple(
        msgspec.structs.replace(subject, lost=tuple(losses.get(subject.place, ()))) for subject in subjects
    )
