"""Run a backfill: one range of keys after the other, each in a transaction of its own.

What a batch did, and how far the job has come, is committed with the rows it repaired: after a kill
at any moment the next run goes on where the last commit was.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from psycopg.rows import DictRow

from pginterlock import assets, database
from pginterlock.backfill import ask, jobs
from pginterlock.backfill.ask import Asked
from pginterlock.backfill.jobs import Job, Purpose
from pginterlock.backfill.spans import ROW_FAULTS, Span, halves, next_span, within
from pginterlock.backfill.throttle import Limits, give_way
from pginterlock.compiler import mending, ownership
from pginterlock.compiler.mending import KeyRange
from pginterlock.compiler.reconstructing import reconstruction
from pginterlock.errors import EnvironmentFault, IncompleteError
from pginterlock.rules import claim_repairs
from pginterlock.template import fill
from pginterlock.waiting import Waiting, persist

# A statement costs something however few rows it is about.
_FIRST_ROWS, _LEAST_ROWS, _MOST_ROWS = 1000, 500, 100_000
_HELD_AT_ONCE = 500
_POLL_S = 0.1
_RESUME = "All batches up to here are committed; run the command again to go on."


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: *target_ms* a batch, locks and limits as given, *max_rows* repaired at most."""

    target_ms: int = 200
    max_rows: int | None = None
    waiting: Waiting = field(default_factory=Waiting)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Done:
    """What a run has come to; *is_whole* is false where it stopped at *max_rows*."""

    job: Job
    repaired: int
    quarantined: int
    locked: int
    is_whole: bool


@dataclass(slots=True)
class _Run:
    connection: psycopg.Connection
    asked: Asked
    pace: Pace
    job: Job
    progress: Callable[[Job], None]
    say: Callable[[str], None]
    statement: Callable[[mending.Span], str]
    size: int = _FIRST_ROWS
    repaired: int = 0

    @property
    def left(self) -> int | None:
        """How many rows may still be repaired; None: any number."""
        return None if self.pace.max_rows is None else self.pace.max_rows - self.repaired


def run(
    connection: psycopg.Connection,
    asked: Asked,
    pace: Pace | None = None,
    *,
    purpose: Purpose = Purpose.ROWS,
    progress: Callable[[Job], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Done:
    """Repair the rows, going on with the job that was interrupted where there is one.

    With the other *purpose* no row is written: those without an entry get entries of their past.

    Raises UnsafeError where code of others would run with our rights, IncompleteError where it
    stopped half way: what was committed stays, and the next run goes on from there.
    """
    how = pace or Pace()
    try:
        with database.faults():
            job = _taken(connection, asked, how, purpose)
        if job.note:
            say(job.note)
        make = reconstruction(asked.writing, job.id)
        if purpose is Purpose.ROWS:
            make = mending.batch(asked.repairing, job.id)
        it = _Run(connection, asked, how, job, progress, say, make)
        is_whole = _sweep(it)
        if is_whole:
            _try_held(it)
        quarantined, locked = jobs.count_aside(connection, it.job)
        if is_whole and not locked:
            jobs.finish(connection, it.job)
        return Done(it.job, it.repaired, quarantined, locked, is_whole)
    except KeyboardInterrupt:
        raise IncompleteError("stopped", remedy=_RESUME) from None
    except psycopg.OperationalError as error:
        said = database.hide(" ".join(str(error).split()))
        raise IncompleteError(f"the server gave up: {said}", remedy=_RESUME) from error
    except EnvironmentFault as error:
        if isinstance(error.__cause__, psycopg.OperationalError):
            raise IncompleteError(error.message, remedy=_RESUME) from error
        raise


def _taken(connection: psycopg.Connection, asked: Asked, how: Pace, purpose: Purpose) -> Job:
    found: list[Job] = []

    def attempt() -> None:
        with connection.transaction():
            database.run(connection, f"set local lock_timeout = {how.waiting.timeout_ms}")
            found.append(jobs.take(connection, asked, purpose))

    persist(how.waiting, attempt)
    return found[-1]


def _sweep(it: _Run) -> bool:
    """Repair range after range; return whether the end of the table was reached."""
    while it.left is None or it.left > 0:
        give_way(it.connection, it.pace.limits, it.say)
        if not _committed(it, _next_range):
            return True
        it.progress(it.job)
    return False


def _try_held(it: _Run) -> None:
    """Try the rows again that somebody held, for as long as a lock is waited for."""
    until = time.monotonic() + it.pace.waiting.limit_s
    while _committed(it, _held):
        it.progress(it.job)
        if time.monotonic() >= until:
            return
        time.sleep(_POLL_S)


def _committed(it: _Run, work: Callable[[_Run], Job | None]) -> bool:
    """Do *work* in a transaction, again where a lock is not granted; return whether there was any.

    Nothing of the run changes before the commit.
    """
    found: list[Job | None] = []

    def attempt() -> None:
        with it.connection.transaction():
            _begin(it)
            found.append(work(it))
            if found[-1] is None:
                raise psycopg.Rollback

    persist(it.pace.waiting, attempt)
    job = found[-1]
    if job is None:
        return False
    it.repaired += job.repaired - it.job.repaired
    it.job = job
    return True


def _begin(it: _Run) -> None:
    asked = it.asked
    text = fill(
        assets.read("sql", "templates", "backfill_begin.sql"),
        {
            "lock_timeout": str(it.pace.waiting.timeout_ms),
            "time_zone": it.job.time_zone,
            "machine": asked.machine.name,
            "actor": mending.ACTOR,
            "reason": f"job {it.job.id}",
            # The table's own triggers see the path that they see of the application.
            "path": "" if asked.has_triggers else "set local search_path = '';",
        },
    )
    it.connection.execute("set transaction isolation level read committed, read write")
    text += claim_repairs.settings(asked.writing)
    database.run(it.connection, text + ownership.lock_weakly(asked.it.table))
    ask.demand_trusted(it.connection, asked.it)


def _next_range(it: _Run) -> Job | None:
    writing = it.asked.writing
    span = next_span(it.connection, writing, it.job.last_key, it.size)
    if span is None:
        return None
    if it.left is not None:
        span = within(it.connection, it.asked.repairing, span, it.left)
    started = time.monotonic()
    told = _repair(it, span)
    took_s = time.monotonic() - started
    job = jobs.record(
        it.connection,
        it.job,
        last_key=span.range.high,
        scanned=span.row_count,
        told=told,
        took_ms=int(took_s * 1000),
    )
    factor = it.pace.target_ms / max(took_s * 1000, 1)
    it.size = int(min(max(it.size * min(max(factor, 0.25), 2), _LEAST_ROWS), _MOST_ROWS))
    return job


def _held(it: _Run) -> Job | None:
    keys = jobs.release(it.connection, it.job, _HELD_AT_ONCE)
    if not keys:
        return None
    started = time.monotonic()
    told = _repair(it, Span(KeyRange(None), len(keys), tuple(keys)))
    took_ms = int((time.monotonic() - started) * 1000)
    return jobs.record(it.connection, it.job, last_key=None, scanned=0, told=told, took_ms=took_ms)


def _repair(it: _Run, whole: Span) -> DictRow:
    """Repair the rows of a span; where one fails, the others one by one without it."""
    total = {"repaired_count": 0, "quarantined_count": 0, "locked_count": 0}
    todo = [whole]
    while todo:
        span = todo.pop()
        try:
            with it.connection.transaction():
                told = database.rows(it.connection, it.statement(span.asked))[0]
        except ROW_FAULTS as error:
            if span.is_single:
                _set_aside(it, span, error)
                total["quarantined_count"] += 1
            else:
                todo += reversed(halves(it.connection, it.asked.writing, span))
            continue
        for name in total:
            total[name] += told[name]
    outbox = it.asked.machine.outbox
    if outbox and total["repaired_count"]:
        it.connection.execute("select pg_catalog.pg_notify(%s, '')", [outbox.channel])
    return total


def _set_aside(it: _Run, span: Span, error: psycopg.Error) -> None:
    writing = it.asked.writing
    key = {
        column: int(value) if writing.column(column).base_type in _WHOLE else value
        for column, value in zip(writing.key, span.keys[0], strict=True)
    }
    values = {
        "job": it.job.id,
        "key_values": list(span.keys[0]),
        "key": json.dumps(key),
        "reason": f"its repair fails: {error.diag.message_primary or error}",
    }
    it.connection.execute(assets.read("sql", "queries", "backfill_quarantine.sql").encode(), values)


_WHOLE = ("smallint", "integer", "bigint")
