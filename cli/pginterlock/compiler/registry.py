"""The machine as the registry keeps it: what `verify` holds against spec and objects."""

import dataclasses
import json

from pginterlock import assets
from pginterlock.compiler.relations import audit_name, key_columns
from pginterlock.compiler.removal import qualified
from pginterlock.model import Machine
from pginterlock.names import array, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import RULES, row_predicates
from pginterlock.rules.parts import Writing, indent, plain
from pginterlock.template import fill


def definition(machine: Machine) -> str:
    """Return *machine* as JSON with sorted keys: the same machine, the same text."""
    return definition_text(dataclasses.asdict(machine))


def definition_text(value: object) -> str:
    """Return a definition as text: the same machine, the same text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def registry_entry(writing: Writing) -> DbObject:
    """Return the entry of a machine, with its states, moves and rules."""
    machine, table = writing.machine, writing.table.name
    name = literal(machine.name)
    states = [
        f"({name}, {literal(s)}, {_bool(s in machine.initial)}, {_bool(s in machine.final)})"
        for s in machine.states
    ]
    moves = [
        f"({name}, {literal(t.event)}, {literal(t.from_state)}, {literal(t.to_state)}, "
        f"{literal(t.guard.text) if t.guard else 'null'})"
        for t in machine.transitions
    ] or [f"({name}, null, null, null, null)"]
    rules = [f"({name}, {literal(r.CODE)}, {literal(r.NAME)}, null)" for r in RULES]
    rules += [
        f"({name}, {literal(p.code)}, {literal(p.name)}, {literal(p.sound(writing, plain))})"
        for p in row_predicates(writing)
        if p.name != p.rule
    ]
    written = definition(machine)
    create = fill(
        assets.read("sql", "templates", "register.sql"),
        {
            "machine": machine.name,
            "relation": qualified(table),
            "adopted": _adopted(writing),
            "schema_name": table.schema,
            "table_name": table.name,
            "state_column": machine.state,
            "state_attnum": str(writing.column(machine.state).number),
            "key_names": array(writing.key),
            "mode": machine.mode.value,
            "checks": machine.checks.value,
            "continuity": machine.continuity.value,
            "definition": written,
            "states": ",\n".join(states),
            "transitions": ",\n".join(moves),
            "rules": ",\n".join(rules),
        },
    )
    return DbObject(
        ObjectKind.REGISTRY,
        machine.name,
        machine.name,
        (("definition", written), ("attnum", str(writing.column(machine.state).number))),
        create=create,
        replace=create,
        drop=f"delete from interlock.machine where machine_name = {name};\n",
        reason="the spec, as one version more",
    )


def _adopted(writing: Writing) -> str:
    """Return SQL that counts what was there before the machine: rows, and lives in the history."""

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    keys = [ident(column) for column in key_columns(writing)]
    stored = [f"{writing.stored(c, of_table)} as {ident('key_' + c)}" for c in writing.key]
    return indent(
        fill(
            assets.read("sql", "templates", "adopted.sql"),
            {
                "machine": writing.machine.name,
                "audit_name": audit_name(writing.machine.name),
                "relation": qualified(writing.table.name),
                "key_list": ", ".join(keys),
                "row_key": ", ".join(stored),
                "same_entry": writing.key_match("a", of_table),
            },
        )
    )


def _bool(value: bool) -> str:
    return "true" if value else "false"
