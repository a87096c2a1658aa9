"""What a claim is in SQL: who holds its resource, which rows clash, and the names of its indexes.

Where the mode is enforce an index holds it. Else one that refuses nothing lets the trigger, and a
backfill, find the other row.

Pure: model and table in, SQL text out.
"""

from pginterlock.choices import Mode
from pginterlock.elements import Claim
from pginterlock.expression import rewrite
from pginterlock.names import field, ident
from pginterlock.rules.parts import Render, Writing, is_state, plain
from pginterlock.table import Column, Kind

NAME = "claim"

# Types whose order and `<>` the extension btree_gist knows in every version.
_NAMED = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "uuid")
# The alias of the other row.
OTHER = "o"


def is_held(writing: Writing, claim: Claim) -> bool:
    """Whether an index holds *claim*: nothing else can, and an index only refuses."""
    return bool(claim.states) and writing.machine.mode_of(NAME, claim.name) is Mode.ENFORCE


def is_sought(writing: Writing, claim: Claim) -> bool:
    """Whether the other row is looked for, through an index that refuses nothing."""
    return bool(claim.states) and not is_held(writing, claim)


def is_judged(writing: Writing, claim: Claim) -> bool:
    """Whether the trigger looks for the other row at each write that claims.

    It does not where it would look in vain: behind row security, or by an equality that is not the
    server's own, which its pinned path does not find.
    """
    known = all(writing.column(column).is_comparable for column in claim.resource)
    return is_sought(writing, claim) and known and not writing.table.has_row_security


def index_name(machine: str, claim: str) -> str:
    """Return the name of the index, or constraint, of a claim; the spec keeps it short enough."""
    return f"interlock_{machine}_claim_{claim}"


def seek_name(machine: str, claim: str) -> str:
    """Return the name of the index by which the other row is found; no longer than the above."""
    return f"interlock_{machine}_seek_{claim}"


def holds(writing: Writing, claim: Claim, render: Render) -> str:
    """Return SQL that is true of a row that holds the resource of *claim*."""
    asked = [is_state(_index_state(writing, render), claim.states)]
    asked += [f"{render(column)} is not null" for column in claim.resource]
    return " and ".join(asked)


def _index_state(writing: Writing, render: Render) -> str:
    """Return the state as an index takes it: by nothing that is less than immutable."""
    column = writing.column(writing.machine.state)
    if column.kind is Kind.ENUM and column.type != column.base_type:
        return f"({render(column.name)})::{column.base_type}"
    return render(column.name)


def elements(writing: Writing, claim: Claim) -> str:
    """Return what the index holds, as DDL writes it.

    In an exclusion constraint the key stands last, unequal: of two rows it always is, so nothing
    changes, except that the server then names the other row's key to whoever may read it.
    """
    resource = [ident(column) for column in claim.resource]
    if claim.during is None:
        return ", ".join(resource)
    parts = [f"{column} with =" for column in resource]
    parts.append(f"({rewrite(claim.during.text, plain)}) with &&")
    return ", ".join([*parts, *(f"{ident(c.name)} with <>" for c in _named_key(writing, claim))])


def seek_elements(writing: Writing, claim: Claim) -> str:
    """Return what the index holds by which the other row is found, as DDL writes it.

    The key stands last where it can: of many that hold the same, a younger one is found at once.
    """
    resource = [ident(column) for column in claim.resource]
    if claim.during is None:
        key = [ident(column) for column in writing.key if column not in claim.resource]
        return ", ".join([*resource, *key])
    key = [ident(it.name) for it in _named_key(writing, claim)]
    return ", ".join([*resource, f"({rewrite(claim.during.text, plain)})", *key])


def _named_key(writing: Writing, claim: Claim) -> list[Column]:
    key = [writing.column(column) for column in writing.key]
    if len(key) != 1 or key[0].base_type not in _NAMED or key[0].name in claim.resource:
        return []
    return key


def columns(writing: Writing, claim: Claim) -> tuple[str, ...]:
    """Return the columns that say what a row holds, and when; the state is one of them."""
    during = claim.during.columns if claim.during else ()
    return tuple(dict.fromkeys([writing.machine.state, *claim.resource, *during]))


def other(column: str) -> str:
    """Name *column* of the other row."""
    return field(OTHER, column)


def clashes(writing: Writing, claim: Claim, render: Render) -> str:
    """Return SQL that is true of another row that holds what the row of *render* names.

    Whether that row is in one of the states in which it holds it is not asked.
    """
    same = [f"{other(column)} = {render(column)}" for column in claim.resource]
    if claim.during is not None:
        theirs, ours = (rewrite(claim.during.text, it) for it in (other, render))
        same.append(f"({theirs}) && ({ours})")
    return " and ".join([holds(writing, claim, other), *same])


def keys(writing: Writing, render: Render) -> str:
    """Return the key as one value, or a row of values, to be compared."""
    listed = [render(column) for column in writing.key]
    return listed[0] if len(listed) == 1 else f"({', '.join(listed)})"
