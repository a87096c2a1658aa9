"""Run a plan: look first, arm in one transaction, build and validate after.

The arming is all or nothing; what comes after is taken up where it stopped.

Locks are asked for as `pginterlock.waiting` says.
"""

from collections.abc import Callable, Sequence

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.building import ADVISORY_KEY, build, look
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan, Step
from pginterlock.steps import make_plan
from pginterlock.survey import state_of
from pginterlock.waiting import Waiting, persist

__all__ = ["Waiting", "install", "run"]

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
    armed but not every old row could be judged (run again).
    """
    how = waiting or Waiting()
    parts = {part: [s for s in plan.steps if s.part is part] for part in Part}
    _demand_database(connection, plan)
    for step in parts[Part.LOOK]:
        progress(step.title)
        look(connection, step, UnsafeError("", remedy=_MEND))
    if parts[Part.ARM]:
        with database.faults():
            persist(how, lambda: _arm(connection, plan, parts[Part.ARM], how, progress))
    claims = [s for s in plan.steps if s.part in (Part.APART, Part.CLAIM)]
    if claims and not parts[Part.ARM]:
        _demand_unchanged(connection, plan)
    build(connection, claims, parts[Part.LOOK], how, progress)
    for number, step in enumerate(parts[Part.VALIDATE]):
        progress(step.title)
        left = len(parts[Part.VALIDATE]) - number
        _validate(connection, step, how, left)


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
        connection.execute("select pg_advisory_xact_lock(%s)", [ADVISORY_KEY])
        database.run(connection, "set local search_path = ''")
        _compare(connection, plan)
        for step in steps:
            progress(step.title)
            database.run(connection, step.sql)
            database.run(connection, timeout)


def _demand_unchanged(connection: psycopg.Connection, plan: Plan) -> None:
    with database.snapshot(connection):
        _compare(connection, plan)


def _compare(connection: psycopg.Connection, plan: Plan) -> None:
    if state_of(connection, dict(plan.machines)) != plan.fingerprint:
        raise UnsafeError(
            "the database has changed since the plan was made; nothing was changed",
            remedy="Look at it anew: interlock plan",
        )


def _validate(connection: psycopg.Connection, step: Step, how: Waiting, left: int) -> None:
    if step.sql.lstrip().startswith("--"):
        look(connection, step, IncompleteError("", remedy=_ARMED))
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
