"""Reads APISIX: the standalone apisix.yaml, ADC's file, bodies of its admin API, and its Kubernetes objects."""

import re
from collections.abc import Iterator

from crossgate.cors.lint.subject import Document, Subject
from crossgate.peers import apisix_kubernetes, yaml_lines
from crossgate.peers.apisix_cors import Levels
from crossgate.peers.apisix_routes import Gateway, plugins_of, read_route, subjects_of
from crossgate.peers.pieces import Piece
from crossgate.peers.plugin_routes import InEffect

END = re.compile(r"^#END\s*$", re.MULTILINE)
LISTS = ("routes", "services", "plugin_configs", "global_rules", "upstreams", "plugin_metadata", "stream_routes")
LIST = re.compile(rf"""^\s*["']?(?:{"|".join(LISTS)})["']?\s*:""", re.MULTILINE)
PLUGINS = re.compile(r"""["']?plugins["']?\s*:""")
ROUTE_KEYS = ("uri", "uris", "upstream", "upstream_id", "service_id", "plugin_config_id")


def recognises(text: str, file: str) -> bool:
    """Whether it ends as a standalone file does, or holds plugins by name where APISIX has them."""
    if apisix_kubernetes.recognises(text):
        return True
    if LIST.search(text) and END.search(text):
        return True
    if not PLUGINS.search(text):
        return False
    documents, _ = yaml_lines.load(text, file)
    return any(_has_plugins(body) for document in documents for body in _bodies(document))


def read(text: str, file: str) -> Document:
    """Every CORS plugin, and every response-rewrite that writes CORS headers."""
    documents, unreadable = yaml_lines.load(text, file)
    subjects: list[Subject] = []
    for document in documents:
        if any(document[name] for name in LISTS):
            subjects += Gateway(document).subjects()
        elif not document["apiVersion"]:
            subjects += (subject for body in _bodies(document) for subject in _alone(body))
    subjects += apisix_kubernetes.read(documents)
    return Document(tuple(subjects), tuple(unreadable))


def _bodies(document: Piece) -> list[Piece]:
    """The bodies of the admin API in a document: bare, or in the envelope of an answer."""
    if document["list"]:
        return [each["value"] for each in document["list"].items()]
    return [document["value"] if document["value"].is_mapping else document]


def _alone(body: Piece) -> Iterator[Subject]:
    """The subjects of one body: the document does not say what else is around it."""
    plugins = plugins_of(body["plugins"])
    levels = Levels({}, Piece(None), is_whole=False)
    route = read_route(body, plugins, body["upstream"])
    yield from subjects_of(
        plugins, f"on {route.name}" if route.name else "of this body", InEffect([route]), levels
    )


def _has_plugins(document: Piece) -> bool:
    """Whether something has plugins by name, as APISIX writes them; Kong writes lists, a Traefik file one list."""
    if document["plugins"].is_mapping:
        return bool(document["plugins"]["cors"]) or any(document[name] for name in ROUTE_KEYS)
    owners = [each for name in LISTS for each in document[name].items()]
    owners += [route for service in document["services"].items() for route in service["routes"].items()]
    return any(owner["plugins"].is_mapping for owner in owners)
