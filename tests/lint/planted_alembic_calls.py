"""Operations that are called in ways of one's own: bound, by name, by methods, by a connection."""

import functools

import sqlalchemy as sa
from alembic import op
from psycopg import sql

revision = "0106"
down_revision = "0105"


class Tidy:
    schema = "hotel"

    def __init__(self, table):
        self.table = table

    def column(self, name):
        op.drop_column("room_booking", name, schema="hotel")  # expect: lint-drop-column

    @classmethod
    def triggers(cls, table):
        op.execute(f"alter table hotel.{table} disable trigger user")  # expect: lint-disable-trigger

    @staticmethod
    def truncate(table):
        op.execute(f"truncate hotel.{table}")  # expect: lint-truncate


async def quiet(connection):
    await connection.execute(
        sa.text("set session_replication_role = replica")  # expect: lint-replication-role
    )


def upgrade():
    drop = functools.partial(op.drop_column, "room_booking", schema="hotel")
    drop("check_in")  # expect: lint-drop-column
    getattr(op, "drop_column")("invoice", "state", schema="hotel")  # expect: lint-drop-column
    for table, column in zip(["room_booking"], ["check_out"]):
        op.drop_column(table, column, schema="hotel")  # expect: lint-drop-column
    list(
        map(
            lambda it: op.drop_column("room_booking", it, schema="hotel"),  # expect: lint-drop-column
            ["assigned_room_id"],
        )
    )
    Tidy("room_booking").column("status")
    Tidy.triggers("room_booking")
    Tidy.truncate("room_booking")
    op.run_async(quiet)
    cursor = op.get_bind().connection.cursor()
    cursor.execute(
        sql.SQL("alter table {} drop column {column}").format(  # expect: lint-drop-column
            sql.Identifier("hotel", "room_booking"), column=sql.Identifier("checked_in_at")
        )
    )
    with op.batch_alter_table(  # expect: lint-drop-table
        "invoice", schema="hotel", recreate="always"
    ) as batch:
        batch.add_column(sa.Column("note", sa.Text()))
