"""IL07, freeze: the key never changes, a stamp only with its state, a frozen column not at all."""

from pginterlock.choices import Mode
from pginterlock.errors import Frozen
from pginterlock.names import literal
from pginterlock.rules import stamp as stamps
from pginterlock.rules import state_row
from pginterlock.rules.parts import Verdict, Writing, block, indent, new, old
from pginterlock.rules.reacting import is_entry

ERROR = Frozen
CODE = Frozen.code
NAME = "freeze"
ALL = "*"


def frozen_columns(writing: Writing, state: str) -> tuple[str, ...]:
    """Return the columns that may not change while a row is in *state*."""
    freeze = writing.machine.row(state).freeze
    if ALL in freeze:
        return tuple(c.name for c in writing.table.columns if c.name != writing.machine.state)
    return freeze


def at_change(writing: Writing) -> list[str]:
    """Return the judgement of an update: key, stamps, frozen columns.

    One condition comes before many verdicts: most updates change none of these.
    """
    marks = writing.machine.stamps
    always = [_key(writing, column) for column in writing.key]
    always += [_stamp(writing, s.column, s.states) for s in marks]
    found = [_if_any(writing, (*writing.key, *(s.column for s in marks)), always)]
    for row in writing.machine.rows:
        if columns := frozen_columns(writing, row.state):
            verdicts = [_column(writing, row.state, column) for column in columns]
            body = _if_any(writing, columns, verdicts)
            found.append(f"if v_from = {literal(row.state)} then\n{indent(body)}\nend if;")
    return found


def at_repair(writing: Writing) -> list[str]:
    """Return what a backfill may not do either: give a row another key."""
    return [_key(writing, column) for column in writing.key]


def _if_any(writing: Writing, columns: tuple[str, ...], verdicts: list[str]) -> str:
    differing = "\n    or ".join(writing.differs(column) for column in dict.fromkeys(columns))
    return f"if {differing} then\n{block(verdicts)}\nend if;"


def _key(writing: Writing, column: str) -> str:
    return writing.write(
        Verdict(
            writing.differs(column),
            CODE,
            NAME,
            literal(f": the key {column} may not change"),
            "'Insert a new row: a history belongs to one key'",
            column,
        ),
        old,
    )


def _stamp(writing: Writing, column: str, states: tuple[str, ...]) -> str:
    entered = dict.fromkeys(
        [*states, *(r.state for r in writing.machine.rows if column in r.clear)]
    )
    allowed = f"v_from is distinct from v_to and {is_entry(writing, entered)}"
    if is_rename := writing.is_rename():
        allowed = f"{allowed} and ({is_rename}) is not true"
    if mends := _mends(writing, column):
        allowed = f"{allowed}\n    or {mends}"
    return writing.write(
        Verdict(
            f"{writing.differs(column)}\n    and ({allowed}) is not true",
            CODE,
            NAME,
            literal(f": {column} changes only when its state is entered"),
            literal(f"{column} is written on the move to {', '.join(states)}"),
            column,
            is_liftable=True,
        ),
        new,
    )


def _mends(writing: Writing, column: str) -> str:
    """Return SQL that is true of a write of *column* that mends the row; nothing where none may.

    A column that broke a row rule may change where rows can be broken, if it breaks it no longer.
    """
    machine = writing.machine
    if machine.mode_of(NAME) is Mode.OBSERVE:
        return ""
    arms = [
        f"({p.sound(writing, old)}) is not true and ({p.sound(writing, new)}) is true"
        for p in (*stamps.row_predicates(writing), *state_row.row_predicates(writing))
        if p.column == column and machine.mode_of(p.rule, p.name) is not Mode.ENFORCE
    ]
    return "\n    or ".join(arms)


def _column(writing: Writing, state: str, column: str) -> str:
    cleared = [r.state for r in writing.machine.rows if column in r.clear and r.state != state]
    stamped = [
        s for stamp in writing.machine.stamps if stamp.column == column for s in stamp.states
    ]
    entered = dict.fromkeys([*cleared, *stamped])
    moved = ""
    if entered:
        enters = is_entry(writing, entered)
        if is_rename := writing.is_rename():
            enters = f"{enters} and ({is_rename}) is not true"
        moved = f" and ({enters}) is not true"
    if mends := _mends(writing, column):
        moved += f"\n    and ({mends}) is not true"
    return writing.write(
        Verdict(
            f"{writing.differs(column)}{moved}",
            CODE,
            NAME,
            literal(f": {column} may not change in {state}"),
            literal(f"{column} is frozen in {state}"),
            column,
            is_liftable=True,
        ),
        new,
    )
