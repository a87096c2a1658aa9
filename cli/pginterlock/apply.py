"""Run a plan: look first, arm in one transaction, validate after; all of it or nothing.

Locks are asked for as `pginterlock.waiting` says.
"""

from collections.abc import Callable, Sequence

import psycopg
from psycopg import errors

from pginterlock import database, rename_rows
from pginterlock.compiler import states
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan, Step
from pginterlock.steps import make_plan
from pginterlock.survey import state_of
from pginterlock.waiting import Waiting, persist

__all__ = ["Waiting", "install", "run"]

# Any number does, as long as every apply takes the same.
_ADVISORY_KEY = 7_355_608_218
_SHOWN = 5

Progress = Callable[[str], None]


def install(
    connection: psycopg.Connection,
    spec: Spec,
    *,
    waiting: Waiting | None = None,
    progress: Progress = lambda _: None,
) -> Plan:
    """Bring the database to *spec* and return the plan that was run; it is empty where nothing was.

    Raises what `make_plan` and `run` raise.
    """
    plan = make_plan(connection, spec)
    if not plan.is_empty:
        run(connection, plan, waiting=waiting, progress=progress)
    return plan


def run(
    connection: psycopg.Connection,
    plan: Plan,
    *,
    waiting: Waiting | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Run *plan*.

    Raises UnsafeError when the database is not the one the plan was made for, has changed since,
    or holds rows that break the rules (nothing was changed then); EnvironmentFault when a lock or
    the server is not to be had (nothing was changed); IncompleteError when the machine stands
    armed but not every old row could be judged, or moved to a new name of its state (run again).
    """
    how = waiting or Waiting()
    parts = {part: [s for s in plan.steps if s.part is part] for part in Part}
    _demand_database(connection, plan)
    for step in parts[Part.LOOK]:
        progress(step.title)
        _look(connection, step, UnsafeError("", remedy=_MEND))
    if parts[Part.ARM]:
        with database.faults():
            persist(how, lambda: _arm(connection, plan, parts[Part.ARM], how, progress))
    for number, step in enumerate(parts[Part.VALIDATE]):
        progress(step.title)
        left = len(parts[Part.VALIDATE]) - number
        _validate(connection, step, how, left)
    if parts[Part.MOVE]:
        if not parts[Part.ARM]:
            _demand_unchanged(connection, plan)
        for machine, _ in plan.machines:
            rename_rows.move(connection, machine, how, progress)


_MEND = (
    "Nothing was changed. Mend these rows, or begin with `mode: observe` (records, refuses nothing)"
    " or `mode: ratchet` (lets old sins be, allows no new ones)."
)
_ARMED = (
    "The machine is armed and refuses new ones; these slipped in just before. Mend them and apply"
    " again."
)


def _demand_database(connection: psycopg.Connection, plan: Plan) -> None:
    name, is_standby = connection.execute(
        "select current_database()::text, pg_catalog.pg_is_in_recovery()"
    ).fetchone() or ("", False)
    if is_standby:
        raise EnvironmentFault(
            "the server is a standby, and read only", remedy="Connect to the primary."
        )
    if name != plan.database:
        raise UnsafeError(
            f"the plan is for database {plan.database!r}, and this is {name!r}",
            remedy="Nothing was changed. Write a plan for this database: interlock plan",
        )


def _demand_unchanged(connection: psycopg.Connection, plan: Plan) -> None:
    with database.snapshot(connection):
        _demand_same(connection, plan)


def _demand_same(connection: psycopg.Connection, plan: Plan) -> None:
    if state_of(connection, dict(plan.machines)) != plan.fingerprint:
        raise UnsafeError(
            "the database has changed since the plan was made; nothing was changed",
            remedy="Look at it anew: interlock plan",
        )


def _arm(
    connection: psycopg.Connection,
    plan: Plan,
    steps: Sequence[Step],
    how: Waiting,
    progress: Progress,
) -> None:
    """Run *steps* in one transaction, under the lock that only one apply can have."""
    timeout = f"set local lock_timeout = {how.timeout_ms}"
    with connection.transaction():
        # READ COMMITTED: what waits for a lock must then see what was committed meanwhile.
        connection.execute("set transaction isolation level read committed, read write")
        database.run(connection, timeout)
        connection.execute("select pg_advisory_xact_lock(%s)", [_ADVISORY_KEY])
        database.run(connection, "set local search_path = ''")
        _demand_same(connection, plan)
        for step in steps:
            progress(step.title)
            _run(connection, step)
            database.run(connection, timeout)


def _run(connection: psycopg.Connection, step: Step) -> None:
    try:
        database.run(connection, step.sql)
    except errors.CheckViolation as error:
        if not (error.diag.constraint_name or "").endswith(f".{states.GONE}"):
            raise
        raise UnsafeError(
            error.diag.message_primary or step.title, remedy=error.diag.message_hint
        ) from error


def _look(
    connection: psycopg.Connection, step: Step, refusal: UnsafeError | IncompleteError
) -> None:
    """Run the scan of *step*; raise an error like *refusal* when it finds rows."""
    with database.snapshot(connection):
        found = database.rows(connection, step.sql)
    if not found:
        return
    told = [
        f"  {row['rule']}: {_rows(row['row_count'])}, for example"
        f" {', '.join(_key(key) for key in row['samples'][:_SHOWN])}"
        for row in found
    ]
    total = len(told)
    raise type(refusal)(
        "\n".join([f"{step.title}: {total} rule{'s' if total > 1 else ''} broken", *told]),
        remedy=refusal.remedy,
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _key(key: object) -> str:
    if isinstance(key, dict):
        return ", ".join(f"{name}={value}" for name, value in key.items())
    return str(key)


def _validate(connection: psycopg.Connection, step: Step, how: Waiting, left: int) -> None:
    if step.sql.lstrip().startswith("--"):
        _look(connection, step, IncompleteError("", remedy=_ARMED))
        return

    def once() -> None:
        with connection.transaction():
            database.run(connection, f"set local lock_timeout = {how.timeout_ms}")
            database.run(connection, step.sql)

    try:
        persist(how, once)
    except errors.CheckViolation as error:
        raise IncompleteError(
            f"{step.title}: {error.diag.message_primary or error}", remedy=_ARMED
        ) from error
    except (psycopg.OperationalError, EnvironmentFault) as error:
        raise IncompleteError(
            f"{left} of the checks are armed but not validated yet:"
            f" {database.hide(str(error)).strip()}",
            remedy="New writes are guarded already. Run apply again to judge the old rows.",
        ) from error
