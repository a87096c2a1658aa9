"""Entries of a time before the machine, made of the stamps of rows that have no entry yet.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable

from pginterlock import assets
from pginterlock.choices import Presence
from pginterlock.compiler.mending import ACTOR, Span
from pginterlock.compiler.relations import audit_name, key_columns
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Stamp
from pginterlock.model import Machine
from pginterlock.names import field, ident, literal
from pginterlock.rules.parts import Writing, is_state
from pginterlock.template import fill

_MARK = "/* rows of this batch */"


def reconstruction(writing: Writing, job_id: int) -> Callable[[Span], str]:
    """Return what makes the statement that writes the entries of the rows of a span.

    One row: ``repaired_count`` (rows that got entries), and no others.
    """
    machine = writing.machine
    text = fill(
        assets.read("sql", "templates", "backfill_history.sql"),
        {
            "relation": qualified(writing.table.name),
            "audit_name": audit_name(machine.name),
            "in_span": _MARK,
            "same_key": writing.key_match("a", lambda column: field("t", column)),
            "key_values": ", ".join(
                f"{writing.stored(c, lambda column: field('t', column))} as k{n}"
                for n, c in enumerate(writing.key)
            ),
            "key_order": ", ".join(f"l.k{n}" for n in range(len(writing.key))),
            "key_names": ", ".join(ident(c) for c in key_columns(writing)),
            "told_keys": ", ".join(f"e.k{n}" for n in range(len(writing.key))),
            "steps": ",\n        ".join(_steps(writing)) or "(null, null, null, null)",
            "origin": _origin(machine),
            "event": _event(machine),
            "actor": ACTOR,
            "statement": f"{ACTOR} {machine.name}: job {job_id}",
        },
    )
    return lambda span: text.replace(_MARK, span.sql(writing, "t"))


def _steps(writing: Writing) -> list[str]:
    """Return for each stamp the state it tells of, when, its place in the order, its name."""
    machine = writing.machine
    found = []
    for stamp in machine.stamps:
        column = field("l", stamp.column)
        place = min(machine.states.index(s) for s in stamp.states)
        found.append(
            f"({_entered(writing, stamp)}, case when isfinite({column}) then {column}::timestamptz"
            f" end, {place}, {literal(stamp.column)})"
        )
    return found


def _entered(writing: Writing, stamp: Stamp) -> str:
    """Return SQL for the state that *stamp* tells of; null where that is not known."""
    machine = writing.machine
    state = writing.state_sql(lambda column: field("l", column))
    never = tuple(s for s in machine.states if machine.presence(stamp, s) is Presence.FORBIDDEN)
    arms = [f"when {is_state(state, never)} then null"] if never else []
    arms += [f"when {is_state(state, (s,))} then {literal(s)}" for s in stamp.states]
    past = literal(stamp.states[0]) if len(stamp.states) == 1 else "null"
    return f"case {' '.join(arms)} else {past} end::text"


def _origin(machine: Machine) -> str:
    """Return SQL for the state that was left: the one known before, else the only one possible."""
    pairs = dict.fromkeys((t.from_state, t.to_state) for t in machine.transitions)
    arms = [
        f"when o.before = {literal(a)} and o.state_name = {literal(b)} then {literal(a)}"
        for a, b in pairs
    ]
    for state in machine.states:
        origins = [a for a, b in pairs if b == state]
        if len(origins) == 1:
            arms.append(f"when o.state_name = {literal(state)} then {literal(origins[0])}")
    return f"case {' '.join(arms)} end" if arms else "null::text"


def _event(machine: Machine) -> str:
    """Return SQL for the event of a move that only one event makes."""
    arms = []
    for a, b in dict.fromkeys((t.from_state, t.to_state) for t in machine.transitions):
        events = {t.event for t in machine.transitions if (t.from_state, t.to_state) == (a, b)}
        if len(events) == 1:
            arms.append(
                f"when e.origin = {literal(a)} and e.state_name = {literal(b)}"
                f" then {literal(events.pop())}"
            )
    return f"case {' '.join(arms)} end" if arms else "null::text"
