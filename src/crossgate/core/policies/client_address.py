"""Where a call comes from: the connection's other end, or what a trusted proxy in front says (gateway.md 1.14).

Where the contract is silent:

- With both features on, the header counts and X-Forwarded-For is not read: a second source would only be a second
  thing to forge.
- Whatever leaves no single address (nothing there, too few entries, a word, the header twice) leaves the other end
  of the connection. Having none would let a caller slip past every black list. Nobody gains by the address of the
  proxy: who can make the gateway miss its entry could as well have written any address there.
- Entries may have a port (`192.0.2.1:4711`, `[2001:db8::1]:443`) or a zone; neither is part of the address. Empty
  entries do not count.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from crossgate.core.policies.addresses import Address, read_address

FORWARDED_FOR: Final = b"x-forwarded-for"
_WITH_PORT: Final = re.compile(r"(?:\[([^\[\]]+)\]|([0-9.]+))(?::[0-9]{1,5})?", re.ASCII)


class ClientAddressRule(msgspec.Struct, frozen=True, kw_only=True):
    """The features `real_ip_from_xff` and `real_ip_header_getter` as configured.

    `xff_index` counts the addresses of X-Forwarded-For, from the left from 0 on, from the right from -1 on; None
    does not read it. `header` is the lower-case field that holds the address instead, None for none.
    """

    xff_index: int | None = None
    header: str | None = None


def client_address(peer: bytes, fields: Sequence[tuple[bytes, bytes]], rule: ClientAddressRule) -> Address | None:
    """The client's address by `rule`; `peer` is the other end of the connection, as text.

    None only where `peer` is no address, as that of a Unix socket, and nothing else gives one.
    """
    told = None
    if rule.header is not None:
        values = _values(fields, rule.header.encode())
        told = values[0] if len(values) == 1 else None
    elif rule.xff_index is not None:
        told = _forwarded(_values(fields, FORWARDED_FOR), rule.xff_index)
    address = None if told is None else _read(told)
    return address or read_address(peer.decode("latin-1"))


def _values(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for field, value in fields if field.lower() == name]


def _forwarded(values: list[bytes], index: int) -> bytes | None:
    """One entry of X-Forwarded-For; fields of that name are one list, in their order."""
    entries = [entry for value in values for part in value.split(b",") if (entry := part.strip(b" \t"))]
    return entries[index] if -len(entries) <= index < len(entries) else None


def _read(entry: bytes) -> Address | None:
    text = entry.strip(b" \t").decode("latin-1")
    match = _WITH_PORT.fullmatch(text)
    return read_address(text if match is None else match[1] or match[2])
