"""Gateway features (gateway.md 1.14)."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from crossgate.core.model.document import Request, Response
from crossgate.core.model.paging import Page


class FeatureToggle(Request):
    """One feature switched: `config` is plain (`"on"`) or a JSON text."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    enable: bool
    config: Annotated[str, StringConstraints(max_length=2048)] = ""


class FeatureQuery(Page):
    """The page of the feature list."""


class FeatureInfo(Response):
    """A feature as set."""

    id: str
    name: str
    enable: bool
    config: str
    instance_id: str
    update_time: datetime


class FeatureList(Response):
    """A page of features."""

    total: int
    size: int
    features: list[FeatureInfo]


class InstanceFeatureList(Response):
    """A page of the names of the features this gateway has."""

    total: int
    size: int
    features: list[str]
