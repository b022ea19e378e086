"""Where a call comes from, by the proxies the operator trusts."""

import tomllib
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossgate.core.policies.client_address import ClientAddressRule, client_address

CASES = tomllib.loads(Path(__file__).with_name("client_address_cases.toml").read_text("utf-8"))
PEER = "198.51.100.7"
LISTS = st.lists(st.lists(st.ip_addresses().map(str), min_size=1, max_size=4), min_size=1, max_size=3)


@pytest.mark.parametrize("row", CASES["row"], ids=lambda row: row["name"])
def test_the_address_is_the_one_of_the_table(row: dict[str, Any]) -> None:
    """Whatever is sent, the address is that of the rule, or the other end of the connection."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in row.get("headers", [])]
    rule = msgspec.convert(row.get("rule", {}), ClientAddressRule)
    address = client_address(row.get("peer", PEER).encode(), fields, rule)

    assert ("" if address is None else str(address)) == row["address"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=3), st.integers(-4, 4), st.booleans())
def test_there_is_always_an_address(values: list[bytes], index: int, has_header: bool) -> None:
    """No text makes the address go away: black lists would let such a call pass."""
    rule = ClientAddressRule(xff_index=index, header="x-forwarded-for" if has_header else None)

    assert client_address(PEER.encode(), [(b"X-Forwarded-For", value) for value in values], rule) is not None


@settings(deadline=None)
@given(LISTS, st.integers(-12, 11))
def test_fields_and_entries_are_one_list(lists: list[list[str]], index: int) -> None:
    """However proxies have spread the list over fields, an index means the same entry."""
    entries = [entry for each in lists for entry in each]
    rule = ClientAddressRule(xff_index=index)
    spread = client_address(PEER.encode(), [(b"x-forwarded-for", ",".join(each).encode()) for each in lists], rule)
    joined = client_address(PEER.encode(), [(b"x-forwarded-for", ", ".join(entries).encode())], rule)

    assert spread == joined
    if not -len(entries) <= index < len(entries):
        assert str(spread) == PEER


@settings(deadline=None)
@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_reads_the_same_in_every_notation(address: IPv4Address | IPv6Address, port: int) -> None:
    """Brackets and ports change nothing."""
    notations = [str(address), f"[{address}]", f"[{address}]:{port}"]
    if address.version == 4:
        notations += [f"{address}:{port}", f"::ffff:{address}"]
    rule = ClientAddressRule(header="x-real-ip")
    read = {client_address(b"", [(b"X-Real-IP", each.encode())], rule) for each in notations}

    assert len(read) == 1
    assert None not in read
