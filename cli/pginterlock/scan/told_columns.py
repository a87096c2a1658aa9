"""Columns that a call is told in a name: ``bulk_update(rows, FIELDS)``, ``update(**{key: x})``.

Such a call need not stand in a file that names the column. Pure.
"""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan import call_sites
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.named_columns import of_keyed
from pginterlock.scan.project import called_name, calls_in, calls_of
from pginterlock.scan.sinks import CREATING, UPDATING
from pginterlock.scan.texts import Texts
from pginterlock.scan.wanted import Wanted

_KEYED = re.compile(rb"\*\*\{\s*[A-Za-z_][\w.]*\s*:")
_DEPTH = 4
_MOST = 200  # files that have such calls


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield the calls that write the column, which they are told in a name."""
    for word, judge in (("bulk_update", _in_bulk), ("**{", _keyed)):
        paths = reader.project.holding(word)
        for path in paths if len(paths) <= _MOST else ():
            yield from judge(reader, wanted, path)


def _in_bulk(reader: Reader, wanted: Wanted, path: str) -> Iterator[Draft]:
    """Yield each ``bulk_update`` whose list of columns stands elsewhere."""
    module = reader.project.module(path)
    for name in call_sites.IN_BULK if module else ():
        for call, stmt in calls_in(module, name) if module else ():
            place = 2 if name.endswith("history") else 1
            told = [
                *call.args[place : place + 1],
                *(it.value for it in call.keywords if it.arg == "fields"),
            ]
            if not told or _is_written_down(told[0]) or module is None:
                continue
            texts = frozenset(Texts(reader).items(told[0], (), module, stmt, _DEPTH))
            for one in sorted(texts & wanted.names.keys()):
                it = Candidate("named", one, told[0], stmt, call.func, None, call)
                yield from call_sites.of_named(reader, wanted, it, module)


def _is_written_down(node: ast.AST) -> bool:
    """Say whether a list says by itself all that it holds."""
    return isinstance(node, (ast.List, ast.Tuple, ast.Set)) and all(
        isinstance(it, ast.Constant) for it in node.elts
    )


def _keyed(reader: Reader, wanted: Wanted, path: str) -> Iterator[Draft]:
    """Yield each ``update(**{key: x})`` whose key is the column."""
    raw = reader.project.text(path)
    lines = [raw.count(b"\n", 0, it.start()) + 1 for it in _KEYED.finditer(raw)]
    if not lines or (module := reader.project.module(path)) is None:
        return
    module.parse_at(lines)
    for stmt in dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)):
        for held, key, value in _pairs(module, stmt):
            for name in sorted(wanted.names):
                it = Candidate("keyed_pairs", name, key, stmt, held, value)
                yield from of_keyed(reader, wanted, it, module)


def _pairs(module: Module, stmt: ast.stmt) -> Iterator[tuple[ast.Dict, ast.expr, ast.expr]]:
    """Yield what a call that may write unpacks, under a name."""
    for call in calls_of(module, stmt):
        name = called_name(call)
        if name not in CREATING | UPDATING and not name[:1].isupper():
            continue
        for it in call.keywords:
            if it.arg is None and isinstance(it.value, ast.Dict):
                for key, value in zip(it.value.keys, it.value.values, strict=True):
                    if isinstance(key, (ast.Name, ast.Attribute)):
                        yield it.value, key, value
