"""The statements of a Python file, gone through in their order without running them.

Both sides of an ``if`` count, loops over lists that are written down are unrolled, functions of the
file are gone into. Pure: a tree in; the calls on the way are told to a hook.
"""

import ast
from collections.abc import Sequence
from typing import Protocol

from pginterlock.lint.calling import called
from pginterlock.lint.evaluating import Evaluator, Scope, bind
from pginterlock.lint.values import (
    NOTHING,
    Assigned,
    Attribute,
    Call,
    Class,
    Each,
    Function,
    Named,
    Nothing,
    Partial,
    Value,
)

_MOST_DEPTH = 8
_MOST_STEPS = 20_000
_MOST_ROUNDS = 500
# What runs a function of the file with a connection: Alembic's, SQLAlchemy's.
_RUNNING = ("run_async", "run_sync")


class Hook(Protocol):
    """Who hears of calls and assignments."""

    def called(self, made: Call, runner: "Runner") -> Value:
        """Hear of a call; return what it is worth, the call itself where nothing is known."""
        ...

    def assigned(self, given: Assigned, runner: "Runner") -> None:
        """Hear of ``base.name = value``."""
        ...

    def told(self, found: Attribute) -> Value:
        """Return what an attribute of something from elsewhere is worth: itself, if not known."""
        ...


class Quiet:
    """Hears of calls, and only gives them back."""

    def called(self, made: Call, runner: "Runner") -> Value:
        """Give back the call itself."""
        del runner
        return made

    def assigned(self, *_: object) -> None:
        """Nothing is done."""

    def told(self, found: Attribute) -> Value:
        """Give back the attribute itself."""
        return found


class _Left(Exception):
    """A function was left for sure; *value* is what it returns."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Runner:
    """One file while it is gone through; *function* is the one that it is in, from outside."""

    def __init__(self, lines: list[str], hook: Hook) -> None:
        self._hook = hook
        self._evaluator = Evaluator(lines, self)
        self._depth = 0
        self._steps = 0
        self._doubts = 0  # branches around, of which nobody knows whether they are taken
        self.calls: list[ast.Call] = []
        self.scope: Scope = {}

    @property
    def is_cut(self) -> bool:
        """Whether there was more to go through than anybody waits for."""
        return self._steps > _MOST_STEPS

    def module(self, tree: ast.Module) -> None:
        """Go through the top of a file."""
        self._whole(tree.body, self.scope)

    def function(self, function: Function, *first: Value, **given: Value) -> None:
        """Go through one function of the file, as its caller from outside would."""
        scope = dict(function.scope)
        args = function.node.args
        positional = [*args.posonlyargs, *args.args]
        given = dict(zip([it.arg for it in positional], first, strict=False)) | given
        for it in (*positional, *args.kwonlyargs):
            scope[it.arg] = given.get(it.arg, Named(it.arg))
        if isinstance(function.node, ast.Lambda):
            self._evaluator.value(function.node.body, scope)
        else:
            self._whole(function.node.body, scope)

    def call(self, made: Call) -> Value:
        """Tell the hook of a call."""
        if made.name in _RUNNING and made.args and isinstance(made.args[0], (Function, Partial)):
            given = (Named("connection"), *made.args[1:])
            return called(Call(made.args[0], given, made.named, made.node), self)
        return self._hook.called(made, self)

    def told(self, found: Attribute) -> Value:
        """Ask the hook what an attribute is worth."""
        return self._hook.told(found)

    def assign(self, base: Value, name: str, value: Value, at: ast.expr) -> None:
        """Tell the hook of an assignment to an attribute."""
        self._hook.assigned(Assigned(base, name, value, at), self)

    def run(self, function: Function, made: Call) -> Value:
        """Go into a function of the file with what it is given."""
        if self._depth >= _MOST_DEPTH or self.is_cut:
            return NOTHING
        self._steps += 1
        scope = {**function.scope, **_given(function, made, self._evaluator)}
        self._depth += 1
        self.calls.append(made.node)
        try:
            if isinstance(function.node, ast.Lambda):
                return self._evaluator.value(function.node.body, scope)
            return self._whole(function.node.body, scope)
        finally:
            self.calls.pop()
            self._depth -= 1

    def _whole(self, body: Sequence[ast.stmt], scope: Scope) -> Value:
        """Go through a body up to where it is left for sure."""
        was, self._doubts = self._doubts, 0
        try:
            return self._body(body, scope)
        except _Left as left:
            return left.value
        finally:
            self._doubts = was

    def _body(self, body: Sequence[ast.stmt], scope: Scope) -> Value:
        """Go through statements; return what the last ``return`` that tells something gives."""
        told: Value = NOTHING
        for it in body:
            self._steps += 1
            if self.is_cut:
                return told
            value = self._statement(it, scope)
            told = told if isinstance(value, Nothing) else value
        return told

    def _statement(self, node: ast.stmt, scope: Scope) -> Value:
        value = self._evaluator.value
        match node:
            case ast.Expr():
                value(node.value, scope)
            case ast.Return() | ast.Raise():
                return self._leave(node, scope)
            case ast.Assign():
                self._assign(node.targets, value(node.value, scope), scope)
            case ast.AnnAssign() if node.value is not None:
                self._assign([node.target], value(node.value, scope), scope)
            case ast.AugAssign():
                summed = ast.BinOp(_loaded(node.target), node.op, node.value)
                self._assign([node.target], value(ast.copy_location(summed, node), scope), scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope[node.name] = Function(node, scope)
            case ast.ClassDef():
                inner = dict(scope)
                self._body(node.body, inner)
                own = {k: v for k, v in inner.items() if scope.get(k) is not v}
                bases = tuple(value(it, scope) for it in node.bases)
                scope[node.name] = Class(node.name, bases, own)
            case ast.Import() | ast.ImportFrom():
                _imported(node, scope)
            case _:
                return self._compound(node, scope)
        return NOTHING

    def _leave(self, node: ast.Return | ast.Raise, scope: Scope) -> Value:
        told = node.value if isinstance(node, ast.Return) else node.exc
        value = self._evaluator.value(told, scope)
        if not self._doubts:
            raise _Left(value if isinstance(node, ast.Return) else NOTHING)
        return value if isinstance(node, ast.Return) else NOTHING

    def _compound(self, node: ast.stmt, scope: Scope) -> Value:
        bodies: list[list[ast.stmt]] = []
        match node:
            case ast.If():
                return self._chosen(node, scope)
            case ast.For() | ast.AsyncFor():
                return self._loop(node, scope)
            case ast.While():
                self._evaluator.value(node.test, scope)
                bodies = [node.body, node.orelse]
            case ast.With() | ast.AsyncWith():
                self._enter(node.items, scope)
                return self._body(node.body, scope)
            case ast.Try() | ast.TryStar():
                handlers = [it.body for it in node.handlers]
                bodies = [node.body, *handlers, node.orelse, node.finalbody]
            case ast.Match():
                bodies = [it.body for it in node.cases]
        return self._all(bodies, scope)

    def _chosen(self, node: ast.If, scope: Scope) -> Value:
        test = self._evaluator.value(node.test, scope)
        if isinstance(test, bool):
            return self._body(node.body if test else node.orelse, scope)
        return self._all([node.body, node.orelse], scope)

    def _enter(self, items: Sequence[ast.withitem], scope: Scope) -> None:
        for it in items:
            made = self._evaluator.value(it.context_expr, scope)
            if it.optional_vars:
                bind(it.optional_vars, made, scope)

    def _all(self, bodies: Sequence[Sequence[ast.stmt]], scope: Scope) -> Value:
        """Go through bodies of which some may not be run, or be left half way."""
        told: Value = NOTHING
        self._doubts += 1
        try:
            for it in bodies:
                value = self._body(it, scope)
                told = told if isinstance(value, Nothing) else value
        finally:
            self._doubts -= 1
        return told

    def _loop(self, node: ast.For | ast.AsyncFor, scope: Scope) -> Value:
        over = self._evaluator.value(node.iter, scope)
        if isinstance(over, dict):
            over = list(over)
        items = over[:_MOST_ROUNDS] if isinstance(over, (list, tuple)) else [Each(over)]
        told: Value = NOTHING
        for it in items:
            bind(node.target, it, scope)
            told = self._all([node.body], scope)
        return self._all([node.orelse], scope) if node.orelse else told

    def _assign(self, targets: Sequence[ast.expr], given: Value, scope: Scope) -> None:
        for target in targets:
            if isinstance(target, ast.Attribute):
                base = self._evaluator.value(target.value, scope)
                self.assign(base, target.attr, given, target)
            elif isinstance(target, ast.Subscript):
                base = self._evaluator.value(target.value, scope)
                key = self._evaluator.value(target.slice, scope)
                if isinstance(base, dict) and isinstance(key, (str, int)):
                    base[key] = given
            else:
                bind(target, given, scope)


def _loaded(target: ast.expr) -> ast.expr:
    """Return *target* as it is read."""
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


def _imported(node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    for it in node.names:
        if isinstance(node, ast.ImportFrom):
            scope[it.asname or it.name] = Named(f"{node.module or ''}.{it.name}".lstrip("."))
        elif it.asname:
            scope[it.asname] = Named(it.name)
        else:
            first = it.name.split(".")[0]
            scope[first] = Named(first)


def _given(function: Function, made: Call, evaluator: Evaluator) -> Scope:
    """Return what each parameter is given, or its default."""
    args = function.node.args
    positional = [*args.posonlyargs, *args.args]
    found: Scope = {it.arg: NOTHING for it in (*positional, *args.kwonlyargs)}
    defaults = args.defaults
    for it, default in zip(positional[len(positional) - len(defaults) :], defaults, strict=True):
        found[it.arg] = evaluator.value(default, function.scope)
    for it, maybe in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if maybe is not None:
            found[it.arg] = evaluator.value(maybe, function.scope)
    for it, value in zip(positional, made.args, strict=False):
        found[it.arg] = value
    if args.vararg:
        found[args.vararg.arg] = list(made.args[len(positional) :])
    names = {it.arg for it in (*positional, *args.kwonlyargs)}
    found |= {name: value for name, value in made.named.items() if name in names}
    if args.kwarg:
        found[args.kwarg.arg] = {k: v for k, v in made.named.items() if k not in names}
    return found
