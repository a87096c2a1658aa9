"""Count the instructions of the single-row statements, all variants in one interleaved run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import psycopg
from psycopg.types.numeric import Int8

from harness.counting import Counter
from harness.statements import SINGLE_ROW, Statement, keys

_WARM_UP = 12  # the sixth execution of a prepared statement may change to its generic plan


@dataclass(frozen=True, slots=True)
class Series:
    """What one variant showed for one thing measured: one value a round."""

    variant: str
    what: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle value."""
        return median(self.values)


@dataclass(frozen=True, slots=True)
class _Runner:
    """One variant's session, with the keys that it has left for each statement."""

    variant: str
    session: psycopg.Connection
    keys: Mapping[str, Iterator[dict[str, Int8]]]

    def execute(self, statement: Statement, times: int) -> None:
        for _ in range(times):
            done = self.session.execute(statement.text, next(self.keys[statement.name]), prepare=True)
            if done.rowcount != 1:
                raise ValueError(f"{self.variant}: {statement.name} touched {done.rowcount} rows")


def count_singles(
    sessions: Mapping[str, psycopg.Connection], counter: Counter, rows: int, *, rounds: int, times: int
) -> list[Series]:
    """Return the instructions of one execution, by variant and statement.

    What the two marks around the executions cost is measured too, and taken off.
    """
    runners = [
        _Runner(variant, session, {it.name: keys(it, rows) for it in SINGLE_ROW})
        for variant, session in sessions.items()
    ]
    found: dict[tuple[str, str], list[float]] = {}
    for runner in runners:
        for statement in SINGLE_ROW:
            runner.execute(statement, _WARM_UP)
        counter.count(runner.session, lambda: None)
    for _ in range(rounds):
        for statement in SINGLE_ROW:
            for runner in runners:
                cost = _count_one(runner, statement, counter, times)
                found.setdefault((runner.variant, statement.name), []).append(cost)
    return [Series(variant, what, tuple(values)) for (variant, what), values in found.items()]


def _count_one(runner: _Runner, statement: Statement, counter: Counter, times: int) -> float:
    nothing = counter.count(runner.session, lambda: None)
    total = counter.count(runner.session, lambda: runner.execute(statement, times))
    return (total - nothing) / times


def ratios(series: Sequence[Series], base: str) -> dict[tuple[str, str], float]:
    """Return each median against that of the variant *base*, by variant and thing measured."""
    bases = {it.what: it.median for it in series if it.variant == base}
    return {(it.variant, it.what): it.median / bases[it.what] for it in series}
