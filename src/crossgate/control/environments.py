"""Environments (gateway.md 1.4)."""

from crossgate.control import audit
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import (
    ENVIRONMENT_HAS_APIS,
    ENVIRONMENT_IS_BUILT_IN,
    ENVIRONMENT_NAME_TAKEN,
    ENVIRONMENT_NOT_FOUND,
    TOO_MANY_ENVIRONMENTS,
)
from crossgate.core.model.environment import (
    RELEASE_ID,
    EnvCreate,
    EnvInfo,
    EnvironmentList,
    EnvironmentQuery,
)
from crossgate.store import lists, publications
from crossgate.store.rows import Session, count, find
from crossgate.store.tables import Environment


async def create(control: Control, actor: Actor, body: EnvCreate) -> EnvInfo:
    """A new environment."""
    async with control.changing(actor, audit.CREATE_ENVIRONMENT, body) as change:
        await _check_name_is_free(change.session, body.name)
        limit = control.quotas.environments
        if limit is not None and await count(change.session, Environment) >= limit:
            raise TOO_MANY_ENVIRONMENTS.naming()
        environment = Environment(id=new_id(), name=body.name, remark=body.remark, create_time=change.now)
        change.session.add(environment)
        change.of(environment.id, environment.name)
        return _info(environment)


async def search(control: Control, query: EnvironmentQuery) -> EnvironmentList:
    """A page of environments."""
    async with control.reading() as session:
        total, found = await lists.environments(session, query)
    envs = [_info(environment) for environment in found]
    return EnvironmentList(total=total, size=len(envs), envs=envs)


async def update(control: Control, actor: Actor, env_id: str, body: EnvCreate) -> EnvInfo:
    """Rename an environment or change its remark; RELEASE keeps its name."""
    async with control.changing(actor, audit.UPDATE_ENVIRONMENT, body) as change:
        environment = await get(change.session, env_id)
        change.of(environment.id, body.name)
        if body.name != environment.name:
            if env_id == RELEASE_ID:
                raise ENVIRONMENT_IS_BUILT_IN.because(f"{environment.name} is built in and keeps its name")
            await _check_name_is_free(change.session, body.name)
        environment.name, environment.remark = body.name, body.remark
        return _info(environment)


async def delete(control: Control, actor: Actor, env_id: str) -> None:
    """Remove an environment in which nothing is published, with its variables and version history."""
    async with control.changing(actor, audit.DELETE_ENVIRONMENT, {}) as change:
        environment = await get(change.session, env_id)
        change.of(environment.id, environment.name)
        if env_id == RELEASE_ID:
            raise ENVIRONMENT_IS_BUILT_IN.because(f"{environment.name} is built in and cannot be deleted")
        if await publications.is_running(change.session, env_id=env_id):
            raise ENVIRONMENT_HAS_APIS.naming()
        await change.session.delete(environment)


async def get(session: Session, env_id: str) -> Environment:
    """The environment's row; raises when there is none."""
    environment = await session.get(Environment, env_id)
    if environment is None:
        raise ENVIRONMENT_NOT_FOUND.naming(env_id)
    return environment


def _info(environment: Environment) -> EnvInfo:
    return EnvInfo(
        id=environment.id,
        name=environment.name,
        remark=environment.remark,
        create_time=environment.create_time,
    )


async def _check_name_is_free(session: Session, name: str) -> None:
    if await find(session, Environment, name=name) is not None:
        raise ENVIRONMENT_NAME_TAKEN.naming()
