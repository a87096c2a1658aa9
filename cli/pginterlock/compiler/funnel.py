"""A funnel: nobody updates the state himself, `interlock.fire` is the only way.

Who could update the whole table may call a function that does what `fire` does, with the rights of
the table's owner; he keeps the update of the columns that are free. What was taken is kept in
``interlock.funnel`` and given back as it was.

Pure: model and table in, `DbObject`s out.
"""

import json
from collections.abc import Sequence

from pginterlock import assets
from pginterlock.compiler.callables import FIRE_TYPES, fire_body
from pginterlock.compiler.functions import PIN
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.ownership import lend
from pginterlock.compiler.removal import drop_function, qualified
from pginterlock.elements import TableName
from pginterlock.names import array, dollar, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules.parts import Writing
from pginterlock.table import Taken
from pginterlock.template import fill

_PUBLIC = "public"


def funnel_objects(writing: Writing) -> list[DbObject]:
    """Return the function, the record, and one grant for each role that could update the table."""
    if not writing.machine.funnel:
        return []
    taken = _taken(writing)
    record = [_record(writing, taken)] if taken else []
    return [_function(writing), *record, *(_grant(writing, it) for it in taken)]


def found_grant(
    machine: str,
    table: TableName,
    it: Taken,
    columns: Sequence[str],
    *,
    is_whole: bool,
    may_fire: bool,
) -> DbObject:
    """Return the grant of one role as it is found: *columns* are those that it may update."""
    slots = {"relation": qualified(table), "grantee": _role(it.grantee)}
    give = fill(
        assets.read("sql", "templates", "funnel_give_back.sql"),
        {**slots, "option": "with grant option" if it.is_grantable else ""},
    )
    if it.columns:
        own = ", ".join(map(ident, it.columns))
        give += f"grant update ({own}) on {qualified(table)} to {_role(it.grantee)};\n"
    return DbObject(
        ObjectKind.GRANT,
        _name(table, it.grantee),
        machine,
        _facts(columns, is_whole=is_whole, may_fire=may_fire),
        drop=give,
        reason="give back what the funnel took",
    )


def found_record(machine: str, grantees: Sequence[str]) -> DbObject:
    """Return the record of a funnel as it is found."""
    return DbObject(
        ObjectKind.REGISTRY,
        f"interlock.funnel {machine}",
        machine,
        _recorded(grantees),
        drop=f"delete from interlock.funnel where machine_name = {literal(machine)};\n",
    )


def _taken(writing: Writing) -> list[Taken]:
    """Return what is taken from whom: what was taken before, and what is granted anew."""
    found = {it.grantee: it for it in writing.table.taken if it.is_there}
    for it in writing.table.updaters:
        if it.is_whole:
            found.setdefault(it.grantee, Taken(it.grantee, it.is_grantable, it.columns))
    return [found[name] for name in sorted(found)]


def _role(name: str) -> str:
    return name if name == _PUBLIC else ident(name)


def _name(table: TableName, grantee: str) -> str:
    return f"{table} update of {grantee}"


def _facts(
    columns: Sequence[str], *, is_whole: bool, may_fire: bool
) -> tuple[tuple[str, str], ...]:
    return (
        ("columns", json.dumps(sorted(columns))),
        ("fire", "yes" if may_fire else "no"),
        ("whole", "yes" if is_whole else "no"),
    )


def _recorded(grantees: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (("grantees", json.dumps(sorted(grantees))),)


def _signature(writing: Writing) -> str:
    name = MachineNames(writing.machine.name).funnel
    return f"{ident(writing.table.name.schema)}.{ident(name)}({FIRE_TYPES})"


def _function(writing: Writing) -> DbObject:
    body = fire_body(writing)
    schema, name = writing.table.name.schema, MachineNames(writing.machine.name).funnel
    ddl = fill(
        assets.read("sql", "templates", "funnel_function.sql"),
        {
            "schema_name": schema,
            "function_name": name,
            "body": dollar(body),
            "note": f"{writing.machine.name}: move a row by an event, for those who could before.",
            "handed": lend(writing.table, _signature(writing)).rstrip(),
        },
    )
    grants = "".join(
        f"grant execute on function {_signature(writing)} to {_role(it.grantee)};\n"
        for it in _taken(writing)
    )
    return DbObject(
        ObjectKind.FUNCTION,
        f"{schema}.{name}({FIRE_TYPES})",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("owner", writing.table.owner),
            ("security", "definer"),
            ("settings", PIN),
            ("volatility", "v"),
        ),
        create=ddl + grants,
        replace=ddl + grants,
        drop=drop_function(_signature(writing)),
        reason="move a row with the rights of the table's owner",
        signature=_signature(writing),
    )


def _record(writing: Writing, taken: Sequence[Taken]) -> DbObject:
    rows = [
        f"({literal(it.grantee)}, {str(it.is_grantable).lower()}, {array(it.columns)}::text[])"
        for it in taken
    ]
    sql = fill(
        assets.read("sql", "templates", "funnel_record.sql"),
        {
            "machine": writing.machine.name,
            "grantees": array([it.grantee for it in taken]),
            "taken": ",\n".join(f"    {row}" for row in rows),
        },
    )
    return DbObject(
        ObjectKind.REGISTRY,
        f"interlock.funnel {writing.machine.name}",
        writing.machine.name,
        _recorded([it.grantee for it in taken]),
        create=sql,
        replace=sql,
        reason="keep what is taken, to give it back",
    )


def _grant(writing: Writing, it: Taken) -> DbObject:
    free = [c.name for c in writing.table.columns if c.name not in writing.machine.funnel]
    sql = fill(
        assets.read("sql", "templates", "funnel_take.sql"),
        {
            "relation": qualified(writing.table.name),
            "grantee": _role(it.grantee),
            "columns": ", ".join(map(ident, free)),
            "option": "with grant option" if it.is_grantable else "",
            "function": _signature(writing),
        },
    )
    return DbObject(
        ObjectKind.GRANT,
        _name(writing.table.name, it.grantee),
        writing.machine.name,
        _facts(free, is_whole=False, may_fire=True),
        create=sql,
        replace=sql,
        reason=f"nobody updates {', '.join(writing.machine.funnel)} but by interlock.fire",
    )
