"""Make the hotel in a database: schema, rooms, bookings, and the bookings to play on."""

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter

import psycopg
from psycopg import sql

from pginterlock import assets
from pginterlock.hotel.bookings import Booking, Room

SCHEMA = "hotel"
APPLICATION = "hotel_app"
_HOTELS = ((1, "resort"), (2, "city"))
_NEXT = "select setval(pg_get_serial_sequence('hotel.room_booking', 'id'), max(id)) from {}"


def make_schema(connection: psycopg.Connection) -> None:
    """Make schema, tables, roles and grants."""
    with connection.transaction():
        connection.execute(assets.read("sql", "demo", "schema.sql").encode())


def fill(
    connection: psycopg.Connection, rooms: Sequence[Room], bookings: Sequence[Booking]
) -> None:
    """Load rooms and bookings by COPY, and the bookings to play on."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany("insert into hotel.hotel (id, kind) values (%s, %s)", _HOTELS)
        _copy(cursor, "room", [f.name for f in fields(Room)], rooms)
        _copy(cursor, "room_booking", [f.name for f in fields(Booking)], bookings)
        _play_rows(connection)
        cursor.execute(sql.SQL(_NEXT).format(sql.Identifier(SCHEMA, "room_booking")))
    connection.execute("analyze hotel.room, hotel.room_booking")


def reset_played(connection: psycopg.Connection) -> None:
    """Put the bookings that are played on back as they were (on the bare table)."""
    with connection.transaction():
        connection.execute("delete from hotel.room_booking where id < 100")
        _play_rows(connection)


def _play_rows(connection: psycopg.Connection) -> None:
    connection.execute(assets.read("sql", "demo", "played.sql").encode())


def _copy(
    cursor: psycopg.Cursor, table: str, columns: Sequence[str], rows: Sequence[Room | Booking]
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(SCHEMA, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    values = attrgetter(*columns)
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(values(row))
