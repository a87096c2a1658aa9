"""The objects of mirrors, and of guards on other tables: functions, and triggers over there.

What touches the other table runs with the rights of that table's owner, and no more: its triggers
run inside. What judges what stands there runs as the owner of schema interlock.

Pure: model and table in, `DbObject`s out.
"""

from pginterlock import assets
from pginterlock.compiler.functions import PIN, attached
from pginterlock.compiler.ownership import lend
from pginterlock.compiler.removal import drop_function, drop_trigger, qualified
from pginterlock.elements import Mirror, TableName, TargetGuard
from pginterlock.expression import rewrite
from pginterlock.names import dollar, field, ident
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.rules import mirror as rule
from pginterlock.rules import mirror_guard
from pginterlock.rules.guard import is_looked_at
from pginterlock.rules.mirror_terms import (
    function_name,
    guard_name,
    is_kept,
    is_locked_anyway,
    key_of,
    target_of,
    trigger_names,
    watch_name,
    writer_name,
)
from pginterlock.rules.parts import Writing
from pginterlock.table import Table
from pginterlock.template import fill

# pg_trigger.tgtype, by bits: row 1, before 2, insert 4, delete 8, update 16, truncate 32.
_AFTER_ANY, _BEFORE_TRUNCATE = 29, 34


def mirror_functions(writing: Writing) -> list[DbObject]:
    """Return the functions of all mirrors and guards on other tables, those that others call first.

    They let the owner of schema interlock use the schemas whose types the others name.
    """
    machine = writing.machine
    lent = [(_writer if is_kept(writing, it) else _reader)(writing, it) for it in machine.mirrors]
    guards = {guard_name(machine.name, it): it for it in _guards(writing)}
    lent += [_target_guard(writing, name, it) for name, it in guards.items()]
    ours = [_guard(writing, it) for it in machine.mirrors]
    ours += [_watch(writing, it) for it in machine.mirrors if not is_kept(writing, it)]
    return [*lent, *ours]


def mirror_triggers(writing: Writing) -> list[DbObject]:
    """Return the triggers on the other tables, and in observe those that look at commits."""
    found = []
    machine = writing.machine.name
    for it in writing.machine.mirrors:
        rows, truncate, commits = trigger_names(machine, it.name)
        function = function_name(machine, it.name)
        found += [
            _trigger(machine, it.table, rows, function, "mirror_trigger.sql"),
            _trigger(machine, it.table, truncate, function, "mirror_truncate.sql"),
        ]
        if not is_kept(writing, it):
            watch = watch_name(machine, it.name)
            table = writing.table.name
            found.append(_trigger(machine, table, commits, watch, "mirror_watch.sql"))
    return found


def settings(schema: str) -> str:
    """Return the pin of a function that lends an owner's rights, quotes left out."""
    return f"search_path=pg_catalog, {schema}, pg_temp"


def lent_facts(body: str, owner: str, schema: str) -> tuple[tuple[str, str], ...]:
    """Return what the server stores of a function that lends the rights of *owner*."""
    return (
        ("body", body),
        ("language", "plpgsql"),
        ("owner", owner),
        ("security", "definer"),
        ("settings", settings(schema)),
        ("volatility", "v"),
    )


def _guards(writing: Writing) -> list[TargetGuard]:
    return [t.guard_on for t in writing.machine.transitions if t.guard_on]


def _slots(target: Table, column: str) -> dict[str, str]:
    return {
        "relation": qualified(target.name),
        "key_column": key_of(target).name,
        "column_name": column,
    }


def _writer(writing: Writing, it: Mirror) -> DbObject:
    target = target_of(writing, it.table)
    kind = key_of(target).type
    return _lent(
        writing,
        target,
        writer_name(writing.machine.name, it.name),
        f"{kind}, {kind}, boolean",
        "mirror_writer",
        _slots(target, it.column),
        f"write {it.column}",
    )


def _reader(writing: Writing, it: Mirror) -> DbObject:
    target = target_of(writing, it.table)
    return _lent(
        writing,
        target,
        writer_name(writing.machine.name, it.name),
        key_of(target).type,
        "mirror_reader",
        _slots(target, it.column),
        f"read {it.column}",
    )


def _target_guard(writing: Writing, name: str, it: TargetGuard) -> DbObject:
    target = target_of(writing, it.table)
    condition = rewrite(it.check.text, lambda c: field("t", c))
    locking = ""
    if not is_looked_at(writing):
        strength = "no key update" if is_locked_anyway(writing, it) else "share"
        locking = f"for {strength} of t"
    slots = {**_slots(target, ""), "condition": condition, "locking": locking}
    kind = key_of(target).type
    return _lent(writing, target, name, kind, "target_guard", slots, "judge a guard")


def _lent(
    writing: Writing,
    target: Table,
    name: str,
    types: str,
    form: str,
    slots: dict[str, str],
    note: str,
) -> DbObject:
    """Return a function in the schema of *target*, with the rights of its owner."""
    schema = target.name.schema
    body = fill(assets.read("sql", "templates", f"{form}.plpgsql"), slots)
    signature = f"{ident(schema)}.{ident(name)}({types})"
    grant = fill(
        assets.read("sql", "templates", "lent_function.plpgsql"),
        {"schema_name": schema, "signature": signature},
    )
    made = fill(
        assets.read("sql", "templates", f"{form}.sql"),
        {
            "schema_name": schema,
            "function_name": name,
            "key_type": key_of(target).type,
            "body": dollar(body),
        },
    )
    owned = fill(
        assets.read("sql", "templates", "lent_function.sql"),
        {
            "signature": signature,
            "note": f"{writing.machine.name}: {note} of {target.name}.",
            "body": dollar(grant),
            "handed": lend(target, signature).rstrip(),
        },
    )
    return DbObject(
        ObjectKind.FUNCTION,
        f"{schema}.{name}({types})",
        writing.machine.name,
        lent_facts("\n" + body, target.owner, schema),
        create=made + owned,
        replace=made + owned,
        drop=drop_function(signature),
        reason=f"{note} of {target.name} with the rights of its owner",
        signature=signature,
    )


def _guard(writing: Writing, it: Mirror) -> DbObject:
    name = function_name(writing.machine.name, it.name)
    note = f"refuse what {it.table}.{it.column} cannot be"
    return _ours(writing, name, mirror_guard.body(writing, it), note)


def _watch(writing: Writing, it: Mirror) -> DbObject:
    name = watch_name(writing.machine.name, it.name)
    body = rule.watch_body(writing, it, attached(writing))
    return _ours(writing, name, body, f"see at the commit whether {it.table}.{it.column} agrees")


def _ours(writing: Writing, name: str, body: str, note: str) -> DbObject:
    ddl = fill(
        assets.read("sql", "templates", "trigger_function.sql"),
        {"function_name": name, "body": dollar(body), "note": f"{writing.machine.name}: {note}."},
    )
    return DbObject(
        ObjectKind.FUNCTION,
        f"interlock.{name}()",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("security", "definer"),
            ("settings", PIN),
            ("volatility", "v"),
        ),
        create=ddl,
        replace=ddl,
        drop=drop_function(f"interlock.{ident(name)}()"),
        reason=note,
    )


def _trigger(machine: str, table: TableName, name: str, function: str, form: str) -> DbObject:
    create = fill(
        assets.read("sql", "templates", form),
        {
            "trigger_name": name,
            "schema_name": table.schema,
            "table_name": table.name,
            "function_name": function,
            "note": f"Machine {machine}: mirror.",
        },
    )
    is_truncate = form == "mirror_truncate.sql"
    drop = drop_trigger(table, name)
    enable = f"alter table {qualified(table)} enable always trigger {ident(name)};\n"
    return DbObject(
        ObjectKind.TRIGGER,
        f"{table} {name}",
        machine,
        (
            ("arguments", ""),
            ("columns", ""),
            ("constraint", "no" if is_truncate else "yes"),
            ("deferrable", "yes" if form == "mirror_watch.sql" else "no"),
            ("enabled", "A"),
            ("function", f"interlock.{function}"),
            ("type", str(_BEFORE_TRUNCATE if is_truncate else _AFTER_ANY)),
            ("when", "no"),
        ),
        create=create,
        replace=create.replace("create trigger", "create or replace trigger", 1)
        if is_truncate
        else drop + create,
        drop=drop,
        lock=Lock.SHARE_ROW_EXCLUSIVE,
        reason=f"fire the function {function}",
        mends=(("enabled", enable),),
    )
