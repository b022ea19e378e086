"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the first release."""
    op.create_table(
        "environments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
        sa.UniqueConstraint("name", name=op.f("uq_environments_name")),
    )
    op.create_table(
        "features",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("enable", sa.Boolean(), nullable=False),
        sa.Column("config", sa.String(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_features")),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("register_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("sl_domain_access_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_groups_name")),
    )
    op.create_table(
        "instance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_key", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "operator",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("access_key", sa.String(), nullable=False),
        sa.Column("secret_key", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operator")),
        sa.UniqueConstraint("access_key", name=op.f("uq_operator_access_key")),
    )
    op.create_table(
        "plugins",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugins")),
        sa.UniqueConstraint("name", name=op.f("uq_plugins_name")),
    )
    op.create_table(
        "revisions",
        sa.Column("revision", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_revisions")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "apis",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("req_protocol", sa.String(), nullable=False),
        sa.Column("req_method", sa.String(), nullable=False),
        sa.Column("req_uri", sa.String(), nullable=False),
        sa.Column("path_shape", sa.String(), nullable=False),
        sa.Column("match_mode", sa.String(), nullable=False),
        sa.Column("auth_type", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("register_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_apis_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apis")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_apis_group_id_name")),
        sa.UniqueConstraint(
            "group_id",
            "req_method",
            "path_shape",
            "match_mode",
            name=op.f("uq_apis_group_id_req_method_path_shape_match_mode"),
        ),
    )
    op.create_table(
        "audit",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trace_name", sa.String(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("resource_name", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("source_ip", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["revision"], ["revisions.revision"], name=op.f("fk_audit_revision")),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_time"), "audit", ["time"], unique=False)
    op.create_table(
        "domains",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("url_domain", sa.String(), nullable=False),
        sa.Column("min_ssl_version", sa.String(), nullable=False),
        sa.Column("is_http_redirect_to_https", sa.Boolean(), nullable=False),
        sa.Column("ingress_http_port", sa.Integer(), nullable=False),
        sa.Column("ingress_https_port", sa.Integer(), nullable=False),
        sa.Column("verified_client_certificate_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_domains_group_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domains")),
        sa.UniqueConstraint("url_domain", name=op.f("uq_domains_url_domain")),
    )
    op.create_index(op.f("ix_domains_group_id"), "domains", ["group_id"], unique=False)
    op.create_table(
        "gateway_responses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(), nullable=False),
        sa.Column("update_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_gateway_responses_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_responses")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_gateway_responses_group_id_name")),
    )
    op.create_table(
        "variables",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("env_id", sa.String(), nullable=False),
        sa.Column("variable_name", sa.String(), nullable=False),
        sa.Column("variable_value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["env_id"], ["environments.id"], name=op.f("fk_variables_env_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_variables_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variables")),
        sa.UniqueConstraint(
            "group_id", "env_id", "variable_name", name=op.f("uq_variables_group_id_env_id_variable_name")
        ),
    )
    op.create_index(op.f("ix_variables_env_id"), "variables", ["env_id"], unique=False)
    op.create_table(
        "api_tags",
        sa.Column("api_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_api_tags_api_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("api_id", "tag", name=op.f("pk_api_tags")),
    )
    op.create_table(
        "plugin_bindings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("plugin_id", sa.String(), nullable=False),
        sa.Column("api_id", sa.String(), nullable=False),
        sa.Column("env_id", sa.String(), nullable=False),
        sa.Column("plugin_type", sa.String(), nullable=False),
        sa.Column("attached_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_id"], ["apis.id"], name=op.f("fk_plugin_bindings_api_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["env_id"], ["environments.id"], name=op.f("fk_plugin_bindings_env_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plugin_id"], ["plugins.id"], name=op.f("fk_plugin_bindings_plugin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_bindings")),
        sa.UniqueConstraint(
            "api_id", "env_id", "plugin_type", name=op.f("uq_plugin_bindings_api_id_env_id_plugin_type")
        ),
    )
    op.create_index(op.f("ix_plugin_bindings_env_id"), "plugin_bindings", ["env_id"], unique=False)
    op.create_index(op.f("ix_plugin_bindings_plugin_id"), "plugin_bindings", ["plugin_id"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("api_id", sa.String(), nullable=False),
        sa.Column("env_id", sa.String(), nullable=False),
        sa.Column("version_no", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("edit_time", sa.DateTime(), nullable=False),
        sa.Column("publish_time", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_versions_api_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["env_id"], ["environments.id"], name=op.f("fk_versions_env_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
    )
    op.create_index(op.f("ix_versions_api_id"), "versions", ["api_id"], unique=False)
    op.create_index(op.f("ix_versions_env_id"), "versions", ["env_id"], unique=False)
    op.create_table(
        "publications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("api_id", sa.String(), nullable=False),
        sa.Column("env_id", sa.String(), nullable=False),
        sa.Column("version_id", sa.String(), nullable=True),
        sa.Column("publish_time", sa.DateTime(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("req_method", sa.String(), nullable=False),
        sa.Column("path_shape", sa.String(), nullable=False),
        sa.Column("match_mode", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_publications_api_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["env_id"], ["environments.id"], name=op.f("fk_publications_env_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_publications_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_publications_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint("api_id", "env_id", name=op.f("uq_publications_api_id_env_id")),
    )
    op.create_index(op.f("ix_publications_env_id"), "publications", ["env_id"], unique=False)
    op.create_index(op.f("ix_publications_group_id"), "publications", ["group_id"], unique=False)
    op.create_index(op.f("ix_publications_version_id"), "publications", ["version_id"], unique=False)
