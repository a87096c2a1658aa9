"""Columns under the name of a constant or variable: ``{COLUMN: x}``, ``row[COLUMN] = x``. Pure."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from pginterlock.scan.admitted import texts_at
from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import last_name
from pginterlock.scan.dict_sites import of_key, of_pairs
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.module_texts import hit_lines, patterns
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.wanted import Wanted

_GIVEN = re.compile(rb"[ \t]*([A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]*)?=[ \t]*[\"']")
_FEW = 40  # constants: where more have the name of a column as their value, it is any word


def constants_for(texts: Iterable[bytes], names: Iterable[str]) -> frozenset[str]:
    """Return the names in capitals that some text gives one of *names* as their value."""
    looked = [(it, _quoted(it)) for it in map(str.encode, names)]
    found = {
        given[1].decode()
        for raw in texts
        for name, quoted in looked
        if name in raw
        for match in quoted.finditer(raw)
        if (given := _GIVEN.fullmatch(raw, raw.rfind(b"\n", 0, match.start()) + 1, match.start()))
    }
    return frozenset(found) if len(found) <= _FEW else frozenset()


def _quoted(name: bytes) -> re.Pattern[bytes]:
    # It begins with the name itself: `re` looks for that first, and so is much faster.
    return re.compile(rb"%b(?<=[\"']%b)[\"']" % (re.escape(name), re.escape(name)))


def keyed(
    module: Module, names: frozenset[str], lines: list[int], constants: frozenset[str]
) -> Iterator[Candidate]:
    """Yield what may write one of *names* under another: one of *constants*, or of the module."""
    module.parse_at(lines)
    found = list(dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)))
    yield from _keyed(found, names, constants)
    own = frozenset(it for stmt in found for it in _given(stmt, names)) - constants - names
    if own:
        others = _speaking(module, own)
        yield from _keyed(others, names, own)
        if running := frozenset(_running(others, own)) - own - constants - names:
            yield from _keyed(_speaking(module, running), names, running)


def _speaking(module: Module, own: Collection[str]) -> Collection[ast.stmt]:
    """Return the statements of a module that may use one of its names as a key."""
    lines = hit_lines(module.text.encode(errors="replace"), patterns(own))
    module.parse_at(lines)
    return dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))


def _running(statements: Iterable[ast.stmt], own: Collection[str]) -> Iterator[str]:
    """Yield the names by which loops run over those texts that a name stands for."""
    for stmt in statements:
        match stmt:
            case ast.For(target=ast.Name(id=name), iter=ast.Name(id=held)) if held in own:
                yield name


def _given(stmt: ast.stmt, names: Collection[str]) -> Iterator[str]:
    """Yield the names to which a statement gives a text that is one of *names*, perhaps."""
    match stmt:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            pass
        case (
            ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            | ast.For(target=ast.Name(id=name), iter=value)
        ):
            pass
        case _:
            return
    if any(isinstance(it, ast.Constant) and it.value in names for it in walk(value)):
        yield name


def _keyed(
    statements: Iterable[ast.stmt], names: Collection[str], known: Collection[str]
) -> Iterator[Candidate]:
    if not known:
        return
    for stmt in statements:
        for held, key, value in _items(stmt):
            if last_name(_plain(key)) in known:
                how = "keyed_pairs" if isinstance(held, ast.Dict) else "keyed_item"
                for name in sorted(names):
                    yield Candidate(how, name, key, stmt, held, value)


def _items(stmt: ast.stmt) -> Iterator[tuple[ast.AST, ast.expr, ast.AST | None]]:
    """Yield what a statement puts into dicts: the dict, the key, the value."""
    if isinstance(stmt, ast.Assign):
        for it in stmt.targets:
            if isinstance(it, ast.Subscript):
                yield it.value, it.slice, stmt.value
    for part in own_expressions(stmt):
        for node in walk(part):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, (ast.Name, ast.Attribute)):
                        yield node, key, value


def _plain(key: ast.expr) -> ast.expr:
    """Return the member of an enum whose value a key is, or the key itself."""
    return key.value if isinstance(key, ast.Attribute) and key.attr == "value" else key


def of_keyed(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield what is put under a key into a dict that is written, where it is the column's name."""
    if isinstance(it.node, ast.expr) and it.name in texts_at(
        reader, _plain(it.node), module, it.stmt
    ):
        judge = of_pairs if it.how == "keyed_pairs" else of_key
        yield from judge(reader, wanted, it, module)
