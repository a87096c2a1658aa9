"""The indexes that hold the claims of a machine: partial and unique, or exclusion constraints."""

import hashlib

from pginterlock import assets
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Claim
from pginterlock.names import ident, literal
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.rules.claim_terms import elements, holds, index_name, is_held
from pginterlock.rules.parts import Writing, plain
from pginterlock.template import fill

_NEXT = "_next"


def claim_indexes(writing: Writing) -> list[DbObject]:
    """Return one index for each claim that is held; none where the machine does not refuse."""
    return [_index(writing, claim) for claim in writing.machine.claims if is_held(writing, claim)]


def needs_extension(writing: Writing) -> bool:
    """Whether a claim needs the extension btree_gist: to compare a resource beside a range."""
    return any(claim.during and claim.states for claim in writing.machine.claims)


def prefix(machine: str) -> str:
    """Return how the names of all indexes of *machine*'s claims begin."""
    return index_name(machine, "")


def owns(machine: str, note: str) -> bool:
    """Whether an index with that prefix, and comment *note* (none as yet), is *machine*'s."""
    return not note or note.startswith(f"{machine}: ")


def drop_index(where: tuple[str, str], name: str) -> str:
    """Return the SQL that drops index or constraint *name* of table *where*, schema and name."""
    return _fill("claim_drop.sql", where, name, {})


def _index(writing: Writing, claim: Claim) -> DbObject:
    machine, table = writing.machine.name, writing.table.name
    where, name = (table.schema, table.name), index_name(machine, claim.name)
    held, listed = holds(writing, claim, plain), elements(writing, claim)
    digest = hashlib.sha256(f"{listed} where {held}".encode()).hexdigest()[:16]
    slots = {
        "next_name": name + _NEXT,
        "elements": listed,
        "excluded": listed,
        "holds": held,
        "note": f"{machine}: claim {claim.name} [{digest}]",
    }
    form = "claim_exclude.sql" if claim.during else "claim_swap.sql"
    apart: tuple[str, ...] = ()
    if not claim.during and writing.table.is_partitioned:
        form = "claim_partitioned.sql"
    elif not claim.during:
        steps = ("claim_unbuilt.sql", "claim_build.sql")
        apart = tuple(_fill(step, where, name, slots) for step in steps)
    create = _fill(form, where, name, slots)
    what, on = ("constraint", f" on {qualified(table)}") if claim.during else ("index", "")
    called = ident(name) if claim.during else f"{ident(table.schema)}.{ident(name)}"
    comment = f"comment on {what} {called}{on} is {literal(slots['note'])};\n"
    return DbObject(
        ObjectKind.INDEX,
        f"{table} {name}",
        machine,
        (("definition", ""), ("digest", digest), ("in_force", "yes")),
        create=create,
        replace=create,
        drop=drop_index(where, name),
        lock=_lock(form),
        reason=f"one row at a time holds {', '.join(claim.resource)}",
        expression=_twin(claim, listed, held),
        mends=(("digest", comment),),
        apart=apart,
    )


def _lock(form: str) -> Lock:
    if form == "claim_exclude.sql":
        return Lock.ACCESS_EXCLUSIVE
    return Lock.SHARE if form == "claim_partitioned.sql" else Lock.NONE


def _twin(claim: Claim, listed: str, held: str) -> str:
    """Return the DDL that puts the same index on the throwaway twin of the table."""
    if claim.during:
        return (
            "alter table pg_temp.interlock_twin add constraint interlock_twin_claim"
            f" exclude using gist ({listed}) where ({held})"
        )
    on = "pg_temp.interlock_twin"
    return f"create unique index interlock_twin_claim on {on} ({listed}) where {held}"


def _fill(template: str, where: tuple[str, str], name: str, slots: dict[str, str]) -> str:
    named = {"schema_name": where[0], "table_name": where[1], "constraint_name": name}
    return fill(assets.read("sql", "templates", template), {**named, **slots})
