"""The apps and accounts whose limit differs from their throttling policy's (gateway.md 1.6)."""

from crossgate.control import apps, audit, throttles
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    SPECIAL_THROTTLE_NOT_FOUND,
    SPECIAL_THROTTLE_TAKEN,
    TOO_MANY_RESOURCES,
    invalid,
)
from crossgate.core.model.throttle import (
    MAX_SPECIALS,
    SpecialThrottleCreate,
    SpecialThrottleInfo,
    SpecialThrottleList,
    SpecialThrottleQuery,
    SpecialThrottleUpdate,
)
from crossgate.store.caller_tables import App, SpecialThrottle, Throttle
from crossgate.store.rows import Session, count, every, find


async def create(
    control: Control, actor: Actor, throttle_id: str, body: SpecialThrottleCreate
) -> SpecialThrottleInfo:
    """A limit of its own for one app or account."""
    async with control.changing(actor, audit.CREATE_SPECIAL_THROTTLE, body) as change:
        throttle = await throttles.get(change.session, throttle_id)
        _check_limit(throttle, body.call_limits)
        if body.object_type == "APP":
            await apps.get(change.session, body.object_id)
        named = {"throttle_id": throttle_id, "object_type": body.object_type}
        if await find(change.session, SpecialThrottle, object_id=body.object_id, **named) is not None:
            raise SPECIAL_THROTTLE_TAKEN.naming()
        if await count(change.session, SpecialThrottle, **named) >= MAX_SPECIALS:
            raise TOO_MANY_RESOURCES.because(f"a policy has at most {MAX_SPECIALS} exceptions of a kind")
        special = SpecialThrottle(
            id=new_id(),
            object_id=body.object_id,
            call_limits=body.call_limits,
            apply_time=change.now,
            **named,
        )
        change.session.add(special)
        change.of(special.id, throttle.name)
        return await _info(change.session, special)


async def search(control: Control, throttle_id: str, query: SpecialThrottleQuery) -> SpecialThrottleList:
    """A page of a policy's exceptions, oldest first."""
    async with control.reading() as session:
        await throttles.get(session, throttle_id)
        rows = await every(session, SpecialThrottle, throttle_id=throttle_id)
        rows.sort(key=lambda special: (special.apply_time, special.id))
        every_one = [await _info(session, special) for special in rows]
    found = [info for info in every_one if _is_asked_for(info, query)]
    shown = found[query.offset : query.offset + query.limit]
    return SpecialThrottleList(total=len(found), size=len(shown), throttle_specials=shown)


async def update(
    control: Control, actor: Actor, throttle_id: str, special_id: str, body: SpecialThrottleUpdate
) -> SpecialThrottleInfo:
    """Give one app or account another limit."""
    async with control.changing(actor, audit.UPDATE_SPECIAL_THROTTLE, body) as change:
        throttle = await throttles.get(change.session, throttle_id)
        special = await _get(change.session, throttle_id, special_id)
        change.of(special.id, throttle.name)
        _check_limit(throttle, body.call_limits)
        special.call_limits = body.call_limits
        return await _info(change.session, special)


async def delete(control: Control, actor: Actor, throttle_id: str, special_id: str) -> None:
    """Count one app or account like all the others."""
    async with control.changing(actor, audit.DELETE_SPECIAL_THROTTLE, {}) as change:
        throttle = await throttles.get(change.session, throttle_id)
        special = await _get(change.session, throttle_id, special_id)
        change.of(special.id, throttle.name)
        await change.session.delete(special)


async def _get(session: Session, throttle_id: str, special_id: str) -> SpecialThrottle:
    special = await find(session, SpecialThrottle, id=special_id, throttle_id=throttle_id)
    if special is None:
        raise SPECIAL_THROTTLE_NOT_FOUND.naming(special_id)
    return special


def _check_limit(throttle: Throttle, limit: int) -> None:
    if limit > throttle.api_call_limits:
        raise invalid(
            "call_limits",
            f"The limit is above the {throttle.api_call_limits} calls of the whole API",
            f"Write at most {throttle.api_call_limits}.",
        )


def _is_asked_for(info: SpecialThrottleInfo, query: SpecialThrottleQuery) -> bool:
    if query.object_type not in (None, info.object_type):
        return False
    if query.app_name is not None and query.app_name.lower() not in (info.app_name or "").lower():
        return False
    return query.user is None or (info.object_type == "USER" and query.user in info.object_name)


async def _info(session: Session, special: SpecialThrottle) -> SpecialThrottleInfo:
    app = await session.get(App, special.object_id) if special.object_type == "APP" else None
    return SpecialThrottleInfo(
        id=special.id,
        throttle_id=special.throttle_id,
        call_limits=special.call_limits,
        object_type=special.object_type,
        object_id=special.object_id,
        object_name=app.name if app is not None else special.object_id,
        app_id=app.id if app is not None else None,
        app_name=app.name if app is not None else None,
        apply_time=special.apply_time,
    )
