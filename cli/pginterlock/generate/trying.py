"""One test after another: what is expected of a write, what was not tried, and why."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from pginterlock.choices import Mode
from pginterlock.generate.rows import Maker, Row, Unmade, reason
from pginterlock.names import cut, ident, literal
from pginterlock.refused import refusal

_CLAIMS = ("23505", "23P01")


@dataclass(frozen=True, slots=True)
class NotTried:
    """A test that could not be made, and why."""

    name: str
    why: str


@dataclass(slots=True)
class Script:
    """The tests of one machine, as they are written."""

    maker: Maker
    tests: int = 0
    not_tried: list[NotTried] = field(default_factory=list)

    @contextmanager
    def trying(self, name: str, *, is_extra: bool = False) -> Iterator[None]:
        """Make a test; where it cannot be made, it is listed with the reason.

        What *is_extra* tries once more what is tried already, and is not missed where it cannot be.
        """
        before = list(self.maker.lines)
        count = self.tests
        try:
            with self.maker.copy.transaction():
                yield
        except (Unmade, psycopg.Error) as error:
            self.maker.lines = before
            self.tests = count
            if not is_extra:
                self.not_tried.append(NotTried(name, reason(error)))

    def first(self, some: Sequence[Callable[[], None]]) -> None:
        """Make one of several tests: the first that can be made; raise why the first cannot."""
        why: Unmade | None = None
        for write in some:
            before, count = list(self.maker.lines), self.tests
            try:
                with self.maker.copy.transaction():
                    write()
            except (Unmade, psycopg.Error) as error:
                self.maker.lines, self.tests = before, count
                why = why or Unmade(reason(error))
            else:
                return
        if why:
            raise why

    def demand_enforced(self, rule: str, item: str = "") -> None:
        """Raise Unmade where the rule records and refuses nothing."""
        mode = self.maker.machine.mode_of(rule, item)
        if mode is Mode.OBSERVE:
            raise Unmade(f"{rule} is in mode observe: it records, and refuses nothing")

    def refused(
        self,
        code: str,
        statement: str,
        name: str,
        around: tuple[Sequence[str], Sequence[str]] = ((), ()),
        instead: tuple[str, ...] = (),
    ) -> None:
        """Write the test that *statement* is refused with *code*.

        Where two rules refuse it, which of them comes first is a matter of the machine's mode and
        of where its row rules are held: *instead* are codes that do as well.

        Raises Unmade where the write meets another refusal first. That it goes through is not
        asked here: the test will say so.
        """
        before, after = around
        met = self._met([*before, statement])
        code = met if met in instead else code
        if met not in (None, code):
            raise Unmade(f"another refusal comes first: {met}")
        self.maker.lines += [
            *(f"{it};" for it in before),
            f"select pg_temp.refused({literal(code)}, {_quoted(statement)}, {literal(name)});",
            *(f"{it};" for it in after),
        ]
        self.tests += 1

    def throws(
        self,
        sqlstate: str,
        statement: str,
        name: str,
        around: tuple[Sequence[str], Sequence[str]] = ((), ()),
    ) -> None:
        """Write the test that the server itself refuses *statement*."""
        before, after = around
        self.maker.lines += [
            *(f"{it};" for it in before),
            f"select throws_ok({_quoted(statement)}, {literal(sqlstate)}, null, {literal(name)});",
            *(f"{it};" for it in after),
        ]
        self.tests += 1

    def allowed(self, statement: str, name: str) -> None:
        """Write the test that *statement* passes, and run it."""
        with self.maker.copy.transaction():
            self.maker.copy.execute(statement.encode())
        self.maker.lines.append(f"select lives_ok({_quoted(statement)}, {literal(name)});")
        self.tests += 1

    def holds(self, query: str, value: str, name: str) -> None:
        """Write the test that *query* gives *value*, as text."""
        text = f"select is(({query})::text, {literal(value)}, {literal(name)});"
        self.maker.lines.append(text)
        self.tests += 1

    def state_is(self, row: Row, state: str, name: str) -> None:
        """Write the test that *row* stands in *state*."""
        column = self.maker.machine.state
        self.holds(
            f"select t.{ident(column)}::text from {self.maker.name} as t"
            f" where {self.maker.where(row)}",
            state,
            name,
        )

    def entry(self, row: Row, told: str) -> str:
        """Return the query for *told*, SQL over the last entry ``a`` of the history of *row*."""
        key = self.maker.key_of(row).items()
        same = " and ".join(f"a.{ident(f'key_{it}')} = {literal(value)}" for it, value in key)
        history = f"interlock.{ident(cut(f'{self.maker.machine.name}_audit'))}"
        return f"select {told} from {history} as a where {same} order by a.id desc limit 1"

    def _met(self, statements: Sequence[str]) -> str | None:
        """Return what refuses the last of *statements*; nothing is kept."""
        copy = self.maker.copy
        try:
            with copy.transaction(force_rollback=True):
                for it in statements:
                    copy.execute(it.encode())
        except psycopg.Error as error:
            if found := refusal(error):
                return found.code
            if error.sqlstate in _CLAIMS and (error.diag.constraint_name or "").startswith(
                "interlock_"
            ):
                return "IL15"
            return reason(error)
        return None


def _quoted(statement: str) -> str:
    """Return *statement* as a literal that reads as it does, whatever stands in it."""
    tag = next(it for it in _tags() if it not in statement)
    return f"{tag}{statement}{tag}"


def _tags() -> Iterator[str]:
    yield "$try$"
    yield from (f"$try{number}$" for number in itertools.count())
