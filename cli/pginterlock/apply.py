"""Run a plan: look first, prepare, arm in one transaction, build and validate after.

The arming is all or nothing; what comes after is taken up where it stopped.

Locks are asked for as `pginterlock.waiting` says. Wherever a run is cut short, the machine is as it
was before or wholly armed, and another run does what is left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import errors

from pginterlock import database, rename_rows
from pginterlock.arming import arm, demand_unchanged
from pginterlock.building import build, look, prepare
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan, Step
from pginterlock.steps import make_plan
from pginterlock.survey import standing
from pginterlock.waiting import Waiting, watched

__all__ = ["Ran", "Waiting", "install", "run"]

Progress = Callable[[str], None]


def install(
    connection: psycopg.Connection,
    spec: Spec,
    *,
    waiting: Waiting | None = None,
    makes_tripwire: bool = False,
    progress: Progress = lambda _: None,
) -> Plan:
    """Bring the database to *spec* and return the plan that was run; it is empty where nothing was.

    Raises what `make_plan` and `run` raise.
    """
    plan = make_plan(connection, spec, makes_tripwire=makes_tripwire)
    if not plan.is_empty:
        run(connection, plan, waiting=waiting, progress=progress)
    return plan


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did: the steps that it armed, and how long it kept writers out for them."""

    armed: int
    locked_s: float


def run(
    connection: psycopg.Connection,
    plan: Plan,
    *,
    waiting: Waiting | None = None,
    resume: bool = False,
    progress: Progress = lambda _: None,
) -> Ran:
    """Run *plan*; with *resume* what is left of it, where it was cut short.

    Raises UnsafeError when the database is not the one the plan was made for, has changed since,
    or holds rows that break the rules (nothing was changed then); EnvironmentFault when a lock or
    the server is not to be had (nothing was changed); IncompleteError when the machine stands
    armed but not every old row could be judged, or moved to a new name of its state (run again).
    """
    how = waiting or Waiting()
    parts = {part: [s for s in plan.steps if s.part is part] for part in Part}
    ran = Ran(0, 0.0)
    _demand_database(connection, plan)
    if not _is_armed(connection, plan, resume=resume):
        for step in parts[Part.LOOK]:
            progress(step.title)
            look(connection, step, UnsafeError("", remedy=_MEND))
        prepare(connection, parts[Part.PREPARE], how, progress)
        if steps := parts[Part.ARM]:
            with database.faults(), watched(connection, how) as patience:
                ran = Ran(len(steps), arm(connection, plan, steps, patience, progress))
    claims = [s for s in plan.steps if s.part in (Part.APART, Part.CLAIM)]
    build(connection, claims, parts[Part.LOOK], how, progress)
    for number, step in enumerate(parts[Part.VALIDATE]):
        progress(step.title)
        left = len(parts[Part.VALIDATE]) - number
        _validate(connection, step, how, left)
    if parts[Part.MOVE]:
        if not parts[Part.ARM]:
            _demand_same(connection, plan)
        for machine, _ in plan.machines:
            rename_rows.move(connection, machine, how, progress)
    return ran


def _is_armed(connection: psycopg.Connection, plan: Plan, *, resume: bool) -> bool:
    """Whether all that *plan* arms is in force, and what is left of it is asked for.

    Raises UnsafeError when the database is neither as before the plan nor as after it.
    """
    with database.snapshot(connection):
        now = standing(connection, dict(plan.machines))
    if resume and now.fingerprint != plan.fingerprint and now.target == plan.target:
        return True
    demand_unchanged(now, plan)
    return False


def _demand_same(connection: psycopg.Connection, plan: Plan) -> None:
    with database.snapshot(connection):
        demand_unchanged(standing(connection, dict(plan.machines)), plan)


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


def _validate(connection: psycopg.Connection, step: Step, how: Waiting, left: int) -> None:
    if step.is_scan:
        look(connection, step, IncompleteError("", remedy=_ARMED))
        return

    def once(try_ms: int) -> None:
        with connection.transaction():
            database.run(connection, f"set local lock_timeout = {try_ms}")
            database.run(connection, step.sql)

    try:
        with watched(connection, how) as patience:
            patience.insist(once)
    except errors.CheckViolation as error:
        raise IncompleteError(
            f"{step.title}: {error.diag.message_primary or error}", remedy=_ARMED
        ) from error
    except (psycopg.Error, EnvironmentFault) as error:
        raise IncompleteError(
            f"armed, but {left} step{'s are' if left > 1 else ' is'} left, from {step.title!r} on:"
            f" {database.hide(str(error)).strip()}",
            remedy="New writes are guarded already. Run apply again (a plan file: with --resume).",
        ) from error
