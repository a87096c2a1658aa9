"""How a row reads once a state is entered: with what the machine fills and clears then.

Pure: model and table in, SQL text out.
"""

from pginterlock.choices import Fill, Mode
from pginterlock.names import literal
from pginterlock.rules import stamp, state_row
from pginterlock.rules.parts import Render, Writing
from pginterlock.table import Kind

_TEXT = "text"
_NOW = "now()"


def entered(writing: Writing, render: Render, state: str, *, is_pinned: bool = True) -> Render:
    """Return how the row that *render* names would be named in *state*.

    Where the search path is not pinned, everything is named in full.
    """
    machine = writing.machine
    stamps = {s.column: s.fill for s in machine.stamps if state in s.states}
    cleared = [
        c
        for c in machine.row(state).clear
        if machine.mode_of(state_row.NAME, f"{state} forbids {c}") is not Mode.OBSERVE
    ]
    text, moment = (_TEXT, _NOW) if is_pinned else (f"pg_catalog.{_TEXT}", f"pg_catalog.{_NOW}")

    def named(column: str) -> str:
        now = render(column)
        if column == machine.state:
            cast = writing.column(column).type
            return f"{literal(state)}::{cast if writing.column(column).kind is Kind.ENUM else text}"
        kind = writing.column(column).type
        if column in cleared:
            return f"null::{kind}"
        is_filled = machine.mode_of(stamp.NAME, column) is not Mode.OBSERVE
        match stamps.get(column):
            case Fill.ALWAYS if is_filled:
                return f"{moment}::{kind}"
            case Fill.IF_NULL if is_filled:
                return f"coalesce({now}, {moment}::{kind})"
        return now

    return named
