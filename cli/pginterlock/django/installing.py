"""What an operation does in a database, or writes for sqlmigrate."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from pginterlock import apply, catalog, database, uninstall
from pginterlock.django import conf, script
from pginterlock.django.frozen import is_same
from pginterlock.django.sessions import dsn_of, plain
from pginterlock.errors import UnsafeError
from pginterlock.model import Machine, Spec
from pginterlock.steps import make_plan
from pginterlock.within import install_within, take_off_within


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation works: an editor of Django, and the models as they are then."""

    app_label: str
    editor: Any
    state: Any

    @property
    def connection(self) -> Any:
        """The connection of Django."""
        return self.editor.connection


def put_on(
    place: Place, machine: Machine, replaced: Machine | None, *, drop_old_names: bool = False
) -> None:
    """Put *machine* on its table, where *replaced*, or none, is in force, or *machine* already.

    In the transaction of the migration, where it has one; else as `interlock apply` does, in
    several. Raises what that raises, and UnsafeError where another version is in force.
    """
    if place.editor.collect_sql:
        written = script.install(place.connection, machine, place.state)
        place.editor.collected_sql.extend(written)
        return
    spec = Spec((machine,))
    with _opened(place.connection) as session:
        with database.snapshot(session):
            now = catalog.installed(session, machine.name)
        _demand_version(machine, replaced, now)
        if database.is_nested(session):
            install_within(session, spec, drop_old_names=drop_old_names, waiting=conf.waiting())
        else:
            plan = make_plan(session, spec, drop_old_names=drop_old_names)
            apply.run(session, plan, waiting=conf.waiting())


def take_off(place: Place, machine: str) -> None:
    """Take *machine* off; its history stays. Raises UsageError where it is not installed."""
    if place.editor.collect_sql:
        place.editor.collected_sql.extend(script.take_off(place.connection, machine))
        return
    with _opened(place.connection) as session:
        if database.is_nested(session):
            take_off_within(session, machine, waiting=conf.waiting())
        else:
            uninstall.take_off(session, [machine], drop_history=False)


@contextmanager
def _opened(connection: Any) -> Iterator[psycopg.Connection]:
    """Lend the session of *connection* in its transaction; where it has none, one of our own."""
    if connection.in_atomic_block:
        with plain(connection) as session:
            yield session
    else:
        with database.connect(dsn_of(connection)) as session:
            yield session


def _demand_version(machine: Machine, replaced: Machine | None, now: Machine | None) -> None:
    if now is None and replaced is None:
        return
    if now is None:
        raise UnsafeError(
            f"machine {machine.name} is not installed here, and this migration changes it",
            remedy="The database is behind its migrations: was the machine taken off by hand? Put"
            " it back (interlock apply with the spec of then), and migrate again.",
        )
    if is_same(machine, now) or (replaced is not None and is_same(replaced, now)):
        return
    raise UnsafeError(
        f"machine {machine.name} is in force here in another version than the one that this"
        " migration replaces",
        remedy="Nothing was changed. Was it changed with interlock apply? `manage.py interlock"
        " plan` shows how it differs from the spec; apply that, then migrate with --fake.",
    )
