"""Sets of addresses: single ones, ranges `a-b` and networks `a/n`, IPv4 and IPv6 (gateway.md 1.5, 1.7)."""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAddressesError(ValueError):
    """The text stands for no addresses; the message says why."""


def read_address(text: str) -> Address | None:
    """The address `text` is; an IPv4 address written as IPv6 (`::ffff:1.2.3.4`) is the IPv4 one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address


def read_range(text: str) -> tuple[Address, Address]:
    """The first and the last address that one entry stands for; raises NotAddressesError."""
    if "/" in text:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise NotAddressesError(f"{text} is no network: {error}") from None
        return network[0], network[-1]
    first_text, dash, last_text = text.partition("-")
    first = read_address(first_text.strip())
    last = read_address(last_text.strip()) if dash else first
    if first is None or last is None:
        raise NotAddressesError(f"{text} is no address, no range of two and no network")
    if first.version != last.version or int(first) > int(last):
        raise NotAddressesError(f"{text} is no range: the first address must come before the last, of one kind")
    return first, last


class AddressSet:
    """Addresses, to be asked for one; asking costs the same for one entry and for 100,000."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, entries: Iterable[str]) -> None:
        """Raises NotAddressesError for the first entry that stands for no addresses."""
        ranges = sorted((_key(first), _key(last)) for first, last in map(read_range, entries))
        merged: list[list[tuple[int, int]]] = []
        for first, last in ranges:
            if merged and first <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self._starts = [first for first, _ in merged]
        self._ends = [last for _, last in merged]

    def __contains__(self, address: Address | None) -> bool:
        if address is None:
            return False
        key = _key(address)
        index = bisect_right(self._starts, key) - 1
        return index >= 0 and key <= self._ends[index]


def _key(address: Address) -> tuple[int, int]:
    return address.version, int(address)
