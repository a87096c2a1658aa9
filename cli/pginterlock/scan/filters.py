"""The states that the rows of a query are in, by its filters. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module
from pginterlock.scan.state_tests import Left, Tests, all_of, any_of
from pginterlock.scan.wanted import Wanted, fits

_FILTERS = frozenset(["filter", "filter_by", "where", "get", "aget", "having"])
_BY_KEY = frozenset(["get_object_or_404", "aget_object_or_404", "get_list_or_404"])
# Functions and methods that give rows, or the rows, of the query that they are handed.
_HANDED = frozenset([
    "execute", "scalars", "scalar", "scalar_one", "scalar_one_or_none", "stream", "stream_scalars",
    "list", "sorted", "reversed", "tuple", "set", "iter", "next", "enumerate", "sync_to_async",
    "get_object_or_404", "aget_object_or_404", "get_list_or_404", "filter_queryset",
])  # fmt: skip
_OF_VIEWS = frozenset(["get_object", "get_queryset", "filter_queryset"])
_JOINED = frozenset(["union", "union_all"])  # with rows of another query
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Filters:
    """Reads queries of what is wanted; *names* are those of its state in code."""

    reader: Reader
    wanted: Wanted
    names: frozenset[str]

    @property
    def tests(self) -> Tests:
        """Reads conditions on columns."""
        return Tests(self.reader, self.names, self._is_column)

    def _is_column(self, node: ast.AST, module: Module, at: ast.AST) -> bool:
        match node:
            case ast.Attribute(value=ast.Attribute(value=value, attr="c" | "columns"), attr=attr):
                pass
            case ast.Attribute(value=value, attr=attr):
                pass
            case _:
                return False
        return attr in self.names and fits(
            self.reader, self.wanted, self.reader.expression(value, module, at)
        )

    def left(self, node: ast.AST, module: Module, at: ast.AST, depth: int = 0) -> Left | None:
        """Return the states of the rows that *node* gives; None where no filter tells."""
        return all_of(self._each(node, module, at, depth))

    def _each(
        self, node: ast.AST, module: Module, at: ast.AST, depth: int
    ) -> Iterator[Left | None]:
        if depth > _DEPTH:
            return
        match node:
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Subscript(value=value):
                yield self.left(value, module, at, depth + 1)
            case ast.IfExp(body=one, orelse=ast.Constant(value=None)):
                yield self.left(one, module, at, depth + 1)
            case ast.Name():
                yield self._named(node, module, at, depth)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr="queryset"):
                yield self._named(node, module, at, depth)
            case ast.Call():
                yield from self._call(node, module, at, depth)

    def _call(
        self, call: ast.Call, module: Module, at: ast.AST, depth: int
    ) -> Iterator[Left | None]:
        name = last_name(call.func)
        tests = self.tests
        if name in _JOINED:
            return
        if name in _FILTERS or name in _BY_KEY:
            yield from (tests.looked_up(it, module, at, is_true=True) for it in call.keywords)
            yield from (tests.left(it, module, at) for it in call.args)
        elif name == "exclude":
            told = [tests.looked_up(it, module, at, is_true=False) for it in call.keywords]
            yield any_of([*told, *(tests.left(it, module, at, is_true=False) for it in call.args)])
        elif (own := self._own(call, module, at, depth)) is not None:
            yield own
        elif isinstance(call.func, ast.Attribute) and name in _OF_VIEWS:
            yield self._of_view(call.func.value, name, module, at, depth)
        if name in _HANDED and call.args:
            yield self.left(call.args[0], module, at, depth + 1)
        if isinstance(call.func, ast.Attribute):
            yield from self._each(call.func.value, module, at, depth + 1)

    def _own(self, call: ast.Call, module: Module, at: ast.AST, depth: int) -> Left | None:
        """Return what a method of the project's own filters by: ``Order.objects.pending()``."""
        kinds = self.reader.expression(call.func, module, at)
        callees = [it.of for it in kinds if isinstance(it, Callee)]
        if not callees or len(callees) != len(kinds):
            return None
        return any_of(
            [
                self.left(value, of.module, stmt, depth + 1)
                for of in callees
                for value, stmt, _ in returned(of)
                if not (isinstance(value, ast.Constant) and value.value is None)
            ]
        )

    def _of_view(
        self, view: ast.expr, name: str, module: Module, at: ast.AST, depth: int
    ) -> Left | None:
        """Return what the rows of a view of Django's are filtered by."""
        for member in ("get_queryset", "queryset") if name == "get_object" else ("queryset",):
            given = givings(self.reader, ast.Attribute(view, member), module, at)
            for it, where in given[:1]:
                if isinstance(function := where.scopes.get(it.stmt), Function):
                    return any_of(
                        [
                            self.left(value, where, stmt, depth + 1)
                            for value, stmt, _ in returned(function)
                        ]
                    )
                return self.of_binding(it.value, it.how, it.path, where, it.stmt, depth)
        return None

    def _named(self, node: ast.expr, module: Module, at: ast.AST, depth: int) -> Left | None:
        """Return what a name's one value, or each of them, is filtered by."""
        given = givings(self.reader, node, module, at)
        if not given or any(it.stmt is at for it, _ in given):
            return None
        return any_of(
            [
                self.of_binding(it.value, it.how, it.path, where, it.stmt, depth)
                for it, where in given
            ]
        )

    def of_binding(
        self,
        value: ast.AST | None,
        how: str,
        path: tuple[int, ...],
        module: Module,
        stmt: ast.AST,
        depth: int = 0,
    ) -> Left | None:
        """Return what the value that a name is bound to is filtered by."""
        if value is None or how not in ("assign", "annotated", "for"):
            return None
        match value:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]) if path == (1,):
                return self.left(inner, module, stmt, depth + 1)
        return None if path else self.left(value, module, stmt, depth + 1)
