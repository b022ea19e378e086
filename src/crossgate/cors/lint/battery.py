"""The battery: origins made from a host name, each an attack that some pattern somewhere has let in.

It is the list of cors.md section 4, with the tests of CORScanner and Corsy: reflected origin, prefix, suffix,
substring, unescaped dot, null, any subdomain, http for https, third parties, special characters, underscore,
broken parser.
"""

from itertools import combinations
from typing import Final

import msgspec

from crossgate.cors.lint.hosting import SHARED_SITES
from crossgate.cors.origin import NULL, is_address
from crossgate.cors.suffixes import is_public_suffix

EVIL: Final = "evil.test"
# Names below which all of these are let in are taken to be open.
ANY_LABELS: Final = ("x", "evil")
ODD_PORTS: Final = ("1", "4444", "31337")
_SPECIAL = "-\"{}+^~!|;$&'()*,="
# The URL Standard's forbidden host code points that the battery uses. `%60` some browsers did send.
_NEVER_IN_HOSTS = frozenset("#/?@^|")
_MAX_DOTS = 6


class Attempt(msgspec.Struct, frozen=True):
    """One origin to try. `rule` is the rule that is broken if it gets in, empty for the host's own.

    `is_variant`: much like another one, and only worth telling if it gets in.
    """

    origin: str
    name: str
    rule: str = ""
    is_variant: bool = False


def battery(host: str, scheme: str = "https", port: str = "") -> list[Attempt]:
    """The host's own origin, then the attacks on it, each origin once; `port` begins with its colon."""
    attempts = [Attempt(f"{scheme}://{host}{port}", "the host itself")]
    attempts += open_ends(host, scheme) + open_starts(host, scheme)
    attempts += [
        Attempt(origin, "a character in place of a dot", "L07", index > 0)
        for index, origin in enumerate(without_dots(host, scheme, port))
    ]
    attempts += parts_of_urls(host, scheme)
    if scheme == "https":
        attempts.append(Attempt(f"http://{host}{port}", "http in place of https", "L09"))
    attempts += [
        Attempt(f"{scheme}://{host}:{odd}", "another port", "L14", odd != ODD_PORTS[0]) for odd in ODD_PORTS
    ]
    if not is_address(host):
        attempts.append(_subdomain(host, scheme, port))
    attempts += [
        Attempt(NULL, "the origin of sandboxed frames and local files", "L04"),
        Attempt("", "an empty Origin", "L02"),
        Attempt(f"{scheme}://{EVIL}", "a stranger", "L02"),
        *(
            Attempt(f"https://{site}", "a site where strangers publish pages", "L16", index > 0)
            for index, site in enumerate(SHARED_SITES)
        ),
    ]
    first: dict[str, Attempt] = {}
    for attempt in attempts:
        first.setdefault(attempt.origin, attempt)
    return list(first.values())


def is_sendable(origin: str) -> bool:
    """Whether a browser can send it: in an origin nothing but a port is behind the host (Fetch, 1.16)."""
    return bool(origin) and _NEVER_IN_HOSTS.isdisjoint(origin.partition("://")[2])


def open_ends(host: str, scheme: str) -> list[Attempt]:
    """Names of a stranger that begin with `host`."""
    attacks = [
        Attempt(f"{scheme}://{host}.{EVIL}", "your name at the start of a stranger's", "L05"),
        Attempt(f"{scheme}://{host}_.{EVIL}", "an underscore behind your name", "L05"),
        Attempt(f"{scheme}://{host}%60.{EVIL}", "a back tick behind your name", "L05"),
        Attempt(f"{scheme}://{host}@{EVIL}", "your name as the user of a stranger's URL", "L05"),
    ]
    return attacks + [
        Attempt(f"{scheme}://{host}{char}.{EVIL}", f"`{char}` behind your name", "L05", True) for char in _SPECIAL
    ]


def open_starts(host: str, scheme: str) -> list[Attempt]:
    """Names of a stranger that end with `host`."""
    return [
        Attempt(f"{scheme}://evil{host}", "your name at the end of a stranger's", "L06"),
        Attempt(f"{scheme}://evil-{host}", "your name at the end of a stranger's, behind a hyphen", "L06"),
    ]


def parts_of_urls(host: str, scheme: str) -> list[Attempt]:
    """Strings in which `host` is no longer the host: they show a part that matches more than names."""
    return [
        Attempt(
            f"{scheme}://{EVIL}{mark}{dot}{host}", f"your name as the {part} of a stranger's URL", "L08", not dot
        )
        for mark, part in (("#", "fragment"), ("/", "path"), ("?", "query"))
        for dot in (".", "")
    ]


def without_dots(host: str, scheme: str, port: str = "") -> list[str]:
    """`host` with dots replaced by `x`; what a stranger can register comes first."""
    if is_address(host):
        return []
    places = [index for index, char in enumerate(host) if char == "."][:_MAX_DOTS]
    chosen = [some for size in range(1, len(places) + 1) for some in combinations(places, size)]
    names = ["".join("x" if index in some else char for index, char in enumerate(host)) for some in chosen]
    names.sort(key=lambda name: not _is_registrable(name))
    return [f"{scheme}://{name}{port}" for name in names]


def _is_registrable(name: str) -> bool:
    return "." in name and is_public_suffix(name.partition(".")[2])


def _subdomain(host: str, scheme: str, port: str) -> Attempt:
    origin = f"{scheme}://{ANY_LABELS[0]}.{host}{port}"
    if is_public_suffix(host):
        return Attempt(origin, "a name that a stranger registers", "L12")
    return Attempt(origin, "any subdomain", "L11")
