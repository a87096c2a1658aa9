"""What a plan runs around its arming: looks at rows, and indexes that are built apart.

An index is built outside of any transaction, so that writers go on: an interrupted build leaves an
index that holds nothing, which is dropped at once, or by the next plan.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.plan import Part, Step
from pginterlock.report import key_text
from pginterlock.waiting import ADVISORY_KEY, Waiting, persist, watched

Progress = Callable[[str], None]

# An index beside what is in force: its way is cleared, it is built, it takes its name.
_CLEAR, _OF_ONE_INDEX = "clear the way of index", 3
_SHOWN = 5
_SHOWN_PAIRS = 20
_TAKEN = (
    "The machine is armed, but nothing holds this claim yet. Let one row of each pair let go, and"
    " apply again."
)
_LEFT = (
    "The machine is armed, but not every claim is held yet. Run apply again: it goes on from here."
)


def look(
    connection: psycopg.Connection, step: Step, refusal: UnsafeError | IncompleteError
) -> None:
    """Run the scan of *step*; raise an error like *refusal* when it finds rows."""
    with database.snapshot(connection):
        found = database.rows(connection, step.sql)
    if not found:
        return
    told = [
        f"  {row['rule']}: {_rows(row['row_count'])}{_samples(row['samples'])}" for row in found
    ]
    total = len(told)
    raise type(refusal)(
        "\n".join([f"{step.title}: {total} rule{'s' if total > 1 else ''} broken", *told]),
        remedy=refusal.remedy,
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _samples(samples: Sequence[object]) -> str:
    """Return keys in one line, but a pair of rows on a line of its own."""
    if any(isinstance(it, dict) and isinstance(it.get("other"), dict) for it in samples):
        return "".join(f"\n    {key_text(it)}" for it in samples[:_SHOWN_PAIRS])
    return f", for example {', '.join(key_text(it) for it in samples[:_SHOWN])}"


def prepare(
    connection: psycopg.Connection, steps: Sequence[Step], how: Waiting, progress: Progress
) -> None:
    """Run *steps*, the prepare part of a plan, one by one outside of any transaction.

    Raises EnvironmentFault where one cannot be done: nothing is armed then, and what was built
    refuses nothing; a later apply begins again with what is not whole.
    """
    if not steps:
        return
    try:
        with _alone(connection, how):
            database.run(connection, f"set lock_timeout = {max(1, round(how.limit_s * 1000))}")
            for together in _indexes(steps):
                persist(how, partial(_one_by_one, connection, together, progress))
    except (psycopg.Error, EnvironmentFault, IncompleteError) as error:
        raise EnvironmentFault(
            f"nothing is armed yet: {' '.join(database.hide(str(error)).split())}",
            remedy="No machine was changed. Apply again: it begins anew with what is not whole.",
        ) from error


def _indexes(steps: Sequence[Step]) -> list[list[Step]]:
    """Return *steps* in pieces, each of which can be done anew from its beginning."""
    found: list[list[Step]] = []
    for step in steps:
        is_built = bool(found) and found[-1][0].title.startswith(_CLEAR)
        if is_built and len(found[-1]) < _OF_ONE_INDEX:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _one_by_one(connection: psycopg.Connection, steps: Sequence[Step], progress: Progress) -> None:
    for step in steps:
        progress(step.title)
        database.run(connection, step.sql)


def build(
    connection: psycopg.Connection,
    steps: Sequence[Step],
    looks: Sequence[Step],
    how: Waiting,
    progress: Progress,
) -> None:
    """Run *steps*, the apart and claim parts of a plan.

    Raises IncompleteError where one cannot be done: the machine is armed then, and it says which
    rows are in the way (by *looks*), or which lock.
    """
    if not steps:
        return
    with _alone(connection, how):
        for part, group in groupby(steps, key=lambda it: it.part):
            together = list(group)
            try:
                if part is Part.APART:
                    _apart(connection, together, how, progress)
                else:
                    _each(connection, together, how, progress)
            except (errors.UniqueViolation, errors.ExclusionViolation) as error:
                for step in looks:
                    look(connection, step, IncompleteError("", remedy=_TAKEN))
                raise IncompleteError(_told(together, error), remedy=_TAKEN) from error
            except (psycopg.Error, EnvironmentFault) as error:
                raise IncompleteError(_told(together, error), remedy=_LEFT) from error


def _told(steps: Sequence[Step], error: Exception) -> str:
    said = " ".join(database.hide(str(error)).split())
    return f"{steps[-1].title} was not done: {said}"


@contextlib.contextmanager
def _alone(connection: psycopg.Connection, how: Waiting) -> Iterator[None]:
    """Keep other applies out, for a session: there is no transaction to do it for."""

    def lock() -> None:
        with connection.transaction():
            database.run(connection, f"set local lock_timeout = {how.timeout_ms}")
            connection.execute("select pg_advisory_lock(%s)", [ADVISORY_KEY])

    try:
        persist(how, lock)
    except EnvironmentFault as error:
        raise IncompleteError(f"another apply is at work: {error}", remedy=_LEFT) from error
    try:
        database.run(connection, "set search_path = ''")
        yield
    finally:
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("select pg_advisory_unlock(%s)", [ADVISORY_KEY])
            database.run(connection, "reset search_path; reset lock_timeout")


def _apart(
    connection: psycopg.Connection, steps: Sequence[Step], how: Waiting, progress: Progress
) -> None:
    """Run *steps* one by one outside of any transaction; begin anew where a lock was not granted.

    Nobody waits behind a build: so it may wait for old transactions all the time there is.
    """
    database.run(connection, f"set lock_timeout = {max(1, round(how.limit_s * 1000))}")

    try:
        persist(how, partial(_one_by_one, connection, steps, progress))
    except BaseException:
        # An index that is not valid may go on refusing duplicates. Where the drop must wait too, it
        # is left to the next plan.
        with contextlib.suppress(psycopg.Error):
            database.run(connection, f"set lock_timeout = {how.timeout_ms}")
            database.run(connection, steps[0].sql)
        raise


def _each(
    connection: psycopg.Connection, steps: Sequence[Step], how: Waiting, progress: Progress
) -> None:
    for step in steps:
        progress(step.title)
        _in_transaction(connection, step, how)


def _in_transaction(connection: psycopg.Connection, step: Step, how: Waiting) -> None:
    def once(try_ms: int) -> None:
        with connection.transaction():
            database.run(connection, f"set local lock_timeout = {try_ms}")
            database.run(connection, step.sql)

    with watched(connection, how) as patience:
        patience.insist(once)
