"""The tables: one class is one row; times are UTC."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A point in time, stored without its zone because it is always UTC (SQLite would lose the zone)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Row(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """A row of any table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime, dict[str, Any]: JSON, bytes: LargeBinary}


class Instance(Row):
    """The gateway itself; there is one row. `token_key` is sealed (see `sealing`)."""

    __tablename__ = "instance"

    id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str]
    name: Mapped[str]
    token_key: Mapped[bytes]
    create_time: Mapped[datetime]


class Operator(Row):
    """A person or program that may use the admin API. `secret_key` is sealed, `password` hashed."""

    __tablename__ = "operator"

    name: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
    access_key: Mapped[str] = mapped_column(unique=True)
    secret_key: Mapped[bytes]
    create_time: Mapped[datetime]


class Group(Row):
    """An API group."""

    __tablename__ = "groups"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    remark: Mapped[str]
    register_time: Mapped[datetime]
    update_time: Mapped[datetime]
    is_default: Mapped[bool] = mapped_column(default=False)
    sl_domain_access_enabled: Mapped[bool] = mapped_column(default=True)


class Domain(Row):
    """An independent domain of a group; `url_domain` is in lower case."""

    __tablename__ = "domains"

    id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    url_domain: Mapped[str] = mapped_column(unique=True)
    min_ssl_version: Mapped[str]
    is_http_redirect_to_https: Mapped[bool]
    ingress_http_port: Mapped[int]
    ingress_https_port: Mapped[int]
    verified_client_certificate_enabled: Mapped[bool] = mapped_column(default=False)


class Environment(Row):
    """An environment APIs are published in."""

    __tablename__ = "environments"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    remark: Mapped[str]
    create_time: Mapped[datetime]


class Variable(Row):
    """A variable of one group in one environment."""

    __tablename__ = "variables"
    __table_args__ = (UniqueConstraint("group_id", "env_id", "variable_name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    env_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"), index=True)
    variable_name: Mapped[str]
    variable_value: Mapped[str]


class Api(Row):
    """An API as last edited: `definition` holds all of it, the columns beside it what lists ask for.

    `path_shape` is `req_uri` without the names of its parameters: two paths of one shape match the same
    requests.
    """

    __tablename__ = "apis"
    __table_args__ = (
        UniqueConstraint("group_id", "name"),
        UniqueConstraint("group_id", "req_method", "path_shape", "match_mode"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id"))
    name: Mapped[str]
    type: Mapped[int]
    req_protocol: Mapped[str]
    req_method: Mapped[str]
    req_uri: Mapped[str]
    path_shape: Mapped[str]
    match_mode: Mapped[str]
    auth_type: Mapped[str]
    definition: Mapped[dict[str, Any]]
    register_time: Mapped[datetime]
    update_time: Mapped[datetime]


class ApiTag(Row):
    """One tag of one API."""

    __tablename__ = "api_tags"

    api_id: Mapped[str] = mapped_column(ForeignKey("apis.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)


class Version(Row):
    """An API's definition as it was published, its variables replaced by their values of that moment."""

    __tablename__ = "versions"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_id: Mapped[str] = mapped_column(ForeignKey("apis.id", ondelete="CASCADE"), index=True)
    env_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"), index=True)
    version_no: Mapped[str]
    remark: Mapped[str]
    definition: Mapped[dict[str, Any]]
    edit_time: Mapped[datetime]
    publish_time: Mapped[datetime]


class Publication(Row):
    """The record of one API in one environment: the version in effect, or none while it is offline.

    The row outlives going offline so that `publish_id` stays what bindings refer to (gateway.md 1.4). The
    columns after `publish_time` repeat what the version in effect is reached by.
    """

    __tablename__ = "publications"
    __table_args__ = (UniqueConstraint("api_id", "env_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    api_id: Mapped[str] = mapped_column(ForeignKey("apis.id", ondelete="CASCADE"))
    env_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"), index=True)
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id"), index=True)
    publish_time: Mapped[datetime]
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    req_method: Mapped[str]
    path_shape: Mapped[str]
    match_mode: Mapped[str]


class Plugin(Row):
    """A plugin; `content` is the contract's JSON string as it was sent."""

    __tablename__ = "plugins"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    scope: Mapped[str]
    content: Mapped[str]
    remark: Mapped[str]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]


class PluginBinding(Row):
    """A plugin attached to an API in one environment: one of each type."""

    __tablename__ = "plugin_bindings"
    __table_args__ = (UniqueConstraint("api_id", "env_id", "plugin_type"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    plugin_id: Mapped[str] = mapped_column(ForeignKey("plugins.id"), index=True)
    api_id: Mapped[str] = mapped_column(ForeignKey("apis.id", ondelete="CASCADE"))
    env_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"), index=True)
    plugin_type: Mapped[str]
    attached_time: Mapped[datetime]


class GatewayResponse(Row):
    """A group's set of answers: `responses` holds those that differ from the contract's, by type."""

    __tablename__ = "gateway_responses"
    __table_args__ = (UniqueConstraint("group_id", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    name: Mapped[str]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    responses: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)


class Feature(Row):
    """A feature somebody has set."""

    __tablename__ = "features"

    name: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str]
    enable: Mapped[bool]
    config: Mapped[str]
    update_time: Mapped[datetime]


class Revision(Row):
    """One change of anything: its number only grows."""

    __tablename__ = "revisions"
    __table_args__ = ({"sqlite_autoincrement": True},)

    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=True, init=False)
    time: Mapped[datetime]


class AuditRecord(Row):
    """Who changed what, when, from where (gateway.md 7.1); `request` never holds a secret."""

    __tablename__ = "audit"

    revision: Mapped[int] = mapped_column(ForeignKey("revisions.revision"), primary_key=True)
    trace_name: Mapped[str]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    resource_name: Mapped[str]
    user: Mapped[str]
    source_ip: Mapped[str]
    request_id: Mapped[str]
    request: Mapped[dict[str, Any]]
    code: Mapped[int]
    time: Mapped[datetime] = mapped_column(index=True)
