"""Set what the tripwire does, and read how it stands and what it has let through."""

import psycopg
from psycopg.rows import DictRow

from pginterlock import catalog, database, tripwire
from pginterlock.errors import EnvironmentFault
from pginterlock.rules.parts import Writing
from pginterlock.steps_tripwire import watched_objects
from pginterlock.tripwire import Mode, Tripwire

_LOCK_TIMEOUT = "set local lock_timeout = '5s'"
_RIGHTS = (
    "As a superuser, or a role to which a managed server gives event triggers; without a tripwire"
    " verify finds what disarms a machine."
)


def standing(connection: psycopg.Connection) -> Tripwire:
    """Return how the tripwire stands; raise EnvironmentFault where none can be."""
    with database.faults(), database.snapshot(connection):
        wire = tripwire.look(connection)
    if not wire.is_known:
        raise EnvironmentFault(
            "nothing is installed here, or by an older version: there is no tripwire to speak of",
            remedy="interlock apply installs it.",
        )
    return wire


def ask_for(connection: psycopg.Connection, mode: Mode) -> None:
    """Let the tripwire be of *mode*: made, set or taken away, in one transaction.

    Raises EnvironmentFault without the rights.
    """
    wire = standing(connection)
    with database.faults(), connection.transaction():
        database.run(connection, _LOCK_TIMEOUT)
        try:
            if mode is Mode.OFF:
                database.run(connection, tripwire.remove_sql())
                return
            if wire.is_whole:
                connection.execute("select interlock.set_tripwire(%s)", [mode.value])
            else:
                database.run(connection, tripwire.install_sql(mode))
        except psycopg.errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                f"this role may not do that: {error.diag.message_primary}", remedy=_RIGHTS
            ) from error
        if not wire.is_whole:
            _watch_all(connection)


def _watch_all(connection: psycopg.Connection) -> None:
    """Record what every installed machine is made of, as it is found."""
    database.run(connection, "set local search_path = ''")
    for name, place in catalog.registered(connection).items():
        table = catalog.table(connection, place, name)
        if table is None:
            continue
        objects = catalog.found_objects(connection, name, table)
        machine = catalog.in_force(objects)
        if machine is None:
            continue
        writing = Writing(machine, catalog.with_targets(connection, table, machine))
        database.run(connection, tripwire.watch_sql(writing, watched_objects(objects)))


def disarmed(connection: psycopg.Connection) -> list[DictRow]:
    """Return what was let through, the latest first."""
    with database.faults():
        try:
            with connection.transaction():
                return database.ask(connection, "tripwire_journal.sql")
        except psycopg.errors.InsufficientPrivilege:
            return []
