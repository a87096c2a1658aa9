"""How a column of a row gets another value."""

from pginterlock.generate.rows import Maker, Row, Unmade
from pginterlock.generate.solving import Condition
from pginterlock.names import ident, literal

FAR = 5000  # from a row to one that nothing else refers to


def other(maker: Maker, row: Row, column: str) -> dict[str, str | None]:
    """Return what to set so that *column* of *row* has another value; raise Unmade."""
    leading = [it for it in maker.shape.parents if column in it.columns]
    if any(it.table != maker.machine.table for it in leading):
        maker.prepare(row.number + FAR)
        names = dict.fromkeys(name for it in leading for name in it.columns)
        return {it: maker.sample(it, row.number + FAR) for it in names if it not in maker.key}
    for it in leading:
        target = it.target_columns[it.columns.index(column)]
        own = row.values[target]
        if own == row.values[column]:
            own = maker.make(maker.machine.initial[0]).values[target]
        return {column: own}
    current = row.values[column]
    told = "null" if current is None else f"{literal(current)}::{maker.types[column]}"
    changed = Condition(f"{ident(column)} is distinct from {told}", (column,))
    try:
        held = maker.solved(row, row.state, None, {}, [*maker.demands(row.state), changed])
    except Unmade:
        another = maker.sample(column, row.number + FAR)
        if another in (None, current):
            raise
        return {column: another}
    return {it: value for it, value in held.items() if value != row.values[it]}
