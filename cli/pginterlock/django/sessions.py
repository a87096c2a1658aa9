"""From a connection of Django to what the rest of the package works on, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import conninfo, pq
from psycopg.types.json import JsonbLoader

from pginterlock.errors import EnvironmentFault, UsageError

_JSONB = 3802


def dsn_of(connection: Any) -> str:
    """Return the libpq string of a *connection* of Django, its password in it.

    Raises UsageError where its engine is not PostgreSQL, or its settings name no database.
    """
    if connection.vendor != "postgresql":
        raise UsageError(
            f"database {connection.alias!r} is {connection.vendor}, not PostgreSQL",
            remedy="Name another alias of DATABASES: --database ALIAS",
        )
    known = {it.keyword.decode() for it in pq.Conninfo.get_defaults()}
    try:
        asked = connection.get_connection_params()
    except ImproperlyConfigured as error:
        raise UsageError(str(error)) from None
    params = {name: value for name, value in asked.items() if name in known}
    if role := connection.settings_dict["OPTIONS"].get("assume_role"):
        params["options"] = f"{params.get('options') or ''} -c role={_escaped(role)}".strip()
    return conninfo.make_conninfo("", **params)


@contextmanager
def plain(connection: Any) -> Iterator[psycopg.Connection]:
    """Lend the session of a *connection* of Django, in its open transaction, as psycopg has it.

    Django reads jsonb as text, and puts values into statements by itself; both are put back.
    Raises EnvironmentFault where Django runs on psycopg 2.
    """
    with connection.cursor() as cursor:
        cursor.execute("select 1")  # Django begins a transaction with its first statement
    session = connection.connection
    if not isinstance(session, psycopg.Connection):
        raise EnvironmentFault(
            "Django uses psycopg 2 here, and migrations of machines need psycopg 3",
            remedy="pip install 'psycopg[binary]>=3.2'; Django takes it where both are there.",
        )
    factory = session.cursor_factory
    loader = session.adapters.get_loader(_JSONB, pq.Format.TEXT)
    session.cursor_factory = psycopg.Cursor
    session.adapters.register_loader(_JSONB, JsonbLoader)
    try:
        yield session
    finally:
        session.cursor_factory = factory
        if loader:
            session.adapters.register_loader(_JSONB, loader)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
