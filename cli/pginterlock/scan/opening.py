"""What opens a transaction around a statement: a block or a decorator. Pure."""

import ast
from collections.abc import Collection, Iterator, Sequence

from pginterlock.scan.bindings import walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, ClassDef, Function, Instance
from pginterlock.scan.modules import (
    Definition,
    Module,
    arguments,
    function_of,
    statements,
    statements_at,
)
from pginterlock.scan.pools import is_of_pool
from pginterlock.scan.project import Project
from pginterlock.scan.units import begins, commits, is_connection, own_calls

_OPENING = frozenset(
    [
        "atomic",
        "begin",
        "begin_nested",
        "transaction",
        "transactional",
        "commit_on_success",
        "atomic_with_retry",
        "atomic_if_using_transaction",
        "in_transaction",
        "durable_atomic",
        "transaction_atomic",
        "begin_transaction",
        "atomic_transaction",
        "transaction_context",
        "transaction_scope",
        "xact",
    ]
)
_FEW = 12  # files: a name that more of them define says nothing of who is meant
_CLOSING = ("__exit__", "__aexit__")
_ENTERING = ("__enter__", "__aenter__")
_ADAPTED = frozenset(["method_decorator", "sync_to_async", "async_to_sync"])


class Opening:
    """Says what opens a transaction around statements; remembers what it said of functions."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._managers: dict[Function, bool] = {}
        self._decorators: dict[Function, bool] = {}

    def around(self, module: Module, stmt: ast.AST) -> str:
        """Return what opens a transaction around a statement in its own function; or nothing."""
        if told := self.around_block(module, stmt):
            return told
        function = function_of(module, stmt)
        if function is None or isinstance(function.node, ast.Lambda):
            return ""
        return self._of_definition(function.node, module)

    def around_block(self, module: Module, stmt: ast.AST) -> str:
        """Return which block around a statement opens one, in its own function."""
        node = module.up.get(stmt)
        while node is not None and not isinstance(node, Definition):
            if isinstance(node, (ast.With, ast.AsyncWith)):
                for it in node.items:
                    if self.opens(it.context_expr, module, node):
                        return f"line {node.lineno} opens one"
            node = module.up.get(node)
        return ""

    def opens(self, node: ast.AST, module: Module, at: ast.AST) -> bool:
        """Say whether a context manager opens a transaction."""
        if _is_connecting(node) or (not isinstance(node, ast.Call) and is_connection(node)):
            return True
        name = last_name(node)
        if name in _OPENING or name.endswith("_atomic") or is_of_pool(self.reader.project, node):
            return True
        return any(
            self.is_manager(it) and _asks_for_one(it, node)
            for it in self._functions(node, module, at)
        )

    def is_manager(self, function: Function) -> bool:
        """Say whether the context manager that *function* makes opens a transaction."""
        if function not in self._managers:
            self._managers[function] = False  # what asks for itself meanwhile
            self._managers[function] = self._is_manager(function)
        return self._managers[function]

    def _is_manager(self, function: Function) -> bool:
        if isinstance(function.node, ast.Lambda):
            return self.opens(function.node.body, function.module, function.node)
        if function.name in _ENTERING:
            return self._is_entering(function)
        for stmt in statements(function.node.body):
            match stmt:
                case ast.Return(value=ast.Call() as value):
                    if self.opens(value, function.module, stmt):
                        return True
                case ast.Expr(value=ast.Yield()) | ast.Assign(value=ast.Yield()):
                    if self.around_block(function.module, stmt) or begins(function, stmt.lineno):
                        return True
                    if commits(function):
                        return True
        return False

    def _is_entering(self, function: Function) -> bool:
        """Say whether a class begins a transaction as it is entered, or commits as it is left."""
        if begins(function) or any(self._entered(function)):
            return True
        others = function.module.scopes.values()
        return any(
            isinstance(it, Function)
            and it.owner is function.owner
            and it.name in _CLOSING
            and commits(it)
            for it in others
        )

    def _entered(self, function: Function) -> Iterator[bool]:
        """Yield of each context manager that a function enters by hand whether it opens one."""
        for call, stmt in calls_of(function):
            match call.func:
                case ast.Attribute(value=value, attr="__enter__" | "__aenter__"):
                    yield self.opens(value, function.module, stmt)

    def _functions(self, node: ast.AST, module: Module, at: ast.AST) -> Iterator[Function]:
        """Yield the functions of the project that make a context manager."""
        func = node.func if isinstance(node, ast.Call) else node
        for it in self.reader.expression(func, module, at):
            if isinstance(it, Callee):
                yield from implemented(self.reader, it.of)
        for it in self.reader.expression(node, module, at):
            if isinstance(it, Instance):
                for name in _ENTERING:
                    found = self.reader.attribute(frozenset([it]), name)
                    yield from (one.of for one in found if isinstance(one, Callee))

    # -- decorators ----------------------------------------------------------------------------

    def _of_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> str:
        for it in node.decorator_list:
            if self.decorates(it, module, node):
                return f"decorated by {last_name(it)}"
        owner = module.up.get(node)
        return self._of_class(owner, node.name, module) if isinstance(owner, ast.ClassDef) else ""

    def decorates(self, node: ast.AST, module: Module, at: ast.AST) -> bool:
        """Say whether a decorator opens a transaction around what it decorates."""
        if isinstance(node, ast.Call) and last_name(node) in _ADAPTED:
            return any(self.decorates(it, module, at) for it in node.args)
        name = last_name(node)
        if name in _OPENING or name.endswith("_atomic"):
            return True
        func = node.func if isinstance(node, ast.Call) else node
        found = [it.of for it in self.reader.expression(func, module, at) if isinstance(it, Callee)]
        return any(self._is_decorator(it) or self.is_manager(it) for it in found)

    def _is_decorator(self, function: Function) -> bool:
        if function not in self._decorators:
            self._decorators[function] = False
            self._decorators[function] = self._wraps(function)
        return self._decorators[function]

    def _wraps(self, function: Function) -> bool:
        """Say whether *function*, or one in it, calls in a transaction what it was given."""
        given = {arg.arg for it in within(function) for arg in arguments(it.node)}
        for call, stmt in calls_of(function):
            names = {it.id for it in (call.func, *call.args) if isinstance(it, ast.Name)} & given
            if not names:
                continue
            if isinstance(call.func, ast.Name) and call.func.id in names:
                if self.around(function.module, stmt):
                    return True
            elif last_name(call) in _OPENING:
                return True
        return False

    def around_class(self, of: ClassDef, methods: Collection[str]) -> str:
        """Return which decorator of a class opens one around methods that it has of a framework."""
        found = (self._of_class(of.node, it, of.module) for it in methods)
        return next(filter(None, found), "") if of.node.decorator_list else ""

    def _of_class(self, owner: ast.ClassDef, method: str, module: Module) -> str:
        for it in owner.decorator_list:
            if not (isinstance(it, ast.Call) and last_name(it) == "method_decorator"):
                continue
            named = [
                k.value.value
                for k in it.keywords
                if k.arg == "name" and isinstance(k.value, ast.Constant)
            ]
            is_for_it = not named or named[0] in ("dispatch", method)
            if is_for_it and self.decorates(it, module, owner):
                return "its class is decorated by atomic"
        return ""


def implemented(reader: Reader, function: Function) -> Sequence[Function]:
    """Return a function, or where it only says what heirs have to do, what they make of it."""
    if function.owner is None or not _is_abstract(function):
        return [function]
    return [
        it
        for it in named(reader.project, function.name)
        if it.owner and it is not function and reader.models.is_kin(it.owner, function.owner)
    ]


def _asks_for_one(function: Function, node: ast.AST) -> bool:
    """Say whether a call of what makes a context manager sets the parameter it tests for that."""
    asked = {
        stmt.test.id
        for stmt in ([] if isinstance(function.node, ast.Lambda) else walk(function.node))
        if isinstance(stmt, ast.If) and isinstance(stmt.test, ast.Name)
        if any(isinstance(it, ast.Yield) for it in _parts(stmt.body))
        if any(isinstance(it, ast.Yield) for it in _parts(stmt.orelse))
    }
    found = [it for it in arguments(function.node) if it.arg in asked]
    if not found or not isinstance(node, ast.Call):
        return True
    a = function.node.args
    plain = [*a.posonlyargs, *a.args][1 if function.owner else 0 :]
    given = {it.arg: value for it, value in zip(plain, node.args, strict=False)}
    given |= {it.arg: it.value for it in node.keywords if it.arg}
    return any(it.arg in given and not _is_false(given[it.arg]) for it in found)


def _parts(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    return (part for stmt in body for part in walk(stmt))


def _is_false(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _is_abstract(function: Function) -> bool:
    body = [] if isinstance(function.node, ast.Lambda) else function.node.body
    return bool(body) and all(
        isinstance(it, (ast.Pass, ast.Raise))
        or (isinstance(it, ast.Expr) and isinstance(it.value, ast.Constant))
        for it in body
    )


def named(project: Project, name: str) -> list[Function]:
    """Return the functions of that name; none where many files define some."""
    paths = project.holding(f"def {name}(")
    modules = (project.module(it) for it in paths) if len(paths) <= _FEW else ()
    return [it for module in modules if module for it in module.functions_named(name)]


def within(function: Function) -> Iterator[Function]:
    """Yield a function and those that are defined in it."""
    yield function
    for it in [*function.module.scopes.values()]:
        outer = it.outer if isinstance(it, Function) else None
        while isinstance(it, Function) and outer is not None:
            if outer is function:
                yield it
                break
            outer = outer.outer


def calls_of(function: Function) -> Iterator[tuple[ast.Call, ast.stmt]]:
    """Yield the calls in a function and in those defined in it, each with its statement."""
    module, node = function.module, function.node
    if isinstance(node, ast.Lambda):
        at = next(iter(statements_at(module, node.lineno)), None)
        yield from ((it, at) for it in ast.walk(node) if isinstance(it, ast.Call) and at)
        return
    for inner in within(function):
        yield from own_calls(inner)


def _is_connecting(node: ast.AST) -> bool:
    """Say whether a block is a connection of psycopg, which commits as it ends."""
    match node:
        case ast.Await(value=value):
            return _is_connecting(value)
        case ast.Call(func=ast.Attribute(value=on, attr="connect"), keywords=keywords):
            named = last_name(on)
            is_alone = any(it.arg in ("autocommit", "isolation_level") for it in keywords)
            return named in _DRIVERS and not is_alone
    return False


_DRIVERS = frozenset(["psycopg", "psycopg2", "Connection", "AsyncConnection", "sqlite3"])
