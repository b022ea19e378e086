"""Environment variables over HTTP (gateway.md appendix A)."""

from typing import Annotated

from fastapi import Query

from crossgate.admin.documents import sent
from crossgate.admin.routing import TheActor, TheControl, contract_router
from crossgate.control import variables
from crossgate.core.model.variable import (
    EnvVariableBase,
    EnvVariableCreate,
    EnvVariableInfo,
    VariableList,
    VariableQuery,
)

router = contract_router()


@router.get("/env-variables")
async def list_variables(control: TheControl, query: Annotated[VariableQuery, Query()]) -> VariableList:
    """ListEnvironmentVariablesV2."""
    return await variables.search(control, query)


@router.post("/env-variables", status_code=201)
async def create_variable(
    control: TheControl, actor: TheActor, body: Annotated[EnvVariableCreate, sent(EnvVariableCreate)]
) -> EnvVariableInfo:
    """CreateEnvironmentVariableV2."""
    return await variables.create(control, actor, body)


@router.get("/env-variables/{variable_id}")
async def show_variable(control: TheControl, variable_id: str) -> EnvVariableInfo:
    """ShowDetailsOfEnvironmentVariableV2."""
    return await variables.show(control, variable_id)


@router.put("/env-variables/{variable_id}")
async def update_variable(
    control: TheControl, actor: TheActor, variable_id: str, body: Annotated[EnvVariableBase, sent(EnvVariableBase)]
) -> EnvVariableInfo:
    """UpdateEnvironmentVariableV2."""
    return await variables.update(control, actor, variable_id, body)


@router.delete("/env-variables/{variable_id}", status_code=204)
async def delete_variable(control: TheControl, actor: TheActor, variable_id: str) -> None:
    """DeleteEnvironmentVariableV2."""
    await variables.delete(control, actor, variable_id)
