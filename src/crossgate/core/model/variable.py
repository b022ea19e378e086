"""Environment variables: written `#Name#` in a backend's address and path (gateway.md 1.4)."""

import re
from collections.abc import Mapping

from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, VariableName, VariableValue
from crossgate.core.model.paging import Page

REFERENCE = re.compile(r"#([A-Za-z][A-Za-z0-9_-]{2,31})#")


def names_in(text: str) -> set[str]:
    """The variables `text` refers to."""
    return set(REFERENCE.findall(text))


def substitute(text: str, values: Mapping[str, str]) -> str:
    """`text` with every reference replaced; KeyError for one that has no value."""
    return REFERENCE.sub(lambda reference: values[reference[1]], text)


class EnvVariableBase(Request):
    """A variable's new value."""

    variable_value: VariableValue


class EnvVariableCreate(EnvVariableBase):
    """A new variable of one group in one environment."""

    env_id: ObjectId
    group_id: ObjectId
    variable_name: VariableName


class VariableQuery(Page):
    """The filters of the variable list."""

    group_id: str | None = None
    env_id: str | None = None
    variable_name: str | None = None


class EnvVariableInfo(Response):
    """A variable."""

    id: str
    env_id: str
    group_id: str
    variable_name: str
    variable_value: str


class VariableList(Response):
    """A page of variables."""

    total: int
    size: int
    variables: list[EnvVariableInfo]
