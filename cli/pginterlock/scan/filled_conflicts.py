"""Where the action of an upsert stands that is filled in: ``ON CONFLICT DO {action}``. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.sql_write import PlacedWrite, SqlWrite, same_name

_ACTION = re.compile(r"\bupdate\s+set\b", re.IGNORECASE)


def placed(
    reader: Reader,
    node: ast.expr,
    stmt: ast.stmt,
    module: Module,
    insert: PlacedWrite,
    told: Sequence[SqlWrite],
    fields: Sequence[str],
) -> PlacedWrite | None:
    """Return the place of the action of an upsert, whose text *node* of *stmt* is put together.

    *told* is the write as it is read with all that fills it in. None where no such place is found.
    """
    for one in told:
        written = [it for it in fields if one.conflict and _writes(one.conflict, it)]
        if one.conflict is None:
            continue
        for line in _lines(reader, node, stmt, module, written):
            conflict = replace(
                one.conflict,
                transaction=insert.write.transaction,
                transaction_reason=insert.write.transaction_reason,
            )
            return PlacedWrite(conflict, line, 1, line, insert.enclosing, module.line(line))
    return None


def _writes(conflict: SqlWrite, name: str) -> bool:
    return any(same_name(name, it) for it, _ in conflict.columns)


def _lines(
    reader: Reader, node: ast.expr, stmt: ast.stmt, module: Module, fields: Sequence[str]
) -> Iterator[int]:
    """Yield the lines on which a text that fills in another names one of *fields* as updated."""
    for it in ast.walk(node):
        if not isinstance(it, ast.Name):
            continue
        for given, where in givings(reader, it, module, stmt):
            held = ast.walk(given.value) if given.value and where is module else ()
            for text in held:
                match text:
                    case ast.Constant(value=str(words)) if _ACTION.search(words):
                        yield from (_line(text, words, one) for one in fields if one in words)


def _line(node: ast.Constant, text: str, word: str) -> int:
    """Return the line of a word in a text; where that is escaped or joined, its first."""
    line = node.lineno + text.count("\n", 0, text.find(word))
    return line if line <= (node.end_lineno or 0) else node.lineno
