"""IL10, continuity: the row is where its history says.

By default `verify` looks; with ``continuity: online`` every write compares the row with a table of
heads (one row a key), which costs a second write.
"""

from pginterlock.choices import Continuity
from pginterlock.errors import Discontinuous
from pginterlock.names import cut, ident
from pginterlock.rules.parts import Verdict, Writing, new, old

ERROR = Discontinuous
CODE = Discontinuous.code
NAME = "continuity"


def is_online(writing: Writing) -> bool:
    """Whether every write is compared with the head of its history."""
    return writing.machine.continuity is Continuity.ONLINE


def head_name(machine: str) -> str:
    """Return the name of the table of heads."""
    return cut(f"{machine}_head")


def at_birth(writing: Writing) -> list[str]:
    """Return the first head of a row."""
    return [_insert(writing, "v_to", "")] if is_online(writing) else []


def at_change(writing: Writing) -> list[str]:
    """Return the comparison with the head, and its step to the new state.

    A row that was there before the machine has no head: its first write makes one.
    """
    if not is_online(writing):
        return []
    table = f"interlock.{ident(head_name(writing.machine.name))}"
    same = writing.key_match("h", new)
    verdict = Verdict(
        f"exists (select from {table} as h where {same}\n"
        "    and h.state_name is distinct from v_from)",
        CODE,
        NAME,
        "pg_catalog.concat(': stands in ', v_from, ', but not by its history')",
        "'The row was changed behind the triggers; see interlock verify'",
        writing.machine.state,
    )
    step = _insert(writing, "v_to", " do update set state_name = excluded.state_name")
    return [writing.write(verdict, new), step]


def at_repair(writing: Writing) -> list[str]:
    """Return the same for the write of a backfill: the head follows every state."""
    return at_change(writing)


def at_death(writing: Writing) -> list[str]:
    """Return the removal of the head."""
    if not is_online(writing):
        return []
    table = f"interlock.{ident(head_name(writing.machine.name))}"
    same = writing.key_match("h", old)
    return [f"delete from {table} as h where {same};"]


def _insert(writing: Writing, state: str, conflict: str) -> str:
    keys = [ident(f"key_{c}") for c in writing.key]
    table = f"interlock.{ident(head_name(writing.machine.name))}"
    on_conflict = f"\non conflict ({', '.join(keys)}){conflict}" if conflict else ""
    columns = ", ".join([*keys, "state_name"])
    values = ", ".join([*(writing.stored(c, new) for c in writing.key), state])
    return f"insert into {table} ({columns})\nvalues ({values}){on_conflict};"
