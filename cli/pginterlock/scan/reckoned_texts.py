"""What expressions of names come to where the texts of some variables are known. Pure.

A variable that stands for a field of a model, and not for its name, is told by that name too.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pginterlock.scan.modules import Module, function_of, local_names

Env = Mapping[str, str]
_DEPTH = 8
_NAMING = frozenset(["name", "attname", "key"])  # attributes of a field that are its name
_CHANGING = frozenset(
    [
        "capitalize",
        "lower",
        "lstrip",
        "removeprefix",
        "removesuffix",
        "replace",
        "rstrip",
        "strip",
        "title",
        "upper",
    ]
)
_TESTING = frozenset(["startswith", "endswith"])
_Plain = str | int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Where an expression stands, and the texts of variables there."""

    env: Env
    module: Module
    at: ast.AST

    def text(self, node: ast.AST | None, depth: int = _DEPTH) -> frozenset[str]:
        """Return the texts that *node* may be; nothing where that is not told."""
        return frozenset(self._text(node, depth)) if node is not None and depth else frozenset()

    def _text(self, node: ast.AST, depth: int) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=name):
                yield from self._named(name, depth)
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in _NAMING:
                yield from (self.env[it] for it in (name,) if it in self.env)
            case ast.IfExp(test=test, body=one, orelse=other):
                told = self.truth(test)
                yield from self.text(one, depth - 1) if told is not False else ()
                yield from self.text(other, depth - 1) if told is not True else ()
            case ast.JoinedStr() | ast.FormattedValue() | ast.BinOp():
                yield from self._written(node, depth)
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                if _is_number(lower) and _is_number(upper):
                    start, end = _number(lower), _number(upper)
                    yield from (it[start:end] for it in self.text(value, depth - 1))
            case ast.Call(keywords=[]):
                yield from self._called(node, depth)

    def _named(self, name: str, depth: int) -> Iterator[str]:
        if name in self.env:
            yield self.env[name]
            return
        for value in self._given(name):
            yield from self.text(value, depth - 1)

    def _written(self, node: ast.AST, depth: int) -> Iterator[str]:
        match node:
            case ast.JoinedStr(values=parts):
                yield from self._joined(parts, depth)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                yield from self.text(value, depth - 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._joined([left, right], depth)
            case ast.BinOp(left=ast.Constant(value=str(form)), op=ast.Mod(), right=right):
                yield from self._filled(form, right, depth)

    def _called(self, node: ast.Call, depth: int) -> Iterator[str]:
        match node:
            case ast.Call(func=ast.Name(id="str"), args=[value]):
                yield from self.text(value, depth - 1)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=args):
                if name in _CHANGING and (given := _plain(args)) is not None:
                    changed = (_changed(it, name, given) for it in self.text(value, depth - 1))
                    yield from (it for it in changed if it is not None)

    def _joined(self, parts: Sequence[ast.expr], depth: int) -> Iterator[str]:
        told = [self.text(it, depth - 1) for it in parts]
        yield from ("".join(it) for it in product(*told))

    def _filled(self, form: str, right: ast.expr, depth: int) -> Iterator[str]:
        parts = right.elts if isinstance(right, ast.Tuple) else [right]
        for given in product(*(self.text(it, depth - 1) for it in parts)):
            if form.count("%s") == form.count("%") == len(given):
                yield form % given

    def _given(self, name: str) -> Iterator[ast.AST | None]:
        """Yield what assignments give a name in the function, in those around it, or at the top."""
        function = function_of(self.module, self.at)
        while function is not None:
            if bound := local_names(function).get(name):
                yield from (it.value for it in bound if it.how == "assign" and not it.path)
                return
            function = function.outer
        yield from (it.value for it in self.module.names(name) if it.how == "assign")

    def truth(self, test: ast.AST) -> bool | None:
        """Say whether a test holds; None where that is not told."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                told = self.truth(inner)
                return None if told is None else not told
            case ast.BoolOp(op=op, values=values):
                each = [self.truth(it) for it in values]
                decides = isinstance(op, ast.Or)
                if decides in each:
                    return decides
                return None if None in each else not decides
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
                one, other = self.text(left), self.text(right)
                if len(one) == len(other) == 1:
                    return (one == other) is isinstance(op, ast.Eq)
            case ast.Call(
                func=ast.Attribute(value=value, attr=name),
                args=[ast.Constant(value=str(part))],
                keywords=[],
            ) if name in _TESTING:
                told_of = {getattr(it, name)(part) for it in self.text(value)}
                return told_of.pop() if len(told_of) == 1 else None
        return None


def _changed(text: str, name: str, given: Sequence[_Plain]) -> str | None:
    """Return what a method makes of a text; None where it cannot be called so."""
    method: Callable[..., Any] = getattr(text, name)
    try:
        return str(method(*given))
    except TypeError:
        return None


def _plain(args: Sequence[ast.expr]) -> list[_Plain] | None:
    """Return the texts and numbers that are handed over; None where one is something else."""
    found = [it.value for it in args if isinstance(it, ast.Constant)]
    told = [it for it in found if isinstance(it, str | int)]
    return told if len(told) == len(args) else None


def _is_number(node: ast.AST | None) -> bool:
    return node is None or _number(node) is not None


def _number(node: ast.AST | None) -> int | None:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
        case ast.Call(func=ast.Name(id="len"), args=[ast.Constant(value=str(text))]):
            return len(text)
    return None
