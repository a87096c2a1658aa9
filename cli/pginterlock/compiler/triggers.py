"""The triggers of a machine on the user's table."""

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.compiler.functions import fills_births, fills_moves
from pginterlock.compiler.removal import drop_trigger, qualified
from pginterlock.elements import TableName
from pginterlock.names import cut, ident
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.rules import death, reaction
from pginterlock.rules.parts import Writing
from pginterlock.template import fill

# pg_trigger.tgtype, by bits: row 1, before 2, insert 4, delete 8, update 16, truncate 32.
_BEFORE_INSERT, _BEFORE_UPDATE, _BEFORE_TRUNCATE = 7, 19, 34
_AFTER_INSERT, _AFTER_UPDATE, _AFTER_DELETE = 5, 17, 9


def triggers(writing: Writing) -> list[DbObject]:
    """Return all triggers, in the order in which they are made."""
    found = []
    if fills_births(writing):
        found.append(_trigger(writing, "10", "prebirth", "insert", _BEFORE_INSERT))
    if fills_moves(writing):
        found.append(_before_move(writing))
    found += [
        _trigger(writing, "50", "birth", "insert", _AFTER_INSERT),
        _trigger(writing, "50", "change", "update", _AFTER_UPDATE),
        _trigger(writing, "50", "death", "delete", _AFTER_DELETE),
        _trigger(writing, "90", "truncate", "truncate", _BEFORE_TRUNCATE),
    ]
    # The server clones row triggers to partitions, and no others.
    found += [
        _trigger(writing, "90", "truncate", "truncate", _BEFORE_TRUNCATE, on=partition)
        for partition in writing.table.partitions
    ]
    return found


def _truncate_function(writing: Writing) -> str:
    observes = writing.machine.mode_of(death.NAME) is Mode.OBSERVE
    return "record_truncate" if observes else "refuse_truncate"


def _before_move(writing: Writing) -> DbObject:
    """Return the fill trigger of moves.

    It fires only where the statement names the state column, or one that a reaction waits for; that
    costs other updates nothing. Unless another BEFORE trigger might set one of them unnamed.
    """
    state = writing.machine.state
    named = [state, *reaction.read_columns(writing.machine)]
    if writing.table.foreign_before_triggers:
        return _trigger(writing, "10", "premove", "update", _BEFORE_UPDATE)
    return _trigger(
        writing,
        "10",
        "premove",
        f"update of {', '.join(map(ident, named))}",
        _BEFORE_UPDATE,
        columns=",".join(named),
    )


def _trigger(
    writing: Writing,
    order: str,
    what: str,
    moment: str,
    bits: int,
    columns: str = "",
    on: TableName | None = None,
) -> DbObject:
    machine, table = writing.machine.name, on or writing.table.name
    name = cut(f"interlock_{order}_{machine}_{what}")
    is_truncate, is_before = what == "truncate", what.startswith("pre")
    function = _truncate_function(writing) if is_truncate else cut(f"{machine}_{what}")
    template = (
        "truncate_trigger.sql"
        if is_truncate
        else "fill_trigger.sql"
        if is_before
        else "constraint_trigger.sql"
    )
    create = fill(
        assets.read("sql", "templates", template),
        {
            "trigger_name": name,
            "schema_name": table.schema,
            "table_name": table.name,
            "function_name": function,
            "moment": moment,
            "machine": machine,
            "note": f"Machine {machine}: {what.replace('_', ' ')}.",
        },
    )
    target = qualified(table)
    drop = drop_trigger(table, name)
    enable = f"alter table {target} enable always trigger {ident(name)};\n"
    return DbObject(
        ObjectKind.TRIGGER,
        f"{table} {name}",
        machine,
        (
            ("arguments", machine if is_truncate else ""),
            ("columns", columns),
            ("constraint", "no" if is_truncate or is_before else "yes"),
            ("deferrable", "no"),
            ("enabled", "A"),
            ("function", f"interlock.{function}"),
            ("type", str(bits)),
            ("when", "no"),
        ),
        create=create,
        # A constraint trigger cannot be replaced; the others without the lock of a drop.
        replace=create.replace("create trigger", "create or replace trigger", 1)
        if is_truncate or is_before
        else drop + create,
        drop=drop,
        lock=Lock.SHARE_ROW_EXCLUSIVE,
        reason=f"fire the function {function}",
        mends=(("enabled", enable),),
    )
