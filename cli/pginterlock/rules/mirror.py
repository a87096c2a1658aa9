"""IL09, mirror: a column of another table is true while some row is in some states, else false.

The trigger that judges a move writes the other row too: it locks that row, looks whether any row
holds it, and writes what it found. A trigger on the other table refuses every value but that one,
whoever writes it: nobody need be trusted, for it looks itself. In observe nothing is written;
what does not agree at the commit is recorded, and so is a write that would be refused.
"""

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.elements import Mirror
from pginterlock.errors import MirrorDisagrees
from pginterlock.names import ident, literal
from pginterlock.rules.claim_terms import clashes, holds
from pginterlock.rules.mirror_terms import (
    NAME,
    held,
    kept,
    key_of,
    target_of,
    writer_name,
)
from pginterlock.rules.parts import (
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
