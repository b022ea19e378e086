"""Access control: who is let in, or kept out, by address or by account (gateway.md 1.7)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.addresses import AddressSet
from crossgate.core.policies.call import Call, Check

# Addresses whose verdict is kept: most of them call again.
_REMEMBERED = 4096


class AccessControl(msgspec.Struct, frozen=True, kw_only=True):
    """One policy as published."""

    id: str
    acl_type: Literal["PERMIT", "DENY"]
    entity_type: Literal["IP", "DOMAIN", "DOMAIN_ID"]
    values: tuple[str, ...]


def address_check(policies: Sequence[AccessControl]) -> Check | None:
    """What the policies of type IP demand; None without one."""
    rules = [(AddressSet(policy.values), policy.acl_type == "PERMIT") for policy in policies if _is_ip(policy)]
    if not rules:
        return None

    known: dict[str, bool] = {}

    def check(call: Call) -> None:
        client = call.client
        if client is None:
            raise Fault(runtime.ADDRESS_UNKNOWN)
        is_let_in = known.get(call.client_text)
        if is_let_in is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            is_let_in = all((client in addresses) is permits for addresses, permits in rules)
            known[call.client_text] = is_let_in
        if not is_let_in:
            raise Fault(runtime.ADDRESS_DENIED)

    return check


def account_check(policies: Sequence[AccessControl]) -> Check | None:
    """What the policies about accounts demand of an operator's call; None without one.

    Of a black and a white list only the white one counts; two of a kind count both.
    """
    rules = [policy for policy in policies if not _is_ip(policy)]
    if {rule.acl_type for rule in rules} == {"PERMIT", "DENY"}:
        rules = [rule for rule in rules if rule.acl_type == "PERMIT"]
    if not rules:
        return None
    named = [(rule.entity_type, frozenset(rule.values), rule.acl_type == "PERMIT") for rule in rules]

    def check(call: Call) -> None:
        account = call.account
        for entity_type, values, permits in named:
            name = None if account is None else account.name if entity_type == "DOMAIN" else account.id
            if (name in values) is not permits:
                raise Fault(runtime.ACCOUNT_DENIED)

    return check


def _is_ip(policy: AccessControl) -> bool:
    return policy.entity_type == "IP"
