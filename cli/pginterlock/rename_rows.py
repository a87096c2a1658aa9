"""Move rows from a state's old name to its new one: in batches that hold nobody up, resumable.

A batch is some blocks of the table in a transaction of its own, sized by time. It waits for no
row that somebody else writes: such a row is looked for again. What is moved stays moved; another
run goes on with what is left.
"""

import itertools
import time
from collections.abc import Callable
from functools import partial

import psycopg
from psycopg import errors

from pginterlock import batches, catalog, database
from pginterlock.batches import Sizing
from pginterlock.compiler import ownership, states
from pginterlock.definition import machine_of
from pginterlock.elements import Rename, TableName
from pginterlock.errors import EnvironmentFault, IncompleteError, UnsafeError
from pginterlock.rules.parts import Writing
from pginterlock.waiting import Waiting, persist

_ROW_LIMIT = 2000
_BETWEEN_S = 0.1
_PASSES = 3
_TOLD_EVERY_S = 1.0
_ACTOR = "interlock apply"
_ACT = (
    "select set_config('interlock.actor', coalesce(nullif(current_setting('interlock.actor', true),"
    " ''), %s), true), set_config('interlock.reason', %s, true)"
)
_AGAIN = "What is moved stays moved. Run apply again to go on."

Progress = Callable[[str], None]


def move(
    connection: psycopg.Connection, machine: str, how: Waiting, progress: Progress
) -> dict[Rename, int]:
    """Move the rows of every old name that *machine* still accepts; return how many, by rename.

    Raises UnsafeError where code of somebody else would run with our rights, IncompleteError where
    rows are left that could not be moved.
    """
    writing = _installed(connection, machine)
    return {
        rename: _Mover(connection, writing, rename, how, progress).run()
        for rename in writing.machine.old_names
    }


def _installed(connection: psycopg.Connection, machine: str) -> Writing:
    with database.snapshot(connection):
        kept = database.ask(connection, "found_machine.sql", {"machine": machine})[0]
        found = machine_of(kept["definition"])
        table = catalog.table(connection, found.table, machine)
    if table is None:
        raise EnvironmentFault(f"table {found.table} is gone", remedy=_AGAIN)
    return Writing(found, table)


class _Mover:
    def __init__(
        self,
        connection: psycopg.Connection,
        writing: Writing,
        rename: Rename,
        how: Waiting,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._writing = writing
        self._rename = rename
        self._how = how
        self._progress = progress
        self._moved = 0
        self._held = 0
        self._next_told = 0.0

    def run(self) -> int:
        until = time.monotonic() + self._how.limit_s
        for number in itertools.count(1):
            before, self._held = self._moved, 0
            self._pass()
            # A row that is written meanwhile may have gone to a block that was done with.
            if not self._held and (number >= _PASSES or self._moved == before):
                break
            if not self._held:
                continue
            if time.monotonic() >= until:
                raise self._incomplete(f"{_rows(self._held, be=True)} held by other sessions")
            time.sleep(_BETWEEN_S)
        return self._moved

    def _pass(self) -> None:
        """Go once through all blocks that are there now."""
        leaves = database.ask(self._connection, "leaves.sql", {"oid": self._writing.table.oid})
        for row in leaves:
            leaf = TableName(row["schema_name"], row["table_name"])
            one = partial(self._some, leaf, row["leaf_oid"], row["block_count"])
            batches.walk(one, 0, Sizing())

    def _some(self, leaf: TableName, oid: int, count: int, first: int, size: int) -> int | None:
        """Move what is in *size* blocks from *first* on; return where to go on, if anywhere."""
        end = min(first + size, count)
        after = self._batch(states.Blocks(leaf, oid, first, end, _ROW_LIMIT))
        if time.monotonic() >= self._next_told:
            self._next_told = time.monotonic() + _TOLD_EVERY_S
            self._progress(
                f"{self._rename.was} -> {self._rename.state}: {_rows(self._moved)} moved,"
                f" {100 * after // max(count, 1)} % of {leaf}"
            )
        return after if after < count else None

    def _batch(self, blocks: states.Blocks) -> int:
        """Move what can be moved in *blocks*; return the block to go on from."""
        told: list[dict[str, object]] = []

        def once() -> None:
            told[:] = []
            with self._connection.transaction():
                self._begin()
                query = states.rename_batch(self._writing, self._rename, blocks)
                told.extend(database.rows(self._connection, query))

        try:
            persist(self._how, once)
        except EnvironmentFault as error:
            raise self._incomplete(error.message) from error
        except psycopg.Error as error:
            raise self._incomplete(database.hide(_said(error))) from error
        there, moved = int(str(told[0]["there_count"])), int(str(told[0]["moved_count"]))
        self._moved += moved
        if there < _ROW_LIMIT:
            self._held += there - moved
            return blocks.end
        last = int(str(told[0]["last_place"]).strip("()").split(",")[0])
        # The last block may hold more; where nothing of it could be had, it waits its turn.
        self._held += there - moved
        return last if moved and last > blocks.first else last + 1

    def _begin(self) -> None:
        run = self._connection.execute
        run("set transaction isolation level read committed, read write")
        database.run(self._connection, f"set local lock_timeout = {self._how.timeout_ms}")
        run("set local row_security = off")
        run(_ACT, [_ACTOR, f"{self._rename.was} is now {self._rename.state}"])
        database.run(self._connection, ownership.lock_weakly(self._writing.table))
        values = {"oid": self._writing.table.oid, "is_ours_sound": True}
        if foreign := database.ask(self._connection, "foreign_code.sql", values):
            raise UnsafeError(
                "rows are not moved: code of another role would run with the rights of this one"
                f" ({foreign[0]['thing_name']})",
                remedy="Both names are accepted. Run apply again as a role that owns nothing but"
                " the table.",
            )

    def _incomplete(self, why: str) -> IncompleteError:
        names = f"{self._rename.was} to {self._rename.state}"
        return IncompleteError(
            f"not every row is moved from {names} yet, {_rows(self._moved, be=True)}: {why}",
            remedy=f"Both names are accepted. {_AGAIN}",
        )


def _said(error: psycopg.Error) -> str:
    if isinstance(error, errors.IntegrityError) and error.diag.constraint_name:
        return f"{error.diag.constraint_name}: {error.diag.message_primary}"
    return " ".join(str(error).split())


def _rows(count: int, *, be: bool = False) -> str:
    told = "1 row" if count == 1 else f"{count:,} rows"
    return f"{told} {'is' if count == 1 else 'are'}" if be else told
