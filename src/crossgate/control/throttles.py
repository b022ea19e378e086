"""Request throttling policies and what they are bound to (gateway.md 1.6)."""

from typing import Any

from crossgate.control import apis, audit, policy_bindings
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    THROTTLE_BINDING_NOT_FOUND,
    THROTTLE_IS_BOUND,
    THROTTLE_NAME_TAKEN,
    THROTTLE_NOT_FOUND,
)
from crossgate.core.model.binding import Unbound
from crossgate.core.model.throttle import (
    ApiOfThrottle,
    ApiOfThrottleList,
    BoundThrottleQuery,
    ThrottleApiQuery,
    ThrottleApplied,
    ThrottleBinding,
    ThrottleBindings,
    ThrottleCreate,
    ThrottleInfo,
    ThrottleList,
    ThrottleOfApi,
    ThrottleOfApiList,
    ThrottleQuery,
    ThrottleUnbindings,
    UnboundThrottleQuery,
    limits_of,
)
from crossgate.store import caller_lists
from crossgate.store import policy_bindings as bound_places
from crossgate.store.caller_tables import PolicyBinding, SpecialThrottle, Throttle
from crossgate.store.callers import THROTTLE_SLOT
from crossgate.store.lists import equal, like
from crossgate.store.policy_bindings import Place
from crossgate.store.rows import Session, count, find


async def create(control: Control, actor: Actor, body: ThrottleCreate) -> ThrottleInfo:
    """A new policy; nothing is counted before it is bound."""
    async with control.changing(actor, audit.CREATE_THROTTLE, body) as change:
        if await find(change.session, Throttle, name=body.name) is not None:
            raise THROTTLE_NAME_TAKEN.naming()
        throttle = Throttle(id=new_id(), create_time=change.now, **_columns(body))
        change.session.add(throttle)
        change.of(throttle.id, throttle.name)
        return ThrottleInfo(**_fields(throttle, 0, 0))


async def search(control: Control, query: ThrottleQuery) -> ThrottleList:
    """A page of policies."""
    async with control.reading() as session:
        total, found = await caller_lists.throttles(session, query)
        throttles = [await _info(session, throttle) for throttle in found]
    return ThrottleList(total=total, size=len(throttles), throttles=throttles)


async def show(control: Control, throttle_id: str) -> ThrottleInfo:
    """One policy."""
    async with control.reading() as session:
        return await _info(session, await get(session, throttle_id))


async def update(control: Control, actor: Actor, throttle_id: str, body: ThrottleCreate) -> ThrottleInfo:
    """Change a policy. What has been counted stays counted while the length of the period stays the same."""
    async with control.changing(actor, audit.UPDATE_THROTTLE, body) as change:
        throttle = await get(change.session, throttle_id)
        change.of(throttle.id, body.name)
        holder = await find(change.session, Throttle, name=body.name)
        if holder is not None and holder.id != throttle.id:
            raise THROTTLE_NAME_TAKEN.naming()
        for name, value in _columns(body).items():
            setattr(throttle, name, value)
        return await _info(change.session, throttle)


async def delete(control: Control, actor: Actor, throttle_id: str) -> None:
    """Remove a policy that is bound to nothing, with its exceptions."""
    async with control.changing(actor, audit.DELETE_THROTTLE, {}) as change:
        throttle = await get(change.session, throttle_id)
        change.of(throttle.id, throttle.name)
        if await count(change.session, PolicyBinding, policy_id=throttle_id):
            raise THROTTLE_IS_BOUND.naming()
        await change.session.delete(throttle)


async def bind(control: Control, actor: Actor, body: ThrottleBindings) -> ThrottleApplied:
    """Count published APIs by a policy; it takes the place of the one they had."""
    async with control.changing(actor, audit.BIND_THROTTLE, body) as change:
        throttle = await get(change.session, body.strategy_id)
        change.of(throttle.id, throttle.name)
        bound = await policy_bindings.bind(change, throttle.id, THROTTLE_SLOT, body.publish_ids)
        return ThrottleApplied(
            throttle_applys=[
                ThrottleBinding(
                    id=binding.id,
                    publish_id=binding.publish_id,
                    strategy_id=binding.policy_id,
                    apply_time=binding.bind_time,
                )
                for binding, _ in bound
            ]
        )


async def unbind(control: Control, actor: Actor, binding_id: str) -> None:
    """Undo one binding."""
    async with control.changing(actor, audit.UNBIND_THROTTLE, {}) as change:
        await policy_bindings.unbind(change, binding_id, THROTTLE_SLOT, THROTTLE_BINDING_NOT_FOUND)


async def unbind_all(control: Control, actor: Actor, body: ThrottleUnbindings) -> Unbound:
    """Undo several bindings; one that is not there stops no other."""
    async with control.changing(actor, audit.UNBIND_THROTTLES, body) as change:
        return await policy_bindings.unbind_all(
            change, body.throttle_bindings, THROTTLE_SLOT, THROTTLE_BINDING_NOT_FOUND
        )


async def search_bound_apis(control: Control, query: ThrottleApiQuery) -> ApiOfThrottleList:
    """A page of the published APIs a policy is bound to."""
    async with control.reading() as session:
        throttle = await get(session, query.throttle_id)
        total, found = await bound_places.bound(session, throttle.id, query)
    shown = [_api(tuple(place), throttle, binding) for binding, *place in found]
    return ApiOfThrottleList(total=total, size=len(shown), apis=shown)


async def search_unbound_apis(control: Control, query: UnboundThrottleQuery) -> ApiOfThrottleList:
    """A page of the published APIs a policy is not bound to; without one, that have none."""
    async with control.reading() as session:
        if query.throttle_id is not None:
            await get(session, query.throttle_id)
        total, found = await bound_places.unbound(session, THROTTLE_SLOT, query, query.throttle_id)
    shown = [_api(place, None, None) for place in found]
    return ApiOfThrottleList(total=total, size=len(shown), apis=shown)


async def search_of_api(control: Control, query: BoundThrottleQuery) -> ThrottleOfApiList:
    """A page of the policies bound to an API."""
    async with control.reading() as session:
        await apis.get(session, query.api_id)
        more = equal(Throttle.id, query.throttle_id) + like(Throttle.name, query.throttle_name, is_precise=False)
        total, found = await bound_places.of_api(session, Throttle, query, *more)
        shown = [
            ThrottleOfApi(
                **dict(await _info(session, throttle)),
                env_name=environment.name,
                bind_id=binding.id,
                bind_time=binding.bind_time,
            )
            for throttle, binding, environment in found
        ]
    return ThrottleOfApiList(total=total, size=len(shown), throttles=shown)


async def get(session: Session, throttle_id: str) -> Throttle:
    """The policy's row; raises when there is none."""
    throttle = await session.get(Throttle, throttle_id)
    if throttle is None:
        raise THROTTLE_NOT_FOUND.naming(throttle_id)
    return throttle


def _columns(body: ThrottleCreate) -> dict[str, Any]:
    return body.model_dump() | limits_of(body)


async def _info(session: Session, throttle: Throttle) -> ThrottleInfo:
    bound = await count(session, PolicyBinding, policy_id=throttle.id)
    specials = await count(session, SpecialThrottle, throttle_id=throttle.id)
    return ThrottleInfo(**_fields(throttle, bound, specials))


def _fields(throttle: Throttle, bound: int, specials: int) -> dict[str, Any]:
    return {
        "id": throttle.id,
        "name": throttle.name,
        "api_call_limits": throttle.api_call_limits,
        "user_call_limits": throttle.user_call_limits or 0,
        "app_call_limits": throttle.app_call_limits or 0,
        "ip_call_limits": throttle.ip_call_limits or 0,
        "time_interval": throttle.time_interval,
        "time_unit": throttle.time_unit,
        "type": throttle.type,
        "enable_adaptive_control": throttle.enable_adaptive_control,
        "remark": throttle.remark,
        "bind_num": bound,
        "is_inclu_special_throttle": 1 if specials else 2,
        "create_time": throttle.create_time,
    }


def _api(
    place: tuple[Any, ...] | Place, throttle: Throttle | None, binding: PolicyBinding | None
) -> ApiOfThrottle:
    return ApiOfThrottle(
        **policy_bindings.published_api(place),
        throttle_apply_id=binding.id if binding is not None else None,
        throttle_name=throttle.name if throttle is not None else None,
        apply_time=binding.bind_time if binding is not None else None,
    )
