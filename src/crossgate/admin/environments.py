"""Environments over HTTP (gateway.md appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import environments
from crossgate.core.model.environment import EnvCreate, EnvInfo, EnvironmentList, EnvironmentQuery

router = contract_router()


@router.get("/envs")
async def list_environments(control: TheControl, query: Annotated[EnvironmentQuery, Query()]) -> EnvironmentList:
    """ListEnvironmentsV2."""
    return await environments.search(control, query)


@router.post("/envs", status_code=201)
async def create_environment(
    control: TheControl, actor: TheActor, body: Annotated[EnvCreate, sent(EnvCreate)]
) -> EnvInfo:
    """CreateEnvironmentV2."""
    return await environments.create(control, actor, body)


@router.put("/envs/{env_id}")
async def update_environment(
    control: TheControl, actor: TheActor, env_id: str, body: Annotated[EnvCreate, sent(EnvCreate)]
) -> EnvInfo:
    """UpdateEnvironmentV2."""
    return await environments.update(control, actor, env_id, body)


@router.delete("/envs/{env_id}", status_code=204)
async def delete_environment(control: TheControl, actor: TheActor, env_id: str) -> None:
    """DeleteEnvironmentV2."""
    await environments.delete(control, actor, env_id)
