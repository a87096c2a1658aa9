"""The machine as the registry keeps it: what `verify` holds against spec and objects."""

import dataclasses
import json
from collections.abc import Sequence

from pginterlock import assets
from pginterlock.compiler.afterwards import adopt, judge, judged
from pginterlock.compiler.relations import audit_name
from pginterlock.compiler.removal import qualified, unregister
from pginterlock.model import Machine
from pginterlock.names import array, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import RULES, approval, row_predicates
from pginterlock.rules.parts import Writing, plain
from pginterlock.template import fill

Row = Sequence[str | bool | None]

# Parts of a machine that came later: without them a definition is as it was written before.
_NEWER = ("claims", "deadlines", "funnel", "mirrors", "modes", "reactions", "renames", "repairs")


def definition(machine: Machine) -> str:
    """Return *machine* as JSON with sorted keys: the same machine, the same text."""
    told = dataclasses.asdict(machine)
    del told["services"]  # of the code, and no part of what the database holds
    for part in _NEWER:
        if not told[part]:
            del told[part]
    for move in told["transitions"]:
        if move["approvals"] is None:
            del move["approvals"]
        if move["guard_on"] is None:
            del move["guard_on"]
    return _text(told)


def registry_facts(
    definition: object,
    state_attnum: int,
    table_oid: int,
    key_columns: Sequence[str],
    states: Sequence[Row],
    moves: Sequence[Row],
    rules: Sequence[Row],
    judged: str,
    is_adopted: bool = True,
) -> tuple[tuple[str, str], ...]:
    """Return what the registry says of a machine, the order of rows left out.

    *judged* is the digest of the row rules by which all rows were judged.
    """
    return (
        ("adopted", "yes" if is_adopted else "no"),
        ("attnum", str(state_attnum)),
        ("definition", _text(definition)),
        ("judged", judged),
        ("key", _text(list(key_columns))),
        ("moves", _text(sorted(_text(list(it)) for it in moves))),
        ("rules", _text(sorted(_text(list(it)) for it in rules))),
        ("states", _text(sorted(_text(list(it)) for it in states))),
        ("table", str(table_oid)),
    )


def registry_entry(writing: Writing) -> DbObject:
    """Return the entry of a machine, with its states, moves and rules."""
    machine, table = writing.machine, writing.table.name
    states, moves, rules = _rows(writing)
    attnum = writing.column(machine.state).number
    written = definition(machine)
    create = fill(
        assets.read("sql", "templates", "register.sql"),
        {
            "machine": machine.name,
            "relation": qualified(table),
            "audit_relation": _history(machine),
            "schema_name": table.schema,
            "table_name": table.name,
            "state_column": machine.state,
            "state_attnum": str(attnum),
            "key_names": array(writing.key),
            "mode": machine.mode.value,
            "rule_modes": _text(dict(machine.modes)),
            "checks": machine.checks.value,
            "continuity": machine.continuity.value,
            "definition": written,
            "judged": judged(writing),
            "states": _values(machine, states),
            "transitions": _values(machine, moves or [(None,) * 4]),
            "rules": _values(machine, rules),
        },
    )
    return DbObject(
        ObjectKind.REGISTRY,
        machine.name,
        machine.name,
        registry_facts(
            json.loads(written),
            attnum,
            writing.table.oid,
            writing.key,
            states,
            moves,
            rules,
            judged(writing),
        ),
        create=create,
        replace=create,
        drop=unregister(machine.name),
        reason="the spec, as one version more",
        mends=_afterwards(writing),
        under_lock=_version(writing),
    )


def _version(writing: Writing) -> str:
    """Return the SQL that keeps the machine as one version more, from the next entry on."""
    machine = writing.machine
    return fill(
        assets.read("sql", "templates", "register_version.sql"),
        {"machine": machine.name, "audit_relation": _history(machine)},
    )


def _history(machine: Machine) -> str:
    return f"interlock.{ident(audit_name(machine.name))}"


def _afterwards(writing: Writing) -> tuple[tuple[str, str], ...]:
    """Return what is done once the machine is armed, by the fact that it makes true."""
    counted = (("adopted", adopt(writing)),)
    return (("judged", judge(writing)), *counted) if judged(writing) else counted


def _rows(writing: Writing) -> tuple[list[Row], list[Row], list[Row]]:
    """Return the states, the moves and the rules of a machine as rows."""
    machine = writing.machine
    states: list[Row] = [(s, s in machine.initial, s in machine.final) for s in machine.states]
    moves: list[Row] = [
        (t.event, t.from_state, t.to_state, t.guard_text) for t in machine.transitions
    ]
    rules: list[Row] = [
        (r.CODE, r.NAME, None) for r in RULES if not hasattr(r, "applies") or r.applies(writing)
    ]
    if approval.is_asked(writing):
        rules.append((approval.CODE, approval.NAME, None))
    rules += [
        (p.code, p.name, p.sound(writing, plain))
        for p in row_predicates(writing)
        if p.name != p.rule
    ]
    return states, moves, rules


def _values(machine: Machine, rows: Sequence[Row]) -> str:
    """Return *rows* of *machine* as the body of VALUES."""
    return ",\n".join(
        f"({', '.join(_constant(value) for value in (machine.name, *row))})" for row in rows
    )


def _constant(value: str | bool | None) -> str:
    if value is None:
        return "null"
    return literal(value) if isinstance(value, str) else str(value).lower()


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
