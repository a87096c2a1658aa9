"""Measure the single-row statements, all variants in one interleaved run: instructions and CPU."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg.types.numeric import Int8

from harness.counting import Counter
from harness.cpu import cpu_ns
from harness.series import Collected, Series
from harness.statements import SINGLE_ROW, Statement, keys

WARM_UP = 12  # the sixth execution of a prepared statement may change to its generic plan

Sessions = Mapping[str, psycopg.Connection]
_Measure = Callable[["_Runner", Statement], float]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often: *rounds* times over, *times* executions of each statement."""

    rounds: int
    times: int

    @property
    def keys(self) -> int:
        """The most keys that one statement uses up."""
        return WARM_UP + self.rounds * self.times


@dataclass(frozen=True, slots=True)
class _Runner:
    """One variant's session, with the keys that it has left for each statement."""

    variant: str
    session: psycopg.Connection
    keys: Mapping[str, Iterator[dict[str, Int8]]]

    def execute(self, statement: Statement, times: int) -> None:
        for _ in range(times):
            key = next(self.keys[statement.name])
            done = self.session.execute(statement.text, key, prepare=True)
            if done.rowcount != 1:
                raise ValueError(f"{self.variant}: {statement.name} touched {done.rowcount} rows")


def count_singles(
    sessions: Sessions, counter: Counter, rows: int, effort: Effort, *, skip: int = 0
) -> list[Series]:
    """Return the instructions of one execution, by variant and statement.

    What the two marks around the executions cost is measured too, and taken off.
    """

    def measure(runner: _Runner, statement: Statement) -> float:
        nothing = counter.count(runner.session, lambda: None)
        total = counter.count(runner.session, lambda: runner.execute(statement, effort.times))
        return (total - nothing) / effort.times

    return _rounds(_runners(sessions, rows, skip), effort, measure, "instructions")


def time_singles(sessions: Sessions, rows: int, effort: Effort, *, skip: int = 0) -> list[Series]:
    """Return the CPU time that the server spends on one execution, in microseconds."""

    def measure(runner: _Runner, statement: Statement) -> float:
        before = cpu_ns(runner.session)
        runner.execute(statement, effort.times)
        return (cpu_ns(runner.session) - before) / effort.times / 1000

    return _rounds(_runners(sessions, rows, skip), effort, measure, "µs of CPU")


def _runners(sessions: Sessions, rows: int, skip: int) -> list[_Runner]:
    return [
        _Runner(variant, session, {it.name: keys(it, rows, skip) for it in SINGLE_ROW})
        for variant, session in sessions.items()
    ]


def _rounds(runners: list[_Runner], effort: Effort, measure: _Measure, unit: str) -> list[Series]:
    collected = Collected()
    for runner in runners:
        for statement in SINGLE_ROW:
            runner.execute(statement, WARM_UP)
    for _ in range(effort.rounds):
        for statement in SINGLE_ROW:
            for runner in runners:
                value = measure(runner, statement)
                collected.add(runner.variant, f"{statement.name}, {unit}", unit, value)
    return collected.series()
