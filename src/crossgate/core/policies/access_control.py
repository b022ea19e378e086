"""Access control: who is let in, or kept out, by address or by account (gateway.md 1.7)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.addresses import AddressSet
from crossgate.core.policies.call import Call, Check


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

    def check(call: Call) -> None:
        if call.client is None:
            raise Fault(runtime.ADDRESS_UNKNOWN)
        for addresses, permits in rules:
            if (call.client in addresses) is not permits:
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
