"""IL13, state row: what a row looks like in a state (require, forbid, clear)."""

from pginterlock.choices import Mode
from pginterlock.errors import StateRowBroken
from pginterlock.rules.parts import Render, RowPredicate, RowRepair, Writing, is_state, new

ERROR = StateRowBroken
CODE = StateRowBroken.code
NAME = "state_row"


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return a predicate for each column that a state requires, forbids or clears."""
    found = []
    for row in writing.machine.rows:
        found += [_predicate(writing, row.state, column, wanted=True) for column in row.require]
        empty = dict.fromkeys([*row.forbid, *row.clear])
        found += [_predicate(writing, row.state, column, wanted=False) for column in empty]
    return found


def _predicate(writing: Writing, state: str, column: str, *, wanted: bool) -> RowPredicate:
    test = "is not null" if wanted else "is null"

    def condition(render: Render) -> str:
        return f"{render(column)} {test}"

    verb = "requires" if wanted else "forbids"
    return RowPredicate(
        CODE,
        NAME,
        _item(state, verb, column),
        column,
        (writing.machine.state, column),
        condition,
        message=f"{state} {verb} {column}",
        hint=f"Set {column} in the same write" if wanted else f"Leave {column} null",
        states=(state,),
        missing=(column,) if wanted else (),
    )


def fills(writing: Writing, state: str) -> list[str]:
    """Return the assignments that clear the columns of *state* on entry."""
    return [
        f"{new(column)} := null;"
        for column in writing.machine.row(state).clear
        if writing.machine.mode_of(NAME, _item(state, "forbids", column)) is not Mode.OBSERVE
    ]


def _item(state: str, verb: str, column: str) -> str:
    return f"{state} {verb} {column}"


def repairs(writing: Writing) -> list[RowRepair]:
    """Return a proposal for each column that a state forbids: it becomes null."""
    return [
        _cleared(writing, row.state, column)
        for row in writing.machine.rows
        for column in dict.fromkeys([*row.forbid, *row.clear])
        if not writing.column(column).is_not_null and not writing.column(column).is_generated
    ]


def _cleared(writing: Writing, state: str, column: str) -> RowRepair:
    def when(render: Render) -> str:
        return f"{is_state(writing.state_sql(render), (state,))} and {render(column)} is not null"

    return RowRepair(
        CODE,
        NAME,
        f"{column}_cleared_in_{state}",
        when,
        ((column, lambda _: "null"),),
        f"{column} cleared: {state} forbids it",
        stage="columns",
    )
