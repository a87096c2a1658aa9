"""The three prepared single-row statements, and the keys that they use up.

Every variant gets the same statements with the same keys in the same order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from psycopg.types.numeric import Int8

from harness.files import sql

_FIRST_NEW_ID = 100_000_000


@dataclass(frozen=True, slots=True)
class Statement:
    """One prepared statement."""

    name: str
    text: str


MOVE = Statement("move", sql("move"))
OTHER = Statement("other", sql("other"))
INSERT = Statement("insert", sql("insert"))
SINGLE_ROW = (MOVE, OTHER, INSERT)


def keys(statement: Statement, rows: int, skip: int) -> Iterator[dict[str, Int8]]:
    """Yield the parameters of one execution after another.

    Moves use up the even keys from the front, other updates go through them from the back, so that
    no row is met twice. The first *skip* keys were used by an earlier measurement.
    """
    match statement.name:
        case "move":
            ids = iter(range(2 + 2 * skip, rows // 2, 2))
        case "other":
            ids = iter(range(rows - rows % 2 - 2 * skip, rows // 2, -2))
        case _:
            ids = count(_FIRST_NEW_ID + skip)
    return ({"id": Int8(key)} for key in ids)
