"""Forbidden writes, one of each kind, for `verify` to try.

Pure: model and table in, SQL text out.
"""

from dataclasses import dataclass

from pginterlock import assets
from pginterlock.choices import ActorNeed, Mode, Presence
from pginterlock.compiler.removal import qualified
from pginterlock.names import ident, literal
from pginterlock.rules import RULES, attribution, birth, death, freeze, guard, stamp, transition
from pginterlock.rules.parts import Writing, plain
from pginterlock.template import fill


@dataclass(frozen=True, slots=True)
class Attempt:
    """A write that *rule*, or one *item* of it, must refuse; it may find no row to try."""

    code: str
    title: str
    sql: str
    counts_rows: bool = True
    item: str = ""


def attempts(writing: Writing) -> list[Attempt]:
    """Return what to try: moves, guards, births, deaths, stamps, truncate, moves of nobody.

    Only what a rule in enforce must refuse, whatever the row is like.
    """
    tried = [
        *_moves(writing),
        *_guards(writing),
        *_stamps(writing),
        *_births(writing),
        *_deaths(writing),
        *_unattributed(writing),
    ]
    mode_of = writing.machine.mode_of
    return [it for it in tried if mode_of(_NAMES[it.code], it.item) is Mode.ENFORCE]


_NAMES = {rule.CODE: rule.NAME for rule in RULES}


def _of_row(column: str) -> str:
    return f"r.{ident(column)}"


def _update(writing: Writing, state: str, assignment: str, condition: str = "true") -> str:
    return fill(
        assets.read("sql", "templates", "attempt_update.sql"),
        {
            "relation": qualified(writing.table.name),
            "state_sql": writing.state_sql(_of_row),
            "state": state,
            "assignment": assignment,
            "condition": condition,
        },
    )


def _moves(writing: Writing) -> list[Attempt]:
    machine = writing.machine
    found = []
    for state in machine.states:
        allowed = {state, *machine.targets(state)}
        target = next((s for s in machine.states if s not in allowed), None)
        if target:
            assign = f"{ident(machine.state)} = {literal(target)}"
            found.append(
                Attempt(transition.CODE, f"{state} -> {target}", _update(writing, state, assign))
            )
    return found


def _guards(writing: Writing) -> list[Attempt]:
    machine = writing.machine
    found = []
    for move in machine.transitions:
        same = [
            t
            for t in machine.transitions
            if (t.from_state, t.to_state) == (move.from_state, move.to_state)
        ]
        if not move.is_guarded or len(same) > 1:
            continue
        assign = f"{ident(machine.state)} = {literal(move.to_state)}"
        asked = move.guard.text if move.guard else guard.seen(writing, move, _of_row)
        sql = _update(writing, move.from_state, assign, f"({asked}) is not true")
        found.append(Attempt(guard.CODE, f"{move.event} without {move.guard_text}", sql))
    return found


def _unattributed(writing: Writing) -> list[Attempt]:
    machine = writing.machine
    if machine.audit.actor is ActorNeed.OPTIONAL:
        return []
    found = []
    for move in machine.transitions:
        assign = f"{ident(machine.state)} = {literal(move.to_state)}"
        sql = _update(writing, move.from_state, assign)
        found.append(Attempt(attribution.CODE, f"{move.event} by nobody", sql))
    return found


def _stamps(writing: Writing) -> list[Attempt]:
    found = []
    for it in writing.machine.stamps:
        column = ident(it.column)
        for state in writing.machine.states:
            if writing.machine.presence(it, state) is Presence.REQUIRED:
                found.append(
                    Attempt(
                        freeze.CODE,
                        f"{it.column} changed in {state}",
                        _update(writing, state, f"{column} = {column} - interval '1 day'"),
                    )
                )
                if not writing.column(it.column).is_not_null:
                    found.append(
                        Attempt(
                            stamp.CODE,
                            f"{it.column} emptied in {state}",
                            _update(writing, state, f"{column} = null"),
                            item=it.column,
                        )
                    )
                break
    return found


def _births(writing: Writing) -> list[Attempt]:
    late = next((s for s in writing.machine.states if s not in writing.machine.initial), None)
    if late is None:
        return []
    columns = [c.name for c in writing.table.columns if not c.is_generated]
    sql = fill(
        assets.read("sql", "templates", "attempt_insert.sql"),
        {
            "relation": qualified(writing.table.name),
            "columns": ", ".join(map(ident, columns)),
            "expressions": ", ".join(map(plain, columns)),
            "state_sql": writing.state_sql(_of_row),
            "state": late,
        },
    )
    return [Attempt(birth.CODE, f"a copy of a row inserted in {late}", sql)]


def _deaths(writing: Writing) -> list[Attempt]:
    found = []
    for state in writing.machine.states:
        if state not in writing.machine.deletion:
            sql = fill(
                assets.read("sql", "templates", "attempt_delete.sql"),
                {
                    "relation": qualified(writing.table.name),
                    "state_sql": writing.state_sql(_of_row),
                    "state": state,
                },
            )
            found.append(Attempt(death.CODE, f"a row deleted in {state}", sql))
    truncate = f"truncate {qualified(writing.table.name)}"
    return [*found, Attempt(death.CODE, "truncate", truncate, counts_rows=False)]
