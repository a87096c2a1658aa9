"""Rows that hold what another row holds, as a backfill sees them: which lets go, and how.

Of two rows the older, of the smaller key, gives way: so of any number that hold the same one is
left. It lets go of the resource where its state allows that; else it goes back by the one move
that nothing stands in the way of. What can do neither is for people to decide.

Each row is asked by a probe of an index, which is there wherever the claim is not held by one
that refuses.

Pure: model and table in, SQL text out.
"""

from collections.abc import Callable

from pginterlock.choices import Need
from pginterlock.elements import Claim
from pginterlock.names import ident, literal
from pginterlock.rules.claim_terms import (
    NAME,
    OTHER,
    clashes,
    columns,
    is_sought,
    keys,
    other,
)
from pginterlock.rules.parts import Render, RowPredicate, RowRepair, Writing, is_state

_HINT = "Let one row of each pair let go of it"


def settings(writing: Writing) -> str:
    """Return the settings under which the probes stop at the first row; nothing without a claim.

    A bitmap is of all rows that hold the same, a scan of the table passes those that do not count.
    """
    if not _sought(writing):
        return ""
    return "set local enable_bitmapscan = off;\nset local enable_seqscan = off;\n"


def lone_predicates(writing: Writing, code: str) -> list[RowPredicate]:
    """Return, for each claim that no index holds, that no younger row holds the same."""
    return [_predicate(writing, it, code, _is_lone(writing, it)) for it in _sought(writing)]


def fresh_predicates(writing: Writing, code: str, before: Render) -> list[RowPredicate]:
    """Return, for the same claims, that a repair begins no overlap; *before* names the row as was.

    It is true of a row that holds what it held.
    """
    return [
        _predicate(writing, it, code, _is_fresh(writing, it, before)) for it in _sought(writing)
    ]


def released(writing: Writing, code: str) -> list[RowRepair]:
    """Return the proposals: the resource becomes null; else the row goes back where it may."""
    found = []
    for claim in _sought(writing):
        if column := _clearable(writing, claim):
            found.append(_release(writing, claim, code, column))
        found += [_back(writing, claim, code, *move) for move in _ways_back(writing, claim)]
    return found


def others(writing: Writing, render: Render, before: Render) -> str:
    """Return SQL for the words that say who holds what the row holds; null where nobody does.

    The row is as *render* names it; where that clashes with none, as it was *before*.
    """
    told = []
    for claim in _sought(writing):
        ours, theirs = (_holder(writing, claim, it) for it in (render, before))
        text = f"coalesce({ours}, {theirs})"
        told.append(f"{literal(f'{claim.name} is held by ')} || {text} || ' too'")
    return f"nullif(concat_ws('; ', {', '.join(told)}), '')" if told else "null::text"


def _sought(writing: Writing) -> list[Claim]:
    return [it for it in writing.machine.claims if is_sought(writing, it)]


def _predicate(
    writing: Writing, claim: Claim, code: str, condition: Callable[[Render], str]
) -> RowPredicate:
    return RowPredicate(
        code,
        NAME,
        claim.name,
        "",
        columns(writing, claim),
        condition,
        message=f"another row holds {', '.join(claim.resource)} at the same time",
        hint=_HINT,
        states=claim.states,
        missing=claim.resource,
    )


def _relation(writing: Writing) -> str:
    table = writing.table.name
    return f"{ident(table.schema)}.{ident(table.name)} as {OTHER}"


def _any(writing: Writing, what: str, condition: str) -> str:
    """Return the query of *what* of any other row that meets *condition*; no row where none does.

    Its limit is no constant, so that it is planned for all rows that there are: for one row a scan
    of the table may look cheap, and is not where there is none.
    """
    return f"select {what} from {_relation(writing)} where {condition} limit (select 1)"


def _is_lone(writing: Writing, claim: Claim) -> Callable[[Render], str]:
    def condition(render: Render) -> str:
        return f"({_any(writing, 'true', _younger(writing, claim, render))}) is null"

    return condition


def _younger(writing: Writing, claim: Claim, render: Render) -> str:
    younger = f"{keys(writing, other)} > {keys(writing, render)}"
    return f"{clashes(writing, claim, render)} and {younger}"


def _is_fresh(writing: Writing, claim: Claim, before: Render) -> Callable[[Render], str]:
    named = columns(writing, claim)

    def condition(render: Render) -> str:
        if render == before:
            return "true"
        same = " and ".join(
            f"{_comparable(writing, c, render)} is not distinct from"
            f" {_comparable(writing, c, before)}"
            for c in named
        )
        held = is_state(writing.state_sql(before), claim.states)
        apart = f"{keys(writing, other)} <> {keys(writing, before)}"
        was = f"{held} and {clashes(writing, claim, before)}"
        new = f"{clashes(writing, claim, render)} and {apart} and ({was}) is not true"
        return f"({same}) or ({_any(writing, 'true', new)}) is null"

    return condition


def _comparable(writing: Writing, column: str, render: Render) -> str:
    if writing.column(column).is_comparable:
        return render(column)
    return f"case when {render(column)} is not null then concat({render(column)}) end"


def _clearable(writing: Writing, claim: Claim) -> str | None:
    """Return the column that names the resource most closely, and may be null."""
    fixed = {*writing.key, *writing.table.partition_columns}
    found = [writing.column(it) for it in claim.resource if it not in fixed]
    return next(
        (it.name for it in reversed(found) if not (it.is_not_null or it.is_generated)), None
    )


def _release(writing: Writing, claim: Claim, code: str, column: str) -> RowRepair:
    return RowRepair(
        code,
        NAME,
        f"{claim.name}_released",
        _is_taken(writing, claim, claim.states),
        ((column, lambda _: "null"),),
        f"{claim.name} released",
        stage=f"claim {claim.name}",
        must_mend_all=True,
        because=_because(writing, claim),
    )


def _ways_back(writing: Writing, claim: Claim) -> list[tuple[str, str]]:
    """Return the states from which one free move lets go of the claim, and where it leads.

    Free is what no guard, role or reason stands in the way of; and it may not be the end of the
    row's life, which is more than letting go. Where two are, nobody can say which.
    """
    machine = writing.machine
    found = []
    for state in claim.states:
        moves = [
            it
            for it in machine.transitions
            if it.from_state == state and it.to_state not in claim.states
        ]
        targets = {
            it.to_state
            for it in moves
            if it.to_state not in machine.final
            and not it.is_guarded
            and not it.by
            and it.reason is not Need.REQUIRED
        }
        if len(targets) == 1:
            found.append((state, targets.pop()))
    return found


def _back(writing: Writing, claim: Claim, code: str, state: str, target: str) -> RowRepair:
    return RowRepair(
        code,
        NAME,
        f"{claim.name}_released_by_{target}_from_{state}",
        _is_taken(writing, claim, (state,)),
        ((writing.machine.state, lambda _: literal(target)),),
        f"{claim.name} released by the move to {target}",
        stage=f"claim {claim.name} state",
        must_mend_all=True,
        because=_because(writing, claim),
    )


def _is_taken(writing: Writing, claim: Claim, states: tuple[str, ...]) -> Callable[[Render], str]:
    is_lone = _is_lone(writing, claim)

    def when(render: Render) -> str:
        return f"{is_state(writing.state_sql(render), states)} and not ({is_lone(render)})"

    return when


def _because(writing: Writing, claim: Claim) -> Callable[[Render], str]:
    def because(render: Render) -> str:
        return f"concat(': ', {_holder(writing, claim, render)}, ' holds it too')"

    return because


def _holder(writing: Writing, claim: Claim, render: Render) -> str:
    """Return SQL for the key of another row that holds the same, a younger one where there is."""
    pairs = [literal(f"{column}=") for column in writing.key]
    told = ", ' ', ".join(f"{name}, {other(c)}" for name, c in zip(pairs, writing.key, strict=True))
    held = is_state(writing.state_sql(render), claim.states)
    apart = (
        f"{clashes(writing, claim, render)} and {keys(writing, other)} <> {keys(writing, render)}"
    )
    found = (
        _any(writing, f"concat({told})", f"{held} and {condition}")
        for condition in (_younger(writing, claim, render), apart)
    )
    return f"coalesce(({'), ('.join(found)}))"
