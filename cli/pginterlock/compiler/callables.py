"""The two functions of a machine that people call: `fire`, which moves a row, and `allowed`.

Both run with the rights of whoever calls them. `fire` is static SQL but where columns are set
beside the state: those that are named, and no others, so that it needs no right that the caller's
own update would not need.

Pure: model and table in, `DbObject`s out.
"""

from itertools import groupby

from pginterlock import assets
from pginterlock.compiler.fire_refusals import illegal, is_expected, no_row, stale_state
from pginterlock.compiler.foresight import events as foreseen_events
from pginterlock.compiler.foresight import fireable, foreseen_columns
from pginterlock.compiler.functions import PIN
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Transition
from pginterlock.names import array, cut, dollar, field, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import guard
from pginterlock.rules.parts import Writing, block, indent
from pginterlock.table import Kind
from pginterlock.template import fill

FIRE_TYPES = "jsonb, text, jsonb, text"
_NO_PIN = ""
# Types that PostgreSQL's grammar knows, and finds in pg_catalog whatever the search path says.
_WORDS = (
    "bigint", "bit", "boolean", "character", "double precision", "integer", "interval", "numeric",
    "real", "smallint", "time", "timestamp",
)  # fmt: skip


def callables(writing: Writing) -> list[DbObject]:
    """Return the functions of the machine that people call."""
    return [_fire(writing), _allowed(writing)]


def _fire(writing: Writing) -> DbObject:
    name = cut(f"{writing.machine.name}_fire")
    body = _to_funnel(writing) if writing.machine.funnel else fire_body(writing)
    return _function(writing, name, FIRE_TYPES, "fire_function.sql", body, "move a row by an event")


def _to_funnel(writing: Writing) -> str:
    return fill(
        assets.read("sql", "templates", "funnel_fire.plpgsql"),
        {
            "schema_name": writing.table.name.schema,
            "function_name": MachineNames(writing.machine.name).funnel,
        },
    )


def _allowed(writing: Writing) -> DbObject:
    name = cut(f"{writing.machine.name}_allowed")
    body = fill(
        assets.read("sql", "templates", "allowed.plpgsql"),
        {
            **row_slots(writing),
            "columns": ", ".join(f"t.{ident(c)}" for c in foreseen_columns(writing)),
            "row_state": writing.state_text(lambda c: field("v_row", c)),
            "events": block(foreseen_events(writing)),
        },
    )
    return _function(
        writing, name, "jsonb", "allowed_function.sql", body, "say what a row could do next"
    )


def fire_body(writing: Writing) -> str:
    """Return the body of `fire`."""
    machine = writing.machine
    has_rivals = any(len(same) > 1 for same in _by_ends(fireable(machine)).values())
    move, wish = _move(writing), ""
    if has_rivals or machine.reactions:
        wish = _set(guard.ASKED, f"pg_catalog.concat({literal(machine.name + '/')}, p_event)")
        move += "\n" + _set(guard.ASKED, "''")
    return fill(
        assets.read("sql", "templates", "fire.plpgsql"),
        {
            **row_slots(writing),
            "row_state": writing.state_text(_of_row),
            "is_expected": is_expected(writing),
            "stale": indent(stale_state(writing), 2),
            "events": indent(_events(writing)),
            "illegal": indent(illegal(writing), 2),
            "relation_name": qualified(writing.table.name),
            "closed": array([machine.state, *writing.key]),
            "wish": indent(wish),
            "move": indent(move),
        },
    )


def _set(setting: str, value: str) -> str:
    return f"perform pg_catalog.set_config({literal(setting)}, {value}, true);"


def pinned_type(name: str) -> str:
    """Return the type *name* so that no search path can make another of it, nor a length be lost.

    Alone, `character` and `bit` are of length 1.
    """
    element, array_of = (name[:-2], "[]") if name.endswith("[]") else (name, "")
    if element in ("character", "bit"):
        return f'pg_catalog."{"bpchar" if element == "character" else "bit"}"{array_of}'
    if "." in name or name.startswith(_WORDS):
        return name
    return f"pg_catalog.{name}"


def _of_row(column: str) -> str:
    return f"t.{ident(column)}"


def row_slots(writing: Writing) -> dict[str, str]:
    """Return what each function needs to find the row and to speak of it."""
    relation = qualified(writing.table.name)
    variables = {c: f"v_key_{n}" for n, c in enumerate(writing.key, start=1)}
    return {
        "machine": writing.machine.name,
        "relation": relation,
        "state_column": writing.machine.state,
        "declarations": "\n".join(
            f"    {variable:9} {pinned_type(writing.stored_type(c))};"
            for c, variable in variables.items()
        ),
        "key_names": array(writing.key),
        "keys": "\n".join(
            f"    {variable} := v_key[{n}];"
            for n, variable in enumerate(variables.values(), start=1)
        ),
        "key_match": _match(writing, variables),
        "new_state": f"v_target{_state_cast(writing)}",
        "key_values": ", ".join(variables.values()),
        "key_json": writing.key_json(variables.__getitem__),
        "no_row": indent(no_row(writing), 2),
    }


def _match(writing: Writing, values: dict[str, str]) -> str:
    """Return SQL that finds the row; a type of a user's making is named where it is used only."""
    parts = []
    for column, value in values.items():
        kind = writing.column(column)
        cast = f"::{kind.type}" if "." in kind.base_type else ""
        parts.append(f"{_of_row(column)} operator(pg_catalog.=) {value}{cast}")
    return " and ".join(parts)


def _state_cast(writing: Writing) -> str:
    column = writing.column(writing.machine.state)
    return f"::{column.type}" if column.kind is Kind.ENUM else ""


def _events(writing: Writing) -> str:
    """Return the if-chain over events that finds where each one leads."""
    moves = fireable(writing.machine)
    lines: list[str] = []
    for event in dict.fromkeys(t.event for t in moves):
        same = [t for t in moves if t.event == event]
        reached = list(dict.fromkeys(t.to_state for t in same))
        lines.append(
            f"{'elsif' if lines else 'if'} p_event operator(pg_catalog.=) {literal(event)} then"
        )
        if len(reached) == 1:
            lines.append(indent(f"v_to := {literal(reached[0])};"))
        lines.append(indent(f"v_targets := case\n{indent(_targets(same))}\nend;"))
    known = array(list(dict.fromkeys(t.event for t in moves)))
    unknown = f"perform interlock.refuse_unknown('event', p_event, {known});"
    return "\n".join([*lines, "else", indent(unknown), "end if;"]) if lines else unknown


def _targets(same: list[Transition]) -> str:
    targets: dict[str, list[str]] = {}
    for move in same:
        targets.setdefault(move.from_state, []).append(move.to_state)
    arms = []
    for reached, states in groupby(sorted(targets.items(), key=lambda it: it[1]), lambda it: it[1]):
        origins = array([state for state, _ in states])
        arms.append(f"when v_from operator(pg_catalog.=) any ({origins}) then {array(reached)}")
    return "\n".join(arms)


def _by_ends(moves: tuple[Transition, ...]) -> dict[tuple[str, str], list[Transition]]:
    found: dict[tuple[str, str], list[Transition]] = {}
    for move in moves:
        found.setdefault((move.from_state, move.to_state), []).append(move)
    return found


def _move(writing: Writing) -> str:
    slots = {**row_slots(writing), "row_state": writing.state_text(_of_row)}
    match = _match(writing, {c: f"${n}" for n, c in enumerate(writing.key, start=3)})
    # The text is a format: what is ours in it must not look like a slot of it.
    dynamic = fill(
        assets.read("sql", "templates", "fire_dynamic.plpgsql"),
        {
            "relation": _formatted(slots["relation"]),
            "state_column": _formatted(slots["state_column"]),
            "new_state": f"$1{_formatted(_state_cast(writing))}",
            "key_match": _formatted(match),
            "row_state": _formatted(slots["row_state"]),
        },
    )
    move = fill(
        assets.read("sql", "templates", "fire_move.plpgsql"), {**slots, "dynamic": dynamic.strip()}
    )
    moves = fireable(writing.machine)
    events = {(t.event, t.from_state) for t in moves}
    if len(events) == len({(t.event, *_ends(t)) for t in moves}):
        return f"v_target := v_targets[1];\n{move}"
    choice = assets.read("sql", "templates", "fire_choice.plpgsql")
    return fill(choice, {"move": indent(move, 2)})


def _ends(move: Transition) -> tuple[str, str]:
    return move.from_state, move.to_state


def _formatted(text: str) -> str:
    return text.replace("%", "%%")


def _function(
    writing: Writing, name: str, types: str, ddl_file: str, body: str, note: str
) -> DbObject:
    is_pinned = ddl_file == "allowed_function.sql"
    ddl = fill(
        assets.read("sql", "templates", ddl_file),
        {"function_name": name, "body": dollar(body), "note": f"{writing.machine.name}: {note}."},
    )
    signature = f"interlock.{ident(name)}({types})"
    return DbObject(
        ObjectKind.FUNCTION,
        f"interlock.{name}({types})",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("security", "invoker"),
            ("settings", PIN if is_pinned else _NO_PIN),
            ("volatility", "s" if is_pinned else "v"),
        ),
        create=ddl,
        replace=ddl,
        drop=f"drop function {signature};\n",
        reason=note,
        signature=signature,
    )
