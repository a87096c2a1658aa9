"""How each machine stands, from the catalog and the registry alone: no row of a table is read.

What takes longer (rows, history, bodies of functions) is for `verify`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import assets, bypasses, database, memberships, outbox
from pginterlock.bypasses import Bypass
from pginterlock.choices import Checks, Mode
from pginterlock.compiler import MachineNames
from pginterlock.errors import EnvironmentFault
from pginterlock.outbox import CursorStatus

MOST = 10_000
_READ = ("backfill_job", "bypass", "machine", "outbox_cursor", "rule", "schema_version", "seal")
_READ_TOO = ("violation",)


@dataclass(frozen=True, slots=True)
class Job:
    """A repair that was begun and is not done."""

    job_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class LastSeal:
    """The last seal, and how many entries are sealed with it."""

    number: int
    sealed_at: datetime
    total_count: int


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """One machine; *violations* of the last day are counted up to `MOST`, None where unreadable."""

    machine: str
    table: str
    version: int
    mode: str
    rule_modes: tuple[tuple[str, str], ...]
    row_estimate: int
    applied_at: datetime
    applied_by: str
    bypasses: tuple[Bypass, ...]
    jobs: tuple[Job, ...]
    violations: int | None
    drift: tuple[str, ...]

    @property
    def needs_attention(self) -> bool:
        """Whether something is open, unfinished or not as it was installed."""
        return bool(self.bypasses or self.jobs or self.drift)


@dataclass(frozen=True, slots=True)
class Status:
    """All machines of a database; *unreadable* are tables that this role may not read."""

    database: str
    revision: str
    is_current: bool
    machines: tuple[MachineStatus, ...]
    seal: LastSeal | None
    cursors: tuple[CursorStatus, ...]
    unreadable: tuple[str, ...]

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look."""
        return not self.is_current or any(it.needs_attention for it in self.machines)


def status(connection: psycopg.Connection) -> Status:
    """Return how the machines of a database stand; works on a standby.

    Raises EnvironmentFault where schema interlock is not there, or its registry not readable.
    """
    with database.snapshot(connection):
        there = connection.execute(_THERE).fetchone() or (None, "")
        if there[0] is None:
            raise EnvironmentFault(
                f"schema interlock is not in database {there[1]}",
                remedy="interlock apply installs it.",
            )
        names = {"names": [*_READ, *_READ_TOO]}
        readable = {
            it["relation_name"] for it in database.ask(connection, "status_readable.sql", names)
        }
        if "machine" not in readable:
            memberships.demand(connection, ())
            raise EnvironmentFault(
                "the registry may not be read by this role",
                remedy="As its owner: grant select on interlock.machine to ...;",
            )
        found = tuple(_machines(connection, readable))
        seal = _seal(connection) if "seal" in readable else None
        unreadable = tuple(_unreadable(connection, readable))
        revision = _revision(connection) if "schema_version" in readable else ""
    return Status(
        str(there[1]),
        revision,
        revision in ("", _newest()),
        found,
        seal,
        tuple(_cursors(connection) if "outbox_cursor" in readable else ()),
        unreadable,
    )


_THERE = "select to_regclass('interlock.machine'), current_database()::text"
_REVISION = "select version_num from interlock.schema_version"


def _machines(connection: psycopg.Connection, readable: set[str]) -> Iterator[MachineStatus]:
    open_now = (
        [it for it in bypasses.all_of(connection) if it.is_open] if "bypass" in readable else []
    )
    jobs = database.ask(connection, "status_jobs.sql") if "backfill_job" in readable else []
    counted: dict[str, int] | None = None
    if {"violation", "rule"} <= readable:
        rows = database.ask(connection, "status_violations.sql", {"most": MOST})
        counted = {row["machine"]: min(MOST, row["write_count"]) for row in rows}
    for row in database.ask(connection, "status_machines.sql"):
        name = row["machine"]
        yield MachineStatus(
            name,
            f"{row['schema_name']}.{row['table_name']}",
            row["version"],
            row["mode"],
            tuple(_rule_modes(row["rule_modes"])),
            row["row_estimate"] or 0,
            row["applied_at"],
            row["applied_by"],
            tuple(it for it in open_now if it.machine == name),
            tuple(Job(it["job_id"], it["started_at"]) for it in jobs if it["machine"] == name),
            None if counted is None else counted.get(name, 0),
            tuple(_drift(row)),
        )


def _rule_modes(told: object) -> Iterator[tuple[str, str]]:
    """Yield the modes of single rules, where the definition has such."""
    for it in told if isinstance(told, list) else ():
        if isinstance(it, list) and len(it) == len(("rule", "mode")):
            yield str(it[0]), str(it[1])


def _drift(row: DictRow) -> Iterator[str]:
    """Yield what the catalog lacks; that all of it is there proves nothing, `verify` does."""
    if not row["is_there"]:
        yield f"table {row['schema_name']}.{row['table_name']} is gone or renamed"
        return
    names = MachineNames(row["machine"])
    found, needed = row["triggers"], names.triggers[2:]
    yield from (f"trigger {it} is missing" for it in needed if it not in found)
    for it in names.triggers:
        if (enabled := found.get(it, "A")) != "A":
            yield f"trigger {it} is {'off' if enabled == 'D' else 'not enabled always'}"
    is_held = row["mode"] == Mode.ENFORCE and not row["rule_modes"]
    if is_held and row["checks"] == Checks.FUNCTION and names.row not in row["row_checks"]:
        yield f"check {names.row} is missing"
    for it, is_sound in row["row_checks"].items():
        if not is_sound and names.owns_check(it, ""):
            yield f"check {it} is not validated, or not enforced"


def _seal(connection: psycopg.Connection) -> LastSeal | None:
    found = database.ask(connection, "status_seal.sql")
    return LastSeal(**found[0]) if found else None


def _revision(connection: psycopg.Connection) -> str:
    row = connection.execute(_REVISION).fetchone()
    return str(row[0]) if row else ""


def _newest() -> str:
    """Return the revision of this package, without the weight of Alembic."""
    return assets.names("migrations", "versions", suffix=".up.sql")[-1].partition("_")[0]


def _cursors(connection: psycopg.Connection) -> Iterable[CursorStatus]:
    try:
        return outbox.status(connection)
    except (EnvironmentFault, errors.InsufficientPrivilege):
        return ()


def _unreadable(connection: psycopg.Connection, readable: set[str]) -> Iterator[str]:
    for name in (*_READ, *_READ_TOO):
        if name not in readable:
            row = connection.execute("select to_regclass('interlock.' || %s)", [name]).fetchone()
            if row != (None,):
                yield f"interlock.{name}"
