"""Whether a machine fits the database that a script meets: what `fit` asks of owners and rights.

The revision keeps the shape of a table, which is held against the rest of `fit` where it is
written. Who owns a table, and who may do what on it, is known only where the script runs; and so is
whether another table, which no revision of ours makes, still is what it was.

Pure: model and table in, SQL text out.
"""

from collections.abc import Iterator

from pginterlock import assets
from pginterlock.blocks import block
from pginterlock.compiler.removal import qualified
from pginterlock.elements import TableName
from pginterlock.integrations.alembic.questions import question
from pginterlock.model import Machine
from pginterlock.names import array, literal
from pginterlock.rules.mirror_terms import key_of, target_of
from pginterlock.rules.parts import Writing, indent
from pginterlock.table import Table
from pginterlock.template import fill


def demand_fit(writing: Writing) -> str | None:
    """Return the block that refuses a database which the machine does not fit; None where any does.

    It tells all that is in the way at once, as `interlock apply` does.
    """
    asked = [it.strip().rstrip(";") for it in _problems(writing)]
    if not asked:
        return None
    problems = "\nunion all\n".join(asked)
    slots = {"machine": writing.machine.name, "problems": indent(problems, 2).lstrip()}
    return block("migration_fit", slots)


def _problems(writing: Writing) -> Iterator[str]:
    machine, table = writing.machine, writing.table
    if roles := _roles(machine):
        yield _filled("fit_roles", {"roles": array(roles)})
    if machine.funnel:
        yield _filled("fit_funnel", {**_place(table.name), "shut": array(machine.funnel)})
    if machine.mirrors:
        yield _filled("fit_mirrored", _place(table.name))
    for name in machine.targets_elsewhere:
        yield _target(writing, name)


def _roles(machine: Machine) -> list[str]:
    by = [role for move in machine.transitions for role in move.by]
    by += [role for it in machine.transitions if it.approvals for role in it.approvals.by]
    return list(dict.fromkeys(by))


def _place(name: TableName) -> dict[str, str]:
    oid = f"pg_catalog.to_regclass({literal(qualified(name))})"
    return {
        "told_table": str(name),
        "asked_oid": oid,
        "updaters": question("updaters", oid=oid),
        "place": question("funnel_place", oid=oid),
        "columns": question("columns", oid=oid),
        "unique_keys": question("unique_keys", oid=oid),
    }


def _target(writing: Writing, name: TableName) -> str:
    """Return what is asked of another table: that it is as it was, and who puts triggers on it."""
    machine, target = writing.machine, target_of(writing, name)
    key = key_of(target)
    mirrored = [it.column for it in machine.mirrors if it.table == name]
    guards = [it.guard_on for it in machine.transitions if it.guard_on]
    judged = [c for it in guards if it.table == name for c in it.check.columns]
    keys = [it.key for it in machine.mirrors if it.table == name]
    keys += [it.key for it in guards if it.table == name]
    known = [_known(target, it) for it in dict.fromkeys([key.name, *mirrored, *judged])]
    return _filled(
        "fit_target",
        {
            **_place(name),
            "is_mirrored": str(bool(mirrored)).lower(),
            "told_key": key.name,
            "known": ",\n            ".join(known),
            "keys_here": array(list(dict.fromkeys(keys))),
            "columns_here": _place(writing.table.name)["columns"],
        },
    )


def _known(target: Table, name: str) -> str:
    column = target.column(name)
    if column is None:
        raise KeyError(name)
    told = (literal(column.name), literal(column.type), str(column.is_generated).lower())
    return f"({', '.join(told)})"


def _filled(template: str, slots: dict[str, str]) -> str:
    text = assets.read("sql", "templates", f"{template}.sql")
    return fill(text.partition("\n\n")[2], slots)
