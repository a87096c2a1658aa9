"""What lets the other row be found that holds the same: an index that refuses nothing, rights.

A claim that is not in enforce is judged by the trigger, which runs as the owner of schema
interlock: he may read the columns that the claim speaks of, and no others. In a ratchet writers of
one resource take turns, by a row of a table of ours.
"""

import hashlib
import json
from collections.abc import Sequence

from pginterlock import assets
from pginterlock.compiler.removal import qualified
from pginterlock.elements import Claim, TableName
from pginterlock.names import dollar, ident
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.rules import claim_judge
from pginterlock.rules.claim_terms import (
    columns,
    holds,
    is_judged,
    is_sought,
    seek_elements,
    seek_name,
)
from pginterlock.rules.mirror_terms import held
from pginterlock.rules.parts import Writing, plain
from pginterlock.template import fill

_NEXT = "_next"


def seek_objects(writing: Writing) -> list[DbObject]:
    """Return the indexes of the claims that no other holds, the table of turns, and the grant."""
    sought = [it for it in writing.machine.claims if is_sought(writing, it)]
    mirrored = [held(it) for it in writing.machine.mirrors]
    found = [_index(writing, it) for it in [*sought, *mirrored]]
    judged = [it for it in sought if is_judged(writing, it)]
    if judged or mirrored:
        found.append(_grant(writing, [*judged, *mirrored]))
    if any(claim_judge.takes_turns(writing, it) for it in judged):
        found.append(_turns(writing))
    return found


def prefix(machine: str) -> str:
    """Return how the names of these indexes of *machine* begin."""
    return seek_name(machine, "")


def is_seek(thing: DbObject) -> bool:
    """Whether *thing* is such an index: it is made before the machine is armed."""
    name = thing.name.rpartition(" ")[2]
    return thing.kind is ObjectKind.INDEX and name.startswith(prefix(thing.machine))


def is_by_range(thing: DbObject) -> bool:
    """Whether the index *thing* holds a range, of which the server has no statistics as yet."""
    return " using gist " in thing.expression


def found_grant(machine: str, table: TableName, owner: str, granted: Sequence[str]) -> DbObject:
    """Return the right to read as it is found."""
    listed = ", ".join(map(ident, granted))
    return DbObject(
        ObjectKind.GRANT,
        _grant_name(table),
        machine,
        _granted(granted),
        drop=f"revoke select ({listed}) on {qualified(table)} from {ident(owner)};\n",
        reason="nobody looks for another row any more",
    )


def _grant_name(table: TableName) -> str:
    return f"{table} select of the owner of schema interlock"


def _granted(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (("columns", json.dumps(sorted(names))),)


def _grant(writing: Writing, judged: Sequence[Claim]) -> DbObject:
    table = writing.table.name
    read = {*writing.key, *(column for it in judged for column in columns(writing, it))}
    body = fill(
        assets.read("sql", "templates", "seek_grant.plpgsql"),
        {
            "schema_name": table.schema,
            "relation": qualified(table),
            "columns": ", ".join(ident(it) for it in sorted(read)),
        },
    )
    create = fill(assets.read("sql", "templates", "seek_grant.sql"), {"body": dollar(body)})
    return DbObject(
        ObjectKind.GRANT,
        _grant_name(table),
        writing.machine.name,
        _granted(sorted(read)),
        create=create,
        replace=create,
        reason="the triggers look for another row that holds the same",
    )


def _turns(writing: Writing) -> DbObject:
    name = claim_judge.turn_name(writing.machine.name)
    create = fill(
        assets.read("sql", "templates", "turn_table.sql"),
        {
            "relation_name": name,
            "pk_name": f"{name}_pk",
            "note": f"Who claims the same resource of machine {writing.machine.name} takes turns.",
        },
    )
    return DbObject(
        ObjectKind.TABLE,
        f"interlock.{name}",
        writing.machine.name,
        (),
        create=create,
        drop=f"drop table interlock.{ident(name)};\n",
        reason="let those who claim the same take turns",
    )


def _index(writing: Writing, claim: Claim) -> DbObject:
    machine, table = writing.machine.name, writing.table.name
    name = seek_name(machine, claim.name)
    held, listed = holds(writing, claim, plain), seek_elements(writing, claim)
    method = "gist" if claim.during else "btree"
    digest = hashlib.sha256(f"{method} {listed} where {held}".encode()).hexdigest()[:16]
    slots = {
        "schema_name": table.schema,
        "table_name": table.name,
        "constraint_name": name,
        "next_name": name + _NEXT,
        "method": method,
        "elements": listed,
        "holds": held,
        "note": f"{machine}: other holders of {claim.name} [{digest}]",
    }

    def filled(form: str) -> str:
        return fill(assets.read("sql", "templates", form), slots)

    form = "seek_partitioned.sql" if writing.table.is_partitioned else "seek_swap.sql"
    apart = ("claim_unbuilt.sql", "seek_build.sql") if form == "seek_swap.sql" else ()
    on = "pg_temp.interlock_twin"
    return DbObject(
        ObjectKind.INDEX,
        f"{table} {name}",
        machine,
        (("definition", ""), ("digest", digest), ("in_force", "yes")),
        create=filled(form),
        replace=filled(form),
        drop=filled("claim_drop.sql"),
        lock=Lock.SHARE if form == "seek_partitioned.sql" else Lock.NONE,
        reason=f"find who else holds {', '.join(claim.resource)}",
        expression=f"create index interlock_twin_claim on {on} using {method} ({listed})"
        f" where {held}",
        apart=tuple(filled(it) for it in apart),
    )
