"""The tables about callers: credentials, what they may call, and the policies bound to publications."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crossgate.store.tables import Row


class AppQuota(Row):
    """How often a credential may call at all; `reset_time` is when its first period begins."""

    __tablename__ = "app_quotas"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    call_limits: Mapped[int]
    time_unit: Mapped[str]
    time_interval: Mapped[int]
    reset_time: Mapped[datetime | None]
    remark: Mapped[str]
    create_time: Mapped[datetime]


class App(Row):
    """A credential. `app_secret` is sealed; `acl_type` and `acl_values` say from where it may be used."""

    __tablename__ = "apps"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    remark: Mapped[str]
    app_key: Mapped[str] = mapped_column(unique=True)
    app_secret: Mapped[bytes]
    creator: Mapped[str]
    register_time: Mapped[datetime]
    update_time: Mapped[datetime]
    related_domain_id: Mapped[str | None]
    related_project_id: Mapped[str | None]
    acl_type: Mapped[str | None] = mapped_column(default=None)
    acl_values: Mapped[list[str]] = mapped_column(JSON, default_factory=list)
    app_quota_id: Mapped[str | None] = mapped_column(ForeignKey("app_quotas.id"), index=True, default=None)
    quota_bound_time: Mapped[datetime | None] = mapped_column(default=None)


class AppCode(Row):
    """An AppCode of a credential, sealed; by `digest`, its SHA-256, it is found."""

    __tablename__ = "app_codes"

    id: Mapped[str] = mapped_column(primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"), index=True)
    app_code: Mapped[bytes]
    digest: Mapped[str] = mapped_column(unique=True)
    create_time: Mapped[datetime]


class AppAuthorization(Row):
    """A credential may call an API in one environment."""

    __tablename__ = "app_authorizations"
    __table_args__ = (UniqueConstraint("app_id", "api_id", "env_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    app_id: Mapped[str] = mapped_column(ForeignKey("apps.id", ondelete="CASCADE"))
    api_id: Mapped[str] = mapped_column(ForeignKey("apis.id", ondelete="CASCADE"), index=True)
    env_id: Mapped[str] = mapped_column(ForeignKey("environments.id", ondelete="CASCADE"), index=True)
    auth_time: Mapped[datetime]


class Throttle(Row):
    """A request throttling policy; a limit that is None does not limit."""

    __tablename__ = "throttles"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[int]
    time_interval: Mapped[int]
    time_unit: Mapped[str]
    api_call_limits: Mapped[int]
    user_call_limits: Mapped[int | None]
    app_call_limits: Mapped[int | None]
    ip_call_limits: Mapped[int | None]
    enable_adaptive_control: Mapped[str]
    remark: Mapped[str]
    create_time: Mapped[datetime]


class SpecialThrottle(Row):
    """The limit of one credential or account that differs from its policy's."""

    __tablename__ = "special_throttles"
    __table_args__ = (UniqueConstraint("throttle_id", "object_type", "object_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    throttle_id: Mapped[str] = mapped_column(ForeignKey("throttles.id", ondelete="CASCADE"))
    object_type: Mapped[str]
    object_id: Mapped[str]
    call_limits: Mapped[int]
    apply_time: Mapped[datetime]


class AccessControl(Row):
    """An access control policy: who is let in, or kept out, by address or account."""

    __tablename__ = "access_controls"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    acl_type: Mapped[str]
    entity_type: Mapped[str]
    acl_value: Mapped[str]
    update_time: Mapped[datetime]


class SignatureKey(Row):
    """A key with which requests to a backend are signed; `sign_secret` is sealed."""

    __tablename__ = "signature_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sign_type: Mapped[str]
    sign_key: Mapped[str]
    sign_secret: Mapped[bytes]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]


class PolicyBinding(Row):
    """A throttling, access control or signature policy bound to a publication.

    `slot` is what a publication can have one of: the kind of policy, for access control with its entity type.
    """

    __tablename__ = "policy_bindings"
    __table_args__ = (UniqueConstraint("publish_id", "slot"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    policy_id: Mapped[str] = mapped_column(index=True)
    publish_id: Mapped[str] = mapped_column(ForeignKey("publications.id", ondelete="CASCADE"))
    slot: Mapped[str]
    bind_time: Mapped[datetime]


class Authorizer(Row):
    """A custom authorizer; `definition` holds all of it."""

    __tablename__ = "authorizers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    definition: Mapped[dict[str, Any]]
    create_time: Mapped[datetime]
