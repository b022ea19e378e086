"""APIs as they are edited (gateway.md 1.3); nothing here changes what is published."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crossgate.control import audit, authorizers, gateway_responses, groups, limits
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors import Finding
from crossgate.core.errors.admin import (
    API_IS_PUBLISHED,
    API_NAME_TAKEN,
    API_NOT_FOUND,
    API_TAKEN,
    TOO_MANY_APIS,
    TOO_MANY_APIS_IN_GROUP,
    invalid,
    refusal,
)
from crossgate.core.model import api_info, api_rules
from crossgate.core.model.api import ApiCheckInfoV2, ApiCreate, ApiQuery
from crossgate.core.model.api_info import ApiFacts, ApiInfo, ApiInfoPerPage, ApiList
from crossgate.core.model.document import rfc3339
from crossgate.core.model.gateway_response import DEFAULT_NAME
from crossgate.core.model.group import ApiGroupCommonInfo
from crossgate.core.model.paths import shape_of
from crossgate.store import lists, publications
from crossgate.store.rows import Session, count, every, find, named
from crossgate.store.tables import Api, ApiTag, GatewayResponse, Group


async def create(control: Control, actor: Actor, body: ApiCreate) -> ApiInfo:
    """A new API; it is not called before it is published."""
    _refuse(api_rules.findings(body))
    async with control.changing(actor, audit.CREATE_API, body) as change:
        session = change.session
        body = await _checked_against_others(session, body, api_id="")
        await _check_quotas(control, session, body.group_id)
        api = Api(
            id=new_id(),
            **_columns(body),
            register_time=change.now,
            update_time=change.now,
        )
        session.add(api)
        await session.flush()
        _tag(session, api.id, body.tags)
        change.of(api.id, api.name)
        return api_info.full(body, (await facts(session, [api]))[api.id])


async def check(control: Control, body: ApiCheckInfoV2) -> None:
    """Raise when the name, or the path, is taken; without a group, a name must be free in all of them."""
    _refuse(api_rules.check_findings(body))
    group_id, api_id = body.group_id or None, body.api_id or ""
    async with control.reading() as session:
        if group_id is not None:
            await groups.get(session, group_id)
        if body.type == "name":
            await _check_name_is_free(session, group_id, str(body.name), api_id)
        else:
            path = str(body.req_method), str(body.req_uri), body.match_mode
            await _check_path_is_free(session, str(group_id), *path, api_id)


async def search(control: Control, query: ApiQuery) -> ApiList:
    """A page of APIs."""
    wanted = {mode.strip() for mode in query.return_data_mode.split(",")}
    backend = "include_group_backend" in wanted
    async with control.reading() as session:
        total, found = await lists.apis(session, query)
        known = await facts(session, found)
    shown: list[ApiInfoPerPage] = [
        api_info.per_page(
            definition(api), known[api.id], group=backend or "include_group" in wanted, backend=backend
        )
        for api in found
    ]
    return ApiList(total=total, size=len(shown), apis=shown)


async def show(control: Control, api_id: str) -> ApiInfo:
    """One API as it was last edited."""
    async with control.reading() as session:
        api = await get(session, api_id)
        known = await facts(session, [api])
    return api_info.full(definition(api), known[api_id])


async def update(control: Control, actor: Actor, api_id: str, body: ApiCreate) -> ApiInfo:
    """Replace an API's definition; what is published stays as it is until it is published again."""
    _refuse(api_rules.findings(body))
    async with control.changing(actor, audit.UPDATE_API, body) as change:
        session = change.session
        api = await get(session, api_id)
        change.of(api.id, body.name)
        body = await _checked_against_others(session, body, api_id=api_id)
        if body.group_id != api.group_id:
            await _check_quotas(control, session, body.group_id)
        for column, value in _columns(body).items():
            setattr(api, column, value)
        api.update_time = change.now
        for tag in await every(session, ApiTag, api_id=api_id):
            await session.delete(tag)
        await session.flush()
        _tag(session, api_id, body.tags)
        return api_info.full(body, (await facts(session, [api]))[api_id])


async def delete(control: Control, actor: Actor, api_id: str) -> None:
    """Remove an API that is published nowhere, with its version history and bindings."""
    async with control.changing(actor, audit.DELETE_API, {}) as change:
        api = await get(change.session, api_id)
        change.of(api.id, api.name)
        if await publications.is_running(change.session, api_id=api_id):
            raise API_IS_PUBLISHED.naming()
        await change.session.delete(api)


async def get(session: Session, api_id: str) -> Api:
    """The API's row; raises when there is none."""
    api = await session.get(Api, api_id)
    if api is None:
        raise API_NOT_FOUND.naming(api_id)
    return api


def definition(api: Api) -> ApiCreate:
    """The definition as it was last edited."""
    return ApiCreate.model_validate(api.definition)


async def facts(session: Session, found: Sequence[Api]) -> dict[str, ApiFacts]:
    """What is known about each API beside its definition, by API."""
    common = await group_infos(session, {api.group_id for api in found})
    running = await publications.running(session, [api.id for api in found])
    places_of = defaultdict(list)
    for place in running:
        places_of[place.Publication.api_id].append(place)
    known = {}
    for api in found:
        places = places_of[api.id]
        is_behind = any(place.Version.edit_time < api.update_time for place in places)
        known[api.id] = ApiFacts(
            id=api.id,
            group=common[api.group_id],
            register_time=api.register_time,
            update_time=api.update_time,
            arrange_necessary=1 if is_behind else 2,
            run_env_id=_joined(place.Environment.id for place in places),
            run_env_name=_joined(place.Environment.name for place in places),
            publish_id=_joined(place.Publication.id for place in places),
            publish_time=_joined(rfc3339(place.Publication.publish_time) for place in places),
        )
    return known


async def group_infos(session: Session, group_ids: Iterable[str]) -> dict[str, ApiGroupCommonInfo]:
    """The groups as their APIs show them, by id."""
    rows = await named(session, Group, group_ids)
    domains = await groups.domains_of(session, rows)
    return {group.id: groups.common_info(group, domains[group.id]) for group in rows}


def _joined(values: Iterable[str]) -> str | None:
    """The contract's way to name several environments in one field."""
    return "|".join(values) or None


def _columns(body: ApiCreate) -> dict[str, Any]:
    return {
        **body.model_dump(
            include={
                "group_id",
                "name",
                "type",
                "req_protocol",
                "req_method",
                "req_uri",
                "match_mode",
                "auth_type",
            }
        ),
        "path_shape": shape_of(body.req_uri),
        "definition": body.model_dump(mode="json", exclude_none=True),
    }


def _tag(session: Session, api_id: str, tags: Iterable[str]) -> None:
    session.add_all([ApiTag(api_id=api_id, tag=tag) for tag in tags])


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise refusal(findings)


async def _checked_against_others(session: Session, body: ApiCreate, api_id: str) -> ApiCreate:
    """`body` with its gateway response named; raises when it refers to nothing or is taken already."""
    await groups.get(session, body.group_id)
    await _check_name_is_free(session, body.group_id or None, body.name, api_id)
    await _check_path_is_free(session, body.group_id, body.req_method, body.req_uri, body.match_mode, api_id)
    if body.backend_api is not None:
        longest = (await limits.read(session)).backend_timeout_ms
        if body.backend_api.timeout > longest:
            raise invalid(
                "backend_api.timeout",
                f"{body.backend_api.timeout} ms is more than the gateway's limit",
                f"Use at most {longest} ms, or raise the feature backend_timeout first.",
            )
    await authorizers.check_named(session, body)
    if body.response_id is not None:
        await gateway_responses.get(session, body.group_id, body.response_id)
        return body
    default = await find(session, GatewayResponse, group_id=body.group_id, name=DEFAULT_NAME)
    return body.model_copy(update={"response_id": default.id if default else None})


async def _check_quotas(control: Control, session: Session, group_id: str) -> None:
    in_all, in_group = control.quotas.apis, control.quotas.apis_per_group
    if in_all is not None and await count(session, Api) >= in_all:
        raise TOO_MANY_APIS.naming()
    if in_group is not None and await count(session, Api, group_id=group_id) >= in_group:
        raise TOO_MANY_APIS_IN_GROUP.naming()


async def _check_name_is_free(session: Session, group_id: str | None, name: str, api_id: str) -> None:
    scope = {"name": name} if group_id is None else {"name": name, "group_id": group_id}
    if any(api.id != api_id for api in await every(session, Api, **scope)):
        raise API_NAME_TAKEN.naming(name)


async def _check_path_is_free(
    session: Session, group_id: str, req_method: str, req_uri: str, match_mode: str, api_id: str
) -> None:
    taken = await find(
        session,
        Api,
        group_id=group_id,
        req_method=req_method,
        path_shape=shape_of(req_uri),
        match_mode=match_mode,
    )
    if taken is not None and taken.id != api_id:
        raise API_TAKEN.naming(taken.name)
