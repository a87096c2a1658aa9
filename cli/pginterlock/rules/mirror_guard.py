"""IL09, mirror: what the triggers on the other table refuse, in place of the machine's own.

They look themselves who holds a row, and believe no writer: every value but the one that follows is
refused, and so is what would take a row away that is held.
"""

from dataclasses import replace

from pginterlock import assets
from pginterlock.elements import Mirror
from pginterlock.errors import MirrorDisagrees
from pginterlock.model import Machine
from pginterlock.names import field, ident, literal
from pginterlock.rules.claim_terms import clashes
from pginterlock.rules.mirror_terms import NAME, held, is_kept, key_of, target_of
from pginterlock.rules.parts import Render, Verdict, Writing, indent, listing, new, old
from pginterlock.template import fill

CODE = MirrorDisagrees.code


def body(writing: Writing, mirror: Mirror) -> str:
    """Return the body of the function behind the triggers on the other table."""
    target = target_of(writing, mirror.table)
    there = elsewhere(writing, mirror)
    key = key_of(target).name
    table = writing.table.name

    def of_row(render: Render) -> str:
        return clashes(writing, held(mirror), lambda _: render(key))

    return fill(
        assets.read("sql", "templates", "mirror_guard.plpgsql"),
        {
            "attached": indent(
                fill(
                    assets.read("sql", "templates", "attached.plpgsql"),
                    {
                        "schema_name": target.name.schema,
                        "relation_name": target.name.name,
                        "machine": writing.machine.name,
                    },
                )
            ),
            "relation": f"{ident(table.schema)}.{ident(table.name)}",
            "key_differs": there.differs(key),
            "column_differs": there.differs(mirror.column),
            "is_old": of_row(old),
            "is_new": of_row(new),
            "truncated": indent(_truncated(there, mirror), 2),
            "gone": indent(_gone(writing, there, mirror), 2),
            "stale": indent(_stale(writing, there, mirror), 2),
            "wrong": indent(_wrong(writing, there, mirror), 2),
        },
    )


def elsewhere(writing: Writing, mirror: Mirror) -> Writing:
    """Return the machine as it speaks of rows of the other table."""
    target = target_of(writing, mirror.table)
    return Writing(replace(writing.machine, key=(key_of(target).name,)), target)


def _title(machine: Machine, mirror: Mirror) -> str:
    return f"{machine.name}: {mirror.table} "


def _holder(writing: Writing, mirror: Mirror) -> str:
    return f"row of {writing.table.name} in {listing(mirror.states)} has it as {mirror.key}"


def _wrong(writing: Writing, there: Writing, mirror: Mirror) -> str:
    column, holder = field("new", mirror.column), _holder(writing, mirror)
    verdict = Verdict(
        f"{column} is distinct from (v_is is true)",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': {mirror.column} cannot be ')},"
        f" coalesce({column}::text, 'null'), ': ', case when v_is then 'a ' else 'no ' end,"
        f" {literal(holder)})",
        literal(
            f"{mirror.column} follows {writing.table.name}: it is true while a row in"
            f" {listing(mirror.states)} has this one as {mirror.key}; move that row instead"
        ),
        mirror.column,
        item=mirror.name,
    )
    return _write(there, verdict, new, mirror)


def _stale(writing: Writing, there: Writing, mirror: Mirror) -> str:
    """Return what ends a session that still sees who held the key of a row that went; else nothing.

    In observe a row may hold what is not there, and nobody is refused.
    """
    if not is_kept(writing, mirror):
        return ""
    key = field("new", there.key[0])
    return fill(
        assets.read("sql", "templates", "mirror_stale.plpgsql"),
        {
            "message": f"{literal(_title(there.machine, mirror))}, {key},"
            f" {literal(f': a {_holder(writing, mirror)}, as this snapshot sees it')}",
            "hint": literal("Try the whole transaction again; at read committed if it fails again"),
        },
    )


def _gone(writing: Writing, there: Writing, mirror: Mirror) -> str:
    verdict = Verdict(
        "v_is",
        CODE,
        NAME,
        "case tg_op when 'DELETE' then ': it may not be deleted' else ': its key may not change'"
        f" end || {literal(f': a {_holder(writing, mirror)}')}",
        literal(f"Move that row out of {listing(mirror.states)}, or to another {mirror.key}"),
        there.key[0],
        item=mirror.name,
    )
    return _write(there, verdict, old, mirror)


def _truncated(there: Writing, mirror: Mirror) -> str:
    """Return what refuses a truncate: which rows go, a snapshot may not tell."""
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        "': it may not be truncated'",
        literal(f"Delete its rows one by one: {mirror.column} follows another table"),
        item=mirror.name,
    )
    title = f"{there.machine.name}: {mirror.table}"
    return there.write(verdict, None, origin="null", target="null", title=title)


def _write(there: Writing, verdict: Verdict, render: Render, mirror: Mirror) -> str:
    title = _title(there.machine, mirror)
    return there.write(verdict, render, origin="null", target="null", title=title)
