"""What a test says of a state: which states it leaves, whether it is true or not. Pure."""

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from pginterlock.scan import constants
from pginterlock.scan.constant_groups import group
from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Instance
from pginterlock.scan.modules import Module, class_names, scope_of

_LOOKUPS = ("exact", "in")  # of Django, that a state says equality by
_AND, _OR, _NOT = ("and_", "filter", "where"), ("or_",), ("not_",)
_SAME = (ast.Eq, ast.In, ast.Is)
_COMPARED = (ast.Eq, ast.In, ast.Is, ast.NotEq, ast.NotIn, ast.IsNot)
# Methods of SQLAlchemy's columns: whether they ask for one of several, and for the same.
_SAID = {
    "in_": (True, True), "not_in": (True, False), "notin_": (True, False),
    "is_": (False, True), "is_not": (False, False), "isnot": (False, False),
}  # fmt: skip
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Left:
    """The states that are left: *states*, or with *is_rest* all but these."""

    states: tuple[str, ...]
    is_rest: bool = False

    def of(self, known: Sequence[str]) -> tuple[str, ...]:
        """Return the states themselves, by those that are *known*; empty where it is not told."""
        if self.is_rest:
            return tuple(it for it in known if it not in self.states)
        return self.states


def all_of(them: Iterable["Left | None"]) -> Left | None:
    """Return what is left where each of *them* holds; None where none says anything."""
    return reduce(_both, them, None)


def any_of(them: Sequence["Left | None"]) -> Left | None:
    """Return what is left where one of *them* holds; None where one of them says nothing."""
    told = [it for it in them if it is not None]
    return reduce(_either, told) if told and len(told) == len(them) else None


def _both(one: Left | None, other: Left | None) -> Left | None:
    if one is None or other is None:
        return one or other
    if one.is_rest and other.is_rest:
        return Left(tuple(dict.fromkeys([*one.states, *other.states])), is_rest=True)
    if one.is_rest:
        one, other = other, one
    return Left(tuple(it for it in one.states if (it in other.states) != other.is_rest))


def _either(one: Left, other: Left) -> Left:
    if one.is_rest and other.is_rest:
        return Left(tuple(it for it in one.states if it in other.states), is_rest=True)
    if not one.is_rest and not other.is_rest:
        return Left(tuple(dict.fromkeys([*one.states, *other.states])))
    rest, some = (one, other) if one.is_rest else (other, one)
    return Left(tuple(it for it in rest.states if it not in some.states), is_rest=True)


@dataclass(frozen=True, slots=True)
class Tests:
    """Reads tests of one state: *is_state* says whether an expression is that, *row* whose it is.

    *names* are those that the state has in code.
    """

    reader: Reader
    names: frozenset[str]
    is_state: Callable[[ast.AST, Module, ast.AST], bool]
    row: str = ""
    depth: int = 0

    def left(
        self, test: ast.AST, module: Module, at: ast.AST, *, is_true: bool = True
    ) -> Left | None:
        """Return the states that *test* leaves where it *is_true*, or is not; None if none told."""
        match test:
            case ast.BoolOp(op=op, values=values):
                return self._joined(values, module, at, isinstance(op, ast.And), is_true=is_true)
            case ast.BinOp(left=one, op=ast.BitAnd() | ast.BitOr() as op, right=other):
                is_and = isinstance(op, ast.BitAnd)
                return self._joined([one, other], module, at, is_and, is_true=is_true)
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return self.left(operand, module, at, is_true=not is_true)
            case ast.Compare(left=one, ops=[op], comparators=[other]):
                return self._compared(one, op, other, module, at, is_true=is_true)
        return self._said(test, module, at, is_true=is_true)

    def _said(self, test: ast.AST, module: Module, at: ast.AST, *, is_true: bool) -> Left | None:
        """Return what a call, a method or a property leaves."""
        match test:
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[other]) if (
                attr in _SAID and self.is_state(value, module, at)
            ):
                is_several, is_same = _SAID[attr]
                return self._among(other, module, at, is_several, is_same == is_true)
            case (
                ast.Call(func=ast.Attribute(value=value, attr=attr), args=[], keywords=[])
                | ast.Attribute(value=value, attr=attr)
            ) if self.row and ast.unparse(value) == self.row:
                return self._asked(value, attr, module, at, is_true=is_true)
            case ast.Call():
                return self._called(test, module, at, is_true=is_true)
        return None

    def _joined(
        self,
        parts: Sequence[ast.AST],
        module: Module,
        at: ast.AST,
        is_and: bool,
        *,
        is_true: bool,
    ) -> Left | None:
        told = [self.left(it, module, at, is_true=is_true) for it in parts]
        return all_of(told) if is_and == is_true else any_of(told)

    def _compared(
        self,
        one: ast.AST,
        op: ast.cmpop,
        other: ast.AST,
        module: Module,
        at: ast.AST,
        *,
        is_true: bool,
    ) -> Left | None:
        if not isinstance(op, _COMPARED):
            return None
        if not self._is_state(one, module, at):
            if isinstance(op, (ast.In, ast.NotIn)) or not self._is_state(other, module, at):
                return None
            one, other = other, one
        is_several = isinstance(op, (ast.In, ast.NotIn))
        return self._among(other, module, at, is_several, isinstance(op, _SAME) == is_true)

    def _is_state(self, node: ast.AST, module: Module, at: ast.AST) -> bool:
        match node:
            case ast.NamedExpr(value=value) | ast.Attribute(value=value, attr="value"):
                return self._is_state(value, module, at)
            case ast.Name():
                given = givings(self.reader, node, module, at)
                return bool(given) and all(
                    it.how == "assign"
                    and not it.path
                    and it.value is not None
                    and where is module
                    and self.is_state(it.value, module, it.stmt)
                    and not self._is_written_since(it.stmt, module, at)
                    for it, where in given
                )
        return self.is_state(node, module, at)

    def _is_written_since(self, since: ast.AST, module: Module, at: ast.AST) -> bool:
        """Say whether the state is written between two statements of a function."""
        scope = scope_of(module, at)
        first, last = getattr(since, "lineno", 0), getattr(at, "lineno", 0)
        return any(
            first < it.lineno < last
            for it in ast.walk(scope.node if scope else module.tree)
            if isinstance(it, (ast.Assign, ast.AugAssign))
            for one in (it.targets if isinstance(it, ast.Assign) else [it.target])
            for part in getattr(one, "elts", [one])
            if self.is_state(part, module, it)
        )

    def _among(
        self,
        node: ast.AST,
        module: Module,
        at: ast.AST,
        is_several: bool,
        is_same: bool,
    ) -> Left | None:
        if is_several:
            told = group(self.reader, node, module, at)
        else:
            told = constants.values(self.reader, node, module, at)
        known = tuple(it for it in told or () if it is not None)
        is_told = bool(known) and len(known) == len(told or ())
        return Left(known, not is_same) if is_told and (is_several or len(known) == 1) else None

    def _called(self, call: ast.Call, module: Module, at: ast.AST, *, is_true: bool) -> Left | None:
        name = last_name(call.func)
        if name in (*_AND, *_OR):
            return self._joined(call.args, module, at, name in _AND, is_true=is_true)
        if name in _NOT and call.args:
            return self.left(call.args[0], module, at, is_true=not is_true)
        if name == "Q":
            told = [self.left(it, module, at, is_true=is_true) for it in call.args]
            told += [self.looked_up(it, module, at, is_true=is_true) for it in call.keywords]
            return all_of(told) if is_true else any_of(told)
        return None

    def looked_up(
        self, keyword: ast.keyword, module: Module, at: ast.AST, *, is_true: bool
    ) -> Left | None:
        """Return the states that ``status=X`` or ``status__in=[X, Y]`` of a filter leaves."""
        name, _, lookup = (keyword.arg or "").partition("__")
        if name not in self.names or lookup not in ("", *_LOOKUPS):
            return None
        return self._among(keyword.value, module, at, lookup == "in", is_true)

    def _asked(
        self, value: ast.AST, attr: str, module: Module, at: ast.AST, *, is_true: bool
    ) -> Left | None:
        """Return what a property or method of the row leaves: ``order.is_paid``."""
        if not self.row or self.depth > _DEPTH:
            return None
        kinds = self.reader.expression(value, module, at)
        owners = [it.of for it in kinds if isinstance(it, Instance)]
        if len(owners) != 1:
            return None
        for base in self.reader.ancestry(owners[0]):
            for it in class_names(base).get(attr, ())[:1]:
                return self._of_method(it.stmt, base.module, is_true=is_true)
        return None

    def _of_method(self, node: ast.AST, module: Module, *, is_true: bool) -> Left | None:
        function = module.scopes.get(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.args.args:
            return None
        found = list(returned(Callee(function).of)) if function else []  # type: ignore[arg-type]
        if len(found) != 1 or len([it for it in node.body if not _is_text(it)]) != 1:
            return None
        inner = replace(
            self,
            row=node.args.args[0].arg,
            is_state=of_row(node.args.args[0].arg, self.names),
            depth=self.depth + 1,
        )
        return inner.left(found[0][0], module, found[0][1], is_true=is_true)


def _is_text(stmt: ast.stmt) -> bool:
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)


def of_row(row: str, names: frozenset[str]) -> Callable[[ast.AST, Module, ast.AST], bool]:
    """Return what says whether an expression is one of *names* of *row*."""

    def is_state(node: ast.AST, _: Module, __: ast.AST) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and node.attr in names
            and ast.unparse(node.value) == row
        )

    return is_state
