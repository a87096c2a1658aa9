"""Expressions of Python to values, as far as a file tells.

Pure: a tree in, values out; the calls on the way are told to a hook.
"""

import ast
import operator
from collections.abc import Callable, Mapping

from pginterlock.lint import calling, texts
from pginterlock.lint.actions import UNKNOWN
from pginterlock.lint.calling import Caller
from pginterlock.lint.values import (
    NOTHING,
    Attribute,
    Call,
    Function,
    Named,
    Nothing,
    Origin,
    Value,
    Written,
)

Scope = dict[str, Value]
_MOST = 2_000  # items of a list that is made
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


class Evaluator:
    """Expressions of one file."""

    def __init__(self, lines: list[str], caller: Caller) -> None:
        self._lines = lines
        self._caller = caller

    def value(self, node: ast.expr | None, scope: Scope) -> Value:
        """Return what *node* is worth in *scope*, and tell of the calls in it."""
        if node is None:
            return NOTHING
        found = _EXPRESSIONS.get(type(node))
        if found:
            return found(self, node, scope)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope)
        return NOTHING

    def _constant(self, node: ast.Constant, scope: Scope) -> Value:
        del scope
        return self._written(node.value, node) if isinstance(node.value, str) else node.value

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts = []
        for it in node.values:
            value = self.value(it.value if isinstance(it, ast.FormattedValue) else it, scope)
            parts.append(str(value) if isinstance(value, texts.KNOWN) else UNKNOWN)
        return self._written("".join(parts), node)

    def _written(self, text: str, node: ast.expr) -> Written:
        """Return *text* with its place; whether its lines are the file's, the file tells."""
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        opening = line.encode()[node.col_offset :].decode(errors="ignore")
        quote = opening.lstrip("rRbBfFuU")
        prefix = len(opening) - len(quote) + 3
        last = node.end_lineno or node.lineno
        first, column = node.lineno, node.col_offset + 1
        is_block = quote[:3] in ('"""', "'''")
        if is_block and quote[3:].strip() == "\\":
            first, column, prefix = first + 1, 1, 0
        is_same = text.count("\n") == last - first
        if not (is_block and is_same):
            inset = 0 if is_block else prefix - 2
            is_line = last == node.lineno and isinstance(node, ast.Constant)
            return Written(text, Origin(node.lineno, column + inset, last, is_block=is_line))
        return Written(text, Origin(first, column + prefix, last, is_block=True))

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        return scope.get(node.id, Named(node.id))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        return calling.attribute(self.value(node.value, scope), node.attr, self._caller)

    def _list(self, node: ast.List | ast.Set, scope: Scope) -> Value:
        return self._items(node.elts, scope)

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Value:
        return tuple(self._items(node.elts, scope))

    def _items(self, nodes: list[ast.expr], scope: Scope) -> list[Value]:
        found: list[Value] = []
        for it in nodes:
            if isinstance(it, ast.Starred):
                inner = self.value(it.value, scope)
                found += inner if isinstance(inner, (list, tuple)) else [NOTHING]
            else:
                found.append(self.value(it, scope))
        return found

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        found: dict[Value, Value] = {}
        for key, it in zip(node.keys, node.values, strict=True):
            value = self.value(it, scope)
            if key is None:
                found |= value if isinstance(value, dict) else {}
                continue
            name = self.value(key, scope)
            if isinstance(name, (*texts.KNOWN, Attribute, Named)):  # t.c.status is a key too
                found[name] = value
        return found

    def _operation(self, node: ast.BinOp, scope: Scope) -> Value:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            return texts.modulo(left, right)
        if not isinstance(node.op, ast.Add):
            return NOTHING
        if isinstance(left, str) or isinstance(right, str):
            parts = [str(it) if isinstance(it, texts.KNOWN) else UNKNOWN for it in (left, right)]
            return texts.capped("".join(parts))
        return _joined(left, right)

    def _comparison(self, node: ast.Compare, scope: Scope) -> Value:
        left = self.value(node.left, scope)
        rights = [self.value(it, scope) for it in node.comparators]
        if len(rights) != 1 or not isinstance(left, texts.KNOWN):
            return NOTHING
        right, how = rights[0], type(node.ops[0])
        if how in _COMPARISONS and isinstance(right, texts.KNOWN):
            return _COMPARISONS[how](left, right)
        if how in (ast.In, ast.NotIn) and isinstance(right, (list, tuple, dict)):
            return (left in right) is (how is ast.In)
        return NOTHING

    def _negation(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.value(node.operand, scope)
        return not value if isinstance(node.op, ast.Not) and isinstance(value, bool) else NOTHING

    def _logic(self, node: ast.BoolOp, scope: Scope) -> Value:
        values = [self.value(it, scope) for it in node.values]
        decisive = isinstance(node.op, ast.Or)
        if any(it is decisive for it in values):
            return decisive
        return not decisive if all(it is (not decisive) for it in values) else NOTHING

    def _choice(self, node: ast.IfExp, scope: Scope) -> Value:
        test = self.value(node.test, scope)
        first, second = self.value(node.body, scope), self.value(node.orelse, scope)
        if isinstance(test, bool):
            return first if test else second
        return second if isinstance(first, Nothing) else first

    def _part(self, node: ast.Subscript, scope: Scope) -> Value:
        base, key = self.value(node.value, scope), self.value(node.slice, scope)
        if isinstance(base, dict):
            return base.get(key, NOTHING) if isinstance(key, texts.KNOWN) else NOTHING
        if isinstance(base, (list, tuple)) and isinstance(key, int):
            return base[key] if -len(base) <= key < len(base) else NOTHING
        return Attribute(base, "[]")

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Value:
        first = node.generators[0]
        over = self.value(first.iter, scope)
        items = over if isinstance(over, (list, tuple)) else [NOTHING]
        found: list[Value] = []
        for it in items[:_MOST]:
            inner = dict(scope)
            bind(first.target, it, inner)
            for more in node.generators[1:]:
                bind(more.target, NOTHING, inner)
            found.append(self.value(node.elt, inner))
        return found if isinstance(over, (list, tuple)) else NOTHING

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return Function(node, scope)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.value(node.value, scope)
        bind(node.target, value, scope)
        return value

    def _awaited(self, node: ast.Await, scope: Scope) -> Value:
        return self.value(node.value, scope)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        func = self.value(node.func, scope)
        args = tuple(self._items(node.args, scope))
        named: dict[str, Value] = {}
        for it in node.keywords:
            value = self.value(it.value, scope)
            if it.arg is not None:
                named[it.arg] = value
            elif isinstance(value, dict):
                named |= {str(key): inner for key, inner in value.items()}
        return calling.called(Call(func, args, named, node), self._caller)


def _joined(left: Value, right: Value) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        return left + right if len(left) + len(right) <= _MOST else NOTHING
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right if len(left) + len(right) <= _MOST else NOTHING
    return NOTHING


def bind(target: ast.expr, value: Value, scope: Scope) -> None:
    """Give the names in *target* their values."""
    if isinstance(target, ast.Name):
        scope[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        known = isinstance(value, (list, tuple)) and len(value) == len(target.elts)
        values = list(value) if known and isinstance(value, (list, tuple)) else []
        for n, it in enumerate(target.elts):
            bind(it, values[n] if known else NOTHING, scope)
    elif isinstance(target, ast.Starred):
        bind(target.value, NOTHING, scope)


_EXPRESSIONS: Mapping[type[ast.expr], Callable[..., Value]] = {
    ast.Attribute: Evaluator._attribute,
    ast.Await: Evaluator._awaited,
    ast.BinOp: Evaluator._operation,
    ast.BoolOp: Evaluator._logic,
    ast.Call: Evaluator._call,
    ast.Compare: Evaluator._comparison,
    ast.Constant: Evaluator._constant,
    ast.Dict: Evaluator._dict,
    ast.GeneratorExp: Evaluator._comprehension,
    ast.IfExp: Evaluator._choice,
    ast.JoinedStr: Evaluator._joined,
    ast.Lambda: Evaluator._lambda,
    ast.List: Evaluator._list,
    ast.ListComp: Evaluator._comprehension,
    ast.Name: Evaluator._name,
    ast.NamedExpr: Evaluator._walrus,
    ast.Set: Evaluator._list,
    ast.Subscript: Evaluator._part,
    ast.Tuple: Evaluator._tuple,
    ast.UnaryOp: Evaluator._negation,
}
