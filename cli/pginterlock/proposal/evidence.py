"""What was seen of a table: its states with counts, what is filled in which, the moves of the past.

Pure: data only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pginterlock.elements import TableName


@dataclass(frozen=True, slots=True)
class StateCount:
    """One value of the state column, and how many rows have it."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Move:
    """A change of state that a history shows, and how often; *before* is None for a beginning."""

    before: str | None
    after: str
    count: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How often rows share a resource at once; *start* and *end* are empty where time is no part.

    *rows* hold the resource in *states*, *clashes* of them while another row does.
    """

    resource: str
    states: tuple[str, ...]
    start: str
    end: str
    rows: int
    clashes: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was seen.

    *filled* has for each nullable column the number of rows, by state, in which it is set; a
    column is one of *moments* when it is a timestamp or date. *null_rows* have no state at all.
    *default* is the state that a new row gets by itself, *source* where all this was read.
    """

    table: TableName
    state_column: str
    states: tuple[StateCount, ...]
    key: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ()
    null_rows: int = 0
    filled: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    moments: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    history: str = ""
    overlaps: tuple[Overlap, ...] = ()
    other_columns: tuple[str, ...] = ()
    default: str | None = None
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the states."""
        return tuple(it.name for it in self.states)

    def share(self, column: str, state: str) -> float | None:
        """Return in which share of the rows in *state* the *column* is set; None: no such row."""
        rows = next((it.rows for it in self.states if it.name == state), 0)
        return self.filled[column].get(state, 0) / rows if rows else None
