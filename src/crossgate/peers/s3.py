"""Reads the CORS configuration of an object store: Amazon S3's in JSON or XML, Google's and Azure's beside it."""

import re

from crossgate.cors.lint.subject import Document, Place, Unreadable
from crossgate.peers import s3_xml, yaml_lines
from crossgate.peers.s3_rules import read_rule, rules_of

XML_NAMES = re.compile(r"<(?:\w+:)?(?:CORSConfiguration|CorsConfig|CorsRule)[\s>]")
JSON_NAMES = re.compile(r'"(?:AllowedOrigins?|allowedOrigins|origin)"\s*:')
OTHERS = re.compile(r'"(?:openapi|swagger|Resources|resources|\$schema)"\s*:')


def recognises(text: str, file: str) -> bool:
    """Whether it is one of the two XML documents, or JSON with a rule's own names and no larger template."""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<"):
        return bool(XML_NAMES.search(text))
    if not start.startswith(("{", "[")) or not JSON_NAMES.search(text) or OTHERS.search(text):
        return False
    documents, _ = yaml_lines.load(text, file)
    return any(rules_of(document)[0] for document in documents)


def read(text: str, file: str) -> Document:
    """Every rule of the configuration. The first that matches a request decides, so each stands for itself."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        documents, unreadable = s3_xml.load(text, file)
    else:
        documents, unreadable = yaml_lines.load(text, file)
    subjects = []
    for document in documents:
        rules, store = rules_of(document)
        if store is None:
            unreadable.append(_no_rules(file))
        subjects += [read_rule(store, rule, number) for number, rule in enumerate(rules, 1) if store]
    return Document(tuple(subjects), tuple(unreadable))


def _no_rules(file: str) -> Unreadable:
    return Unreadable(
        Place("", file=file),
        "There is no CORS rule in this document.",
        "Give the configuration as the store takes it, such as a list of rules with AllowedOrigins.",
    )
