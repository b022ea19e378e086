"""API groups (gateway.md 1.1)."""

from collections.abc import Iterable

from crossgate.control import audit
from crossgate.control.audit import Actor
from crossgate.control.config import DEBUG_DOMAIN
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors.admin import (
    GROUP_HAS_APIS,
    GROUP_IS_BUILT_IN,
    GROUP_NAME_TAKEN,
    GROUP_NOT_FOUND,
    TOO_MANY_GROUPS,
)
from crossgate.core.model.domain import UrlDomain
from crossgate.core.model.gateway_response import DEFAULT_NAME
from crossgate.core.model.group import (
    ApiGroupBase,
    ApiGroupCheck,
    ApiGroupCommonInfo,
    ApiGroupCreate,
    ApiGroupInfo,
    GroupList,
    GroupQuery,
    SlDomainAccessSetting,
)
from crossgate.store import lists, publications
from crossgate.store.rows import Session, count, find, of_each
from crossgate.store.tables import Api, Domain, GatewayResponse, Group


async def create(control: Control, actor: Actor, body: ApiGroupCreate) -> ApiGroupInfo:
    """A new group, with its default gateway responses."""
    async with control.changing(actor, audit.CREATE_GROUP, body) as change:
        await _check_name_is_free(change.session, body.name)
        limit = control.quotas.groups
        if limit is not None and await count(change.session, Group) >= limit:
            raise TOO_MANY_GROUPS.naming()
        group = await add(change, body.name, body.remark)
        return _info(group, [])


async def add(change: Change, name: str, remark: str, *, is_default: bool = False) -> Group:
    """Put a new group and its default gateway responses into `change`."""
    group = Group(
        id=new_id(),
        name=name,
        remark=remark,
        is_default=is_default,
        register_time=change.now,
        update_time=change.now,
    )
    change.session.add(group)
    await change.session.flush()
    responses = GatewayResponse(
        id=new_id(), group_id=group.id, name=DEFAULT_NAME, create_time=change.now, update_time=change.now
    )
    change.session.add(responses)
    change.of(group.id, group.name)
    return group


async def check_name(control: Control, body: ApiGroupCheck) -> None:
    """Raise when the name is taken."""
    async with control.reading() as session:
        await _check_name_is_free(session, body.group_name)


async def search(control: Control, query: GroupQuery) -> GroupList:
    """A page of groups."""
    async with control.reading() as session:
        total, found = await lists.groups(session, query)
        domains = await domains_of(session, found)
    groups = [_info(group, domains[group.id]) for group in found]
    return GroupList(total=total, size=len(groups), groups=groups)


async def show(control: Control, group_id: str) -> ApiGroupInfo:
    """One group."""
    async with control.reading() as session:
        group = await get(session, group_id)
        return _info(group, (await domains_of(session, [group]))[group.id])


async def update(control: Control, actor: Actor, group_id: str, body: ApiGroupBase) -> ApiGroupInfo:
    """Rename a group or change its remark; the built-in group keeps its name."""
    async with control.changing(actor, audit.UPDATE_GROUP, body) as change:
        group = await get(change.session, group_id)
        change.of(group.id, body.name)
        if body.name != group.name:
            if group.is_default:
                raise GROUP_IS_BUILT_IN.because(f"group {group.name} is built in and keeps its name")
            await _check_name_is_free(change.session, body.name)
        group.name, group.remark, group.update_time = body.name, body.remark, change.now
        return _info(group, (await domains_of(change.session, [group]))[group.id])


async def delete(control: Control, actor: Actor, group_id: str) -> None:
    """Remove a group that has no APIs, with its domains, variables and responses."""
    async with control.changing(actor, audit.DELETE_GROUP, {}) as change:
        group = await get(change.session, group_id)
        change.of(group.id, group.name)
        if group.is_default:
            raise GROUP_IS_BUILT_IN.because(f"group {group.name} is built in and cannot be deleted")
        # An API that has moved on to another group runs in this one until it is published again.
        is_running = await publications.is_running(change.session, group_id=group_id)
        if is_running or await count(change.session, Api, group_id=group_id):
            raise GROUP_HAS_APIS.naming(group_id)
        await change.session.delete(group)


async def set_debug_domain_access(
    control: Control, actor: Actor, group_id: str, body: SlDomainAccessSetting
) -> None:
    """Allow or forbid calls to the group's debug domain."""
    async with control.changing(actor, audit.UPDATE_GROUP_ACCESS, body) as change:
        group = await get(change.session, group_id)
        change.of(group.id, group.name)
        group.sl_domain_access_enabled, group.update_time = body.sl_domain_access_enabled, change.now


async def get(session: Session, group_id: str) -> Group:
    """The group's row; raises when there is none."""
    group = await session.get(Group, group_id)
    if group is None:
        raise GROUP_NOT_FOUND.naming(group_id)
    return group


async def domains_of(session: Session, groups: Iterable[Group]) -> dict[str, list[Domain]]:
    """The domains of each group, by group."""
    return await of_each(session, Domain, Domain.group_id, [group.id for group in groups])


def common_info(group: Group, domains: list[Domain]) -> ApiGroupCommonInfo:
    """The group as its APIs show it."""
    return ApiGroupCommonInfo(
        id=group.id,
        name=group.name,
        sl_domain=DEBUG_DOMAIN.format(group.id),
        register_time=group.register_time,
        update_time=group.update_time,
        url_domains=[_domain(domain) for domain in domains],
        sl_domain_access_enabled=group.sl_domain_access_enabled,
    )


def _info(group: Group, domains: list[Domain]) -> ApiGroupInfo:
    common = common_info(group, domains)
    return ApiGroupInfo(
        **dict(common),
        sl_domains=[common.sl_domain],
        remark=group.remark,
        is_default=1 if group.is_default else 2,
    )


def _domain(domain: Domain) -> UrlDomain:
    return UrlDomain(
        id=domain.id,
        domain=domain.url_domain,
        min_ssl_version=domain.min_ssl_version,
        verified_client_certificate_enabled=domain.verified_client_certificate_enabled,
        ingress_http_port=domain.ingress_http_port,
        ingress_https_port=domain.ingress_https_port,
    )


async def _check_name_is_free(session: Session, name: str) -> None:
    if await find(session, Group, name=name) is not None:
        raise GROUP_NAME_TAKEN.naming()
