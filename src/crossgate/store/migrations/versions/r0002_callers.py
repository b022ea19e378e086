"""Callers: credentials, what they may call, and the policies bound to publications."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables about callers, and let gateway responses say something."""
    op.add_column("gateway_responses", sa.Column("responses", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "access_controls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("acl_type", sa.String(), nullable=False),
        sa.Column("entity_type", sa.String(), nullable=False),
        sa.Column("acl_value", sa.String(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_controls")),
        sa.UniqueConstraint("name", name=op.f("uq_access_controls_name")),
    )
    op.create_table(
        "app_quotas",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("call_limits", sa.Integer(), nullable=False),
        sa.Column("time_unit", sa.String(), nullable=False),
        sa.Column("time_interval", sa.Integer(), nullable=False),
        sa.Column("reset_time", sa.DateTime(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_quotas")),
        sa.UniqueConstraint("name", name=op.f("uq_app_quotas_name")),
    )
    op.create_table(
        "authorizers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizers")),
        sa.UniqueConstraint("name", name=op.f("uq_authorizers_name")),
    )
    op.create_table(
        "signature_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sign_type", sa.String(), nullable=False),
        sa.Column("sign_key", sa.String(), nullable=False),
        sa.Column("sign_secret", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_keys")),
        sa.UniqueConstraint("name", name=op.f("uq_signature_keys_name")),
    )
    op.create_table(
        "throttles",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("time_interval", sa.Integer(), nullable=False),
        sa.Column("time_unit", sa.String(), nullable=False),
        sa.Column("api_call_limits", sa.Integer(), nullable=False),
        sa.Column("user_call_limits", sa.Integer(), nullable=True),
        sa.Column("app_call_limits", sa.Integer(), nullable=True),
        sa.Column("ip_call_limits", sa.Integer(), nullable=True),
        sa.Column("enable_adaptive_control", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttles")),
        sa.UniqueConstraint("name", name=op.f("uq_throttles_name")),
    )
    op.create_table(
        "apps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("app_key", sa.String(), nullable=False),
        sa.Column("app_secret", sa.LargeBinary(), nullable=False),
        sa.Column("creator", sa.String(), nullable=False),
        sa.Column("register_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.Column("related_domain_id", sa.String(), nullable=True),
        sa.Column("related_project_id", sa.String(), nullable=True),
        sa.Column("acl_type", sa.String(), nullable=True),
        sa.Column("acl_values", sa.JSON(), nullable=False),
        sa.Column("app_quota_id", sa.String(), nullable=True),
        sa.Column("quota_bound_time", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["app_quota_id"], ["app_quotas.id"], name=op.f("fk_apps_app_quota_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
        sa.UniqueConstraint("app_key", name=op.f("uq_apps_app_key")),
        sa.UniqueConstraint("name", name=op.f("uq_apps_name")),
    )
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apps_app_quota_id"), ["app_quota_id"], unique=False)

    op.create_table(
        "special_throttles",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("throttle_id", sa.String(), nullable=False),
        sa.Column("object_type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("call_limits", sa.Integer(), nullable=False),
        sa.Column("apply_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["throttle_id"], ["throttles.id"], name=op.f("fk_special_throttles_throttle_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_throttles")),
        sa.UniqueConstraint(
            "throttle_id",
            "object_type",
            "object_id",
            name=op.f("uq_special_throttles_throttle_id_object_type_object_id"),
        ),
    )
    op.create_table(
        "app_authorizations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("api_id", sa.String(), nullable=False),
        sa.Column("env_id", sa.String(), nullable=False),
        sa.Column("auth_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_id"], ["apis.id"], name=op.f("fk_app_authorizations_api_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_authorizations_app_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["env_id"], ["environments.id"], name=op.f("fk_app_authorizations_env_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_authorizations")),
        sa.UniqueConstraint("app_id", "api_id", "env_id", name=op.f("uq_app_authorizations_app_id_api_id_env_id")),
    )
    with op.batch_alter_table("app_authorizations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_authorizations_api_id"), ["api_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_app_authorizations_env_id"), ["env_id"], unique=False)

    op.create_table(
        "app_codes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("app_code", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_app_codes_app_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_app_codes_digest")),
    )
    with op.batch_alter_table("app_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_codes_app_id"), ["app_id"], unique=False)

    op.create_table(
        "policy_bindings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("publish_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("bind_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publish_id"], ["publications.id"], name=op.f("fk_policy_bindings_publish_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_bindings")),
        sa.UniqueConstraint("publish_id", "slot", name=op.f("uq_policy_bindings_publish_id_slot")),
    )
    with op.batch_alter_table("policy_bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_bindings_policy_id"), ["policy_id"], unique=False)
