"""A throwaway copy of the tables of a spec: their definition as DDL, under the compiled machines.

The copy holds types, tables, partitions, keys, constraints and indexes; triggers and defaults of
the user are left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

from pginterlock import apply, catalog, database, migrate, steps
from pginterlock.elements import TableName, Transition
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.generate import acting
from pginterlock.generate.solving import Condition
from pginterlock.model import Machine, Spec
from pginterlock.names import ident, literal
from pginterlock.plan import Part, Step
from pginterlock.table import Table

_OURS = "interlock_"
_SKIPPED = ("function", "trigger")
_MAKING = (Part.PREPARE, Part.ARM, Part.APART, Part.CLAIM)
_CONCURRENTLY = re.compile(r"^(create (?:unique )?index|drop index) concurrently ", re.MULTILINE)
_NEEDED = ("schema", "type", "table")


@dataclass(frozen=True, slots=True)
class Parent:
    """A foreign key, or what a mirror or a guard has for one."""

    columns: tuple[str, ...]
    table: TableName
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table, what its rows refer to, what its CHECKs demand, and how long its values may be."""

    table: Table
    parents: tuple[Parent, ...]
    checks: tuple[Condition, ...]
    lengths: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Copy:
    """What was built: the DDL of tables and of machines, and what could not be had."""

    tables: str
    machines: str
    left_out: tuple[str, ...]
    shapes: Mapping[TableName, Shape]


def definition(connection: psycopg.Connection, spec: Spec) -> list[tuple[str, str]]:
    """Return name and DDL of all that the tables of *spec* are made of; only reads.

    Raises UsageError where a table is not there.
    """
    names = dict.fromkeys(
        name for it in spec.machines for name in (it.table, *it.targets_elsewhere)
    )
    with database.snapshot(connection):
        oids = []
        for name in names:
            found = catalog.table(connection, name, "")
            if found is None:
                raise UsageError(
                    f"there is no table {name}",
                    remedy="Name the database that has the tables with --dsn, or their SQL files"
                    " with --schema.",
                )
            oids.append(found.oid)
        tables = _family(connection, oids)
        family = {"oids": [row["table_oid"] for row in tables]}
        types = database.ask(connection, "copied_types.sql", family)
        parts = database.ask(connection, "copied_parts.sql", {**family, "schemas": []})
    parts = [it for it in parts if _is_theirs(it["what"])]
    schemas = sorted({row["schema_name"] for row in (*types, *tables)} - {"public"})
    made = [(f"schema {it}", f"create schema {ident(it)}") for it in schemas]
    made += [("type", row["ddl"]) for row in types]
    made += [(f"table {row['table_name']}", row["ddl"]) for row in tables]
    return made + [(row["what"], row["ddl"]) for row in parts]


def build(copy: psycopg.Connection, ddl: list[tuple[str, str]], spec: Spec) -> Copy:
    """Make the copy in an empty database, and arm the machines of *spec* there."""
    migrate.upgrade(copy)
    roles = sorted({it for m in spec.machines for t in m.transitions for it in _roles(t)})
    kept = [_role(it) for it in roles]
    for text in kept:
        database.run(copy, text)
    left_out = []
    for what, text in ddl:
        try:
            with copy.transaction():
                database.run(copy, text)
        except psycopg.Error as error:
            if what.split()[0] in _NEEDED:
                raise EnvironmentFault(f"the copy cannot have {what}: {error}") from error
            left_out.append(what)
        else:
            kept.append(f"{text};")
    for machine in spec.machines:
        for text in _past_the_funnel(machine):
            database.run(copy, text)
            kept.append(text)
    plan = steps.make_plan(copy, spec)
    machines = [f"-- {it.title}\n{_in_place(it.sql)}\n" for it in plan.steps if _is_kept(it)]
    apply.run(copy, plan)
    shapes = {name: _shape(copy, name) for name in _names(copy)}
    return Copy("\n".join(kept), "\n".join(machines), tuple(left_out), shapes)


def _past_the_funnel(machine: Machine) -> list[str]:
    """Return what a funnel wants: an owner who is no superuser, and a role with rights to take."""
    if not machine.funnel:
        return []
    schema = ident(machine.table.schema)
    name = f"{schema}.{ident(machine.table.name)}"
    return [
        _role(acting.OWNER),
        _role(acting.APPLICATION),
        f"grant usage on schema {schema} to {acting.OWNER}, {acting.APPLICATION};",
        f"grant select, insert, update on {name} to {acting.APPLICATION};",
        f"alter table {name} owner to {acting.OWNER};",
    ]


def _is_kept(step: Step) -> bool:
    """Whether *step* makes something, and does not only look."""
    return step.part in _MAKING or "validate constraint" in step.sql


def _in_place(text: str) -> str:
    """Return *text* as a transaction takes it: nobody else is there to wait for."""
    return _CONCURRENTLY.sub(r"\1 ", text.rstrip())


def _roles(it: Transition) -> tuple[str, ...]:
    return (*it.by, *(it.approvals.by if it.approvals else ()))


def _role(name: str) -> str:
    return (
        f"do $$ begin if not exists (select from pg_roles where rolname = {literal(name)}) then"
        f" create role {ident(name)} nologin; end if; end $$;"
    )


def _family(connection: psycopg.Connection, oids: list[int]) -> list[DictRow]:
    """Return the tables, and those that they refer to, however far away."""
    while True:
        found = database.ask(connection, "copied_tables.sql", {"oids": oids})
        wider = [row["table_oid"] for row in found]
        if len(wider) == len(oids):
            return found
        oids = wider


def _is_theirs(what: str) -> bool:
    kind, _, name = what.partition(" ")
    return kind not in _SKIPPED and not name.startswith(_OURS)


def _names(copy: psycopg.Connection) -> list[TableName]:
    return [it for it in catalog.tables(copy) if it.schema != "interlock"]


def _shape(copy: psycopg.Connection, name: TableName) -> Shape:
    with database.snapshot(copy):
        table = catalog.table(copy, name, "")
        if table is None:
            raise UsageError(f"{name} is gone from the copy")
        oid = {"oid": table.oid}
        parents = database.ask(copy, "row_parents.sql", oid)
        checks = database.ask(copy, "row_checks.sql", oid)
        place = {"schema": name.schema, "table": name.name}
        lengths = database.ask(copy, "row_lengths.sql", place)
    return Shape(
        table,
        tuple(
            Parent(
                tuple(row["columns"]),
                TableName(row["schema_name"], row["table_name"]),
                tuple(row["target_columns"]),
            )
            for row in parents
        ),
        tuple(Condition(row["condition"], tuple(row["columns"]), is_check=True) for row in checks),
        {row["column_name"]: row["longest"] for row in lengths},
    )
