"""Plugins and their bindings (gateway.md 1.11)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crossgate.core.model.advice import Advice
from crossgate.core.model.document import Request, Response
from crossgate.core.model.names import ObjectId, PluginName, Remark
from crossgate.core.model.paging import Page, Tags

PluginType = Literal[
    "cors",
    "set_resp_headers",
    "kafka_log",
    "breaker",
    "rate_limit",
    "third_auth",
    "proxy_cache",
    "proxy_mirror",
    "oidc_auth",
    "jwt_auth",
]


class PluginCreate(Request):
    """A plugin, new or changed: `plugin_content` is JSON written as a string.

    An update replaces all of it, so a remark left out is emptied.
    """

    plugin_name: PluginName
    plugin_type: PluginType
    plugin_scope: Literal["global"]
    plugin_content: Annotated[str, StringConstraints(min_length=1, max_length=65535)]
    remark: Remark = ""


class PluginOperApiInfo(Request):
    """The APIs to attach a plugin to, or detach it from, in one environment."""

    env_id: ObjectId
    api_ids: Annotated[list[ObjectId], Field(max_length=1000)]


class ApiOperPluginInfo(Request):
    """The plugins to attach to an API, or detach from it, in one environment."""

    env_id: ObjectId
    plugin_ids: list[ObjectId]


class PluginQuery(Page):
    """The filters of the plugin list, and of the plugins that can be attached to an API."""

    plugin_type: str | None = None
    plugin_scope: str | None = None
    plugin_id: str | None = None
    plugin_name: str | None = None
    env_id: str | None = None


class AttachedPluginQuery(PluginQuery):
    """The filters of the plugins attached to an API."""

    env_name: str | None = None


class PluginApiQuery(Page):
    """The filters of the APIs a plugin is, or can be, attached to; `tags` are alternatives."""

    env_id: str | None = None
    api_name: str | None = None
    api_id: str | None = None
    group_id: str | None = None
    req_method: str | None = None
    req_uri: str | None = None
    tags: Tags = Field(default_factory=list)


class PluginInfo(Response):
    """A plugin."""

    plugin_id: str
    plugin_name: str
    plugin_type: str
    plugin_scope: str
    plugin_content: str
    remark: str = ""
    create_time: datetime
    update_time: datetime


class PluginWritten(PluginInfo):
    """A plugin just written, and what to reconsider in it."""

    warnings: list[Advice] | None = None


class PluginList(Response):
    """A page of plugins."""

    total: int
    size: int
    plugins: list[PluginInfo]


class AttachedPluginInfo(PluginInfo):
    """A plugin as attached to one API in one environment."""

    plugin_attach_id: str
    env_id: str
    env_name: str
    attached_time: datetime


class AttachedPluginList(Response):
    """A page of a plugin's attachments to one API."""

    total: int
    size: int
    plugins: list[AttachedPluginInfo]


class PluginApiAttachInfo(Response):
    """One attachment just made."""

    plugin_attach_id: str
    plugin_id: str
    plugin_name: str
    plugin_type: str
    plugin_scope: str
    env_id: str
    env_name: str
    api_id: str
    api_name: str
    attached_time: datetime


class AttachedPlugins(Response):
    """The attachments one call made, and what to reconsider in them."""

    attached_plugins: list[PluginApiAttachInfo]
    warnings: list[Advice] | None = None


class PluginApiInfo(Response):
    """An API as published in one environment, seen from a plugin."""

    api_id: str
    api_name: str
    type: int
    req_protocol: str
    req_method: str
    req_uri: str
    auth_type: str
    match_mode: str
    remark: str = ""
    group_id: str
    group_name: str
    env_id: str
    env_name: str
    publish_id: str
    plugin_attach_id: str | None = None
    attached_time: datetime | None = None
    tags: list[str]


class PluginApiList(Response):
    """A page of APIs seen from a plugin."""

    total: int
    size: int
    apis: list[PluginApiInfo]
