"""Publishing: from an edited API to what is in effect, and back (gateway.md 1.4)."""

from typing import Any

from crossgate.control import apis, audit, authorizers, cors_rules, environments, groups, variables
from crossgate.control.audit import Actor
from crossgate.control.control import Change, Control, new_id
from crossgate.core.errors import Fault
from crossgate.core.errors.admin import (
    API_TAKEN,
    INVALID_PARAMETER,
    PARAMETER_ERROR,
    PUBLICATION_NOT_FOUND,
    VERSION_NOT_FOUND,
    invalid,
)
from crossgate.core.model import api_info, api_rules, servable
from crossgate.core.model.advice import Advice, advice
from crossgate.core.model.api import ApiCreate
from crossgate.core.model.api_info import ApiFacts, ApiRuntime, ApiVersionDetail
from crossgate.core.model.document import rfc3339
from crossgate.core.model.environment import RELEASE_ID
from crossgate.core.model.paths import shape_of
from crossgate.core.model.publication import (
    Action,
    ApiActionInfo,
    ApiBatchPublish,
    ApiVersion,
    ApiVersionResp,
    BatchFailure,
    BatchPublishResp,
    PublishResp,
    VersionList,
    VersionQuery,
)
from crossgate.core.model.variable import names_in, substitute
from crossgate.store import lists, publications
from crossgate.store.rows import Session, every, find
from crossgate.store.tables import Api, Environment, Publication, Version

MAX_VERSIONS = 10


async def publish_or_offline(control: Control, actor: Actor, body: ApiActionInfo) -> PublishResp:
    """Publish an API in an environment as it was last edited, or take it offline there."""
    async with control.changing(actor, audit.PUBLISH_API, body) as change:
        environment = await environments.get(change.session, body.env_id)
        api = await apis.get(change.session, body.api_id)
        change.of(api.id, api.name)
        return await _act(control, change, body.action, api, environment, body.remark)


async def batch(control: Control, actor: Actor, action: str, body: ApiBatchPublish) -> BatchPublishResp:
    """Publish many APIs, or take them offline; one that is refused does not stop the others."""
    if action not in {"online", "offline"}:
        raise Fault(INVALID_PARAMETER, _WRONG_ACTION)
    done: list[PublishResp] = []
    failed: list[BatchFailure] = []
    async with control.changing(actor, audit.PUBLISH_APIS, body) as change:
        environment = await environments.get(change.session, body.env_id)
        change.of(environment.id, environment.name)
        for api_id in await _wanted(change.session, body):
            name = None
            try:
                api = await apis.get(change.session, api_id)
                name = api.name
                done.append(await _act(control, change, _ACTIONS[action], api, environment, body.remark))
            except Fault as fault:
                failed.append(
                    BatchFailure(
                        api_id=api_id,
                        api_name=name,
                        error_code=fault.kind.code,
                        error_msg=fault.message,
                    )
                )
    return BatchPublishResp(success=done, failure=failed)


async def search_versions(control: Control, api_id: str, query: VersionQuery) -> VersionList:
    """A page of an API's versions, newest first."""
    async with control.reading() as session:
        await apis.get(session, api_id)
        total, found = await lists.versions(session, api_id, query)
        names = {environment.id: environment.name for environment in await every(session, Environment)}
        current = {record.version_id for record in await every(session, Publication, api_id=api_id)}
    versions = [
        ApiVersionResp(
            version_id=version.id,
            version_no=version.version_no,
            api_id=version.api_id,
            env_id=version.env_id,
            env_name=names[version.env_id],
            remark=version.remark,
            publish_time=version.publish_time,
            status=1 if version.id in current else 2,
        )
        for version in found
    ]
    return VersionList(total=total, size=len(versions), api_versions=versions)


async def switch(control: Control, actor: Actor, api_id: str, body: ApiVersion) -> PublishResp:
    """Put an older, or newer, version of an API into effect in its environment."""
    async with control.changing(actor, audit.SWITCH_VERSION, body) as change:
        api = await apis.get(change.session, api_id)
        change.of(api.id, api.name)
        version = await _version(change.session, body.version_id)
        if version.api_id != api_id:
            raise VERSION_NOT_FOUND.naming(body.version_id)
        definition = ApiCreate.model_validate(version.definition)
        await groups.get(change.session, definition.group_id)
        await _check_can_run(change.session, api, definition, version.env_id)
        warnings = await _advised(control, change, api, definition, version.env_id)
        record = await _put(change, definition, version)
        return _answer(api, record, version, warnings)


async def show_version(control: Control, version_id: str) -> ApiVersionDetail:
    """One version in full."""
    async with control.reading() as session:
        version = await _version(session, version_id)
        definition = ApiCreate.model_validate(version.definition)
        known = await _facts(session, version, definition)
    return api_info.version_detail(definition, known, version.id)


async def take_version_offline(control: Control, actor: Actor, version_id: str) -> None:
    """Take the version in effect offline; a version that is not in effect has nothing to take."""
    async with control.changing(actor, audit.DELETE_VERSION, {}) as change:
        version = await _version(change.session, version_id)
        api = await apis.get(change.session, version.api_id)
        change.of(api.id, api.name)
        record = await find(change.session, Publication, version_id=version_id)
        if record is None:
            raise PUBLICATION_NOT_FOUND.naming(f"{version_id}: the version is not in effect")
        record.version_id = None


async def runtime(control: Control, api_id: str, env_id: str | None = None) -> ApiRuntime:
    """What is in effect for an API in an environment, RELEASE unless another is named."""
    async with control.reading() as session:
        await apis.get(session, api_id)
        environment = await environments.get(session, env_id or RELEASE_ID)
        record = await _record(session, api_id, environment.id)
        if record is None or record.version_id is None:
            raise _not_published(api_id, environment)
        version = await _version(session, record.version_id)
        definition = ApiCreate.model_validate(version.definition)
        known = await _facts(session, version, definition)
    return api_info.runtime(definition, known)


_ACTIONS: dict[str, Action] = {"online": "online", "offline": "offline"}
_WRONG_ACTION = 'Invalid parameter value: parameter action should be "online" or "offline"'


async def _wanted(session: Session, body: ApiBatchPublish) -> list[str]:
    if body.apis:
        return list(dict.fromkeys(body.apis))
    if not body.group_id:
        raise invalid(
            "apis", "Neither apis nor group_id is given", "Name the APIs, or a group for all of its APIs."
        )
    await groups.get(session, body.group_id)
    return [api.id for api in await every(session, Api, group_id=body.group_id)]


async def _act(
    control: Control, change: Change, action: Action, api: Api, environment: Environment, remark: str
) -> PublishResp:
    """One API online or offline: every check comes before the first write, so a Fault leaves no trace."""
    if action == "offline":
        return await _offline(change.session, api, environment, remark)
    edited = apis.definition(api)
    obstacles = servable.obstacles(edited)
    if obstacles:
        raise PARAMETER_ERROR.because("; ".join(obstacles))
    definition = await _resolved(change.session, edited, environment)
    await _check_can_run(change.session, api, definition, environment.id)
    warnings = await _advised(control, change, api, definition, environment.id)
    version = Version(
        id=new_id(),
        api_id=api.id,
        env_id=environment.id,
        version_no=change.now.strftime("%Y%m%d%H%M%S"),
        remark=remark,
        definition=definition.model_dump(mode="json", exclude_none=True),
        edit_time=api.update_time,
        publish_time=change.now,
    )
    change.session.add(version)
    await change.session.flush()
    record = await _put(change, definition, version)
    await publications.drop_old_versions(change.session, api.id, environment.id, MAX_VERSIONS)
    return _answer(api, record, version, warnings)


async def _offline(session: Session, api: Api, environment: Environment, remark: str) -> PublishResp:
    record = await _record(session, api.id, environment.id)
    if record is None or record.version_id is None:
        raise _not_published(api.id, environment)
    record.version_id = None
    await session.flush()
    return PublishResp(
        publish_id=record.id, api_id=api.id, api_name=api.name, env_id=environment.id, remark=remark
    )


def _not_published(api_id: str, environment: Environment) -> Fault:
    return PUBLICATION_NOT_FOUND.naming(f"{api_id}: the API is not published in {environment.name}")


async def _resolved(session: Session, api: ApiCreate, environment: Environment) -> ApiCreate:
    """`api` with its variables replaced; raises when one has no value, or the result is no address."""
    backend = api.backend_api
    if backend is None or api.backend_type != "HTTP":
        return api
    address, path = backend.url_domain or "", backend.req_uri or ""
    names = names_in(address) | names_in(path)
    if not names:
        return api
    known = await variables.values(session, api.group_id, environment.id)
    missing = sorted(names - known.keys())
    if missing:
        listed = ", ".join(f"#{name}#" for name in missing)
        raise PARAMETER_ERROR.because(
            f"the backend uses {listed}, which environment {environment.name} has no value for: "
            "create the variables for this group and environment, then publish again"
        )
    resolved = {"url_domain": substitute(address, known), "req_uri": substitute(path, known)}
    result = api.model_copy(update={"backend_api": backend.model_copy(update=resolved)})
    findings = api_rules.findings(result)
    if findings:
        raise PARAMETER_ERROR.because(
            f"with the variables of environment {environment.name} the backend is "
            f"{resolved['url_domain']}{resolved['req_uri']}, which cannot be called ({findings[0].fix}): "
            "change the variables or the backend"
        )
    return result


async def _check_can_run(session: Session, api: Api, definition: ApiCreate, env_id: str) -> None:
    """Raise when something in effect is in the way, or something the definition names is not there any more."""
    await authorizers.check_named(session, definition)
    shape = shape_of(definition.req_uri)
    on_path = await publications.on_path(session, definition.group_id, env_id, shape)
    others = [place for place in on_path if place.Api.id != api.id]
    for other in others:
        record = other.Publication
        if (record.req_method, record.match_mode) == (definition.req_method, definition.match_mode):
            raise API_TAKEN.naming(other.Api.name)
    await cors_rules.check_published(session, api.id, definition, env_id, others)


async def _advised(
    control: Control, change: Change, api: Api, definition: ApiCreate, env_id: str
) -> list[Advice] | None:
    """What to reconsider in `definition`, to be put into effect; raises where that would be dangerous."""
    found = await authorizers.advise_published(change.session, definition, control.functions)
    change.advise(found)
    about_cors = await cors_rules.advise_published(change, api.id, definition, env_id)
    return [*(advice(found) or ()), *(about_cors or ())] or None


async def _put(change: Change, definition: ApiCreate, version: Version) -> Publication:
    """Make `version` the one in effect."""
    reached_by: dict[str, Any] = {
        "version_id": version.id,
        "publish_time": change.now,
        "group_id": definition.group_id,
        "req_method": definition.req_method,
        "path_shape": shape_of(definition.req_uri),
        "match_mode": definition.match_mode,
    }
    record = await _record(change.session, version.api_id, version.env_id)
    if record is None:
        record = Publication(id=new_id(), api_id=version.api_id, env_id=version.env_id, **reached_by)
        change.session.add(record)
    for column, value in reached_by.items():
        setattr(record, column, value)
    await change.session.flush()
    return record


async def _record(session: Session, api_id: str, env_id: str) -> Publication | None:
    return await find(session, Publication, api_id=api_id, env_id=env_id)


async def _version(session: Session, version_id: str) -> Version:
    version = await session.get(Version, version_id)
    if version is None:
        raise VERSION_NOT_FOUND.naming(version_id)
    return version


async def _facts(session: Session, version: Version, definition: ApiCreate) -> ApiFacts:
    """What is known about one version of an API beside its definition; raises when its group has been deleted."""
    api = await apis.get(session, version.api_id)
    await groups.get(session, definition.group_id)
    environment = await environments.get(session, version.env_id)
    record = await _record(session, version.api_id, version.env_id)
    common = await apis.group_infos(session, {definition.group_id})
    return ApiFacts(
        id=api.id,
        group=common[definition.group_id],
        register_time=api.register_time,
        update_time=version.edit_time,
        run_env_id=environment.id,
        run_env_name=environment.name,
        publish_id=record.id if record is not None else None,
        publish_time=rfc3339(version.publish_time),
    )


def _answer(api: Api, record: Publication, version: Version, warnings: list[Advice] | None) -> PublishResp:
    return PublishResp(
        publish_id=record.id,
        api_id=api.id,
        api_name=api.name,
        env_id=record.env_id,
        remark=version.remark,
        publish_time=record.publish_time,
        version_id=version.id,
        warnings=warnings,
    )
