"""The tables of a machine in schema interlock: history, tombstones, heads."""

from pginterlock import assets
from pginterlock.names import cut, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import approval, attribution, birth, continuity, reaction
from pginterlock.rules.parts import Writing
from pginterlock.template import fill

MONTHS_AHEAD = 12


def audit_name(machine: str) -> str:
    """Return the name of a machine's history."""
    return cut(f"{machine}_audit")


def key_columns(writing: Writing) -> dict[str, str]:
    """Return the key columns of a history and their types, which are those of the table."""
    return {f"key_{c}": writing.stored_type(c) for c in writing.key}


def audit_columns(writing: Writing) -> dict[str, str]:
    """Return the columns for what a write changed, who signed it and who approved, with types."""
    found: dict[str, str] = (
        {attribution.SIGNED_BY: "text"} if attribution.is_signed(writing) else {}
    )
    if approval.is_asked(writing):
        found[approval.RECORDED] = "bigint[]"
    if writing.machine.reactions:
        found |= dict.fromkeys(reaction.COLUMNS, "text")
    for column in writing.machine.audit.columns:
        base = writing.stored_type(column)
        found[f"old_{column}"] = base
        found[f"new_{column}"] = base
    return found


def history_tables(writing: Writing) -> list[DbObject]:
    """Return the history, and where the machine needs them the tombstones and heads."""
    machine = writing.machine.name
    found = [_audit(writing)]
    if birth.has_tombstones(writing):
        found.append(_keyed(writing, birth.tombstone_name(machine), "Keys of deleted rows."))
    if continuity.is_online(writing):
        found.append(_keyed(writing, continuity.head_name(machine), "Where each row stands."))
    return found


def _audit(writing: Writing) -> DbObject:
    name = audit_name(writing.machine.name)
    keys, changed = key_columns(writing), audit_columns(writing)
    create = fill(
        assets.read("sql", "templates", "audit_table.sql"),
        {
            "audit_name": name,
            "default_name": cut(f"{name}_default"),
            "pk_name": cut(f"{name}_pk"),
            "key_columns": _lines(keys, " not null"),
            "audit_columns": _lines(changed, ""),
            "key_list": ", ".join(ident(c) for c in keys),
            "note": f"History of machine {writing.machine.name}: written once, by its triggers.",
        },
    )
    months = f"select interlock.add_months({literal(name)}, {MONTHS_AHEAD});\n"
    adds = "".join(
        f"alter table interlock.{ident(name)} add column if not exists {ident(c)} {_uncut(t)};\n"
        for c, t in changed.items()
    )
    index = fill(
        assets.read("sql", "templates", "audit_index.sql"),
        {"audit_name": name, "index_name": cut(f"{name}_by_id")},
    )
    resume = fill(
        assets.read("sql", "templates", "audit_resume.sql"),
        {"history_name": name, "qualified": f"interlock.{ident(name)}"},
    )
    return DbObject(
        ObjectKind.TABLE,
        f"interlock.{name}",
        writing.machine.name,
        tuple(sorted({**keys, **changed, "by_id": "yes", "months": "ahead"}.items())),
        create=create + resume + index + months,
        replace=adds + index + months,
        drop=f"drop table interlock.{ident(name)};\n",
        reason="keep the history of each row",
    )


def _keyed(writing: Writing, name: str, note: str) -> DbObject:
    keys = key_columns(writing)
    create = fill(
        assets.read("sql", "templates", "key_table.sql"),
        {
            "relation_name": name,
            "pk_name": cut(f"{name}_pk"),
            "key_columns": _lines(keys, " not null"),
            "key_list": ", ".join(ident(c) for c in keys),
            "note": note,
        },
    )
    return DbObject(
        ObjectKind.TABLE,
        f"interlock.{name}",
        writing.machine.name,
        tuple(sorted(keys.items())),
        create=create,
        drop=f"drop table interlock.{ident(name)};\n",
        reason=note,
    )


def _lines(columns: dict[str, str], suffix: str) -> str:
    return "\n".join(f"    {ident(c)} {_uncut(t)}{suffix}," for c, t in columns.items())


def _uncut(kind: str) -> str:
    """Return *kind* as DDL writes it: a bare ``character`` would be of one character."""
    return "bpchar" if kind == "character" else kind
