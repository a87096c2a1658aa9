"""Find values of columns that make conditions hold: few candidates each, judged by the server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from pginterlock.names import ident, literal

Choices = Mapping[str, Sequence[str | None]]
_MOST_ROWS = 100_000
_MOST_SINGLE = 400


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL over a row that must be true, or with *is_check* must not be false; its columns."""

    text: str
    columns: tuple[str, ...]
    is_check: bool = False

    @property
    def test(self) -> str:
        """What is asked of a row."""
        return f"({self.text}) {'is not false' if self.is_check else 'is true'}"


def solve(
    connection: psycopg.Connection,
    types: Mapping[str, str],
    choices: Choices,
    conditions: Iterable[Condition],
) -> dict[str, str | None]:
    """Return values out of *choices*, the first of each where that will do.

    Raises ValueError with the conditions that no choice fulfils, or that cannot be asked.
    """
    found = {name: some[0] for name, some in choices.items() if some}
    for group in _groups([it for it in conditions if it.columns]):
        names = sorted({name for it in group for name in it.columns})
        found |= _search(connection, types, {name: choices[name] for name in names}, group)
    return found


def _groups(conditions: list[Condition]) -> list[list[Condition]]:
    """Part conditions into groups that share no column."""
    groups: list[list[Condition]] = []
    for it in conditions:
        near = [group for group in groups if any(set(it.columns) & set(o.columns) for o in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(o for group in near for o in group), it])
    return groups


def _search(
    connection: psycopg.Connection,
    types: Mapping[str, str],
    choices: Choices,
    conditions: list[Condition],
) -> dict[str, str | None]:
    told = " and ".join(it.text for it in conditions)
    names, fitting = list(choices), _fitting(choices)
    sources = [
        f"unnest({_texts(fitting[name])}) with ordinality"
        f" as c{at} (interlock_v{at}, interlock_o{at})"
        for at, name in enumerate(names)
    ]
    row = ", ".join(
        f"c{at}.interlock_v{at}::{types[it]} as {ident(it)}" for at, it in enumerate(names)
    )
    changed = " + ".join(f"(interlock_o{at} > 1)::integer" for at in range(len(names)))
    places = ", ".join(f"interlock_o{at}" for at in range(len(names)))
    listed = ", ".join(f"interlock_v{at}" for at in range(len(names)))
    product, order = " cross join ".join(sources), f"order by {changed}, {places} limit"
    lateral = f"cross join lateral (select {row}) as interlock_row"
    test = " and ".join(it.test for it in conditions)
    try:
        with connection.transaction():
            query = f"select {listed} from {product} {lateral} where {test} {order} 1"
            found = connection.execute(query.encode()).fetchone()
    except psycopg.Error as error:
        # A condition may fail on some values, such as a range that ends before it begins.
        some = connection.execute(f"select {listed} from {product} {order} {_MOST_SINGLE}".encode())
        candidates = [dict(zip(names, it, strict=True)) for it in some.fetchall()]
        held = _first(connection, types, candidates, test)
        if held is None:
            said = error.diag.message_primary or str(error)
            raise ValueError(f"{told} cannot be asked: {said}") from None
        return held
    if found is None:
        raise ValueError(f"no value was found for which: {told}")
    return dict(zip(names, found, strict=True))


def _first(
    connection: psycopg.Connection,
    types: Mapping[str, str],
    candidates: Iterable[dict[str, str | None]],
    test: str,
) -> dict[str, str | None] | None:
    """Return the first of *candidates* of which *test* is true, asked one by one."""
    for held in candidates:
        row = ", ".join(
            f"{'null' if value is None else literal(value)}::{types[name]} as {ident(name)}"
            for name, value in held.items()
        )
        try:
            with connection.transaction():
                query = f"select from (select {row}) as interlock_row where {test}"
                if connection.execute(query.encode()).rowcount:
                    return held
        except psycopg.Error:
            continue
    return None


def _fitting(choices: Choices) -> Choices:
    """Return as many choices of each column as can all be tried."""
    most = max(2, int(_MOST_ROWS ** (1 / max(1, len(choices)))))
    return {name: list(some)[:most] for name, some in choices.items()}


def _texts(values: Sequence[str | None]) -> str:
    return f"array[{', '.join('null' if it is None else literal(it) for it in values)}]::text[]"
