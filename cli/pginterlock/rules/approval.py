"""IL05 too: others have approved of a move before it is made.

An approval is for the row as it stood: it names the last entry of its history, and lapses with the
next one. So it counts in one stay, and once: the move that takes it writes an entry. Judged under
the lock of the row that is moved; what counts is read, and taken, by functions of the schema.
"""

from pginterlock import assets
from pginterlock.elements import Approvals, Transition
from pginterlock.errors import NotAuthorised
from pginterlock.names import array, cut, ident, literal
from pginterlock.rules import attribution
from pginterlock.rules.parts import Render, Verdict, Writing, new
from pginterlock.template import fill

CODE = NotAuthorised.code
NAME = "approval"
RECORDED = "approvals"  # column of the history, and key of the definition


def is_asked(writing: Writing) -> bool:
    """Whether any move of the machine needs approvals."""
    return any(it.approvals for it in writing.machine.transitions)


def declaration(writing: Writing) -> str:
    """Return what the guard of updates keeps approvals in; nothing where none are asked for."""
    return "\n    v_approvals bigint[];" if is_asked(writing) else ""


def recorded(writing: Writing) -> dict[str, str]:
    """Return the column of an entry that names the approvals of a move, and SQL for it."""
    return {RECORDED: "v_approvals"} if is_asked(writing) else {}


def terms(it: Approvals) -> str:
    """Return the arguments of our functions that say what *it* asks for."""
    return f"{it.count}, {str(it.distinct).lower()}"


def last_entry(writing: Writing, render: Render) -> str:
    """Return SQL for the last entry of the row's history; 0 where it has none."""
    history = f"interlock.{ident(cut(f'{writing.machine.name}_audit'))}"
    same = writing.key_match("a", render)
    return f"coalesce((select pg_catalog.max(a.id) from {history} as a where {same}), 0)"


def take(writing: Writing, move: Transition) -> str:
    """Return what takes the approvals of *move*, if there are enough."""
    if move.approvals is None:
        return ""
    return fill(
        assets.read("sql", "templates", "approval_take.plpgsql"),
        {
            "machine": writing.machine.name,
            "key": writing.key_json(new),
            "event": move.event,
            "entry": last_entry(writing, new),
            "terms": terms(move.approvals),
            "signed": str(attribution.is_signed(writing)).lower(),
        },
    )


def is_enough(move: Transition) -> str:
    """Return SQL that is true when those that were found are as many as *move* needs."""
    count = move.approvals.count if move.approvals else 0
    return f"pg_catalog.cardinality(v_approvals) >= {count}"


def refusal(writing: Writing, move: Transition) -> str:
    """Return the refusal of *move*, which lacks approvals; one let through has taken none."""
    asked = move.approvals or Approvals(1)
    lacking = f"{asked.count} - pg_catalog.cardinality(v_approvals)"
    needed = "1 approval" if asked.count == 1 else f"{asked.count} approvals"
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': {move.from_state} -> {move.to_state} needs {needed},')},"
        f" ' and ', {lacking}, case when {lacking} = 1 then ' is missing' else ' are missing' end)",
        f"pg_catalog.concat({literal(f'{who(move.event, asked)}:')},"
        f" ' select interlock.approve(', {literal(literal(writing.machine.name))}, ', ',"
        f" {_quoted_key(writing)}, {literal(f', {literal(move.event)}, reason => WHY)')})",
        writing.machine.state,
        array(writing.machine.targets(move.from_state)),
        missing=(NAME,),
        event=literal(move.event),
        is_liftable=True,
    )
    return f"{writing.write(verdict, new)}v_approvals := null;\n"


def who(event: str, asked: Approvals) -> str:
    """Return in words who may approve of *event*."""
    by = f" by members of {', '.join(asked.by)}" if asked.by else ""
    others = "" if not asked.distinct else (", not by" if by else " by others than")
    return f"{event} is approved{by}{others}{' who makes the move' if asked.distinct else ''}"


def _quoted_key(writing: Writing) -> str:
    if len(writing.key) == 1:
        return f"pg_catalog.quote_literal(pg_catalog.concat({new(writing.key[0])}))"
    return f"pg_catalog.quote_literal({writing.key_json(new)}::text)"
