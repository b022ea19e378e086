"""Reads OpenAPI documents, 2.0 and 3, for the extensions by which gateways are told about CORS.

A header that is only documented, under `responses`, is not a policy: nothing is made of it.
"""

import re
from collections.abc import Iterator

from crossgate.cors.lint.subject import Document, Place, Subject, Unreadable
from crossgate.peers import openapi_aws_http, openapi_aws_rest, openapi_cloud, openapi_kong, yaml_lines
from crossgate.peers.pieces import Piece

YAML_VERSION = re.compile(r"""^[ ]*["']?(?:openapi|swagger)["']?[ ]*:[ ]*["']?[23]\.[0-9]""", re.MULTILINE)
JSON_VERSION = re.compile(r'"(?:openapi|swagger)"\s*:\s*"[23]\.[0-9]')


def recognises(text: str, file: str) -> bool:
    """Whether it names a version of OpenAPI anywhere: infrastructure templates carry whole API definitions."""
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    return bool((JSON_VERSION if is_json else YAML_VERSION).search(text))


def read(text: str, file: str) -> Document:
    """Every operation, API and error answer that an extension gives CORS headers to."""
    documents, unreadable = yaml_lines.load(text, file)
    apis = [api for document in documents for api in _apis(document)]
    if not apis and not unreadable:
        unreadable.append(_no_api(file))
    subjects: list[Subject] = []
    for api in apis:
        for extensions in (openapi_cloud, openapi_aws_http, openapi_aws_rest, openapi_kong):
            subjects += extensions.read(api)
    return Document(tuple(subjects), tuple(unreadable))


def _apis(document: Piece) -> Iterator[Piece]:
    """The document, or those inside it."""
    for piece in document.walk():
        if piece.is_mapping and (piece["openapi"].text or piece["swagger"].text):
            yield piece


def _no_api(file: str) -> Unreadable:
    return Unreadable(
        Place("", file=file),
        "This is not an OpenAPI document: it names neither `openapi` nor `swagger`.",
        "Give a document that begins with `openapi: 3.0.1` or `swagger: '2.0'`.",
    )
