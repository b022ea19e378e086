"""What to write in place of a pattern: one line that lets in what its author meant, and no stranger.

Only the common shapes have one: some hosts, or the names below a domain, by https. The battery that found the
mistake is tried on the advice, too, so nobody is sent from one finding to the next.
"""

import re
from typing import Final

from crossgate.cors.lint.attack import attack, stranger_of, with_dots_escaped
from crossgate.cors.lint.matching import admits
from crossgate.cors.lint.samples import OPEN
from crossgate.cors.lint.subject import OriginMatch, Place
from crossgate.cors.lint.target import MAX_TARGETS, Target, targets_of
from crossgate.cors.suffixes import is_public_suffix

_NAME: Final = "[a-z0-9-]+"
_SPECIAL: Final = re.compile(r"[.\[\]]")
_MAX_HOSTS: Final = 4
# These say how far a pattern is meant to reach, not that it is written badly.
_MEANT: Final = frozenset(("cors.subdomains-with-credentials", "cors.wildcard-covers-public-suffix"))


def safer(match: OriginMatch, format_name: str) -> str | None:
    """What to write in place of `match`, as `format_name` writes it; None when nobody can tell.

    For a glob it is a glob, for all others a regular expression. Raises what admits() raises.
    """
    meant = with_dots_escaped(match)
    targets = targets_of(meant)
    if match.kind == "glob":
        return _glob(targets)
    body = _body(meant, targets)
    if body is None or not _is_safe(body):
        return None
    if format_name == "nginx":
        return f"~^{body}$"
    return body if match.kind == "regex" and match.anchoring == "full" else f"^{body}$"


def _glob(targets: list[Target]) -> str | None:
    """One host, or a `*` directly before a domain, which means the names below it."""
    for target in targets:
        if target.scheme == "https" and "." in target.base and not is_public_suffix(target.base):
            is_below = target.host_pieces[0].kind in OPEN
            return f"https://*.{target.base}" if is_below else f"https://{target.base}"
    return None


def _body(match: OriginMatch, targets: list[Target]) -> str | None:
    """The regular expression without its anchors."""
    by_https = [target for target in targets if target.scheme == "https"]
    # A port beside none is one that was left open.
    some = [target for target in by_https if not target.port] or by_https
    ports = {target.port for target in some}
    is_plain = len(ports) == 1 and not any(target.origin.is_private for target in targets)
    if not is_plain or len(targets) >= MAX_TARGETS:
        return None
    bases = {target.origin.host for target in some if not _is_open(target)}
    hosts = dict.fromkeys(_host(match, target, bases) for target in some)
    with_base = {host.partition("*")[2] for host in hosts if host is not None and host.startswith("(")}
    kept = [host for host in hosts if host is not None and host not in with_base]
    if None in hosts or len(kept) > _MAX_HOSTS:
        return None
    return f"https://{kept[0] if len(kept) == 1 else '(' + '|'.join(kept) + ')'}{ports.pop()}"


def _host(match: OriginMatch, target: Target, bases: set[str]) -> str | None:
    """The host of one target; None when what is open in it cannot be told."""
    pieces = target.host_pieces
    if not _is_open(target):
        # A word alone is the beginning of a name, rather than one.
        return _escaped(target.origin.host) if "." in target.origin.host else None
    base = target.base
    # Where only digits are open, say, a whole name would be more than was meant.
    if "." not in base or is_public_suffix(base) or not all(admits(match, one) for one in target.opened("a-1")):
        return None
    if any(piece.kind in OPEN for piece in pieces[1:]):
        return "".join(_NAME if piece.kind in OPEN else _escaped(piece.text) for piece in pieces)
    behind = target.origin.host.removeprefix(pieces[0].text)
    if base in bases or not behind.startswith("."):
        return rf"({_NAME}\.)*{_escaped(base)}"
    is_deep = admits(match, f"https://a.b{behind}{target.port}")
    return (rf"({_NAME}\.)+" if is_deep else rf"{_NAME}\.") + _escaped(base)


def _is_open(target: Target) -> bool:
    return any(piece.kind in OPEN for piece in target.host_pieces)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _is_safe(body: str) -> bool:
    """Whether it stands the attacks."""
    match = OriginMatch(kind="regex", text=f"^{body}$", place=Place(""))
    return stranger_of(match) is None and attack(match).witnesses.keys() <= _MEANT
