"""Places in a module that may write an attribute of a given name, whatever it belongs to. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.modules import Module, statements_at
from pginterlock.scan.project import called_name, calls_in
from pginterlock.scan.setting_names import setting_names

# A dict whose keys are a name, which a comprehension runs over others.
_COMPREHENDED = re.compile(r"\{\s*\w+\s*:[^{}]*?\sfor\s")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place: *how* it may write *name*, on *receiver*, the value *value*."""

    # attribute, setattr, named_by, keyword, named, pairs, pairs_by, columns, key, column_key,
    # keyed_pairs, keyed_item, member, listed, sourced
    how: str
    name: str
    node: ast.AST
    stmt: ast.stmt
    receiver: ast.AST | None = None
    value: ast.AST | None = None
    call: ast.Call | None = None
    owner: ast.AST | None = None  # of a key that is a column: what it is a column of
    shown: str = ""  # of a field that has another name than its column: that


def candidates(module: Module, names: frozenset[str], lines: list[int]) -> Iterator[Candidate]:
    """Yield the places that may write one of *names*, in the statements that stand on *lines*."""
    module.parse_at(lines)
    found = dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line))
    setting = setting_names(module)
    for stmt in found:
        yield from _of_statement(stmt, names)
        for part in own_expressions(stmt):
            for node in walk(part):
                if isinstance(node, ast.Call):
                    yield from _of_call(node, stmt, names, setting)
                elif isinstance(node, ast.Dict):
                    yield from _of_dict(node, stmt, names)
    if found and "setattr(" in module.text:
        yield from _by_name(module, names)
    if found:
        yield from _by_comprehension(module, names)


def _by_name(module: Module, names: frozenset[str]) -> Iterator[Candidate]:
    """Yield each ``setattr`` of an attribute that the code around it names, as one of *names*."""
    for call, stmt in calls_in(module, "setattr"):
        match call.args:
            case [receiver, asked, value] if not isinstance(asked, ast.Constant):
                for name in sorted(names):
                    yield Candidate("named_by", name, call, stmt, receiver, value, call)


def _by_comprehension(module: Module, names: frozenset[str]) -> Iterator[Candidate]:
    """Yield each ``{it: data[it] for it in FIELDS}``, as one that has one of *names* as a key."""
    lines = [
        module.text.count("\n", 0, it.start()) + 1 for it in _COMPREHENDED.finditer(module.text)
    ]
    module.parse_at(lines)
    for stmt in dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)):
        for part in own_expressions(stmt):
            for node in walk(part):
                if isinstance(node, ast.DictComp) and isinstance(node.key, ast.Name):
                    for name in sorted(names):
                        yield Candidate("pairs_by", name, node.key, stmt, node, node.value)


def _of_statement(stmt: ast.stmt, names: frozenset[str]) -> Iterator[Candidate]:
    match stmt:
        case ast.Assign():
            yield from _of_assignment(stmt, names)
        case ast.AugAssign(target=target):
            yield from _of_target(target, stmt, None, names)
        case ast.AnnAssign(target=ast.Attribute() as target, value=ast.AST() as value):
            yield from _of_target(target, stmt, value, names)
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _of_target(target, stmt, None, names)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for held in items:
                if held.optional_vars:
                    yield from _of_target(held.optional_vars, stmt, None, names)


def _of_assignment(stmt: ast.Assign, names: frozenset[str]) -> Iterator[Candidate]:
    match stmt:
        case ast.Assign(
            targets=[ast.Name(id="fields" | "list_editable")],
            value=ast.List() | ast.Tuple() | ast.BinOp() as listed,
        ):
            for one in _listed(listed):
                if isinstance(one, ast.Constant) and one.value in names:
                    yield Candidate("listed", str(one.value), one, stmt, None, None)
        case ast.Assign(targets=[ast.Name(id=shown)], value=ast.Call(keywords=told) as field) if (
            shown not in names and (name := _source(told)) in names
        ):
            yield Candidate("sourced", name, stmt, stmt, None, field, shown=shown)
        case ast.Assign(targets=targets, value=value):
            for it in targets:
                yield from _of_target(it, stmt, value, names)


def _source(told: Sequence[ast.keyword]) -> str:
    """Return the column that a field of another name is of."""
    for it in told:
        match it:
            case ast.keyword(arg="source", value=ast.Constant(value=str(name))):
                return name
    return ""


def _listed(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the elements of a list, or of several that are added."""
    match node:
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            yield from elts
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _listed(left)
            yield from _listed(right)


def _of_target(
    target: ast.AST, stmt: ast.stmt, value: ast.AST | None, names: frozenset[str]
) -> Iterator[Candidate]:
    match target:
        case ast.Attribute(attr=attr, value=receiver) if attr in names:
            yield Candidate("attribute", attr, target, stmt, receiver, value)
        case ast.Subscript(value=receiver, slice=ast.Constant(value=str(key))) if key in names:
            yield Candidate("key", key, target, stmt, receiver, value)
        case ast.Subscript(value=receiver, slice=ast.Attribute() as key):
            for name, owner in _columns(key, names):
                yield Candidate("column_key", name, target, stmt, receiver, value, owner=owner)
        case ast.Name(id=name) if name in names:
            yield Candidate("member", name, target, stmt, None, value)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            for number, it in enumerate(elts):
                one = values[number] if number < len(values) else None
                yield from _of_target(it, stmt, one, names)
        case ast.Starred(value=inner):
            yield from _of_target(inner, stmt, None, names)


def _of_call(
    call: ast.Call, stmt: ast.stmt, names: frozenset[str], setting: frozenset[str]
) -> Iterator[Candidate]:
    for it in call.keywords:
        if it.arg in names:
            yield Candidate("keyword", it.arg or "", it.value, stmt, call.func, it.value, call)
    match called_name(call), call.args:
        case called, [receiver, ast.Constant(value=str(name)), *rest] if (
            called in setting and name in names
        ):
            yield Candidate("setattr", name, call, stmt, receiver, rest[0] if rest else None, call)
        case name, args if name.endswith("transition"):
            yield from _of_transition(call, args, stmt, names)
        case _:
            pass
    if called_name(call) == "ordered_values":
        yield from _of_ordered(call, stmt, names)
    yield from _of_lists(call, stmt, names)


def _of_lists(call: ast.Call, stmt: ast.stmt, names: frozenset[str]) -> Iterator[Candidate]:
    """Yield the columns that a call is given a list of: their names, or those of a class."""
    for arg in [*call.args, *(it.value for it in call.keywords)]:
        for one in arg.elts if isinstance(arg, (ast.List, ast.Tuple, ast.Set)) else ():
            if isinstance(one, ast.Constant) and one.value in names:
                yield Candidate("named", str(one.value), one, stmt, call.func, None, call)
            elif called_name(call) == "from_select":
                for name, owner in _columns(one, names):
                    yield Candidate("named", name, one, stmt, call.func, None, call, owner)


def _of_ordered(call: ast.Call, stmt: ast.stmt, names: frozenset[str]) -> Iterator[Candidate]:
    """Yield the pairs of ``ordered_values((Order.status, x), ("status", x))``."""
    for arg in call.args:
        match arg:
            case ast.Tuple(elts=[key, value]):
                yield from _of_pair(arg, key, value, stmt, names)


def _of_transition(
    call: ast.Call, args: Sequence[ast.expr], stmt: ast.stmt, names: frozenset[str]
) -> Iterator[Candidate]:
    """Yield ``@transition(field=status, source=x, target=y)`` of a field that is one of *names*."""
    given = dict(zip(("field", "source", "target"), args, strict=False))
    given |= {it.arg: it.value for it in call.keywords if it.arg}
    match given.get("field"):
        case ast.Name(id=name) | ast.Constant(value=str(name)) if name in names:
            yield Candidate(
                "transition", name, call, stmt, given.get("source"), given.get("target"), call
            )


def _of_dict(node: ast.Dict, stmt: ast.stmt, names: frozenset[str]) -> Iterator[Candidate]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield from _of_pair(node, key, value, stmt, names)


def _of_pair(
    held: ast.AST, key: ast.expr, value: ast.expr, stmt: ast.stmt, names: frozenset[str]
) -> Iterator[Candidate]:
    """Yield a column with its value: one that is named, or that of a class or table."""
    match key:
        case ast.Constant(value=str(name)) if name in names:
            yield Candidate("pairs", name, key, stmt, held, value)
        case _:
            for name, owner in _columns(key, names):
                yield Candidate("columns", name, key, stmt, held, value, owner=owner)


def _columns(key: ast.expr, names: frozenset[str]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the column that ``Order.status``, ``Order.status.key`` or ``t.c["status"]`` is."""
    match key:
        case ast.Attribute(attr="key" | "name", value=ast.Attribute(attr=name, value=owner)) if (
            name in names
        ):
            yield name, owner
        case ast.Attribute(attr=name, value=owner) if name in names:
            yield name, owner
        case ast.Subscript(slice=ast.Constant(value=str(name)), value=owner) if name in names:
            yield name, owner
