"""Parameter mapping: where the backend finds what the caller sent (gateway.md 1.3 and 2.3).

A mapped request parameter leaves its place in the request and appears in its place toward the backend. What is
not declared passes through. A declared parameter with `pass_through` 2 that is not mapped is dropped.
"""

import re
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from crossgate.core.snapshot import path
from crossgate.core.snapshot.config import BackendParam, HttpBackend, PublishedApi, RequestParam

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_SYSTEM = "$context."
_UNSAFE_IN_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Call(NamedTuple):
    """What a mapping may read of one request. Names in `headers` are lower-case; `captured` is decoded.

    `system` gives the value of a system parameter by its name without `$context.`, None where there is none.
    """

    captured: Dictionary[str, bytes]
    query: bytes
    headers: Dictionary[str, bytes]
    system: Callable[[str], str | None]


class Mapped(NamedTuple):
    """What a mapping makes of it: path and query for the backend, headers to drop (lower-case) and to add."""

    path: bytes
    query: bytes
    dropped: frozenset[bytes]
    added: list[tuple[bytes, bytes]]


class Mapping:
    """The compiled parameters of one API."""

    def __init__(self, api: PublishedApi, backend: HttpBackend) -> None:
        declared = {(param.location, _key(param)): param for param in api.req_params}
        self._by_name = {param.name.lower(): param for param in api.req_params}
        self._params = backend.params
        self._path = backend.path
        mapped = {param.value.lower() for param in backend.params if param.origin == "REQUEST"}
        leaving = [p for p in declared.values() if p.name.lower() in mapped or not p.pass_through]
        self._dropped_query = frozenset(p.name.encode() for p in leaving if p.location == "QUERY")
        self._dropped_headers = frozenset(p.name.lower().encode() for p in leaving if p.location == "HEADER")
        self._defaults = [p for p in api.req_params if p.default_value and p not in leaving]

    def apply(self, call: Call) -> Mapped:
        """The request as the backend is to see it."""
        values = {"PATH": dict(call.captured), "QUERY": {}, "HEADER": {}}
        for param in self._params:
            value = self._value(param, call)
            if value is not None:
                values[param.location][param.name] = value
        for declared in self._defaults:
            if declared.location != "PATH" and self._sent(declared, call) is None:
                values[declared.location][declared.name] = (declared.default_value or "").encode()
        kept = [pair for pair in call.query.split(b"&") if pair and not self._leaves(pair)]
        added = [
            path.encode_query(name.encode()) + b"=" + path.encode_query(value)
            for name, value in values["QUERY"].items()
        ]
        headers = [(name.encode(), _UNSAFE_IN_HEADER.sub(b"", value)) for name, value in values["HEADER"].items()]
        replaced = frozenset(name.lower() for name, _ in headers)
        return Mapped(
            path=self._fill(values["PATH"]),
            query=b"&".join(kept + added),
            dropped=self._dropped_headers | replaced,
            added=headers,
        )

    def _leaves(self, pair: bytes) -> bool:
        return _query_name(pair) in self._dropped_query

    def _value(self, param: BackendParam, call: Call) -> bytes | None:
        if param.origin == "CONSTANT":
            return param.value.encode()
        if param.origin == "SYSTEM":
            return (call.system(param.value.removeprefix(_SYSTEM)) or "").encode()
        declared = self._by_name.get(param.value.lower())
        if declared is None:
            return None
        sent = self._sent(declared, call)
        if sent is None and declared.default_value:
            return declared.default_value.encode()
        return sent

    def _sent(self, declared: RequestParam, call: Call) -> bytes | None:
        if declared.location == "PATH":
            return call.captured.get(declared.name)
        if declared.location == "HEADER":
            return call.headers.get(declared.name.lower())
        for pair in call.query.split(b"&"):
            if _query_name(pair) == declared.name.encode():
                # As forms write it, a plus is a space.
                return unquote_to_bytes(pair.partition(b"=")[2].replace(b"+", b" "))
        return None

    def _fill(self, values: Dictionary[str, bytes]) -> bytes:
        def fill(placeholder: re.Match[str]) -> str:
            return path.encode_segment(values.get(placeholder[1], b"")).decode()

        return _PLACEHOLDER.sub(fill, self._path).encode()


def needs_mapping(api: PublishedApi, backend: HttpBackend) -> bool:
    """Whether a request to this API has to be rewritten beyond its path prefix."""
    special = any(param.default_value or not param.pass_through for param in api.req_params)
    return bool(backend.params) or special or "{" in backend.path


def _key(param: RequestParam) -> str:
    return param.name.lower() if param.location == "HEADER" else param.name


def _query_name(pair: bytes) -> bytes:
    return unquote_to_bytes(pair.partition(b"=")[0])
