"""Reading what is known of callers, and asked of them, into the Config the data plane lives by."""

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple, cast

from crossgate.core.model.acl import values_of
from crossgate.core.policies.access_control import AccessControl
from crossgate.core.policies.authorizer import Authorizer, Identity
from crossgate.core.policies.credentials import AppConfig, AppQuota
from crossgate.core.policies.functions import endpoint_of
from crossgate.core.policies.iam_authentication import OperatorConfig
from crossgate.core.policies.signature_key import SignatureKey
from crossgate.core.policies.spending import Period, TimeUnit
from crossgate.core.policies.throttle import Throttle
from crossgate.store import caller_tables, callers, tables
from crossgate.store.callers import ACL_SLOT, SIGN_SLOT, THROTTLE_SLOT
from crossgate.store.rows import Session, every

_AUTHORIZER_TIMEOUT_MS = 5000

# What the models have let into the store.
Effect = Literal["PERMIT", "DENY"]
Entity = Literal["IP", "DOMAIN", "DOMAIN_ID"]
Side = Literal["FRONTEND", "BACKEND"]
SignType = Literal["hmac", "basic"]


class BoundPolicies(NamedTuple):
    """The ids of the policies bound to one publication."""

    throttle_id: str | None = None
    access_control_ids: tuple[str, ...] = ()
    signature_key_id: str | None = None


async def bound_policies(session: Session) -> dict[str, BoundPolicies]:
    """What is bound to each publication that has anything, by its id."""
    return {publish_id: _bound(slots) for publish_id, slots in (await callers.policies(session)).items()}


def _bound(slots: list[tuple[str, str]]) -> BoundPolicies:
    by_slot = dict(slots)
    return BoundPolicies(
        throttle_id=by_slot.get(THROTTLE_SLOT),
        access_control_ids=tuple(policy_id for slot, policy_id in slots if slot.startswith(ACL_SLOT)),
        signature_key_id=by_slot.get(SIGN_SLOT),
    )


async def apps(session: Session) -> tuple[AppConfig, ...]:
    """Every app, with its sealed secret."""
    codes = await callers.code_digests(session)
    acls = await callers.app_acls(session)
    quotas = {quota.id: _quota(quota) for quota in await every(session, caller_tables.AppQuota)}
    return tuple(
        AppConfig(
            id=app_id,
            name=name,
            key=key,
            secret=secret,
            codes=tuple(map(bytes.fromhex, codes.get(app_id, ()))),
            acl_type=cast("Effect | None", acls[app_id][0] if app_id in acls else None),
            acl_values=tuple(acls[app_id][1] if app_id in acls else ()),
            quota=quotas[quota_id] if quota_id is not None else None,
        )
        for app_id, name, key, secret, quota_id in await callers.apps(session)
    )


def _quota(quota: caller_tables.AppQuota) -> AppQuota:
    return AppQuota(
        id=quota.id,
        limit=quota.call_limits,
        period=_period(quota.time_interval, quota.time_unit),
        starts_at=quota.reset_time.timestamp() if quota.reset_time is not None else None,
    )


async def operators(session: Session, instance: tables.Instance) -> tuple[OperatorConfig, ...]:
    """Every operator. To policies the account is the project: the one id of 32 characters an operator knows."""
    return tuple(
        OperatorConfig(
            id=instance.project_id, name=operator.name, access_key=operator.access_key, secret=operator.secret_key
        )
        for operator in await every(session, tables.Operator)
    )


async def throttles(session: Session, used: Collection[str]) -> tuple[Throttle, ...]:
    """The throttling policies with an id in `used`."""
    if not used:
        return ()
    limits: dict[tuple[str, str], dict[str, int]] = {}
    for special in await every(session, caller_tables.SpecialThrottle):
        limits.setdefault((special.throttle_id, special.object_type), {})[special.object_id] = special.call_limits
    return tuple(
        Throttle(
            id=policy.id,
            is_shared=policy.type == 2,
            period=_period(policy.time_interval, policy.time_unit),
            api_limit=policy.api_call_limits,
            user_limit=policy.user_call_limits,
            app_limit=policy.app_call_limits,
            ip_limit=policy.ip_call_limits,
            special_apps=limits.get((policy.id, "APP"), {}),
            special_users=limits.get((policy.id, "USER"), {}),
        )
        for policy in await every(session, caller_tables.Throttle)
        if policy.id in used
    )


async def access_controls(session: Session, used: Collection[str]) -> tuple[AccessControl, ...]:
    """The access control policies with an id in `used`."""
    if not used:
        return ()
    return tuple(
        AccessControl(
            id=policy.id,
            acl_type=cast("Effect", policy.acl_type),
            entity_type=cast("Entity", policy.entity_type),
            values=values_of(policy.acl_value),
        )
        for policy in await every(session, caller_tables.AccessControl)
        if policy.id in used
    )


async def signature_keys(session: Session, used: Collection[str]) -> tuple[SignatureKey, ...]:
    """The signature keys with an id in `used`, their secrets sealed."""
    if not used:
        return ()
    return tuple(
        SignatureKey(id=key.id, type=cast("SignType", key.sign_type), key=key.sign_key, secret=key.sign_secret)
        for key in await every(session, caller_tables.SignatureKey)
        if key.id in used
    )


async def authorizers(
    session: Session, used: Collection[str], functions: Mapping[str, str]
) -> tuple[Authorizer, ...]:
    """The authorizers with an id in `used`; `functions` says where the function of a URN is."""
    if not used:
        return ()
    return tuple(
        authorizer(row, functions) for row in await every(session, caller_tables.Authorizer) if row.id in used
    )


def authorizer(row: caller_tables.Authorizer, functions: Mapping[str, str]) -> Authorizer:
    """One authorizer; where nobody has said where its function is, it has no endpoint."""
    stored = row.definition
    return Authorizer(
        id=row.id,
        type=cast("Side", row.type),
        endpoint=endpoint_of(
            stored["authorizer_uri"], stored["authorizer_version"], stored["authorizer_alias_uri"], functions
        ),
        identities=tuple(
            Identity(each["name"], each["location"], each.get("validation") or "") for each in stored["identities"]
        ),
        ttl_s=stored["ttl"],
        user_data=stored["user_data"],
        needs_body=stored["need_body"],
        timeout_ms=stored.get("timeout") or _AUTHORIZER_TIMEOUT_MS,
        retries=stored.get("retry_attempts") or 0,
        lets_pass_on_failure=stored.get("auth_downgrade_enabled") is True,
    )


def _period(interval: int, unit: str) -> Period:
    return Period(interval, cast("TimeUnit", unit))
