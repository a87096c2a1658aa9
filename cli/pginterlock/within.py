"""Install and take off machines inside a transaction that somebody else has opened, and will end.

A migration tool holds such a transaction. All of it or nothing is then its promise: what goes wrong
here is raised, and the caller rolls back. Locks are held until the caller commits.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
from psycopg import errors

from pginterlock import catalog, database, memberships, uninstall
from pginterlock.arming import arm
from pginterlock.building import look
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan, Step
from pginterlock.steps import make_plan
from pginterlock.waiting import Waiting, watched

Progress = Callable[[str], None]

# What is built without a transaction, or moved in many: nothing that another one can hold.
APART = (Part.PREPARE, Part.APART, Part.MOVE)
_KEPT = ("search_path", "lock_timeout")
_MEND = (
    "Nothing was changed. Mend these rows first, or begin with `mode: observe` (records, refuses"
    " nothing) or `mode: ratchet` (lets old sins be, allows no new ones)."
)


def install_within(
    connection: psycopg.Connection,
    spec: Spec,
    *,
    drop_old_names: bool = False,
    waiting: Waiting | None = None,
    progress: Progress = lambda _: None,
) -> Plan:
    """Bring the database to *spec* in the transaction of *connection*; return the plan that ran.

    Raises what `make_plan` raises; UnsafeError where rows break the rules, or where a step needs
    a transaction of its own; EnvironmentFault where a lock is not granted. The transaction is
    the caller's to roll back then.
    """
    _demand_transaction(connection)
    plan = make_plan(connection, spec, drop_old_names=drop_old_names, progress=progress)
    if apart := [step for step in plan.steps if step.part in APART]:
        raise UnsafeError(
            f"{apart[0].title}: this cannot be done inside a transaction",
            remedy="Nothing was changed. Let the migration run without one (Django: atomic = False"
            " in it), or apply before it: interlock apply",
        )
    for step in _of(plan, Part.LOOK):
        progress(step.title)
        look(connection, step, UnsafeError("", remedy=_MEND))
    with _settings_kept(connection):
        if armed := _of(plan, Part.ARM):
            with database.faults(), watched(connection, waiting or Waiting()) as patience:
                arm(connection, plan, armed, patience, progress)
        for step in _of(plan, Part.CLAIM, Part.VALIDATE):
            progress(step.title)
            _judge(connection, step)
    return plan


def take_off_within(
    connection: psycopg.Connection, machine: str, *, waiting: Waiting | None = None
) -> None:
    """Take *machine* off in the transaction of *connection*; its history stays.

    Raises UsageError where no such machine is installed, EnvironmentFault without the rights.
    """
    _demand_transaction(connection)
    with memberships.explained(connection, with_tables=True):
        _take_off(connection, machine, waiting or Waiting())


def _take_off(connection: psycopg.Connection, machine: str, waiting: Waiting) -> None:
    steps = removing(connection, machine)
    with (
        database.faults(),
        _settings_kept(connection),
        watched(connection, waiting) as patience,
    ):
        patience.insist(partial(_run_all, connection, steps))


def removing(connection: psycopg.Connection, machine: str, *, is_script: bool = False) -> list[str]:
    """Return the SQL that takes *machine* off; raise UsageError where it is not installed.

    What *is_script* asks for the tripwire where it runs.
    """
    with database.snapshot(connection):
        installed = catalog.registered(connection)
        if machine not in installed:
            raise UsageError(
                f"no machine {machine!r} is installed here; installed:"
                f" {', '.join(installed) or 'none'}",
                remedy="The database is not where its migrations say: interlock status shows it.",
            )
        return uninstall.removing(connection, machine, installed[machine], is_script=is_script)


def _of(plan: Plan, *parts: Part) -> list[Step]:
    return [step for step in plan.steps if step.part in parts]


def _demand_transaction(connection: psycopg.Connection) -> None:
    if not database.is_nested(connection):
        raise UsageError("there is no transaction to work in: begin one first")


@contextmanager
def _settings_kept(connection: psycopg.Connection) -> Iterator[None]:
    """Put back what the block sets locally: the caller's transaction goes on after it."""
    asked = "select pg_catalog.current_setting(%s)"
    before = [(name, connection.execute(asked, [name]).fetchone()) for name in _KEPT]
    yield
    for name, row in before:
        value = row[0] if row else ""
        connection.execute("select pg_catalog.set_config(%s, %s, true)", [name, value])


def _run_all(connection: psycopg.Connection, steps: Sequence[str], try_ms: int) -> None:
    with connection.transaction():
        database.run(connection, f"set local lock_timeout = {try_ms}")
        database.run(connection, "set local search_path = ''")
        for sql in steps:
            database.run(connection, sql)


def _judge(connection: psycopg.Connection, step: Step) -> None:
    """Run a step that rows may fail."""
    if step.is_scan:
        look(connection, step, UnsafeError("", remedy=_MEND))
        return
    try:
        with connection.transaction():
            database.run(connection, step.sql)
    except errors.IntegrityError as error:
        told = error.diag.message_primary or str(error)
        raise UnsafeError(
            f"{step.title}: {told}", remedy=error.diag.message_hint or _MEND
        ) from error
    except psycopg.Error:
        with database.faults():
            raise
