"""The statement of a guard function that writes one entry of the history.

Pure: model and table in, SQL text out.
"""

from pginterlock import assets
from pginterlock.compiler.relations import audit_name, key_columns
from pginterlock.compiler.wake import wake
from pginterlock.names import ident, literal
from pginterlock.rules import approval, attribution
from pginterlock.rules.parts import Render, Writing
from pginterlock.template import fill


def entry(
    writing: Writing,
    kind: str,
    render: Render,
    values: dict[str, str],
    *,
    is_reaction: bool = False,
) -> str:
    """Return what writes an entry of *kind*, with *values* beside those that all have.

    *is_reaction* says that ``v_reaction`` has made the move.
    """
    stored = [writing.stored(column, render) for column in writing.key]
    keys = dict(zip(key_columns(writing), stored, strict=True))
    plain = literal(kind) if kind in ("birth", "death", "move") else kind
    event = "null" if kind in ("birth", "death") else "v_event"
    fixed = {
        "kind": f"coalesce(v_kind, {plain})",
        "event": event,
        "from_state": "v_from",
        "to_state": "v_to",
    }
    every = {**keys, **fixed, **values, **attribution.recorded(writing, is_reaction=is_reaction)}
    if event == "v_event" and not is_reaction:
        every |= approval.recorded(writing)
    insert = wake(writing) + fill(
        assets.read("sql", "templates", "audit_insert.plpgsql"),
        {
            "audit_name": audit_name(writing.machine.name),
            "columns": ", ".join(ident(c) for c in every),
            "expressions": ", ".join(every.values()),
        },
    )
    return attribution.around_entry(
        writing,
        render,
        insert,
        is_change=event == "v_event",
        is_bare=not values,
        is_reaction=is_reaction,
    )
