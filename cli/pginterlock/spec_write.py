"""A machine of the model as the text of a spec: read again, it is the same machine.

Pure: data in, text out.
"""

import io
import re
from collections.abc import Iterable, Mapping

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from pginterlock.choices import ActorNeed, Checks, Continuity, Fill, Need
from pginterlock.elements import Stamp, StateRow, TableName, Transition
from pginterlock.model import Machine

VERSION = 1
_WIDTH = 100
_PLAIN_NAME = re.compile(r'[^".\s]+\Z')


def write(machines: Iterable[Machine]) -> str:
    """Return the text of a spec that declares *machines*, and nothing else.

    What is as it is by default is left out. A machine that accepts old names of states is written
    under its new names: see `renaming.under_new_names`.
    """
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    told = {"interlock": VERSION, "machines": {it.name: _machine(it) for it in machines}}
    written = io.StringIO()
    yaml.dump(_styled(told, depth=0), written)
    return written.getvalue()


def _machine(machine: Machine) -> dict[str, object]:
    was = {it.state: it.was for it in machine.renames}
    told: dict[str, object] = {
        "table": table_text(machine.table),
        "state": machine.state,
        "key": [*machine.key],
        "mode": machine.mode.value,
        "modes": {name: mode.value for name, mode in machine.modes},
        "initial": [*machine.initial],
        "final": [*machine.final],
        "transitions": _transitions(machine.transitions),
        "stamps": {it.column: _stamp(it) for it in machine.stamps},
        "states": {row.state: _row(row, was.get(row.state)) for row in machine.rows},
        "invariants": {
            it.name: {"check": it.check.text, "in": [*it.states]} if it.states else it.check.text
            for it in machine.invariants
        },
        "claims": {
            it.name: {
                "resource": [*it.resource],
                **({"during": it.during.text} if it.during else {}),
                "in": [*it.states],
            }
            for it in machine.claims
        },
        "mirrors": {
            it.name: {
                "table": table_text(it.table),
                "key": it.key,
                "column": it.column,
                "in": [*it.states],
            }
            for it in machine.mirrors
        },
        "reactions": {
            it.name: {"when": it.when.text, "event": it.event} for it in machine.reactions
        },
        "deadlines": {
            it.state: {"after": it.longest, "then": it.then} if it.then else it.longest
            for it in machine.deadlines
        },
        **_rest(machine),
    }
    kept = ("table", "state", "mode", "initial", "transitions")
    return {name: value for name, value in told.items() if value or name in kept}


def _rest(machine: Machine) -> dict[str, object]:
    audit = machine.audit
    recorded = {
        "columns": [*audit.columns],
        "actor": audit.actor.value if audit.actor is not ActorNeed.OPTIONAL else "",
        "retain": audit.retain,
        "erasable": [*audit.erasable],
    }
    online = machine.continuity is not Continuity.VERIFY
    return {
        "deletion": {"from": [*machine.deletion]} if machine.deletion else {},
        "audit": {name: value for name, value in recorded.items() if value},
        "outbox": {"channel": machine.outbox.channel} if machine.outbox else {},
        "checks": machine.checks.value if machine.checks is not Checks.FUNCTION else "",
        "continuity": machine.continuity.value if online else "",
        "funnel": bool(machine.funnel),
        "services": [*machine.services],
        "repairs": {
            it.name: {
                "when": it.when.text,
                "set": {column: value.text for column, value in it.sets},
            }
            for it in machine.repairs
        },
    }


def _transitions(moves: Iterable[Transition]) -> dict[str, object]:
    """Return *moves* by event; those that differ in the state they leave, one after the other."""
    found: dict[str, list[tuple[dict[str, object], list[str]]]] = {}
    for move in moves:
        told = _move(move)
        parts = found.setdefault(move.event, [])
        if parts and parts[-1][0] == told:
            parts[-1][1].append(move.from_state)
        else:
            parts.append((told, [move.from_state]))
    return {
        event: _one_or_more([{"from": _one_or_more(states), **told} for told, states in parts])
        for event, parts in found.items()
    }


def _move(move: Transition) -> dict[str, object]:
    told: dict[str, object] = {"to": move.to_state}
    if move.guard:
        told["guard"] = move.guard.text
    if move.guard_on:
        on = move.guard_on
        told["guard"] = {"on": table_text(on.table), "check": on.check.text, "key": on.key}
    if move.by:
        told["by"] = [*move.by]
    if move.reason is not Need.OPTIONAL:
        told["reason"] = move.reason.value
    if it := move.approvals:
        asked: dict[str, object] = {"count": it.count, "distinct": it.distinct}
        told["approvals"] = {**asked, "by": [*it.by]} if it.by else asked
    return told


def _stamp(stamp: Stamp) -> object:
    states = _one_or_more([*stamp.states])
    if stamp.fill is Fill.IF_NULL:
        return states
    return {"state": states, "fill": stamp.fill.value}


def _row(row: StateRow, was: str | None) -> dict[str, object]:
    told: dict[str, object] = {
        need: [*getattr(row, need)]
        for need in ("require", "forbid", "freeze", "clear")
        if getattr(row, need)
    }
    return {**told, "renamed_from": was} if was else told


def _one_or_more(values: list[object] | list[str] | list[dict[str, object]]) -> object:
    return values[0] if len(values) == 1 else values


def table_text(name: TableName) -> str:
    """Return *name* as a spec writes it: in quotes where it has to be."""
    return ".".join(
        part if _PLAIN_NAME.match(part) else '"' + part.replace('"', '""') + '"'
        for part in (name.schema, name.name)
    )


# Down to here a mapping has a line for each of its keys: spec, machines, machine, section.
_BLOCK_DEPTH = 4
_FLOW_CHARS = 78


def _styled(value: object, depth: int) -> object:
    """Return *value* with what fits on a line in braces: as people write a spec."""
    if isinstance(value, Mapping):
        styled = CommentedMap({key: _styled(it, depth + 1) for key, it in value.items()})
        if depth >= _BLOCK_DEPTH and len(str(value)) <= _FLOW_CHARS:
            styled.fa.set_flow_style()
        return styled
    if isinstance(value, list):
        listed = CommentedSeq([_styled(it, depth + 1) for it in value])
        if all(isinstance(it, str) for it in value):
            listed.fa.set_flow_style()
        return listed
    return value
