"""Who calls a function, by name or as a value, and whether he does so in a transaction. Pure."""

import ast
from collections.abc import Callable, Iterator, Sequence

from pginterlock.scan.called_objects import called_objects
from pginterlock.scan.handing import (
    Handing,
    Runs,
    handings,
    is_through_parameter,
    lambdas_around,
)
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, ClassDef, Function, Instance
from pginterlock.scan.modules import Module, arguments, function_of
from pginterlock.scan.opening import Opening
from pginterlock.scan.optional_connections import begun_for_all, handed_on, is_handed
from pginterlock.scan.project import calls_in
from pginterlock.scan.units import begins, commits

_DEPTH = 4
_DEPTH_OF_SESSIONS = 2
_QUEUEING = frozenset(["apply_async", "delay", "on_commit"])  # no calls: it runs later
_NEAR = 12  # files that speak of a class, in which calls of its methods are looked for
_COMMON = frozenset(
    [
        "save",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "create",
        "update",
        "run",
        "handle",
        "execute",
        "__init__",
        "__call__",
        "clean",
        "main",
        "dispatch",
        "perform",
        "process",
        "add",
        "remove",
        "apply",
        "close",
        "open",
        "start",
        "stop",
        "send",
    ]
)
# Of these, the names that are not those of a row's, a dict's or a view's methods as well.
_TELLING = frozenset(["apply", "handle", "perform", "process", "run", "send", "start", "stop"])


_Calls = list[tuple[Module, ast.Call, ast.stmt, Function | None]]


class Calling:
    """Says who calls functions, and whether in a transaction; remembers what it said."""

    def __init__(
        self,
        reader: Reader,
        opening: Opening,
        is_protected: Callable[[Function], bool],
        *,
        counts_commits: bool = True,
    ) -> None:
        """Take also what says whether a function runs in a transaction by how it is reached.

        Where *counts_commits* is off, a caller that commits at its end, or makes a savepoint,
        opens none: of a session, which has its own.
        """
        self.reader, self.opening, self.is_protected = reader, opening, is_protected
        self._counts_commits = counts_commits
        self.handing = Handing(reader, opening)
        self._said: dict[tuple[Function, ast.arg | None, int], bool] = {}
        self._known: dict[Function, _Calls] = {}

    def callers(
        self, function: Function, through: ast.arg | None = None
    ) -> Sequence[tuple[str, bool]]:
        """Return who calls a function, and whether he does so in a transaction.

        One counts that is handed *through* a parameter, the connection, where there is such.
        """
        depth = _DEPTH if self._counts_commits else _DEPTH_OF_SESSIONS
        return list(self._callers(function, frozenset([function]), depth, through))

    def _callers(
        self,
        function: Function,
        asked: frozenset[Function],
        depth: int,
        through: ast.arg | None = None,
    ) -> Iterator[tuple[str, bool]]:
        for module, call, stmt, caller in self._seen(function):
            if caller in asked:
                continue
            if through is not None and not is_handed(call, through, function):
                is_begun = begun_for_all(module, stmt) and bool(self.opening.around(module, stmt))
                yield _who(module, caller, stmt), is_begun
                continue
            on = handed_on(call, through, function, caller) if through and caller else None
            is_open = any(
                self.handing.runs(outer, given, module, stmt) is Runs.IN_ONE
                for outer, given in lambdas_around(call, stmt)
            )
            yield (
                _who(module, caller, stmt),
                is_open or self._protects(module, stmt, caller, depth, on),
            )
        yield from self._handing_over(function, asked, depth)

    def _seen(self, function: Function) -> _Calls:
        """Return the calls of a function, each with the function that it stands in."""
        if function not in self._known:
            name = function.name
            if name == "__init__" and function.owner:
                name = function.owner.name
            self._known[function] = [
                (module, call, stmt, function_of(module, stmt))
                for module, call, stmt in self._calls(function, name)
                if self._is_call(function, call, module, stmt)
            ]
        return self._known[function]

    def reached_from(self, function: Function, is_it: Callable[[Function], bool]) -> str:
        """Return which function that *is_it* leads to a method of the row that it is handed.

        Each calls a method of that row alone: ``row.keep()``, and this ``self.store()``.
        """
        asked, held = {function}, [function]
        for _ in range(_DEPTH):
            found: dict[Function, None] = {}
            for _, call, _, caller in (it for one in held for it in self._seen(one)):
                if caller is None or caller in asked or not _is_on_parameter(call, caller):
                    continue
                if is_it(caller):
                    return caller.qualname
                if caller.owner is not None and _is_on_parameter(call, caller, 1):
                    found[caller] = None
            held = [*found]
            asked.update(held)
        return ""

    def all_called_by(self, function: Function, is_it: Callable[[Function], bool]) -> bool:
        """Say whether a function is called, and by functions alone that *is_it*."""
        callers = [it[-1] for it in self._seen(function)]
        return bool(callers) and all(it is not None and is_it(it) for it in callers)

    def _calls(self, function: Function, name: str) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
        """Yield the calls of that name; of one that is everywhere, those near *function* alone."""
        project = self.reader.project
        if name in _QUEUEING:
            return
        if name == "__call__" and function.owner:
            yield from called_objects(project, function.owner)
            return
        if found := project.calls(name):
            yield from found
            return
        speaking = project.holding(function.owner.name) if function.owner else ()
        for path in dict.fromkeys([function.module.path, *speaking[:_NEAR]]):
            if module := project.module(path):
                yield from ((module, *it) for it in calls_in(module, name))

    def _handing_over(
        self, function: Function, asked: frozenset[Function], depth: int
    ) -> Iterator[tuple[str, bool]]:
        """Yield who hands a function to another one that calls it at once."""
        if function.name in _COMMON or isinstance(function.node, ast.Lambda):
            return
        for module, call, given, stmt in handings(self.reader.project, function):
            found = self.reader.expression(given, module, stmt)
            if not any(isinstance(it, Callee) and it.of is function for it in found):
                continue
            caller = function_of(module, stmt)
            how = self.handing.runs(call, given, module, stmt)
            if how is Runs.LATER:
                continue
            is_open = how is Runs.IN_ONE or (
                caller not in asked and self._protects(module, stmt, caller, depth)
            )
            yield _who(module, caller, stmt), is_open

    def _protects(
        self,
        module: Module,
        stmt: ast.AST,
        caller: Function | None,
        depth: int,
        through: ast.arg | None = None,
    ) -> bool:
        if self.opening.around(module, stmt):
            return True
        if caller is None or depth <= 0:
            return False
        line = getattr(stmt, "lineno", 0)
        if begins(caller, line, counts_savepoints=self._counts_commits):
            return True
        if self._counts_commits and commits(caller):
            return True
        if self.is_protected(caller):
            return True
        # Not by who asks, nor by what was asked before: so it is the same in any order.
        if (key := (caller, through, depth)) not in self._said:
            them = self._callers(caller, frozenset([caller]), depth - 1, through)
            self._said[key] = any(it[1] for it in them)
        return self._said[key]

    def _is_call(self, function: Function, call: ast.Call, module: Module, stmt: ast.AST) -> bool:
        found = self.reader.expression(call.func, module, stmt)
        if function.name == "__call__" and function.owner:
            made = [it.of for it in found if isinstance(it, Instance)]
            return any(self._is_above(it, function.owner) for it in made)
        callees = [it.of for it in found if isinstance(it, Callee)]
        if function in callees:  # of one that is handed over, whoever does so tells
            is_handed = is_through_parameter(call, module, stmt) and function.name not in _COMMON
            return not (is_handed and any(True for _ in handings(self.reader.project, function)))
        if callees:
            return any(
                it.name == function.name
                and it.owner
                and function.owner
                and self._is_above(it.owner, function.owner)
                for it in callees
            )
        if function.name == "__init__":
            return bool(found)
        if found or isinstance(call.func, ast.Name) or not _takes(function, call):
            return False
        return function.name not in _COMMON or _is_telling(function, call)

    def _is_above(self, one: ClassDef, other: ClassDef) -> bool:
        """Say whether one class inherits from the other, or is it: a name says nothing of that."""
        return one in self.reader.ancestry(other) or other in self.reader.ancestry(one)


def _takes(function: Function, call: ast.Call) -> bool:
    """Say whether a method can be called with the arguments of *call*."""
    a = function.node.args
    names = [it.arg for it in (*a.posonlyargs, *a.args)][1 if function.owner else 0 :]
    if not a.vararg and len(call.args) > len(names):
        return False
    known = {*names, *(it.arg for it in a.kwonlyargs), None}
    return bool(a.kwarg) or all(it.arg in known for it in call.keywords)


def _is_telling(function: Function, call: ast.Call) -> bool:
    """Say whether the arguments of a call are enough to know a method of a common name by."""
    a = function.node.args
    is_spread = any(isinstance(it, ast.Starred) for it in call.args)
    is_spread = is_spread or any(it.arg is None for it in call.keywords)
    if function.name not in _TELLING or a.vararg or a.kwarg or is_spread:
        return False
    return len(call.args) + len(call.keywords) > 1


def _is_on_parameter(call: ast.Call, caller: Function, count: int | None = None) -> bool:
    """Say whether a method of a parameter of *caller* is called, of one of its first *count*."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name in [it.arg for it in arguments(caller.node)][:count]
    return False


def _who(module: Module, caller: Function | None, stmt: ast.stmt) -> str:
    return f"{caller.qualname if caller else module.name}:{stmt.lineno}"
