"""What of the tables of schema `interlock` could be forged, lost or kept from being written."""

from collections.abc import Iterator

import psycopg
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.findings import Finding
from pginterlock.objects import ObjectKind
from pginterlock.survey import Survey

# Tables of evidence besides the histories, which are written once too.
_EVIDENCE = frozenset(
    {"approval", "bypass", "erasure", "retained", "seal", "seal_chunk", "seal_tree"}
)


def weaknesses(connection: psycopg.Connection, seen: Survey) -> Iterator[Finding]:
    """Return every way in which a table of schema `interlock` could lose or gain entries unseen."""
    histories = set(_EVIDENCE) | {
        o.name.split(".")[1]
        for it in seen.machines
        for o in it.wanted
        if o.kind is ObjectKind.TABLE and o.name.endswith("_audit")
    }
    for row in database.ask(connection, "history_state.sql"):
        name = f"interlock.{row['relation_name']}"
        if not row["is_owned"]:
            yield Finding(
                "history-owner",
                f"{name} belongs to another role than schema interlock",
                "",
                name,
                hint="alter table ... owner to the owner of the schema",
            )
        if row["persistence"] == "u":
            yield Finding(
                "history-unlogged",
                f"{name} is unlogged: all of it is gone at the next crash",
                "",
                name,
                hint=f"alter table {name} set logged",
            )
        if row["writers"]:
            yield Finding(
                "history-writable",
                f"{name} can be written by {', '.join(row['writers'])}",
                "",
                name,
                hint="Revoke it: only the triggers write here",
            )
        yield from _triggers(name, row, is_history=row["relation_name"] in histories)


def _triggers(name: str, row: DictRow, *, is_history: bool) -> Iterator[Finding]:
    is_weak = is_history and (
        row["trigger_count"] < 2 or not row["has_triggers"]  # noqa: PLR2004 - the two that refuse
    )
    if row["weak_triggers"] or is_weak:
        weak = (row["weak_triggers"] or ["interlock_10_once"])[0]
        yield Finding(
            "history-unguarded",
            f"a trigger that keeps {name} from change is off or missing",
            "",
            name,
            hint=f"alter table {name} enable always trigger {weak}",
        )
    if row["foreign"]:
        yield Finding(
            "history-foreign",
            f"{name} has what is not ours, and could change or swallow what is written:"
            f" {', '.join(row['foreign'])}",
            "",
            name,
            hint="Find out who made it, and drop it",
        )
