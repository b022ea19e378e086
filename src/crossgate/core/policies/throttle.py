"""Request throttling: how often an API may be called, in all, by one account, app or address (gateway.md 1.6)."""

from collections.abc import Iterator, Mapping

import msgspec

from crossgate.core.errors import runtime
from crossgate.core.policies.call import Call, Charge
from crossgate.core.policies.counting import Caller, Charges, ChargesByCaller
from crossgate.core.policies.spending import Period, Spending

_SECOND = Period(1, "SECOND")


class Throttle(msgspec.Struct, frozen=True, kw_only=True):
    """One policy as published. A limit of None does not limit; specials are limits by app or account id."""

    id: str
    is_shared: bool
    period: Period
    api_limit: int
    user_limit: int | None = None
    app_limit: int | None = None
    ip_limit: int | None = None
    special_apps: Mapping[str, int] = msgspec.field(default_factory=dict)
    special_users: Mapping[str, int] = msgspec.field(default_factory=dict)


def throttle_charges(policy: Throttle, publish_id: str) -> Charges:
    """What the policy charges calls of one publication with.

    Its counters are the policy's where it is shared, else the publication's own.
    """
    prefix = f"throttle:{policy.id}:" + ("" if policy.is_shared else publish_id)
    period, seconds = policy.period, policy.period.seconds

    def charge(kind: str, who: str, limit: int | None) -> Charge | None:
        if limit is None:
            return None
        return Charge(Spending(f"{prefix}:{kind}:{who}", limit, seconds), runtime.THROTTLED, period, kind)

    def charges(caller: Caller) -> Iterator[Charge | None]:
        yield charge("api", "", policy.api_limit)
        if caller.account:
            yield charge("user", caller.account, policy.special_users.get(caller.account, policy.user_limit))
        if caller.app:
            yield charge("app", caller.app, policy.special_apps.get(caller.app, policy.app_limit))
        yield charge("ip", caller.address, policy.ip_limit)

    return ChargesByCaller(charges, takes_address=policy.ip_limit is not None).of


def gateway_charges(calls_per_second: int, api_id: str) -> Charges:
    """What the gateway's own limit charges every call of an API with, in whatever environment."""
    spending = Spending(f"ratelimit:{api_id}", calls_per_second, 1)
    charged = (Charge(spending, runtime.THROTTLED, _SECOND, "api-allenv"),)
    return lambda call: charged


def quota_charges(call: Call) -> tuple[Charge, ...]:
    """What the quota of the calling app charges it with, whatever API it calls; every app spends its own."""
    app = call.app
    if app is None or app.quota is None:
        return ()
    quota = app.quota
    spending = Spending(f"quota:{quota.id}:{app.id}", quota.limit, quota.period.seconds, quota.starts_at)
    return (Charge(spending, runtime.QUOTA_USED_UP, quota.period),)
