"""The SQL that an operation stands for, for ``manage.py sqlmigrate``: it runs in psql.

It is made as a plan is: from where the database at hand stands to the machine. Where the table is
not there yet, it is made as the migrations before it would, in a transaction that is rolled back.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from pginterlock import catalog, database
from pginterlock.django.sessions import plain
from pginterlock.elements import TableName
from pginterlock.model import Machine, Spec
from pginterlock.names import literal
from pginterlock.plan import Part, Plan, Step
from pginterlock.steps import make_plan
from pginterlock.within import removing

_ONE = (Part.ARM, Part.CLAIM, Part.VALIDATE)
_LOOK = "-- Before: this must return no row."


def install(connection: Any, machine: Machine, state: Any) -> list[str]:
    """Return the statements that put *machine* on, from where the database of *connection* is."""
    is_atomic = connection.in_atomic_block
    with _opened(connection) as session, database.trial(session):
        _make_missing(session, connection, machine, state)
        plan = make_plan(session, Spec((machine,)), is_script=True)
        path = session.execute("select pg_catalog.current_setting('search_path')").fetchone()
    if plan.is_empty:
        return [f"-- Machine {machine.name} is in force in database {plan.database} already."]
    written = _written(plan, is_atomic=is_atomic)
    if is_atomic and path:  # what follows in the same transaction finds its tables by it
        told = literal(path[0])
        written.append(f"select pg_catalog.set_config('search_path', {told}, true);")
    return written


def take_off(connection: Any, machine: str) -> list[str]:
    """Return the statements that take *machine* off the database of *connection*."""
    is_atomic = connection.in_atomic_block
    with _opened(connection) as session:
        if machine not in catalog.registered(session):
            return [f"-- Machine {machine} is not in force in this database."]
        written = [sql.rstrip() for sql in removing(session, machine, is_script=True)]
    return written if is_atomic else ["BEGIN;", *written, "COMMIT;"]


@contextmanager
def _opened(connection: Any) -> Iterator[psycopg.Connection]:
    """Lend the session of *connection* inside a transaction; sqlmigrate has none if not atomic."""
    from django.db import transaction  # noqa: PLC0415 - beside what it wraps

    with transaction.atomic(using=connection.alias), plain(connection) as session:
        yield session


def _make_missing(
    session: psycopg.Connection, connection: Any, machine: Machine, state: Any
) -> None:
    """Make the tables that *machine* speaks of and that are not there, from the models of *state*.

    Without foreign keys and indexes: they would lock other tables, and no machine needs them.
    """
    wanted = [machine.table, *machine.targets_elsewhere]
    with database.snapshot(session):
        there = set(catalog.tables(session))
    models = state.apps.get_models(include_auto_created=True)
    for name in wanted:
        model = None if name in there else model_of(name, models)
        if model:
            editor = connection.schema_editor(atomic=False)
            editor.deferred_sql = []
            editor.create_model(model)


def model_of(table: TableName, models: Iterable[Any]) -> Any | None:
    """Return the one of *models* whose table is *table*, a managed one before others.

    Most models say no schema: that is then the first of the connection's search path, any.
    """
    found = [it for it in models if not it._meta.proxy and _is_of(it, table)]
    return next(iter(sorted(found, key=lambda it: not it._meta.managed)), None)


def _is_of(model: Any, table: TableName) -> bool:
    schema, _, name = model._meta.db_table.replace('"', "").rpartition(".")
    return name == table.name and schema in ("", table.schema)


def _written(plan: Plan, *, is_atomic: bool) -> list[str]:
    lines = [f"-- note: {' '.join(note.split())}" for note in plan.notes]
    is_open = False
    for step in plan.steps:
        needs_one = step.part in _ONE and not step.is_scan
        if not is_atomic and needs_one is not is_open:
            lines.append("BEGIN;" if needs_one else "COMMIT;")
            is_open = needs_one
        lines += _step(step)
    return [*lines, "COMMIT;"] if is_open else lines


def _step(step: Step) -> list[str]:
    head = [f"-- {step.part}: {step.title}", f"-- why: {' '.join(step.why.split())}"]
    if step.is_scan:
        head.append(_LOOK)
    return [*head, step.sql.rstrip()]
