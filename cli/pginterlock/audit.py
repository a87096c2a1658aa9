"""Read histories: the life of a row, what an actor did, how a row stood at a point in time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

import psycopg
from psycopg import errors, sql
from psycopg.rows import DictRow, dict_row

from pginterlock import assets, database
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import cut
from pginterlock.template import fill

# Kinds of entries that a bypass let through: their events and states say what it was.
LET_THROUGH = ("bypass", "imported")


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval that a move has taken; all but its number only where it may be read."""

    id: int
    at: datetime | None = None
    actor: str | None = None
    signed_by: str | None = None
    reason: str | None = None
    session_role: str | None = None
    set_role: str | None = None

    @property
    def person(self) -> str:
        """Who approved: the actor where he is proved, else the role that logged in."""
        signed = self.actor if self.signed_by else None
        return signed or self.session_role or f"approval {self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a history; *changed* holds the old and new value of audit columns.

    *actor* and *reason* are what the writer claimed; the rest cannot be claimed. *at* is the start
    of the transaction, *clock_at* the moment of the write. Where there is a *cause*, a reaction has
    moved the row: it is the actor then, and *claimed_actor* is who wrote.
    """

    machine: str
    key: Mapping[str, object]
    id: int
    at: datetime
    clock_at: datetime
    kind: str
    event: str | None
    from_state: str | None
    to_state: str | None
    changed: Mapping[str, tuple[object, object]]
    actor: str | None
    reason: str | None
    session_role: str
    set_role: str | None
    application_name: str
    client_address: str | None
    backend_pid: int
    transaction_id: int
    statement: str
    cause: str | None = None
    claimed_actor: str | None = None
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of the row with *key* (values as text), by *actor*, since a moment.

    *since* is compared with the start of the transaction; *limit* keeps the newest.
    """

    key: Sequence[str] = ()
    actor: str | None = None
    since: datetime | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a row stood: *state* is None before its birth and after its death.

    *columns* holds what the history records of the audited columns; one that did not change within
    it is not there. *entry* is the last one before that moment, if there is one.
    """

    state: str | None
    columns: Mapping[str, object] = field(default_factory=dict)
    entry: Entry | None = None


def machines(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Return the machines that are installed, and the key columns of each."""
    with database.faults():
        there = connection.execute("select to_regclass('interlock.machine')").fetchone()
        try:
            rows = database.ask(connection, "machine_keys.sql") if there != (None,) else []
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                "the registry may not be read by this role",
                remedy="As its owner: grant select on interlock.machine to ...;",
            ) from error
    return {row["machine_name"]: list(row["key_columns"]) for row in rows}


def history(connection: psycopg.Connection, machine: str, key: Sequence[str]) -> list[Entry]:
    """Return the entries of the row with *key* (its values as text), oldest first.

    Raises what `entries` raises.
    """
    return entries(connection, machine, Wanted(key=key))


def entries(connection: psycopg.Connection, machine: str, wanted: Wanted) -> list[Entry]:
    """Return the entries of *machine* that are *wanted*, oldest first.

    Raises UsageError for a machine or key that cannot be, EnvironmentFault where it may not be
    read.
    """
    with database.faults():
        columns = _key_columns(connection, machine)
        if wanted.key and len(columns) != len(wanted.key):
            parts = "1 part" if len(columns) == 1 else f"{len(columns)} parts"
            raise UsageError(
                f"the key of {machine} has {parts} ({', '.join(columns)}), and"
                f" {len(wanted.key)} were given",
                remedy=f"interlock history {machine} {' '.join(c.upper() for c in columns)}",
            )
        query = fill(
            assets.read("sql", "templates", "history.sql"),
            {"audit_name": cut(f"{machine}_audit"), "conditions": _conditions(columns, wanted)},
        )
        with connection.cursor(row_factory=dict_row) as cursor:
            try:
                found = cursor.execute(query.encode(), _values(columns, wanted)).fetchall()
                lived = [entry_of(machine, row) for row in reversed(found)]
                return _with_approvals(connection, lived)
            except errors.DataError as error:
                raise UsageError(
                    f"{'/'.join(wanted.key)} is no key of {machine}: {error.diag.message_primary}"
                ) from None
            except errors.InsufficientPrivilege as error:
                raise EnvironmentFault(
                    f"the history of {machine} may not be read by this role",
                    remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
                ) from error
            except (errors.UndefinedTable, errors.UndefinedColumn, KeyError) as error:
                raise EnvironmentFault(
                    f"the history of {machine} is not as it was made: {_told(error)}",
                    remedy="interlock verify says what was changed.",
                ) from error


def standing(lived: Sequence[Entry], moment: datetime) -> Standing:
    """Return how the row with all the entries *lived* stood at *moment*, by their clock."""
    before = [it for it in lived if it.clock_at <= moment]
    after = [it for it in lived if it.clock_at > moment]
    columns: dict[str, object] = {}
    for it in reversed(after):
        if not _is_birth(it):
            columns.update({name: old for name, (old, _) in it.changed.items()})
    for it in before:
        columns.update({name: new for name, (_, new) in it.changed.items()})
    if before:
        last = before[-1]
        return Standing(last.to_state, columns if last.to_state is not None else {}, last)
    if after and after[0].from_state is not None:
        return Standing(after[0].from_state, columns)
    return Standing(None)


def _is_birth(it: Entry) -> bool:
    return it.kind == "birth" or (it.kind in LET_THROUGH and it.from_state is None)


def _told(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return error.diag.message_primary or str(error)
    return f"column {error.args[0]} is missing"


def _key_columns(connection: psycopg.Connection, machine: str) -> list[str]:
    known = machines(connection)
    if machine not in known:
        listed = ", ".join(known) or "none"
        raise UsageError(
            f"no machine {machine!r} is installed here; installed: {listed}",
            remedy="interlock apply installs the machines of a spec.",
        )
    return known[machine]


def _slots(columns: Sequence[str]) -> list[str]:
    return [f"key_{number}" for number in range(len(columns))]


def _conditions(columns: Sequence[str], wanted: Wanted) -> str:
    asked = []
    if wanted.key:
        asked += [
            f"a.{sql.Identifier('key_' + column).as_string()} = %({slot})s"
            for column, slot in zip(columns, _slots(columns), strict=True)
        ]
    if wanted.actor is not None:
        asked.append("a.actor = %(actor)s")
    if wanted.since is not None:
        asked.append("a.at >= %(since)s")
    return "\n    and ".join(asked) or "true"


def _values(columns: Sequence[str], wanted: Wanted) -> dict[str, object]:
    keys = zip(_slots(columns), wanted.key, strict=True) if wanted.key else ()
    return {
        **dict(keys),
        "actor": wanted.actor,
        "since": wanted.since,
        "row_limit": wanted.limit,
    }


def entry_of(machine: str, row: DictRow) -> Entry:
    """Return the entry of *machine* that stands in one *row* of its history.

    Raises KeyError for a column that is not there.
    """
    old = {name[4:]: value for name, value in row.items() if name.startswith("old_")}
    changed = {
        name: (value, row[f"new_{name}"])
        for name, value in old.items()
        if value != row.get(f"new_{name}")
    }
    key = {name[4:]: value for name, value in row.items() if name.startswith("key_")}
    if not key:
        raise KeyError("key_...")
    client = row["client_address"]
    return Entry(
        machine=machine,
        key=key,
        id=row["id"],
        at=row["at"],
        clock_at=row["clock_at"],
        kind=row["kind"],
        event=row["event"],
        from_state=row["from_state"],
        to_state=row["to_state"],
        changed=changed,
        actor=row["actor"],
        reason=row["reason"],
        session_role=row["session_role"],
        set_role=row["set_role"],
        application_name=row["application_name"],
        client_address=str(client) if client else None,
        backend_pid=row["backend_pid"],
        transaction_id=int(row["transaction_id"]),
        statement=row["statement"],
        cause=row.get("cause"),
        claimed_actor=row.get("claimed_actor"),
        approvals=tuple(Approval(number) for number in row.get("approvals") or ()),
    )


def _with_approvals(connection: psycopg.Connection, lived: list[Entry]) -> list[Entry]:
    """Return the same entries with what their approvals say, where that may be read."""
    numbers = [it.id for entry in lived for it in entry.approvals]
    if not numbers or not database.ask(connection, "approvals_are_readable.sql")[0]["is_readable"]:
        return lived
    rows = database.ask(connection, "approvals.sql", {"numbers": numbers})
    known = {row["id"]: Approval(**row) for row in rows}
    return [
        replace(it, approvals=tuple(known.get(a.id, a) for a in it.approvals))
        if it.approvals
        else it
        for it in lived
    ]


def told(entry: Entry) -> dict[str, object]:
    """Return *entry* as JSON has it: `approvals` only where a move has taken some."""
    found = asdict(entry)
    if not entry.approvals:
        del found["approvals"]
    return found
