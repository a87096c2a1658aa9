"""IL15, claim: while a row is in some states it holds a resource, and no other row does.

In enforce held by an index of the server and by nothing of ours: a partial unique index, or an
exclusion constraint where the claim has a range. So it holds at every isolation level, whatever two
sessions do at once. In the other modes the trigger looks (`claim_judge`). What an index lets
through, a range that is null, empty or without end, is asked by a row predicate.
"""

from pginterlock import assets
from pginterlock.elements import Claim
from pginterlock.errors import ClaimTaken
from pginterlock.expression import rewrite
from pginterlock.names import ident, literal
from pginterlock.rules import claim_judge, claim_repairs
from pginterlock.rules.claim_terms import NAME, holds
from pginterlock.rules.parts import Render, RowPredicate, RowRepair, Writing, listing
from pginterlock.template import fill

ERROR = ClaimTaken
CODE = ClaimTaken.code

_SAMPLES = 100


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


def at_birth(writing: Writing) -> list[str]:
    """Return the judgement of an insert by the claims that no index holds."""
    return claim_judge.at_birth(writing, CODE)


def at_change(writing: Writing) -> list[str]:
    """Return the judgement of an update by the claims that no index holds."""
    return claim_judge.at_change(writing, CODE)


def repairs(writing: Writing) -> list[RowRepair]:
    """Return the proposals: of two rows that hold the same, the older lets go of it."""
    return claim_repairs.released(writing, CODE)


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
