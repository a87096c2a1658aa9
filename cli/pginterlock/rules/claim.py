"""IL15, claim: while a row is in some states it holds a resource, and no other row does.

Held by an index of the server and by nothing of ours: a partial unique index, or an exclusion
constraint where the claim has a range. So it holds at every isolation level, whatever two sessions
do at once. What an index lets through, a range that is null, empty or without end, is asked by a
row predicate.
"""

from pginterlock import assets
from pginterlock.errors import ClaimTaken
from pginterlock.expression import rewrite
from pginterlock.model import Claim, Mode
from pginterlock.names import ident, literal
from pginterlock.rules.parts import Render, RowPredicate, Writing, is_state, listing, plain
from pginterlock.table import Column, Kind
from pginterlock.template import fill

ERROR = ClaimTaken
CODE = ClaimTaken.code
NAME = "claim"

# Types whose `<>` the extension btree_gist knows in every version.
_NAMED = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "uuid")
_SAMPLES = 100


def is_held(writing: Writing, claim: Claim) -> bool:
    """Whether an index holds *claim*: nothing else can, and an index only refuses."""
    return bool(claim.states) and writing.machine.mode_of(NAME, claim.name) is Mode.ENFORCE


def index_name(machine: str, claim: str) -> str:
    """Return the name of the index, or constraint, of a claim; the spec keeps it short enough."""
    return f"interlock_{machine}_claim_{claim}"


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return one predicate for each claim with a range."""
    return [_predicate(writing, claim) for claim in writing.machine.claims if claim.during]


def _predicate(writing: Writing, claim: Claim) -> RowPredicate:
    during = claim.during
    assert during is not None  # noqa: S101 - for mypy

    def condition(render: Render) -> str:
        nothing = [f"{render(column)} is null" for column in claim.resource]
        held = f"({rewrite(during.text, render)})"
        bounded = " and ".join(
            f"not pg_catalog.{what}({held})" for what in ("isempty", "lower_inf", "upper_inf")
        )
        return " or ".join([*nothing, f"({bounded})"])

    read = (writing.machine.state, *claim.resource, *during.columns)
    return RowPredicate(
        CODE,
        NAME,
        claim.name,
        during.columns[0] if len(during.columns) == 1 else "",
        tuple(dict.fromkeys(read)),
        condition,
        message=f"{claim.name} is held without beginning or end",
        hint=f"In {listing(claim.states)} this has a beginning, an end and something between:"
        f" {during.text}",
        states=claim.states,
        missing=during.columns,
    )


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


def _named_key(writing: Writing, claim: Claim) -> list[Column]:
    key = [writing.column(column) for column in writing.key]
    if len(key) != 1 or key[0].base_type not in _NAMED or key[0].name in claim.resource:
        return []
    return key


def overlaps(writing: Writing, claim: Claim) -> str:
    """Return the query that lists who holds a resource while another row does; no row if nobody.

    One sweep over the rows that hold something, in the order of their resources and ranges: a row
    is late if it begins before an earlier one has ended. Returns ``rule``, ``row_count`` (the late
    rows) and ``samples``, pairs of one late row and one before it, as JSON objects.
    """
    return fill(
        assets.read("sql", "templates", "claim_overlaps.sql"),
        {
            **_slots(writing, claim),
            "is_late": _is_late(claim),
            "is_something": "true" if claim.during is None else "not isempty(h.period)",
            "claim_order": _order(claim),
            "claim_label": f"{CODE} {NAME} {claim.name}",
            "sample_limit": str(_SAMPLES),
            "row_key": writing.key_json(_of_row),
            "resource_json": ", ".join(
                f"{literal(c)}, pg_catalog.concat(l.held_{n})" for n, c in enumerate(claim.resource)
            ),
        },
    )


def yielding(writing: Writing, claim: Claim) -> str:
    """Return the query that names, for each overlap, the row that should give way: the older.

    Older is the smaller key. It returns the key columns; once those rows have let go of their
    resource, no two rows hold one at the same time.
    """
    return fill(
        assets.read("sql", "templates", "claim_yielding.sql"),
        {
            **_slots(writing, claim),
            "key_list": ", ".join(f"t.{ident(c)} as key_{n}" for n, c in enumerate(writing.key)),
            "key_names": ", ".join(f"o.key_{n} as {ident(c)}" for n, c in enumerate(writing.key)),
            "is_younger": f"({_keys(writing, 'l')}) > ({_keys(writing, 'o')})",
        },
    )


def _keys(writing: Writing, alias: str) -> str:
    return ", ".join(f"{alias}.key_{n}" for n in range(len(writing.key)))


def _of_row(column: str) -> str:
    return f"t.{ident(column)}"


def _slots(writing: Writing, claim: Claim) -> dict[str, str]:
    """Return what both queries need: the rows that hold something, and what clashes."""
    table = writing.table.name
    numbers = range(len(claim.resource))
    same = " and ".join(f"o.held_{n} = l.held_{n}" for n in numbers)
    period = "null::text"
    if claim.during is not None:
        period = rewrite(claim.during.text, _of_row)
        same += " and o.period && l.period"
    return {
        "relation": f"{ident(table.schema)}.{ident(table.name)}",
        "resource_list": ", ".join(
            f"t.{ident(c)} as held_{n}" for n, c in enumerate(claim.resource)
        ),
        "held_period": period,
        "holds": holds(writing, claim, _of_row),
        "is_clash": same,
    }


def _order(claim: Claim) -> str:
    held = ", ".join(f"h.held_{n}" for n in range(len(claim.resource)))
    if claim.during is None:
        return f"partition by {held} order by h.relation, h.place"
    return f"partition by {held} order by lower(h.period) nulls first, not lower_inc(h.period)"


def _is_late(claim: Claim) -> str:
    """Return SQL that is true of a row which holds what one before it in the sweep holds too."""
    if claim.during is None:
        return "row_number() over swept > 1"
    before = "over (swept rows between unbounded preceding and 1 preceding)"
    ends = f"max(upper(h.period)) {before}"
    closed = f"max(upper(h.period)) filter (where upper_inc(h.period)) {before}"
    return "\n        or ".join(
        [
            f"lower(h.period) < {ends}",
            f"(lower_inc(h.period) and lower(h.period) = {closed})",
            f"bool_or(upper_inf(h.period)) {before}",
            f"(lower_inf(h.period) and count(*) {before} > 0)",
        ]
    )
