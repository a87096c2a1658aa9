"""Run an operation in the transaction of a migration: what `interlock apply` does in several.

All of it is done or nothing: what breaks a rule, or cannot be locked, takes the migration back. So
rows are judged, and indexes built, under the lock of the arming (docs/decisions).
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from pginterlock import catalog, database, digests
from pginterlock.arming import arm
from pginterlock.building import look
from pginterlock.definition import machine_of
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.integrations.alembic import frozen
from pginterlock.integrations.alembic.bridge import Bridge
from pginterlock.integrations.alembic.moving import move_rows, settle
from pginterlock.model import Machine, Spec
from pginterlock.plan import Part, Plan, Step
from pginterlock.renaming import resolved, under_both_names
from pginterlock.rules.parts import Writing
from pginterlock.steps import make_plan
from pginterlock.uninstall import take_off
from pginterlock.waiting import Waiting, watched

log = logging.getLogger("pginterlock.alembic")

KEEP, ACCEPT, DROP = "keep", "accept", "drop"
OLD_NAMES = (KEEP, ACCEPT, DROP)

_APART = re.compile(r"^(create (?:unique )?index|drop index) concurrently\b", re.MULTILINE)


def apply(
    connection: sa.Connection,
    machine: Machine,
    *,
    replaces: str | None,
    old_names: str,
    waiting: Waiting,
) -> None:
    """Bring *machine* into force, in the transaction of *connection*.

    Raises UnsafeError where another version is in force than the one that it *replaces*, or rows
    are in the way; and what `make_plan` and `apply.run` raise. Nothing is changed then.
    """
    bridge = _begin(connection)
    with _settings_kept(bridge), database.faults():
        before = in_force(bridge, machine.name)
        demand_expected(machine, before, replaces)
        for wanted in _stages(machine, before, old_names):
            database.run(bridge, settle(machine.name))
            # What it means is said already: it is taken as it stands.
            plan = make_plan(bridge, Spec((wanted,)), drop_old_names=True, progress=log.info)
            _run(bridge, plan, waiting)
            _move_rows(bridge, wanted)


def drop(connection: sa.Connection, machine: str) -> None:
    """Take *machine* off its table, in the transaction of *connection*; its history stays."""
    bridge = _begin(connection)
    with _settings_kept(bridge):
        database.run(bridge, settle(machine))
        for line in take_off(bridge, [machine], drop_history=False):
            log.info(line)


def upgrade_schema(connection: sa.Connection, waiting: Waiting) -> None:
    """Bring schema interlock to the version of this package, in the transaction of *connection*."""
    bridge = _begin(connection)
    with _settings_kept(bridge), database.faults():
        _run(bridge, make_plan(bridge, Spec(())), waiting)


def in_force(connection: psycopg.Connection, name: str) -> Machine | None:
    """Return the version of machine *name* that is installed, if one is."""
    if connection.execute("select to_regclass('interlock.machine')").fetchone() == (None,):
        return None
    found = database.ask(connection, "found_machine.sql", {"machine": name})
    if not found:
        return None
    try:
        return machine_of(found[0]["definition"])
    except ValueError:
        return None


def demand_expected(machine: Machine, before: Machine | None, replaces: str | None) -> None:
    """Raise UnsafeError where *before* is neither what *machine* replaces nor what it is."""
    if replaces is None:
        return
    now = None if before is None else digests.digest(frozen.settled(before))
    if now in (replaces, digests.digest(frozen.settled(machine))):
        return
    if now is None:
        raise UnsafeError(
            f"machine {machine.name} is not installed here, and this revision changes it (from"
            f" {replaces})",
            remedy="The database is behind its revisions: was the machine taken off by hand? Put it"
            " back (interlock apply with the spec of then), and upgrade again.",
        )
    raise UnsafeError(
        f"machine {machine.name} is at {now} here, and this revision changes it from {replaces}:"
        " it was changed by something else since",
        remedy="Nothing was changed. Another revision (a merge of two heads), or interlock apply?"
        " Write this revision anew against this state: alembic revision --autogenerate.",
    )


def _stages(machine: Machine, before: Machine | None, old_names: str) -> list[Machine]:
    """Return what is brought into force, one after the other."""
    both = under_both_names(machine, [it.was for it in machine.renames])
    if old_names == ACCEPT:
        return [both]
    if old_names == DROP:
        plain = frozen.settled(machine)
        return [both, plain] if machine.renames else [plain]
    return [resolved(machine, before, drop_old_names=False)]


def _begin(connection: sa.Connection) -> psycopg.Connection:
    """Return *connection* as ours; raise UsageError where its transaction would not do."""
    made = Bridge(connection)
    made.demand_transaction()
    bridge = made.as_psycopg()
    level = bridge.execute("select current_setting('transaction_isolation')").fetchone()
    if level and level[0] != "read committed":
        raise UsageError(
            f"the migration runs in {level[0]}: rows that are written meanwhile would not be seen"
            " when they are judged",
            remedy='Open its connection with isolation_level="READ COMMITTED".',
        )
    return bridge


_KEPT = ("search_path", "lock_timeout", "interlock.actor", "interlock.reason")


@contextmanager
def _settings_kept(connection: psycopg.Connection) -> Iterator[None]:
    """Give the rest of the migration its settings back."""
    ask = "select coalesce(current_setting(%s, true), '')"
    before = {name: (connection.execute(ask, [name]).fetchone() or ("",))[0] for name in _KEPT}
    yield
    for name, value in before.items():
        connection.execute("select set_config(%s, %s, true)", [name, value])


def _run(connection: psycopg.Connection, plan: Plan, how: Waiting) -> None:
    parts = {part: [s for s in plan.steps if s.part is part] for part in Part}
    for note in plan.differences:
        log.info(note.text)
    for step in parts[Part.LOOK]:
        look(connection, step, UnsafeError("", remedy=_MEND))
    for step in parts[Part.PREPARE]:
        _do(connection, step)
    if steps := parts[Part.ARM]:
        with watched(connection, how) as patience:
            arm(connection, plan, steps, patience, log.debug)
    for step in plan.steps:
        if step.part in (Part.APART, Part.CLAIM, Part.VALIDATE):
            _do(connection, step)


_MEND = (
    "The migration is taken back. Mend these rows first, in a revision of their own, or begin with"
    " `mode: observe` (records, refuses nothing) or `mode: ratchet` (allows no new ones)."
)


def _do(connection: psycopg.Connection, step: Step) -> None:
    log.info(step.title)
    if step.is_scan:
        look(connection, step, UnsafeError("", remedy=_MEND))
    else:
        database.run(connection, in_transaction(step.sql))


def in_transaction(sql: str) -> str:
    """Return *sql*, a step of ours, as it can run in a transaction: nothing concurrently."""
    return _APART.sub(r"\1", sql)


def _move_rows(connection: psycopg.Connection, machine: Machine) -> None:
    """Give rows that stand under an old name of their state the new one, all at once."""
    if not machine.old_names:
        return
    table = catalog.table(connection, machine.table, machine.name)
    if table is None:
        return
    for rename in machine.old_names:
        log.info("move rows of %s from %s to %s", machine.table, rename.was, rename.state)
        database.run(connection, move_rows(Writing(machine, table), rename))
