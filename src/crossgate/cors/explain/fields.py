"""Which header fields an explanation shows, and how: what matters to CORS, without anybody's secrets."""

from typing import Final

from crossgate.cors.browser import HttpRequest, Step
from crossgate.cors.browser.verdict import shown
from crossgate.cors.server import Fields

# The section of the steps that leave out headers which no script may set.
GUARD: Final = "Fetch, Headers guard"
HIDDEN: Final = "(not shown)"

_SECRET: Final = frozenset((
    b"authorization", b"cookie", b"proxy-authorization", b"set-cookie", b"set-cookie2", b"x-api-key",
    b"x-apig-appcode", b"x-auth-token", b"x-csrf-token", b"x-sdk-security-token", b"x-security-token",
    b"x-xsrf-token",
))  # fmt: skip
_OF_THE_BROWSER: Final = frozenset(
    b"accept accept-encoding accept-language cache-control content-length host pragma priority referer "
    b"sec-fetch-dest sec-fetch-mode sec-fetch-site user-agent".split()
)
_TELLING: Final = frozenset(
    b"allow content-type cross-origin-resource-policy location server set-cookie timing-allow-origin vary via "
    b"www-authenticate".split()
)


def value_shown(name: bytes, value: bytes) -> str:
    """The value of a field for a reader; a secret stays one."""
    return HIDDEN if name.lower() in _SECRET else shown(value)


def sent(request: HttpRequest, added: tuple[str, ...]) -> list[tuple[str, str]]:
    """Of what was sent: the page's own fields, and those that the browser adds for CORS."""
    own = {name.encode("latin-1").lower() for name in added} & _OF_THE_BROWSER
    return _shown(tuple(field for field in request.headers if field[0].lower() not in own))


def came(headers: Fields) -> list[tuple[str, str]]:
    """Of what came: the fields that speak of CORS, and those that tell who answered."""
    return _shown(tuple(field for field in headers if _is_telling(field[0].lower())))


def everything(headers: Fields) -> list[tuple[str, str]]:
    """All fields, as they are shown."""
    return _shown(headers)


def found(step: Step) -> str:
    """What a step found. Where a header of the page's was left out, that is the header."""
    if step.section != GUARD:
        return step.found
    name, _, value = step.found.partition(": ")
    return f"{name}: {value_shown(name.encode('latin-1', 'replace'), value.encode('latin-1', 'replace'))}"


def _is_telling(name: bytes) -> bool:
    return name in _TELLING or name.strip().startswith(b"access-control-")


def _shown(fields: Fields) -> list[tuple[str, str]]:
    return [(shown(name), value_shown(name, value)) for name, value in fields]
