"""From a text of SQL to the writes in it, those in the bodies of functions too.

By PostgreSQL's grammar where that reads it, word by word where not. Pure: text in, data out.
"""

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import zip_longest

from pginterlock.expression_tree import kind
from pginterlock.lint import sql_blocks
from pginterlock.lint.sql_text import Broken, Statement, statements
from pginterlock.scan.site import Transaction
from pginterlock.scan.sql_assigned import assigned, watched
from pginterlock.scan.sql_dialects import writes_in
from pginterlock.scan.sql_holes import Holed, is_hole, with_questions, without_holes
from pginterlock.scan.sql_pieces import end_of, pieces
from pginterlock.scan.sql_tests import Test, is_filled
from pginterlock.scan.sql_tree import Parsed, writes_of
from pginterlock.scan.sql_write import SqlVerb, SqlWrite, Values

_WRITING = re.compile(
    r"(?<![a-z])(?:update(?!\s+(?:cascade|restrict|no\s+action|set\s+(?:null|default))\b|\s+of\b)"
    r"|insert|merge|copy|replace(?!\s+(?:function|view|procedure|trigger)\b)|delete(?!\s+cascade\b))"
    r"(?=[\s/\"`\[{%$\ue000-])|\bnew\s*\.\s*\w+\s*:?=",
    re.IGNORECASE,
)
# PL/pgSQL: `update ... returning a into b`.
_INTO = re.compile(r"\binto\s+(?:strict\s+)?[\w.,\s\"\[\]]+\Z", re.IGNORECASE)
_CONFLICT = re.compile(r"\b(?:conflict|duplicate)\b.*?\bupdate\b", re.IGNORECASE | re.DOTALL)
_NEW = re.compile(r"\bnew\s*\.")
_MOST_DEPTH = 4
_IN_FUNCTION = "a function runs in the transaction of its caller"
_IN_DO = "a DO block is one statement, in a transaction of its own"
_IN_BLOCK = "between begin and commit"
_ALONE = "nothing in the text opens a transaction"


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a piece of SQL: the function, and the transaction."""

    function: str = ""
    transaction: Transaction = Transaction.NO
    reason: str = _ALONE
    depth: int = 0


@dataclass(slots=True)
class _Text:
    """A text while it is read, with its holes as names, and the holes themselves."""

    holed: Holed
    found: list[SqlWrite]

    def put(
        self,
        parsed: Parsed,
        offset: int,
        around: _Around,
        *,
        is_sure: bool = True,
        end: int | None = None,
    ) -> None:
        """Keep a write whose verb stands at character *offset* of the text with names."""
        text = self.holed.text
        last = end_of(text, offset) if end is None else end
        found = self._write(parsed, offset, last, around, is_sure=is_sure)
        if parsed.conflict:
            at = conflict_at(text, offset, last)
            other = self._write(parsed.conflict, at, last, around, is_sure=is_sure)
            found = replace(found, conflict=other)
        self.found.append(found)

    def _write(
        self, parsed: Parsed, offset: int, end: int, around: _Around, *, is_sure: bool
    ) -> SqlWrite:
        holed = self.holed
        tests = _tests(holed, parsed)
        return SqlWrite(
            parsed.verb,
            holed.filled(parsed.table),
            holed.original(offset),
            holed.original(end),
            _filled(holed, parsed.columns),
            tuple(map(holed.filled, parsed.updated)),
            tuple(it for it in tests if not any(map(is_filled, it[1]))),
            tuple((holed.filled(column), holed.filled(by)) for column, by in parsed.filled),
            all_columns=parsed.all_columns,
            some_columns=parsed.some_columns or any(is_hole(it) for it, _ in parsed.columns),
            is_new=parsed.is_new,
            function=holed.filled(around.function),
            transaction=around.transaction,
            transaction_reason=around.reason,
            is_sure=is_sure,
            open_tests=tuple(
                (column, tuple(map(holed.filled, values)))
                for column, values in tests
                if any(map(is_filled, values))
            ),
            inserted=_filled(holed, parsed.inserted),
        )


def conflict_at(text: str, start: int, end: int) -> int:
    """Return where the UPDATE of an upsert stands whose verb stands at *start*; else that."""
    found = _CONFLICT.search(text, start, end)
    return found.end() - len("update") if found else start


def may_write(text: str) -> bool:
    """Return whether a word of a writing statement stands in *text* at all."""
    return bool(_WRITING.search(text))


def sql_writes(text: str, words: Collection[str] = ()) -> list[SqlWrite]:
    """Return the writes in *text*, in the order of the text; empty for what is no SQL.

    With *words*, in small letters, a statement that has none of them and nothing filled in is
    passed over: the names of the tables that are looked for, for a dump of many others. Nothing is
    raised: what PostgreSQL's grammar does not read is read word by word.
    """
    if not may_write(text):
        return []
    reading = _Text(without_holes(text), [])
    for start, end, is_open in pieces(reading.holed.text):
        piece = reading.holed.text[start:end]
        if words and not _speaks_of(piece, words):
            continue
        around = _Around("", Transaction.YES, _IN_BLOCK) if is_open else _Around()
        _read(reading, piece, start, around)
    tables = watched(reading.holed.text) if any(_is_assigned(it) for it in reading.found) else {}
    found = [_of_trigger(it, tables) for it in reading.found]
    return _at_lines(text, sorted(found, key=lambda it: it.offset))


def _speaks_of(piece: str, words: Collection[str]) -> bool:
    low = piece.lower()
    return any(it in low for it in words) or is_hole(piece) or bool(_NEW.search(low))


def _is_assigned(write: SqlWrite) -> bool:
    return write.verb == SqlVerb.ASSIGN


def _of_trigger(write: SqlWrite, tables: dict[str, tuple[str, ...]]) -> SqlWrite:
    """Return an assignment to ``new`` with the table whose trigger makes it, where that is told."""
    named = tables.get(write.function.rpartition(".")[2].lower(), ()) if _is_assigned(write) else ()
    return replace(write, table=named[0]) if len(named) == 1 else write


def _at_lines(text: str, found: list[SqlWrite]) -> list[SqlWrite]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    placed = []
    for it in found:
        line, last = (
            bisect_right(starts, it.offset),
            bisect_right(starts, max(it.end - 1, it.offset)),
        )
        column = it.offset - starts[line - 1] + 1
        conflict = _at_lines(text, [it.conflict])[0] if it.conflict else None
        placed.append(replace(it, line=line, column=column, end_line=last, conflict=conflict))
    return placed


def _read(reading: _Text, text: str, base: int, around: _Around) -> None:
    """Read *text*, which stands at character *base* of the whole."""
    if not may_write(text):
        return
    for it in statements(text):
        if isinstance(it, Statement):
            _read_tree(reading, it, text, base, around)
        else:
            _read_broken(reading, text, base, around)
            return


def _read_broken(reading: _Text, text: str, base: int, around: _Around) -> None:
    """Read what the grammar does not: once more with ``?`` as a hole, and then word by word."""
    if "?" not in text:
        _read_words(reading, text, base, around)
        return
    asked = with_questions(text, reading.holed.holes)
    read = [it for it in statements(asked.text) if not isinstance(it, Broken)]
    for it in read:
        for parsed in writes_of(it.tree):
            reading.put(parsed, base + asked.original(_verb(it, parsed)), around)
    if not read:
        for parsed in writes_in(asked.text):
            place = base + asked.original(parsed.location)
            reading.put(parsed, place, around, is_sure=False)


def _read_words(reading: _Text, text: str, base: int, around: _Around) -> None:
    """Read *text* word by word, and each write that is found by the grammar once more."""
    for parsed in writes_in(text):
        alone = text[parsed.location : end_of(text, parsed.location)]
        sure = _alone(_INTO.sub("", alone))
        reading.put(sure or parsed, base + parsed.location, around, is_sure=sure is not None)


def _alone(text: str) -> Parsed | None:
    """Return the one write that *text* is, where the grammar reads it."""
    for it in statements(text):
        if isinstance(it, Statement):
            return next(writes_of(it.tree), None)
    return None


_VERBS = {SqlVerb.UPSERT: "insert"}


def _verb(statement: Statement, parsed: Parsed) -> int:
    """Return the character of the statement's text where the verb before the table stands."""
    at = statement.at(parsed.location)
    text = statement.raw.decode()[: at - statement.base].lower()
    found = text.rfind(parsed.word or _VERBS.get(parsed.verb, parsed.verb.value))
    return statement.base + found if found >= 0 else statement.start


def _read_tree(reading: _Text, statement: Statement, text: str, base: int, around: _Around) -> None:
    tree = statement.tree
    is_function, is_do = kind(tree) == "CreateFunctionStmt", kind(tree) == "DoStmt"
    if is_function:
        name = ".".join(it.string.sval for it in tree.funcname)
        around = _Around(name, Transaction.CALLER, _IN_FUNCTION, around.depth)
    elif is_do and not around.function:
        around = _Around("", Transaction.YES, _IN_DO, around.depth)
    elif kind(tree) == "RuleStmt":
        around = replace(around, transaction=Transaction.CALLER, reason=_IN_FUNCTION)
    _read_writes(reading, statement, text, base, around)
    if (is_function or is_do) and around.depth < _MOST_DEPTH:
        _read_body(reading, statement, text, base, replace(around, depth=around.depth + 1))


def _read_writes(
    reading: _Text, statement: Statement, text: str, base: int, around: _Around
) -> None:
    """Read what a statement writes; a branch of a MERGE ends where the next begins."""
    found = [(_verb(statement, it), it) for it in writes_of(statement.tree)]
    for (at, parsed), after in zip_longest(found, found[1:]):
        is_branch = parsed.word and after and after[1].word
        end = text.lower().rfind("when", at, after[0]) if is_branch else -1
        reading.put(parsed, base + at, around, end=base + end if end >= 0 else None)


def _read_body(reading: _Text, statement: Statement, text: str, base: int, around: _Around) -> None:
    language, body = sql_blocks.body(statement.tree)
    if not body or not may_write(body):
        return
    start = text.find(body, statement.start)
    if language == "sql":
        for first, last, _ in pieces(body):
            if start >= 0:
                _read(reading, body[first:last], base + start + first, around)
            else:
                _read_made(reading, body[first:last], base + statement.start, around)
    elif language == "plpgsql":
        declared = text[statement.start : statement.end] if around.function else ""
        place = base + (start if start >= 0 else statement.start)
        _read_plpgsql(reading, body, declared, place, around, is_in_place=start >= 0)
    else:  # Python, Perl: what they run is a text among others
        for parsed in writes_in(body):
            place = base + start + parsed.location if start >= 0 else base + statement.start
            reading.put(parsed, place, around, is_sure=False)


def _read_plpgsql(
    reading: _Text, body: str, declared: str, base: int, around: _Around, *, is_in_place: bool
) -> None:
    inside = sql_blocks.inside(body, declared)
    if inside is None:  # its parser is stricter than the server here and there
        inside = [it for it in sql_blocks.guessed(body) if it.is_made]
        if is_in_place:
            _read_words(reading, body, base, around)
    for it in inside:
        if not may_write(it.text):
            continue
        if it.is_made or not is_in_place:
            offset = base + it.offset if is_in_place else base
            _read_made(reading, it.text, offset, around)
        else:
            _read(reading, it.text, base + it.offset, around)
    for offset, parsed in assigned(body) if is_in_place else ():
        reading.put(parsed, base + offset, around)


def _read_made(reading: _Text, text: str, offset: int, around: _Around) -> None:
    """Read SQL that was put together: its verbs are looked for from character *offset* on."""
    kept, reading.found = reading.found, []
    _read(reading, text, 0, around)
    whole, made = reading.holed, reading.found
    for it in made:
        verb = _VERBS.get(it.verb, it.verb.value)
        match = re.compile(rf"\b{verb}\b", re.IGNORECASE).search(whole.text, offset)
        at = match.start() if match else offset
        end = whole.text.find(";", at) if match else offset  # it stands in quotes of its own
        last = whole.original(end if end >= 0 else at)
        moved = replace(it, offset=whole.original(at), end=last)
        if it.conflict:
            place = whole.original(conflict_at(whole.text, at, max(end, at)))
            moved = replace(moved, conflict=replace(it.conflict, offset=place, end=last))
        kept.append(moved)
        offset = at + 1 if match else offset
    reading.found = kept


def _tests(holed: Holed, parsed: Parsed) -> list[Test]:
    return [(holed.filled(column), values) for column, values in parsed.where]


def _filled(holed: Holed, columns: Values) -> Values:
    return tuple((holed.filled(column), value) for column, value in columns)
