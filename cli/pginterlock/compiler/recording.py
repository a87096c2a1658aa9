"""What writes the entries of an update: its own, and that of a reaction that has moved the row.

Pure: model and table in, SQL text out.
"""

from pginterlock.compiler.entries import entry
from pginterlock.rules import reacting, reaction
from pginterlock.rules.parts import Writing, block, indent, new, old

# A move, or what a bypass lets through.
_LEAVES_ENTRY = "v_from is distinct from v_to or v_kind is not null"


def reaction_variables(writing: Writing) -> str:
    """Return the declarations of what is found of a reaction; nothing where there is none."""
    if not reaction.steps(writing.machine):
        return ""
    told = "\n    v_reaction text;  -- what has moved the row, if nobody did"
    if reaction.throughs(writing.machine):
        told += '\n    v_via   text collate "C";  -- the state that the write itself entered'
    return told


def record_change(writing: Writing) -> str:
    """Return what writes the entry of an update; most change no audited column."""
    kind = "case when v_from is distinct from v_to then 'move' else 'change' end"
    plain = entry(writing, "move", new, {})
    columns = writing.machine.audit.columns
    if not columns:
        own = f"if {_LEAVES_ENTRY} then\n{indent(plain)}\nend if;"
        return _record_reaction(writing, own, "", "") if reaction.steps(writing.machine) else own
    values: dict[str, str] = {}
    for column in columns:
        for side, render in (("old", old), ("new", new)):
            values[f"{side}_{column}"] = (
                f"case when {writing.differs(column)} then {writing.stored(column, render)} end"
            )
    changed = "\n    or ".join(writing.differs(column) for column in columns)
    full = entry(writing, kind, new, values)
    own = f"if {changed} then\n{indent(full)}\nelsif {_LEAVES_ENTRY} then\n{indent(plain)}\nend if;"
    if not reaction.steps(writing.machine):
        return own
    return _record_reaction(
        writing, own, changed, entry(writing, kind, new, values, is_reaction=True)
    )


def _record_reaction(writing: Writing, own: str, changed: str, full: str) -> str:
    """Return what writes the entries of an update that a reaction may have moved: one, or two.

    *own* writes that of the write itself, and *full* a reaction's, where an audited column was
    *changed* too.
    """
    plain = entry(writing, "move", new, {}, is_reaction=True)
    made = f"if {changed} then\n{indent(full)}\nelse\n{indent(plain)}\nend if;" if full else plain
    ended = reacting.over()
    if not reaction.throughs(writing.machine):
        return f"if v_reaction is null then\n{indent(own)}\nelse\n{block([made, ended])}\nend if;"
    onward = [
        "-- Two moves: that of the write, and that of the reaction.",
        "v_to := v_via;",
        own,
        "v_from := v_via;",
        f"v_to := {writing.state_text(new)};",
        f"v_event := {reacting.event_of(writing.machine)};",
        "v_kind := null;",
        plain,
        ended,
    ]
    return (
        f"if v_reaction is null then\n{indent(own)}\nelsif v_via is null then\n"
        f"{block([made, ended])}\nelse\n{block(onward)}\nend if;"
    )
