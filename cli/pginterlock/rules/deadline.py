"""IL16, deadline: a row does not stay in a state longer than it may.

No write breaks it, so no write is refused: `verify` and `interlock overdue` report the rows. Since
when a row has stood in its state is told by its history, which cannot be forged; where that does
not know (the row was there before the machine), by the stamp of the state; else by the machine's
first day: it has stood there at least since then.
"""

from pginterlock import assets
from pginterlock.elements import Deadline
from pginterlock.errors import DeadlinePassed
from pginterlock.names import cut, ident, literal
from pginterlock.rules.parts import Writing
from pginterlock.template import fill

ERROR = DeadlinePassed
CODE = DeadlinePassed.code
NAME = "deadline"
REFUSES = False


def overdue(writing: Writing, *, is_one: bool = False) -> str:
    """Return the query for the rows that have stayed too long, the oldest first.

    It returns ``key``, ``state_name``, ``since``, ``known_by``, ``longest`` and ``event``; of one
    row alone, whose key comes in as ``key_0``, ``key_1``, ..., where *is_one* says so.
    """
    machine = writing.machine

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    one = [f"{of_table(c)} = %(key_{n})s::{_type(writing, c)}" for n, c in enumerate(writing.key)]
    return fill(
        assets.read("sql", "templates", "overdue.sql"),
        {
            "machine": machine.name,
            "relation": f"{ident(writing.table.name.schema)}.{ident(writing.table.name.name)}",
            "audit_name": cut(f"{machine.name}_audit"),
            "key_json": writing.key_json(of_table),
            "key_match": writing.key_match("a", of_table),
            "row_state": writing.state_text(of_table),
            "stamp": _stamp(writing),
            "deadlines": ",\n    ".join(map(_values, machine.deadlines)),
            "is_asked": " and ".join(one) if is_one else "true",
        },
    )


def counted(writing: Writing) -> str:
    """Return the query that counts those rows by state, with the keys of the five oldest."""
    return fill(
        assets.read("sql", "templates", "overdue_counts.sql"), {"overdue": overdue(writing)}
    )


def end(writing: Writing, deadline: Deadline) -> str:
    """Return the statement that makes the move of *deadline* on one row, if it is there still."""
    machine = writing.machine
    target = next(
        t.to_state
        for t in machine.transitions
        if (t.event, t.from_state) == (deadline.then, deadline.state)
    )
    if machine.funnel and deadline.then:
        values = {c: f"%(key_{n})s::{_type(writing, c)}" for n, c in enumerate(writing.key)}
        slots = {
            "machine": machine.name,
            "key_json": writing.key_json(values.__getitem__),
            "event": deadline.then,
            "expected": deadline.state,
        }
        return fill(assets.read("sql", "templates", "overdue_fire.sql"), slots)
    keys = [f"{ident(c)} = %(key_{n})s::{_type(writing, c)}" for n, c in enumerate(writing.key)]
    return fill(
        assets.read("sql", "templates", "overdue_end.sql"),
        {
            "relation": f"{ident(writing.table.name.schema)}.{ident(writing.table.name.name)}",
            "state_column": machine.state,
            "state_is": f"{writing.state_sql(ident)} = {literal(deadline.state)}",
            "target": target,
            "key_is": " and ".join(keys),
        },
    )


def lock(writing: Writing) -> str:
    """Return the statement that locks one row, if nobody else has."""
    keys = [f"t.{ident(c)} = %(key_{n})s::{_type(writing, c)}" for n, c in enumerate(writing.key)]
    return fill(
        assets.read("sql", "templates", "overdue_lock.sql"),
        {
            "relation": f"{ident(writing.table.name.schema)}.{ident(writing.table.name.name)}",
            "key_is": " and ".join(keys),
        },
    )


def _type(writing: Writing, column: str) -> str:
    return writing.column(column).type


def _values(deadline: Deadline) -> str:
    event = literal(deadline.then) if deadline.then else "null"
    return f"({literal(deadline.state)}, {literal(deadline.longest)}::interval, {event})"


def _stamp(writing: Writing) -> str:
    """Return SQL for the stamp of the state in which a row stands; null where it has none."""
    arms = [
        f"when {literal(it.state)} then t.{ident(stamp.column)}::timestamptz"
        for it in writing.machine.deadlines
        for stamp in writing.machine.stamps
        if it.state in stamp.states
    ]
    return f"case d.state_name {' '.join(arms)} end" if arms else "null::timestamptz"
