"""Functions: where the gateway finds what an authorizer calls by a URN (gateway.md 1.10).

An operator of the machine writes a table, URN to endpoint, in TOML. An endpoint is an `http(s)://…` address, or
`python:module:callable`, a function inside the gateway's own process.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from crossgate.core.errors import Finding
from crossgate.cors.check import shown

PYTHON: Final = "python:"
_WEB: Final = ("http://", "https://")
_PYTHON_FORM: Final = re.compile(r"python:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_WEB_FORM: Final = re.compile(r"https?://[!-~]+")
_FIX: Final = "write an address such as `https://functions.example.com/check`, or `python:module:callable`"


def claims_to_be_endpoint(text: str) -> bool:
    """Whether `text` begins as an endpoint does; anything else is the URN of a function."""
    return text.startswith((PYTHON, *_WEB))


def is_endpoint(text: str) -> bool:
    """Whether `text` is an endpoint. An address has a host, no fragment, and no user and password in it."""
    if not _WEB_FORM.fullmatch(text):
        return _PYTHON_FORM.fullmatch(text) is not None
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc and not parts.fragment
    except ValueError:
        return False


def endpoint_of(uri: str, version: str, alias_uri: str, known: Mapping[str, str]) -> str | None:
    """Where the function `uri` is: what it says itself, or what `known` says of it.

    The alias counts before the version, as in the contract, and the function as such last. None when nobody knows.
    """
    if claims_to_be_endpoint(uri):
        return uri
    names = (alias_uri, f"{uri}:{version}" if version else "", uri)
    return next((known[name] for name in names if name in known), None)


def read_functions(text: str) -> dict[str, str] | list[Finding]:
    """The table in a TOML text, under `[functions]`, or everything that is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_finding("not-toml", "functions", f"it is not TOML: {error}", "correct it there")]
    table = document.get("functions")
    if not isinstance(table, dict):
        message = "there is no table `[functions]`"
        return [
            _finding("missing-key", "functions", message, 'write `[functions]`, and below it "URN" = "endpoint"')
        ]
    findings = [
        _finding("unknown-key", name, f"{shown(name)} is not a key", "keep `[functions]` alone")
        for name in document
        if name != "functions"
    ]
    for name, endpoint in table.items():
        at = f"functions.{name}"
        if claims_to_be_endpoint(name):
            findings.append(_finding("not-a-urn", at, "an endpoint stands for itself", "remove it"))
        elif not isinstance(endpoint, str) or not is_endpoint(endpoint):
            findings.append(_finding("not-an-endpoint", at, f"{shown(str(endpoint))} is no endpoint", _FIX))
    return findings or {name: str(endpoint) for name, endpoint in table.items()}


def _finding(code: str, at: str, message: str, fix: str) -> Finding:
    return Finding(code=f"functions.{code}", at=shown(at)[1:-1], message=message, fix=fix)
