"""Paths and addresses of an API, and the parameters inside them (gateway.md 1.3, `req_uri`, HTTP backend)."""

import re

from crossgate.core.model.variable import REFERENCE

_NAME = r"[A-Za-z][A-Za-z0-9._-]{0,31}"
_SEGMENT_PARAM = re.compile(rf"\{{({_NAME})(\+?)\}}")
_ANYWHERE_PARAM = re.compile(rf"\{{({_NAME})\}}")
_PLAIN = re.compile(r"[A-Za-z0-9\-._~%!$&'()*+,;=:@]*")
_HOST = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.?"
)
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")
_ADDRESS_WITH_VARIABLES = re.compile(r"[A-Za-z0-9._:\[\]-]*")


def params_of(path: str) -> list[str]:
    """The names of the parameters in a request path or a backend path, in order."""
    return [match[1] for match in _SEGMENT_PARAM.finditer(path)]


def shape_of(path: str) -> str:
    """`path` without the names of its parameters: two paths of one shape match the same requests."""
    return _SEGMENT_PARAM.sub(lambda match: f"{{{match[2]}}}", path)


def request_path_problem(path: str, match_mode: str) -> str | None:
    """What is wrong with a request path, as a sentence on what to write; None when it is right."""
    if not path.startswith("/"):
        return "Start the path with /."
    segments = path[1:].split("/")
    for position, segment in enumerate(segments):
        param = _SEGMENT_PARAM.fullmatch(segment)
        if param is None:
            if _PLAIN.fullmatch(segment) is None:
                return (
                    f"Make {segment!r} either one whole {{parameter}} (1 to 32 letters, digits, - _ or ., "
                    "letter first) or the characters a URI path may have."
                )
        elif param[2] and (match_mode != "NORMAL" or position != len(segments) - 1):
            return f"Put {segment} last, and use it with match_mode NORMAL only."
    names = params_of(path)
    if len({name.lower() for name in names}) != len(names):
        return "Give each path parameter a name of its own."
    return None


def backend_path_problem(path: str) -> str | None:
    """What is wrong with a backend path; variables count as plain characters."""
    if not path.startswith(("/", "#")):
        return "Start the backend path with / or with a #variable#."
    if "+}" in path:
        return "Use {name} without + in a backend path."
    if _PLAIN.fullmatch(_ANYWHERE_PARAM.sub("", REFERENCE.sub("", path)).replace("/", "")) is None:
        return "Use the characters a URI path may have, {name} for parameters and #name# for variables."
    return None


def address_problem(address: str) -> str | None:
    """What is wrong with a backend address `host[:port]`, which may contain `#name#` variables."""
    if "://" in address:
        return "Write host or host:port without a scheme; the scheme goes into req_protocol."
    plain = REFERENCE.sub("", address)
    if plain != address:
        if _ADDRESS_WITH_VARIABLES.fullmatch(plain) is None:
            return "Write host or host:port; a variable is #name#, its name 3 to 32 letters, digits, - or _."
        return None
    host, port = _split(address)
    if _HOST.fullmatch(host) is None and _IPV6.fullmatch(host) is None:
        return "Write host or host:port, such as backend.example.com or 10.0.0.5:8080."
    if port is not None and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        return "Use a port from 1 to 65535."
    return None


def _split(address: str) -> tuple[str, str | None]:
    if address.startswith("["):
        host, _, rest = address.partition("]")
        return f"{host}]", rest[1:] if rest.startswith(":") else (rest or None)
    host, colon, port = address.partition(":")
    return host, port if colon else None
