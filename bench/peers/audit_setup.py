"""Let PostgreSQL-Audit arm the booking table of one database.

Run from the folder bench as ``python -m peers.audit_setup DSN``.
"""

import sys

import sqlalchemy as sa
from postgresql_audit import VersioningManager
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.orm import declarative_base


def arm(dsn: str) -> None:
    """Make the package's tables and functions as it is used by default, and audit the booking."""
    parameters = conninfo_to_dict(dsn)
    url = sa.URL.create(
        "postgresql+psycopg",
        username=str(parameters["user"]),
        database=str(parameters["dbname"]),
        query={"host": str(parameters["host"])},
    )
    manager = VersioningManager()
    base = declarative_base()
    manager.init(base)
    booking = sa.Table("booking", sa.MetaData())
    with sa.create_engine(url).begin() as connection:
        base.metadata.create_all(connection)
        connection.execute(manager.build_audit_table_query(booking))


if __name__ == "__main__":
    arm(sys.argv[1])
