"""Writes in SQL of Python whose table or columns are filled in when it runs. Pure.

``f"UPDATE {qualified(name)} SET {sets}"``: what the code tells of the text is put together, and
the write is read once more.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

from pginterlock.scan import filled_conflicts, filled_names, helper_calls, kept_texts, looped_names
from pginterlock.scan.embedded_sql import Embedded
from pginterlock.scan.hops import Hop
from pginterlock.scan.kinds import Function
from pginterlock.scan.made_places import Given, Place
from pginterlock.scan.made_texts import UNKNOWN, MadeTexts
from pginterlock.scan.modules import Module, arguments, function_of, scope_of, statements_at
from pginterlock.scan.python_literals import Built
from pginterlock.scan.site import Target
from pginterlock.scan.sql_holes import OPEN
from pginterlock.scan.sql_numbers import numbered
from pginterlock.scan.sql_sites import may_touch
from pginterlock.scan.sql_write import PlacedWrite, SqlVerb, SqlWrite, halves, same_table

_MOST = 60  # names of one table
_DEPTH = 3  # functions that hand on what they are handed
_FUNCTIONS = 12  # that hand on, of one write: of more, no one is meant
_HOLES = ("{", "%", "$", ":", "?")

Resolve = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Found:
    """A write of what is looked for, in its module: the table is known to be that of the target.

    *line* is of the statement that runs it, where a part of the text stands elsewhere.
    """

    module: Module
    placed: PlacedWrite
    node: ast.expr | None = None  # the text, where what the call hands over is still to be read
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Found):
    """A write at a *call* of a helper that writes any table.

    *inside* is how the helper comes to it, from what writes up to the call.
    """

    call: Hop
    inside: tuple[Hop, ...]


class FilledWrites:
    """Says which writes of a module are of a table, by what fills them in."""

    def __init__(
        self, made: MadeTexts, module: Module, resolve: Resolve, writes: Sequence[Embedded]
    ) -> None:
        """Keep what tells the texts; *resolve* tells what one assignment of a name does."""
        self._made, self._module, self._resolve, self._writes = made, module, resolve, writes
        self._read: dict[object, list[SqlWrite]] = {}
        self._left = 0

    def of(self, it: Embedded, target: Target) -> Iterator[Found]:
        """Yield the sites that a write is of *target*: at its own place, or at calls."""
        for found in self._of(it, target):
            line = found.placed.line
            for half in halves(found.placed, target.fields):
                yield replace(found, placed=half, line=line)

    def _of(self, it: Embedded, target: Target) -> Iterator[Found]:
        write = it.placed.write
        if not target.table or not may_touch(write, target.fields):
            return
        table, stmt = self._resolve(write.table), self._statement(it.node)
        is_named = same_table(table, target.table)
        if stmt is None or not (_is_open(table) or write.some_columns):
            if is_named:
                yield Found(self._module, it.placed, it.node)
            return
        if (told := self._in_rounds(it, stmt)) is not None:
            fits = [one for one in told if _is_of(one, target)]
            touching = [one for one in fits if may_touch(one, target.fields)]
            yield from (
                Found(self._module, _with_columns(it.placed, touching), it.node)
                for _ in touching[:1]
            )
            return
        yield from self._filled_in(it, table, stmt, target)

    def _filled_in(
        self, it: Embedded, table: str, stmt: ast.stmt, target: Target
    ) -> Iterator[Found]:
        write = it.placed.write
        is_named = same_table(table, target.table or "")
        function = function_of(self._module, stmt)
        if not is_named and function is not None and (write.some_columns or write.all_columns):
            if not self._is_filled(it, table, stmt, target, _closed(function)):
                yield from self._by_calls(it, table, stmt, function, target)
                return
        elif not is_named and not self._is_filled(it, table, stmt, target, {}):
            return
        if narrowed := self._narrowed(it, stmt, target):
            yield Found(self._module, narrowed, it.node)

    def _statement(self, node: ast.expr) -> ast.stmt | None:
        return next(iter(statements_at(self._module, node.lineno)), None)

    # -- the table -------------------------------------------------------------------------------

    def _is_filled(
        self, it: Embedded, table: str, stmt: ast.stmt, target: Target, given: Given
    ) -> bool:
        """Say whether what fills in a table may be that of the target."""
        names = self._tables(it, table, stmt, given)
        return any(same_table(one, target.table or "") for one in names) or any(
            _is_of(one, target) for one in self._kept(it, stmt)
        )

    def _tables(self, it: Embedded, table: str, stmt: ast.stmt, given: Given) -> Iterator[str]:
        parts = [self._texts(one, it.node, stmt, given) for one in filled_names.parts(table)]
        for made in islice(product(*parts), _MOST):
            yield filled_names.known("".join(made))

    def _texts(self, part: str, node: ast.expr, at: ast.stmt, given: Given) -> list[str]:
        """Return what a part of a name may be: as it is written, or what fills it in."""
        filled = filled_names.filling(part, node)
        if filled is None:
            return [UNKNOWN if part.startswith("{") else part]
        return sorted(self._made.of(filled, self._module, at, given))

    def _kept(self, it: Embedded, stmt: ast.stmt) -> list[SqlWrite]:
        """Return the write as it is where the text, kept under a name, is filled in."""
        if ("kept", it) not in self._read:
            uses = kept_texts.uses(self._made.reader, it.node, stmt, self._module)
            texts = (one for use in uses for one in self._made.of(*use))
            self._read["kept", it] = list(self._again(it, texts))
        return self._read["kept", it]

    # -- the columns -----------------------------------------------------------------------------

    def _narrowed(self, it: Embedded, stmt: ast.stmt, target: Target) -> PlacedWrite | None:
        """Return a write with its columns, where all are told; None where it leaves the target's.

        Where they are not told, it stays as it is.
        """
        if not it.placed.write.some_columns:
            return it.placed
        if ("whole", it) not in self._read:
            texts = self._made.of(it.node, self._module, stmt)
            self._read["whole", it] = list(self._again(it, texts)) or self._kept(it, stmt)
        told = self._read["whole", it]
        if not told or any(one.some_columns for one in told):
            told = self._by_one_column(it, stmt)
        if not told or any(one.some_columns for one in told):
            return it.placed
        touching = [one for one in told if may_touch(one, target.fields)]
        placed = it.placed
        if placed.conflict is None and any(one.conflict for one in touching):
            reader, module = self._made.reader, self._module
            place = filled_conflicts.placed(
                reader, it.node, stmt, module, placed, touching, target.fields
            )
            placed = replace(placed, conflict=place)
        return _with_columns(placed, touching) if touching else None

    def _by_one_column(self, it: Embedded, stmt: ast.stmt) -> list[SqlWrite]:
        """Return the write for each of what one name fills in as its column, whatever the table.

        Empty where more than that name and those of the table are filled in, or not all is known.
        """
        texts = [one for one in ast.walk(it.node) if isinstance(one, ast.JoinedStr)]
        if len(texts) != 1:
            return []
        text = texts[0]
        holes = {ast.unparse(one.value): one.value for one in filled_names.filled(text)}
        tables = {
            part[1:-1] for part in filled_names.parts(it.placed.write.table) if part.startswith("{")
        }
        columns = [one for name, one in holes.items() if name not in tables]
        if len(columns) != 1 or not isinstance(columns[0], ast.Name):
            return []
        name, made = columns[0].id, self._made.of(columns[0], self._module, stmt)
        if any(OPEN in one for one in made):
            return []
        return list(self._again(it, (filled_names.put_in(text, name, one) for one in made)))

    def _in_rounds(self, it: Embedded, stmt: ast.stmt) -> list[SqlWrite] | None:
        """Return the write in each round of the loops around it; None where not all is told."""
        if ("rounds", it) not in self._read:
            texts: list[str] = []
            for names in looped_names.rounds(self._made, it.node, Place(self._module, stmt)):
                texts += self._made.of(it.node, self._module, stmt, names=names)
            self._read["rounds", it] = list(self._again(it, texts))
        told = self._read["rounds", it]
        is_told = bool(told) and all(
            filled_names.known(one.table) and not one.some_columns for one in told
        )
        return told if is_told else None

    def _again(self, it: Embedded, texts: Iterable[str]) -> Iterator[SqlWrite]:
        """Yield the write as it is read in each of *texts*, of those with as many writes."""
        from pginterlock.scan.sql_writes import sql_writes  # noqa: PLC0415 - the parser takes time

        same = [one for one in self._writes if one.node is it.node]
        for text in sorted(set(texts)):
            found = sql_writes(numbered(Built(text, list(range(len(text))))).text)
            if len(found) == len(same):
                yield found[same.index(it)]

    # -- calls -----------------------------------------------------------------------------------

    def _by_calls(
        self, it: Embedded, table: str, stmt: ast.stmt, function: Function, target: Target
    ) -> Iterator[Found]:
        """Yield the calls that hand table and columns to a function which writes any."""
        filled = [
            one
            for part in filled_names.parts(table)
            if (one := filled_names.filling(part, it.node)) is not None
        ]
        asked = helper_calls.asked_in(filled, function)

        def writes(given: Given) -> list[SqlWrite]:
            return list(self._again(it, self._made.of(it.node, self._module, stmt, given)))

        if asked:
            self._left = _FUNCTIONS
            inside = (Hop(self._module, stmt, None),)
            found = self._handed(it, function, asked, writes, target, inside)
            yield from {_place(one): one for one in found}.values()

    def _handed(
        self,
        it: Embedded,
        function: Function,
        asked: Sequence[ast.arg],
        writes: helper_calls.Writes,
        target: Target,
        inside: tuple[Hop, ...],
    ) -> Iterator[Found]:
        """Yield the calls of *function* that name what it writes; of those that hand on, theirs."""
        for call in helper_calls.calls(self._made, function, asked, writes):
            if not call.asked and not self._may_hand(call, target):
                continue
            closed = _closed(call.caller)
            fits = [one for one in call.writes(closed) if _is_of(one, target)]
            hop = Hop(call.module, call.stmt, call.call)
            is_deep = len(inside) > _DEPTH or self._left <= 0
            if not fits and call.asked and call.caller and not is_deep:
                self._left -= 1
                above = (*inside, hop)
                yield from self._handed(it, call.caller, call.asked, call.writes, target, above)
            if any(one.some_columns for one in fits):  # its own callers may name them
                fits = [one for one in call.writes({}) if _is_of(one, target)]
            named = [one for one in fits if not one.some_columns]
            if touching := [one for one in named if may_touch(one, target.fields)]:
                placed = _with_columns(_at_call(it.placed, call), touching)
                told = helper_calls.with_values(self._made.reader, placed.write, call)
                placed = replace(placed, write=told)
                yield Called(call.module, placed, call=hop, inside=inside)

    def _may_hand(self, call: helper_calls.Calling, target: Target) -> bool:
        """Say whether a call may hand the name of the table, before what it writes is read."""
        bare = (target.table or "").rpartition(".")[2]
        texts = (self._made.of(it, call.module, call.stmt) for it in call.handed)
        return any(bare in one.lower() for made in texts for one in made)


def _place(it: Found) -> tuple[str, int, int]:
    return it.module.path, it.placed.line, it.placed.column


def _closed(function: Function | None) -> Given:
    """Return the parameters of a function as what nothing is known of."""
    if function is None:
        return {}
    place = Place(function.module, function.node)
    return dict.fromkeys(arguments(function.node), (None, place))


def _is_open(table: str) -> bool:
    return any(it in table for it in _HOLES)


def _is_of(write: SqlWrite, target: Target) -> bool:
    return same_table(filled_names.known(write.table), target.table or "")


def _with_columns(placed: PlacedWrite, told: Sequence[SqlWrite]) -> PlacedWrite:
    upserts = [it for it in told if it.verb == SqlVerb.UPSERT]
    like = (upserts or [placed.write])[0]
    write = replace(
        placed.write,
        verb=like.verb,
        is_new=like.is_new,
        columns=tuple(dict.fromkeys(one for it in told for one in it.columns)),
        holes=tuple(dict.fromkeys(one for it in told for one in it.holes)),
        updated=tuple(dict.fromkeys(one for it in told for one in it.updated)),
        some_columns=any(it.some_columns for it in told),
        inserted=tuple(dict.fromkeys(one for it in told for one in it.inserted or it.columns)),
    )
    others = [it.conflict for it in told if it.conflict]
    if not others or placed.conflict is None:
        return replace(placed, write=replace(write, conflict=None), conflict=None)
    conflict = _with_columns(placed.conflict, others)
    return replace(placed, write=replace(write, conflict=conflict.write), conflict=conflict)


def _at_call(placed: PlacedWrite, it: "helper_calls.Calling") -> PlacedWrite:
    scope, call = scope_of(it.module, it.stmt), it.call
    return replace(
        placed,
        line=call.lineno,
        column=call.col_offset + 1,
        end_line=call.end_lineno or call.lineno,
        enclosing=scope.qualname if scope else "",
        text=it.module.line(call.lineno),
        conflict=None,
    )
