"""Request throttling: how often an API may be called, in all, by one account, app or address (gateway.md 1.6)."""

from collections.abc import Mapping

import msgspec

from crossgate.core.errors import Fault, runtime
from crossgate.core.policies.call import Call, Check, Spend, Waiting
from crossgate.core.policies.credentials import AppQuota
from crossgate.core.policies.spending import Left, Period, Spending


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


def throttle_check(policy: Throttle, publish_id: str) -> Check:
    """What the policy demands of calls of one publication.

    Its counters are the policy's where it is shared, else the publication's own.
    """
    prefix = f"throttle:{policy.id}:" + ("" if policy.is_shared else publish_id)
    seconds = policy.period.seconds

    def spendings(call: Call) -> list[tuple[str, Spending]]:
        asked = [("api", "", policy.api_limit)]
        if call.account is not None:
            limit = policy.special_users.get(call.account.id, policy.user_limit)
            asked += [("user", call.account.id, limit)] if limit is not None else []
        if call.app is not None:
            limit = policy.special_apps.get(call.app.id, policy.app_limit)
            asked += [("app", call.app.id, limit)] if limit is not None else []
        if policy.ip_limit is not None:
            asked.append(("ip", str(call.client), policy.ip_limit))
        return [(kind, Spending(f"{prefix}:{kind}:{who}", limit, seconds)) for kind, who, limit in asked]

    def check(call: Call) -> Waiting:
        wanted = spendings(call)
        left: Left = yield Spend(tuple(spending for _, spending in wanted))
        for (kind, spending), remaining in zip(wanted, left.remaining, strict=True):
            call.note_limit(kind, remaining, spending.limit, policy.period)
        if left.refused is not None:
            raise Fault(runtime.THROTTLED)

    return check


def quota_check(call: Call) -> Waiting | None:
    """What the quota of the calling app demands, whatever API it calls; every app spends its own."""
    app = call.app
    return None if app is None or app.quota is None else _spend_quota(app.quota, app.id)


def _spend_quota(quota: AppQuota, app_id: str) -> Waiting:
    key = f"quota:{quota.id}:{app_id}"
    left: Left = yield Spend((Spending(key, quota.limit, quota.period.seconds, quota.starts_at),))
    if left.refused is not None:
        raise Fault(runtime.QUOTA_USED_UP)
