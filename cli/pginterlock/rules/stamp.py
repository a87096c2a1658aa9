"""IL12, stamp: a timestamp is there when, and only when, its states have been entered.

Where it is required and where forbidden is derived from the graph of moves (`Machine.presence`).
A fill trigger writes it on entry, as far as the spec lets it.
"""

from pginterlock.choices import Fill, Mode, Presence
from pginterlock.elements import Stamp
from pginterlock.errors import StampBroken
from pginterlock.names import literal
from pginterlock.rules import stamp_repairs
from pginterlock.rules.parts import (
    Render,
    RowPredicate,
    RowRepair,
    Writing,
    is_import,
    is_state,
    listing,
    new,
)

ERROR = StampBroken
CODE = StampBroken.code
NAME = "stamp"


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return one predicate for each stamp."""
    return [_predicate(writing, stamp) for stamp in writing.machine.stamps]


def _predicate(writing: Writing, stamp: Stamp) -> RowPredicate:
    machine = writing.machine
    by_presence: dict[Presence, list[str]] = {presence: [] for presence in Presence}
    for state in machine.states:
        by_presence[machine.presence(stamp, state)].append(state)
    required, forbidden = by_presence[Presence.REQUIRED], by_presence[Presence.FORBIDDEN]

    def condition(render: Render) -> str:
        column, state = render(stamp.column), writing.state_sql(render)
        arms = []
        if required:
            arms.append(f"when {is_state(state, required)} then pg_catalog.isfinite({column})")
        if forbidden:
            arms.append(f"when {is_state(state, forbidden)} then {column} is null")
        rest = f"{column} is null or pg_catalog.isfinite({column})"
        return f"case {' '.join(arms)} else {rest} end" if arms else rest

    def in_state(render: Render, state: str) -> str:
        column = render(stamp.column)
        match machine.presence(stamp, state):
            case Presence.REQUIRED:
                return f"pg_catalog.isfinite({column})"
            case Presence.FORBIDDEN:
                return f"{column} is null"
            case Presence.OPTIONAL:
                return f"{column} is null or pg_catalog.isfinite({column})"

    return RowPredicate(
        CODE,
        NAME,
        stamp.column,
        stamp.column,
        (machine.state, stamp.column),
        condition,
        message=f"{stamp.column} does not fit the state",
        hint=f"{stamp.column} is set in {listing(required)}, null in {listing(forbidden)}",
        missing=(stamp.column,),
        in_state=in_state,
    )


def fills(writing: Writing, state: str) -> list[str]:
    """Return the assignments that fill the stamps of *state* on entry."""
    lines = []
    for stamp in writing.machine.stamps:
        if state not in stamp.states:
            continue
        if writing.machine.mode_of(NAME, stamp.column) is Mode.OBSERVE:
            continue  # who only observes writes nothing into rows
        assign = f"{new(stamp.column)} := pg_catalog.now();"
        match stamp.fill:
            case Fill.ALWAYS:
                # What an import or a repair brings is kept; who gives nothing does not pay for the
                # question.
                machine = writing.machine.name
                is_repair = f"interlock.lifted({literal(machine)}, {literal(NAME)}) is not null"
                is_kept = f"({is_import(machine)} or {is_repair})"
                given = f"{new(stamp.column)} is not null and {is_kept}"
                lines.append(f"if ({given}) is not true then\n    {assign}\nend if;")
            case Fill.IF_NULL:
                lines.append(f"if {new(stamp.column)} is null then\n    {assign}\nend if;")
            case Fill.NEVER:
                pass
    return lines


def repairs(writing: Writing) -> list[RowRepair]:
    """Return the proposals: the state that the stamps show, times that were lost, times too many.

    In this order: a time that shows a state is not cleared.
    """
    found = stamp_repairs.entered(writing, CODE, NAME)
    for stamp in writing.machine.stamps:
        found += stamp_repairs.lost(writing, stamp, CODE, NAME)
        found += stamp_repairs.forbidden(writing, stamp, CODE, NAME)
    return found
