"""One query that holds a history against itself and against the rows: continuity (IL10).

Pure: model and table in, SQL text out.
"""

from pginterlock import assets
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.relations import key_columns
from pginterlock.compiler.removal import qualified
from pginterlock.names import ident, literal
from pginterlock.rules.parts import Writing
from pginterlock.template import fill


def replay(writing: Writing) -> str:
    """Return the replay of the machine's history.

    The query returns a row for each kind of break: ``what``, ``row_count`` and sample keys.
    ``adopted`` is special: ``row_count`` is then the difference to the number that was adopted.
    """

    def of_table(column: str) -> str:
        return f"t.{ident(column)}"

    keys = [ident(column) for column in key_columns(writing)]
    stored = [f"{writing.stored(c, of_table)} as {ident('key_' + c)}" for c in writing.key]
    pairs = ", ".join(f"{literal(c)}, {ident('key_' + c)}" for c in writing.key)
    return fill(
        assets.read("sql", "templates", "replay.sql"),
        {
            "machine": writing.machine.name,
            "audit_name": MachineNames(writing.machine.name).audit,
            "relation": qualified(writing.table.name),
            "key_list": ", ".join(keys),
            "row_key": ", ".join(stored),
            "row_state": writing.state_text(of_table),
            "sample_key": f"jsonb_build_object({pairs})",
        },
    )
