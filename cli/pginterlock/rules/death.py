"""IL03, death: deletion only from allowed states; no truncate."""

from pginterlock.errors import IllegalDeath
from pginterlock.model import Machine
from pginterlock.names import array, ident, literal
from pginterlock.rules.birth import has_tombstones, tombstone_name
from pginterlock.rules.parts import Verdict, Writing, is_state, listing, old

ERROR = IllegalDeath
CODE = IllegalDeath.code
NAME = "death"


def _hint(machine: Machine) -> str:
    if not machine.deletion:
        return "Rows of this machine are never deleted: move the row to a final state"
    return f"Rows may be deleted from {listing(machine.deletion)}"


def at_death(writing: Writing) -> list[str]:
    """Return the judgement of a delete, and the tombstone of one that is allowed."""
    machine = writing.machine
    broken = f"({is_state('v_from', machine.deletion)}) is not true" if machine.deletion else "true"
    verdict = Verdict(
        broken,
        CODE,
        NAME,
        "pg_catalog.concat(': a row in ', coalesce(v_from, 'null'), ' may not be deleted')",
        literal(_hint(machine)),
        machine.state,
        array(machine.deletion),
        is_liftable=True,
    )
    statements = [writing.write(verdict, old, target="null")]
    if has_tombstones(writing):
        columns = ", ".join([*(ident(f"key_{c}") for c in writing.key), "state_name"])
        values = ", ".join([*(writing.stored(c, old) for c in writing.key), "v_from"])
        table = f"interlock.{ident(tombstone_name(machine.name))}"
        statements.append(
            f"insert into {table} ({columns})\nvalues ({values})\non conflict do nothing;"
        )
    return statements
