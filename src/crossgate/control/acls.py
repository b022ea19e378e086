"""Access control policies and what they are bound to (gateway.md 1.7)."""

from crossgate.control import apis, audit, policy_bindings
from crossgate.control.audit import Actor
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors import Fault
from crossgate.core.errors.admin import ACL_BINDING_NOT_FOUND, ACL_IS_BOUND, ACL_NAME_TAKEN, ACL_NOT_FOUND, invalid
from crossgate.core.model.acl import (
    AclApiQuery,
    AclApplied,
    AclBinding,
    AclBindings,
    AclCreate,
    AclDeletionFailure,
    AclDeletions,
    AclInfo,
    AclList,
    AclOfApi,
    AclOfApiList,
    AclQuery,
    AclsDeleted,
    AclUnbindings,
    ApiOfAcl,
    ApiOfAclList,
    ApiWithoutAcl,
    ApiWithoutAclList,
    BoundAclQuery,
)
from crossgate.core.model.binding import Unbound
from crossgate.store import caller_lists
from crossgate.store import policy_bindings as bound_places
from crossgate.store.caller_tables import AccessControl, PolicyBinding
from crossgate.store.callers import ACL_SLOT
from crossgate.store.lists import equal, like
from crossgate.store.rows import Session, count, find


async def create(control: Control, actor: Actor, body: AclCreate) -> AclInfo:
    """A new policy; it guards nothing before it is bound."""
    async with control.changing(actor, audit.CREATE_ACL, body) as change:
        if await find(change.session, AccessControl, name=body.acl_name) is not None:
            raise ACL_NAME_TAKEN.naming()
        acl = AccessControl(
            id=new_id(),
            name=body.acl_name,
            acl_type=body.acl_type,
            entity_type=body.entity_type,
            acl_value=body.acl_value,
            update_time=change.now,
        )
        change.session.add(acl)
        change.of(acl.id, acl.name)
        return _info(acl)


async def search(control: Control, query: AclQuery) -> AclList:
    """A page of policies."""
    async with control.reading() as session:
        total, found = await caller_lists.acls(session, query)
        acls = [_info(acl, await count(session, PolicyBinding, policy_id=acl.id)) for acl in found]
    return AclList(total=total, size=len(acls), acls=acls)


async def show(control: Control, acl_id: str) -> AclInfo:
    """One policy."""
    async with control.reading() as session:
        return _info(await get(session, acl_id))


async def update(control: Control, actor: Actor, acl_id: str, body: AclCreate) -> AclInfo:
    """Change a policy, but not what it goes by while it is bound."""
    async with control.changing(actor, audit.UPDATE_ACL, body) as change:
        acl = await get(change.session, acl_id)
        change.of(acl.id, body.acl_name)
        holder = await find(change.session, AccessControl, name=body.acl_name)
        if holder is not None and holder.id != acl.id:
            raise ACL_NAME_TAKEN.naming()
        if body.entity_type != acl.entity_type and await count(change.session, PolicyBinding, policy_id=acl.id):
            raise invalid(
                "entity_type",
                f"The policy is bound and goes by {acl.entity_type}",
                "Unbind it first, or make another policy.",
            )
        acl.name, acl.acl_type, acl.entity_type = body.acl_name, body.acl_type, body.entity_type
        acl.acl_value, acl.update_time = body.acl_value, change.now
        return _info(acl)


async def delete(control: Control, actor: Actor, acl_id: str) -> None:
    """Remove a policy that is bound to nothing."""
    async with control.changing(actor, audit.DELETE_ACL, {}) as change:
        await _delete(change, acl_id)


async def delete_all(control: Control, actor: Actor, body: AclDeletions) -> AclsDeleted:
    """Remove several policies; one that cannot be removed stops no other."""
    async with control.changing(actor, audit.DELETE_ACLS, body) as change:
        failures = []
        for acl_id in dict.fromkeys(body.acls):
            try:
                await _delete(change, acl_id)
            except Fault as fault:
                acl = await change.session.get(AccessControl, acl_id)
                failures.append(
                    AclDeletionFailure(
                        acl_id=acl_id,
                        acl_name=acl.name if acl is not None else None,
                        error_code=fault.kind.code,
                        error_msg=fault.message,
                    )
                )
        return AclsDeleted(success_count=len(set(body.acls)) - len(failures), failure=failures)


async def bind(control: Control, actor: Actor, body: AclBindings) -> AclApplied:
    """Guard published APIs by a policy; it takes the place of the one with its entity type."""
    async with control.changing(actor, audit.BIND_ACL, body) as change:
        acl = await get(change.session, body.acl_id)
        change.of(acl.id, acl.name)
        bound = await policy_bindings.bind(change, acl.id, _slot(acl), body.publish_ids)
        return AclApplied(
            acl_bindings=[
                AclBinding(
                    id=binding.id,
                    api_id=api.id,
                    env_id=environment.id,
                    acl_id=acl.id,
                    create_time=binding.bind_time,
                )
                for binding, (_, api, _, environment) in bound
            ]
        )


async def unbind(control: Control, actor: Actor, binding_id: str) -> None:
    """Undo one binding."""
    async with control.changing(actor, audit.UNBIND_ACL, {}) as change:
        await policy_bindings.unbind(change, binding_id, ACL_SLOT, ACL_BINDING_NOT_FOUND)


async def unbind_all(control: Control, actor: Actor, body: AclUnbindings) -> Unbound:
    """Undo several bindings; one that is not there stops no other."""
    async with control.changing(actor, audit.UNBIND_ACLS, body) as change:
        return await policy_bindings.unbind_all(change, body.acl_bindings, ACL_SLOT, ACL_BINDING_NOT_FOUND)


async def search_of_api(control: Control, query: BoundAclQuery) -> AclOfApiList:
    """A page of the policies bound to an API."""
    async with control.reading() as session:
        await apis.get(session, query.api_id)
        more = equal(AccessControl.id, query.acl_id) + like(AccessControl.name, query.acl_name, is_precise=False)
        total, found = await bound_places.of_api(session, AccessControl, query, *more)
    shown = [
        AclOfApi(
            acl_id=acl.id,
            acl_name=acl.name,
            entity_type=acl.entity_type,
            acl_type=acl.acl_type,
            acl_value=acl.acl_value,
            env_id=environment.id,
            env_name=environment.name,
            bind_id=binding.id,
            bind_time=binding.bind_time,
        )
        for acl, binding, environment in found
    ]
    return AclOfApiList(total=total, size=len(shown), acls=shown)


async def search_bound_apis(control: Control, query: AclApiQuery) -> ApiOfAclList:
    """A page of the published APIs a policy is bound to."""
    async with control.reading() as session:
        await get(session, query.acl_id)
        total, found = await bound_places.bound(session, query.acl_id, query)
    shown = [
        ApiOfAcl(
            api_id=api.id,
            api_name=api.name,
            api_type=api.type,
            api_remark=api.definition.get("remark", ""),
            env_id=environment.id,
            env_name=environment.name,
            group_name=group.name,
            bind_id=binding.id,
            bind_time=binding.bind_time,
            publish_id=publication.id,
            req_method=api.req_method,
            tags=api.definition.get("tags", []),
        )
        for binding, publication, api, group, environment in found
    ]
    return ApiOfAclList(total=total, size=len(shown), apis=shown)


async def search_unbound_apis(control: Control, query: AclApiQuery) -> ApiWithoutAclList:
    """A page of the published APIs a policy is not bound to, each with the one it would take the place of."""
    async with control.reading() as session:
        acl = await get(session, query.acl_id)
        total, found = await bound_places.unbound(session, _slot(acl), query, acl.id)
        shown = []
        for place in found:
            binding = await find(session, PolicyBinding, publish_id=place[0].id, slot=_slot(acl))
            other = None if binding is None else await session.get(AccessControl, binding.policy_id)
            name = other.name if other is not None else None
            shown.append(ApiWithoutAcl(**policy_bindings.published_api(place), acl_name=name))
    return ApiWithoutAclList(total=total, size=len(shown), apis=shown)


async def get(session: Session, acl_id: str) -> AccessControl:
    """The policy's row; raises when there is none."""
    acl = await session.get(AccessControl, acl_id)
    if acl is None:
        raise ACL_NOT_FOUND.naming(acl_id)
    return acl


async def _delete(change: Change, acl_id: str) -> None:
    acl = await get(change.session, acl_id)
    change.of(acl.id, acl.name)
    if await count(change.session, PolicyBinding, policy_id=acl_id):
        raise ACL_IS_BOUND.naming()
    await change.session.delete(acl)


def _slot(acl: AccessControl) -> str:
    return ACL_SLOT + acl.entity_type


def _info(acl: AccessControl, bind_num: int | None = None) -> AclInfo:
    return AclInfo(
        id=acl.id,
        acl_name=acl.name,
        acl_type=acl.acl_type,
        acl_value=acl.acl_value,
        entity_type=acl.entity_type,
        bind_num=bind_num,
        update_time=acl.update_time,
    )
