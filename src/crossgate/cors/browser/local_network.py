"""Local Network Access: a page from the internet and a server at home need the user's permission (cors.md 1.26).

No header of the server takes part. Chromium and Firefox enforce it, the Fetch standard does not have it.
"""

import ipaddress
from typing import Final, Literal

import msgspec

from crossgate.cors.browser.profiles import Profile
from crossgate.cors.browser.request import Request
from crossgate.cors.browser.urls import is_same_origin
from crossgate.cors.browser.values import AddressSpace, Step
from crossgate.cors.browser.verdict import Refusal, Verdict
from crossgate.cors.origin import Origin

SECTION: Final = "Local Network Access, check"

_LOOPBACK = tuple(
    ipaddress.ip_network(block) for block in ("127.0.0.0/8", "0.0.0.0/32", "198.18.0.0/15", "::1/128", "::/128")
)
_LOCAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8",
        "fc00::/7", "fe80::/10", "fec0::/10", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip


class LocalNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of addresses: `spaces` says for host names where they lead, `permission` what the user said.

    A host name that is not in `spaces` leads to the internet, unless it is localhost.
    """

    spaces: dict[str, AddressSpace] = {}
    permission: Literal["granted", "denied"] = "granted"


def space_of(origin: Origin, network: LocalNetwork) -> AddressSpace:
    """The address space that the host of `origin` is in."""
    known = network.spaces.get(origin.host)
    if known is not None:
        return known
    try:
        address = ipaddress.ip_address(origin.host.strip("[]"))
    except ValueError:
        return "loopback" if origin.is_loopback else "public"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in block for block in _LOOPBACK):
        return "loopback"
    return "local" if any(address in block for block in _LOCAL) else "public"


def check(request: Request, network: LocalNetwork, profile: Profile) -> Verdict:
    """Whether the connection may be used. Nothing is judged of a page whose own address space is not known."""
    page, url = request.page, request.url.origin
    own = is_same_origin(page.tuple_origin, url) and page.is_secure
    if not profile.asks_for_local_network or page.address_space is None or url is None or own:
        return Verdict(())
    space = space_of(url, network)
    target = request.target_space
    values: dict[str, str] = {"space": space, "target": target or ""}
    if target is not None and target != space:
        return _verdict(
            "Is it the space that the page named?", space, target, Refusal("local-network-target", values)
        )
    if page.address_space != "public" or space == "public" or request.mode == "navigate":
        return Verdict(())
    if not page.is_secure:
        refusal = Refusal("local-network-insecure", values)
        return _verdict("Is the page a secure context?", page.origin, "a secure context", refusal)
    denied = network.permission == "denied"
    refusal_or_none = Refusal("local-network-denied", values) if denied else None
    return _verdict("Did the user permit it?", network.permission, "granted", refusal_or_none)


def _verdict(question: str, found: str, wanted: str, refusal: Refusal | None) -> Verdict:
    step = Step(section=SECTION, question=question, found=found, wanted=wanted, passed=refusal is None)
    return Verdict((step,), refusal)
