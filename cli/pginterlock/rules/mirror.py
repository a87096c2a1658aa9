"""IL09, mirror: a column of another table is true while some row is in some states, else false.

The trigger that judges a move writes the other row too: it locks that row, looks whether any row
holds it, and writes what it found. A trigger on the other table refuses every value but that one,
whoever writes it: nobody need be trusted, for it looks itself. In observe nothing is written;
what does not agree at the commit is recorded, and so is a write that would be refused.
"""

from dataclasses import replace

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.elements import Mirror
from pginterlock.errors import MirrorDisagrees
from pginterlock.model import Machine
from pginterlock.names import field, ident, literal
from pginterlock.rules.claim_terms import clashes, holds
from pginterlock.rules.mirror_terms import (
    NAME,
    held,
    is_kept,
    kept,
    key_of,
    target_of,
    writer_name,
)
from pginterlock.rules.parts import (
    Render,
    Verdict,
    Writing,
    indent,
    is_state,
    listing,
    new,
    old,
)
from pginterlock.template import fill

ERROR = MirrorDisagrees
CODE = MirrorDisagrees.code
__all__ = ["CODE", "ERROR", "NAME"]


def read_columns(writing: Writing) -> list[str]:
    """Return the columns whose change the trigger has to follow, but the state."""
    return [it.key for it in kept(writing)]


def after_birth(writing: Writing) -> list[str]:
    """Return what follows an insert that was judged."""
    return [_moved(writing, it, left=False) for it in kept(writing)]


def after_change(writing: Writing) -> list[str]:
    """Return what follows an update that was judged."""
    return [_moved(writing, it) for it in kept(writing)]


def after_death(writing: Writing) -> list[str]:
    """Return what follows a delete that was judged."""
    return [_moved(writing, it, taken=False) for it in kept(writing)]


def _moved(writing: Writing, mirror: Mirror, *, left: bool = True, taken: bool = True) -> str:
    was, now = (is_state(it, mirror.states) for it in ("v_from", "v_to"))
    gone, come = old(mirror.key), new(mirror.key)
    declared, locked, keys = [], [], []
    target = target_of(writing, mirror.table)
    kind = key_of(target).type
    if left:
        declared.append(f"v_left  constant {kind} := case when {was} then {gone} end;")
        locked.append("v_left")
        keys.append(_fill(writing, "mirror_left.plpgsql", mirror, "v_left"))
    if taken:
        declared.append(f"v_taken constant {kind} := case when {now} then {come} end;")
        declared.append("v_sure  boolean;")
        locked.append("v_taken")
        keys.append(_fill(writing, "mirror_taken.plpgsql", mirror, "v_taken"))
    if left and taken:
        differs = writing.differs(mirror.key)
        is_other = f"({was}) is distinct from ({now})\n    or ({now}) and {differs}"
    else:
        is_other = f"{was if left else now} and {gone if left else come} is not null"
    return fill(
        assets.read("sql", "templates", "mirror_move.plpgsql"),
        {
            **_slots(writing, mirror),
            "is_other": is_other,
            "declarations": indent("\n".join(declared), 2),
            "lock": indent(_lock(writing, mirror, locked), 2),
            "keys": indent("".join(keys), 2),
        },
    )


def _lock(writing: Writing, mirror: Mirror, locked: list[str]) -> str:
    """Return what locks the rows of the keys *locked*, where the write itself is not enough."""
    slots = {**_slots(writing, mirror), "locked": ", ".join([*locked, "null"][:2])}
    lock = fill(assets.read("sql", "templates", "mirror_lock.plpgsql"), slots)
    if "v_taken" not in locked:
        return lock
    return fill(
        assets.read("sql", "templates", "mirror_sure.plpgsql"),
        {
            **slots,
            "nothing_left": "v_left is null" if "v_left" in locked else "true",
            "is_clash": clashes(writing, held(mirror), lambda _: "v_taken"),
            "lock": indent(lock),
        },
    )


def _slots(writing: Writing, mirror: Mirror) -> dict[str, str]:
    table = writing.table.name
    return {
        "schema_name": mirror.table.schema,
        "function_name": writer_name(writing.machine.name, mirror.name),
        "relation": f"{ident(table.schema)}.{ident(table.name)}",
    }


def _fill(writing: Writing, form: str, mirror: Mirror, key: str) -> str:
    return fill(
        assets.read("sql", "templates", form),
        {
            **_slots(writing, mirror),
            "is_clash": clashes(writing, held(mirror), lambda _: key),
            "nowhere": indent(_nowhere(writing, mirror), 2),
            "swallowed": indent(_swallowed(writing, mirror, key), 2 if key == "v_left" else 3),
        },
    )


def _nowhere(writing: Writing, mirror: Mirror) -> str:
    key = key_of(target_of(writing, mirror.table)).name
    verdict = Verdict(
        "v_is",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': no row of {mirror.table} has {key} = ')}, v_taken)",
        literal(
            f"While a row is in {listing(mirror.states)}, {mirror.key} names a row of"
            f" {mirror.table}, where {mirror.column} is then true"
        ),
        mirror.key,
        missing=(mirror.key,),
        item=mirror.name,
    )
    return writing.write(verdict, new)


def _swallowed(writing: Writing, mirror: Mirror, key: str) -> str:
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': another trigger keeps {mirror.column} of')},"
        f" {literal(f' {mirror.table} ')}, {key}, ' from being ', (v_is is true)::text)",
        literal(f"A BEFORE trigger of {mirror.table} returned null, or wrote another value"),
        mirror.key,
        item=mirror.name,
    )
    return writing.write(verdict, old if key == "v_left" else new)


def guard_body(writing: Writing, mirror: Mirror) -> str:
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


def watch_body(writing: Writing, mirror: Mirror, attached: str) -> str:
    """Return the body of the function that looks at the commit, in observe."""
    table, target = writing.table.name, target_of(writing, mirror.table)
    verdict = Verdict(
        "coalesce(v_there, 'false') <> (v_is is true)::text",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': {mirror.column} of {mirror.table} ')}, v_key,"
        " ' is ', coalesce(v_there, 'not there'), ', and should be ', (v_is is true)::text)",
        literal(
            f"{mirror.column} is true while {mirror.key} of a row in"
            f" {listing(mirror.states)} names it"
        ),
        mirror.key,
        item=mirror.name,
    )
    told = (
        f"if tg_op = 'DELETE' then\n{indent(writing.write(verdict, old, mode=Mode.OBSERVE))}\n"
        f"else\n{indent(writing.write(verdict, new, mode=Mode.OBSERVE))}\nend if;"
    )
    return fill(
        assets.read("sql", "templates", "mirror_watch.plpgsql"),
        {
            "attached": attached,
            "key_type": key_of(target).type,
            "old_state": writing.state_text(old),
            "state": writing.state_text(new),
            "was": is_state("v_from", mirror.states),
            "is": is_state("v_to", mirror.states),
            "old_key": old(mirror.key),
            "new_key": new(mirror.key),
            "relation": f"{ident(table.schema)}.{ident(table.name)}",
            "is_clash": clashes(writing, held(mirror), lambda _: "v_key"),
            "schema_name": mirror.table.schema,
            "function_name": writer_name(writing.machine.name, mirror.name),
            "differs": indent(told, 2),
        },
    )


def scan(writing: Writing, mirror: Mirror) -> str:
    """Return the query that lists rows there that disagree, and rows here that point to none.

    Returns ``rule``, ``row_count``, ``samples`` (JSON objects), and whether they are of ours.
    """
    target = target_of(writing, mirror.table)
    key = key_of(target)

    def of_row(column: str) -> str:
        return f"t.{ident(column)}"

    is_number = key.base_type in ("smallint", "integer", "bigint")
    return fill(
        assets.read("sql", "templates", "mirror_scan.sql"),
        {
            "guarded": f"{ident(writing.table.name.schema)}.{ident(writing.table.name.name)}",
            "relation": f"{ident(target.name.schema)}.{ident(target.name.name)}",
            "key_column_here": mirror.key,
            "key_column": key.name,
            "column_name": mirror.column,
            "holds": holds(writing, held(mirror), of_row),
            "wrong_label": f"{CODE} {NAME} {mirror.name}",
            "nowhere_label": f"{CODE} {NAME} {mirror.name} without a row",
            "sample_json": f"pg_catalog.jsonb_build_object({literal(key.name)},"
            f" {'w.key' if is_number else 'concat(w.key)'}, {literal(mirror.column)}, w.value)",
            "row_key": writing.key_json(of_row),
        },
    )


def applies(writing: Writing) -> bool:
    """Whether the machine has such a rule."""
    return bool(writing.machine.mirrors)
