"""Environment variables (gateway.md 1.4); a change takes effect when an API is published next."""

from crossgate.control import audit, environments, groups
from crossgate.control.audit import Actor
from crossgate.control.control import Control, new_id
from crossgate.core.errors.admin import TOO_MANY_VARIABLES, VARIABLE_NOT_FOUND, VARIABLE_TAKEN
from crossgate.core.model.variable import (
    EnvVariableBase,
    EnvVariableCreate,
    EnvVariableInfo,
    VariableList,
    VariableQuery,
)
from crossgate.store import lists
from crossgate.store.rows import Session, count, every, find
from crossgate.store.tables import Variable

MAX_VARIABLES = 50


async def create(control: Control, actor: Actor, body: EnvVariableCreate) -> EnvVariableInfo:
    """A new variable of one group in one environment."""
    scope = {"group_id": body.group_id, "env_id": body.env_id}
    async with control.changing(actor, audit.CREATE_VARIABLE, body) as change:
        await groups.get(change.session, body.group_id)
        await environments.get(change.session, body.env_id)
        if await find(change.session, Variable, variable_name=body.variable_name, **scope) is not None:
            raise VARIABLE_TAKEN.naming()
        if await count(change.session, Variable, **scope) >= MAX_VARIABLES:
            raise TOO_MANY_VARIABLES.naming()
        variable = Variable(id=new_id(), **body.model_dump())
        change.session.add(variable)
        change.of(variable.id, variable.variable_name)
        return _info(variable)


async def search(control: Control, query: VariableQuery) -> VariableList:
    """A page of variables."""
    async with control.reading() as session:
        total, found = await lists.variables(session, query)
    variables = [_info(variable) for variable in found]
    return VariableList(total=total, size=len(variables), variables=variables)


async def show(control: Control, variable_id: str) -> EnvVariableInfo:
    """One variable."""
    async with control.reading() as session:
        return _info(await _get(session, variable_id))


async def update(control: Control, actor: Actor, variable_id: str, body: EnvVariableBase) -> EnvVariableInfo:
    """Give a variable another value."""
    async with control.changing(actor, audit.UPDATE_VARIABLE, body) as change:
        variable = await _get(change.session, variable_id)
        change.of(variable.id, variable.variable_name)
        variable.variable_value = body.variable_value
        return _info(variable)


async def delete(control: Control, actor: Actor, variable_id: str) -> None:
    """Remove a variable; what is published with it keeps its value."""
    async with control.changing(actor, audit.DELETE_VARIABLE, {}) as change:
        variable = await _get(change.session, variable_id)
        change.of(variable.id, variable.variable_name)
        await change.session.delete(variable)


async def values(session: Session, group_id: str, env_id: str) -> dict[str, str]:
    """The variables of a group in an environment, by name."""
    found = await every(session, Variable, group_id=group_id, env_id=env_id)
    return {variable.variable_name: variable.variable_value for variable in found}


async def _get(session: Session, variable_id: str) -> Variable:
    variable = await session.get(Variable, variable_id)
    if variable is None:
        raise VARIABLE_NOT_FOUND.naming(variable_id)
    return variable


def _info(variable: Variable) -> EnvVariableInfo:
    return EnvVariableInfo(
        id=variable.id,
        env_id=variable.env_id,
        group_id=variable.group_id,
        variable_name=variable.variable_name,
        variable_value=variable.variable_value,
    )
