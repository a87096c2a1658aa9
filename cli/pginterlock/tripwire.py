"""The tripwire: event triggers that refuse or record DDL which would disarm a machine.

What the catalog is held against is recorded by name; how it stands is read here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import psycopg

from pginterlock import assets, database, following
from pginterlock.blocks import block
from pginterlock.compiler import MachineNames
from pginterlock.elements import TableName
from pginterlock.fit import column_names
from pginterlock.following import Renamed
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules.parts import Writing
from pginterlock.table import Rights
from pginterlock.template import fill

# Name to event, function and the tags that it is for.
TRIGGERS = {
    "interlock_tripwire_10_partition": (
        "ddl_command_end",
        "interlock.tripwire_partition",
        "CREATE TABLE, ALTER TABLE",
    ),
    "interlock_tripwire_20_end": ("ddl_command_end", "interlock.tripwire_end", ""),
    "interlock_tripwire_30_drop": ("sql_drop", "interlock.tripwire_drop", ""),
}
OFF = ("is off", "is enabled, but not always")


class Mode(StrEnum):
    """What the tripwire does with DDL that would disarm a machine."""

    REFUSE = "refuse"
    RECORD = "record"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Watched:
    """One installed machine: whether it is watched at all, and what it has lost.

    *is_lost*: something was lost before, and let through. *follows* are renames that it follows and
    that apply has not seen.
    """

    machine: str
    losses: tuple[str, ...]
    is_watched: bool
    is_lost: bool
    follows: tuple[Renamed, ...] = ()


@dataclass(frozen=True, slots=True)
class Tripwire:
    """How the tripwire stands; *mode* is None where nobody has asked for one.

    *is_known*: this schema interlock has one to install; *missing* and *changed* are event
    triggers, with what is wrong in words. *switched_off* says by what they are off as a
    whole. *watched* is None where we may not read it.
    """

    is_known: bool
    is_readable: bool
    mode: Mode | None
    set_at: datetime | None
    set_by: str
    there: tuple[str, ...]
    missing: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    switched_off: tuple[str, ...]
    watched: tuple[Watched, ...] | None

    @property
    def is_whole(self) -> bool:
        """Whether all event triggers are there, on, and call what they should."""
        return not self.missing and not self.changed

    @property
    def is_wanted(self) -> bool:
        """Whether one is to be there: unless it was taken away on purpose."""
        return self.mode is not Mode.OFF

    def of(self, machine: str) -> Watched | None:
        """Return how *machine* is watched, where that is known."""
        return next((it for it in self.watched or () if it.machine == machine), None)


def look(connection: psycopg.Connection) -> Tripwire:
    """Return how the tripwire of this database stands."""
    state = database.ask(connection, "tripwire_state.sql")[0]
    found = {row["trigger_name"]: row for row in database.ask(connection, "tripwire.sql")}
    changed = []
    for name, (event, function, tags) in TRIGGERS.items():
        row = found.get(name)
        if row is None:
            continue
        if row["enabled"] != "A":
            changed.append((name, OFF[row["enabled"] != "D"]))
        elif (row["event"], row["function_name"]) != (event, function):
            changed.append((name, f"fires on {row['event']} and calls {row['function_name']}"))
        elif sorted(row["tags"].split(", ")) != sorted(tags.split(", ")):
            changed.append((name, f"fires only for {row['tags']}"))
    asked = database.ask(connection, "tripwire_mode.sql") if state["is_readable"] else []
    off = tuple(state["switched_off"])
    if state["event_triggers"] != "on":
        off = (*off, "in this session or for the whole server")
    watched = None
    if state["is_known"] and state["is_readable"] and state["is_callable"]:
        watched = tuple(
            Watched(
                row["machine_name"],
                tuple(row["losses"]),
                row["is_watched"],
                row["is_lost"],
                tuple(Renamed(*it) for it in row["follows"]),
            )
            for row in database.ask(connection, "tripwire_losses.sql")
        )
    return Tripwire(
        is_known=state["is_known"],
        is_readable=state["is_readable"],
        mode=Mode(asked[0]["mode"]) if asked else None,
        set_at=asked[0]["set_at"] if asked else None,
        set_by=asked[0]["set_by"] if asked else "",
        there=tuple(name for name in TRIGGERS if name in found),
        missing=tuple(name for name in TRIGGERS if name not in found),
        changed=tuple(changed),
        switched_off=off,
        watched=watched,
    )


def can_install(connection: psycopg.Connection, rights: Rights) -> bool:
    """Whether this role may make event triggers: it is tried, and rolled back.

    Managed servers give that right to roles that are no superusers.
    """
    if rights.is_superuser:
        return True
    if rights.is_standby or rights.is_read_only:
        return False
    try:
        with database.trial(connection):
            database.run(connection, assets.read("sql", "templates", "tripwire_try.plpgsql"))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def install_sql(mode: Mode) -> str:
    """Return the SQL that makes the event triggers, all of them anew."""
    return fill(assets.read("sql", "templates", "tripwire.plpgsql"), {"mode": mode.value})


def remove_sql() -> str:
    """Return the SQL that takes them away, and keeps that it was on purpose."""
    return assets.read("sql", "templates", "tripwire_off.plpgsql")


def pass_sql(machine: str) -> str:
    """Return the SQL that lets this transaction change *machine*."""
    return fill(assets.read("sql", "templates", "tripwire_pass.sql"), {"machine": machine})


def watch_sql(writing: Writing, objects: Iterable[DbObject]) -> str:
    """Return the SQL that records what a machine is made of: its *objects*, table and columns."""
    asked = json.dumps(list(_asked(writing, objects)), ensure_ascii=False)
    return fill(
        assets.read("sql", "templates", "tripwire_watch.sql"),
        {"machine": writing.machine.name, "asked": asked},
    )


def asking(sql: str) -> str:
    """Return *sql*, a pass or a watch, for a script: done where it meets a tripwire that is on."""
    return f"{block('tripwire_ask', {'act': sql.strip()})};\n"


def _asked(writing: Writing, objects: Iterable[DbObject]) -> Iterator[Mapping[str, str]]:
    machine, own = writing.machine, writing.table.name
    yield _followed(_part("table", own), following.of_table(writing))
    for kind in ("persistence", "owner"):
        yield _part(kind, own)
    followed = following.columns(writing)
    for name in dict.fromkeys([*writing.key, *column_names(machine)]):
        yield _followed(_part("column", own, name), "name" if name in followed else "")
    for other in machine.targets_elsewhere:
        yield _part("other", other)
        yield _part("persistence", other)
    for mirror in machine.mirrors:
        yield _part("column", mirror.table, mirror.column)
    for it in objects:
        if it.kind is ObjectKind.FUNCTION:
            name = it.name.partition("(")[0]
            is_told = name.rpartition(".")[2] in MachineNames(machine.name).by_place
            yield _followed(_part("function", own, name), "words" if is_told else "")
        elif it.kind in (ObjectKind.TRIGGER, ObjectKind.CHECK, ObjectKind.INDEX):
            place, _, name = it.name.rpartition(" ")
            schema, _, relation = place.partition(".")
            yield _part(it.kind.value, TableName(schema, relation), name)


def _followed(part: Mapping[str, str], what: str) -> Mapping[str, str]:
    return {**part, "followed": what} if what else part


def _part(kind: str, of: TableName, name: str = "") -> Mapping[str, str]:
    return {"kind": kind, "schema": of.schema, "relation": of.name, "name": name}
