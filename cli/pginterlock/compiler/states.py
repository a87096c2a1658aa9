"""SQL about rows by their state: how many there are, none in a state that goes, another name.

Pure: model and table in, SQL text out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock import assets
from pginterlock.compiler import ownership
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Rename, TableName
from pginterlock.names import array, dollar, ident, literal
from pginterlock.objects import Lock
from pginterlock.rules.parts import Writing, indent, is_state
from pginterlock.template import fill

# How the error of `no_row_in` is told from all others.
GONE = "removed_state"


@dataclass(frozen=True, slots=True)
class Blocks:
    """Some blocks of one relation: from *first* to before *end*, and no more than *row_limit*."""

    leaf: TableName
    leaf_oid: int
    first: int
    end: int
    row_limit: int


def state_counts(writing: Writing) -> str:
    """Return the query that counts rows by state: ``state_name`` and ``row_count``."""
    return fill(
        assets.read("sql", "templates", "state_counts.sql"),
        {
            "row_state": writing.state_text(_of_row),
            "state_column": writing.machine.state,
            "relation": qualified(writing.table.name),
        },
    )


def no_row_in(writing: Writing, states: Sequence[str], remedy: str) -> tuple[str, str]:
    """Return two statements that fail where a row stands in one of *states*.

    The first is for before the lock. It waits until nobody writes, notes the last entry of the
    history, lets writers go on, and reads the table. The second is for under the lock, in the same
    transaction: it asks the history who came since, and reads the table only where somebody did.
    """
    history = f"interlock.{ident(MachineNames(writing.machine.name).audit)}"
    count = fill(
        assets.read("sql", "templates", "gone_count.plpgsql"),
        {
            "row_state": writing.state_text(_of_row),
            "relation": qualified(writing.table.name),
            "is_gone": is_state(writing.state_sql(_of_row), states),
            "subject": f"{writing.machine.name}: rows of {writing.table.name} stand in states that"
            " go: ",
            "remedy": remedy,
            "constraint_name": f"{writing.machine.name}.{GONE}",
        },
    )
    setting = f"interlock_apply.m_{hashlib.sha256(writing.machine.name.encode()).hexdigest()[:16]}"
    before = {
        "setting": setting,
        "history": history,
        "lock": indent(ownership.lock(writing.table.name, Lock.SHARE_ROW_EXCLUSIVE), 2),
        "count": indent(count),
    }
    under = {
        "setting": setting,
        "history_table": history,
        "states": array([*states]),
        "count": indent(count, 2),
    }
    return _block("gone_before.plpgsql", before), _block("gone_states.plpgsql", under)


def _block(template: str, slots: dict[str, str]) -> str:
    body = fill(assets.read("sql", "templates", template), slots)
    return fill(assets.read("sql", "templates", "gone_states.sql"), {"body": dollar(body)})


def rename_rows(writing: Writing, rename: Rename) -> str:
    """Return the statement that moves all rows of an old name at once."""
    return fill(
        assets.read("sql", "templates", "rename_rows.sql"),
        {
            "relation": qualified(writing.table.name),
            "state_column": writing.machine.state,
            "old_name": rename.was,
            "new_name": rename.state,
        },
    )


def rename_batch(writing: Writing, rename: Rename, blocks: Blocks) -> str:
    """Return the statement that moves the rows of *blocks* that no other session holds."""
    relation = qualified(writing.table.name)
    state = writing.state_sql(_of_row)
    return fill(
        assets.read("sql", "templates", "rename_batch.sql"),
        {
            "source": f"only {qualified(blocks.leaf)}",
            "leaf_oid": str(blocks.leaf_oid),
            "relation": relation if writing.table.is_partitioned else f"only {relation}",
            "first_place": f"({blocks.first},0)",
            "end_place": f"({blocks.end},0)",
            "row_limit": str(blocks.row_limit),
            "is_old": f"{state} operator(pg_catalog.=) {literal(rename.was)}",
            "state_column": writing.machine.state,
            "new_name": rename.state,
        },
    )


def _of_row(column: str) -> str:
    return f"t.{ident(column)}"
