"""Alembic's environment for schema interlock: the version table lives inside the schema.

Online it runs on the connection that `pginterlock.migrate` hands over in the configuration's
attributes; offline it writes the SQL that a plan shows.
"""

from alembic import context

VERSION_TABLE = "schema_version"
SCHEMA = "interlock"


def run() -> None:
    """Run the pending revisions, or print them."""
    connection = context.config.attributes.get("connection")
    common = {
        "version_table": VERSION_TABLE,
        "version_table_schema": SCHEMA,
        "dialect_name": "postgresql",
        "transactional_ddl": True,
    }
    if context.is_offline_mode():
        # A plan is one transaction of its own: no begin and commit inside.
        context.configure(literal_binds=True, **{**common, "transactional_ddl": False})
    else:
        common.pop("dialect_name")
        context.configure(connection=connection, **common)
    with context.begin_transaction():
        context.run_migrations()


run()
