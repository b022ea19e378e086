"""Debugging an API: one call made for its developer, and what came of it (gateway.md 2.6)."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from crossgate.core.errors import Finding
from crossgate.core.model.document import Request, Response
from crossgate.core.model.environment import RELEASE_NAME
from crossgate.core.model.findings import invalid
from crossgate.core.model.names import rule
from crossgate.core.model.paths import address_problem

MAX_BODY_BYTES: Final = 2_097_152
"""The longest body of a request; of a response, what is told of it."""

PROOFS: Final = frozenset({"authorization", "x-auth-token"})
"""The headers, in lower case, in which an operator says who they are."""
_WRITTEN_HERE: Final = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)
_HEADER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]{0,31}")
_QUERY_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _short_enough(body: str) -> str:
    if len(body.encode()) > MAX_BODY_BYTES:
        raise PydanticCustomError(
            "rule", "The body is too long", {"fix": f"Send at most {MAX_BODY_BYTES} bytes of it."}
        )
    return body


def _domain(domain: str) -> str:
    problem = "Write the domain itself, without variables." if "#" in domain else address_problem(domain)
    if domain and problem is not None:
        raise PydanticCustomError("rule", "The text is no domain", {"fix": problem})
    return domain


Path = Annotated[
    str,
    StringConstraints(max_length=1024),
    rule(
        r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*",
        "Start the path with / and write what a URI path may have; everything else as %XX.",
    ),
]


class ApiDebugInfo(Request):
    """The call to make. `domain` is the group's debug domain where it is left out, `stage` is RELEASE."""

    mode: Literal["DEVELOPER", "MARKET", "CONSUMER"]
    scheme: Literal["HTTP", "HTTPS"]
    method: Literal["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]
    path: Path
    query: dict[str, list[str]] = Field(default_factory=dict)
    header: dict[str, list[str]] = Field(default_factory=dict, repr=False)
    body: Annotated[str, AfterValidator(_short_enough)] = Field(default="", repr=False)
    app_key: Annotated[str, rule(r"[A-Za-z0-9_-]{0,200}", "Write the key of an app.")] = ""
    app_secret: Annotated[str, StringConstraints(max_length=200)] = Field(default="", repr=False)
    domain: Annotated[str, AfterValidator(_domain)] = ""
    stage: str = ""

    @property
    def target(self) -> str:
        """Path and query, as they are sent."""
        pairs = [f"{name}={quote(value, safe='')}" for name, values in self.query.items() for value in values]
        return f"{self.path}?{'&'.join(pairs)}" if pairs else self.path

    @property
    def environment(self) -> str:
        """The name of the environment in which a published definition is debugged."""
        return self.stage or RELEASE_NAME

    @property
    def header_names(self) -> frozenset[str]:
        """The names in `header`, in lower case."""
        return frozenset(name.lower() for name in self.header)

    def noted(self) -> dict[str, object]:
        """What the audit trail may keep: of header, query and body neither value nor text."""
        return {
            **self.model_dump(include={"mode", "scheme", "method", "path", "app_key", "domain", "stage"}),
            "header": sorted(self.header),
            "query": sorted(self.query),
            "body": f"{len(self.body.encode())} bytes",
        }


class DebugApiV2Response(Response):
    """Request and response as they went over the wire, line ends as LF; `latency` is in milliseconds.

    `log` is ours: the line the access log would have, and what else there is to say.
    """

    request: str
    response: str
    latency: int
    log: str


def findings(asked: ApiDebugInfo) -> list[Finding]:
    """Everything that is wrong with `asked` as a whole; empty when the call can be made."""
    return [*_headers(asked), *_query(asked), *_credentials(asked)]


def _headers(asked: ApiDebugInfo) -> Iterator[Finding]:
    for name, values in asked.header.items():
        at, lower = f"header.{name}", name.lower()
        if _HEADER_NAME.fullmatch(name) is None:
            fix = "Write 1 to 32 letters, digits, dots or hyphens; start with a letter."
            yield invalid(at, "The text is no name of a header", fix)
        elif lower in _WRITTEN_HERE:
            fix = "Give the domain in the field domain." if lower == "host" else "Leave it out."
            yield invalid(at, "This header is written by whoever makes the call", fix)
        elif lower in PROOFS and asked.mode != "DEVELOPER":
            fix = "Use app_key and app_secret, or mode DEVELOPER."
            yield invalid(at, f"This header is not sent in mode {asked.mode}", fix)
        else:
            yield from _reserved(at, name)
        if any(_CONTROL.search(value) for value in values):
            yield invalid(at, "A value holds a control character", "Write it without line ends.")


def _query(asked: ApiDebugInfo) -> Iterator[Finding]:
    for name in asked.query:
        if _QUERY_NAME.fullmatch(name) is None:
            fix = "Write 1 to 32 letters, digits, dots, underscores or hyphens; start with a letter."
            yield invalid(f"query.{name}", "The text is no name of a query parameter", fix)
        else:
            yield from _reserved(f"query.{name}", name)


def _reserved(at: str, name: str) -> Iterator[Finding]:
    if name.lower() == "x-stage":
        yield invalid(at, "The environment has a field of its own", "Give its name in the field stage.")
    elif name.lower().startswith(("x-apig-", "x-sdk-")):
        yield invalid(at, "Names that begin with X-Apig- or X-Sdk- are the gateway's own", "Leave it out.")


def _credentials(asked: ApiDebugInfo) -> Iterator[Finding]:
    if bool(asked.app_key) != bool(asked.app_secret):
        missing = "app_secret" if asked.app_key else "app_key"
        yield invalid(missing, "A call is signed with a key and its secret", "Give both, or neither.")
    if asked.app_key and "authorization" in asked.header_names:
        yield invalid("header.Authorization", "The call is signed with app_key already", "Give only one of them.")
