"""Functions that are handed to others as values, and how those call them. Pure."""

import ast
import re
from collections.abc import Iterator
from enum import Enum

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module, arguments, function_of, statements_at
from pginterlock.scan.opening import Opening, calls_of, implemented, named
from pginterlock.scan.project import Project, called_name
from pginterlock.scan.units import begins, commits

_FEW = 12  # files: a name that more of them hand over says nothing of who is meant
_MANY = 60  # and one that more of them hold

# Of libraries: those that call what they are given in a transaction, and those that just call it.
_IN_ONE = frozenset(
    [
        "run_in_transaction",
        "runInteraction",
        "runWithConnection",
        "run_transaction",
        "with_transaction",
        "atomic",
    ]
)
_AT_ONCE = frozenset(["run_sync", "map", "filter", "run_callable", "call", "sync_to_async"])


class Runs(Enum):
    """How a function that is handed over is called: in a transaction, without one, not at once."""

    IN_ONE = "in one"
    PLAINLY = "plainly"
    LATER = "later"


class Handing:
    """Says how functions that are handed over are called; remembers what it said."""

    def __init__(self, reader: Reader, opening: Opening) -> None:
        self.reader, self.opening = reader, opening
        self._said: dict[tuple[Function, str], Runs] = {}

    def runs(self, call: ast.Call, given: ast.AST, module: Module, stmt: ast.AST) -> Runs:
        """Return how *call* calls *given*, one of its arguments."""
        if called_name(call) == "partial" and (outer := holding(call, stmt)) is not None:
            return self.runs(outer, call, module, stmt)
        through = self._through(call, given, module, stmt)
        if runners := self._runners(call.func, module, stmt):
            taken = {self.calls(it, name) for it in runners for name in _taking(it, call, given)}
            found = _strongest(taken | through)
        else:  # it may run another one, in a thread too: what that opens is there
            found = _strongest({_of_library(called_name(call)), *(through & {Runs.IN_ONE})})
        return Runs.PLAINLY if found is Runs.IN_ONE and _is_alone(call, module, stmt) else found

    def _through(self, call: ast.Call, given: ast.AST, module: Module, stmt: ast.AST) -> set[Runs]:
        """Return how another argument, a function before *given*, calls it: ``run(one, given)``."""
        found = set()
        for arg in call.args:
            if arg is given:
                break
            for it in self.reader.expression(arg, module, stmt):
                if isinstance(it, Callee):
                    found |= {self.calls(it.of, one.arg) for one in arguments(it.of.node)}
        return found

    def calls(self, runner: Function, parameter: str) -> Runs:
        """Return how a function calls its *parameter*."""
        key = (runner, parameter)
        if key not in self._said:
            self._said[key] = Runs.LATER  # what hands to itself meanwhile
            self._said[key] = _strongest(set(self._calls(runner, parameter)))
        return self._said[key]

    def _calls(self, runner: Function, parameter: str) -> Iterator[Runs]:
        module = runner.module
        for call, stmt in calls_of(runner):
            if not any(_is_named(it, parameter) for it in (call.func, *_given(call))):
                continue
            is_open = self._is_in_one(runner, call, stmt)
            if isinstance(call.func, ast.Name) and call.func.id == parameter:
                yield Runs.IN_ONE if is_open else Runs.PLAINLY
                continue
            for given in _given(call):
                if _is_named(given, parameter):
                    how = self.runs(call, given, module, stmt)
                    yield Runs.IN_ONE if how is Runs.PLAINLY and is_open else how

    def _is_in_one(self, runner: Function, call: ast.Call, stmt: ast.stmt) -> bool:
        """Say whether a call in *runner*, or in a function that it hands over, is in one."""
        module = runner.module
        function = function_of(module, stmt)
        if self.opening.around(module, stmt):
            return True
        if function and (begins(function, stmt.lineno) or commits(function)):
            return True
        if any(self.runs(*it, module, stmt) is Runs.IN_ONE for it in lambdas_around(call, stmt)):
            return True
        if function is None or function is runner:
            return False
        return any(
            self.runs(outer, given, module, at) is Runs.IN_ONE
            for outer, at in calls_of(runner)
            for given in _given(outer)
            if _is_named(given, function.name)
        )

    def _runners(self, func: ast.AST, module: Module, stmt: ast.AST) -> list[Function]:
        """Return the functions of the project that *func* is, or may be by its name alone."""
        found = self.reader.expression(func, module, stmt)
        known = [
            one for it in found if isinstance(it, Callee) for one in implemented(self.reader, it.of)
        ]
        if known or found or not isinstance(func, ast.Attribute):
            return known
        return named(self.reader.project, func.attr)


def handings(
    project: Project, function: Function
) -> Iterator[tuple[Module, ast.Call, ast.AST, ast.stmt]]:
    """Yield the calls that hand *function* over, by its name: each with the argument."""
    name = function.name
    paths = [function.module.path] if function.outer is not None else [*project.handing(name)]
    if _FEW < len(paths) <= _MANY:  # most of them may call it
        raw = re.escape(name.encode())
        named = re.compile(rb"%b(?<!\w%b)\b(?! ?\()" % (raw, raw))
        paths = [it for it in paths if named.search(project.text(it))]
    for path in paths if len(paths) <= _FEW else ():
        if module := project.module(path):
            yield from ((module, *it) for it in _handed(module, name))


def _handed(module: Module, name: str) -> Iterator[tuple[ast.Call, ast.AST, ast.stmt]]:
    seen: set[ast.stmt] = set()
    text, line, counted = module.text, 1, 0
    # It begins with the name itself: `re` looks for that first, and so is much faster.
    for match in re.finditer(rf"{re.escape(name)}(?<!\w{re.escape(name)})\b(?! ?\()", text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        for stmt in statements_at(module, line):
            if stmt in seen:
                continue
            seen.add(stmt)
            for part in own_expressions(stmt):
                for call in walk(part):
                    if isinstance(call, ast.Call):
                        yield from (
                            (call, it, stmt)
                            for it in _given(call)
                            if isinstance(it, (ast.Name, ast.Attribute)) and last_name(it) == name
                        )


def lambdas_around(call: ast.Call, stmt: ast.stmt) -> Iterator[tuple[ast.Call, ast.Lambda]]:
    """Yield the calls of a statement that are given a lambda in which *call* stands."""
    for part in own_expressions(stmt):
        for it in ast.walk(part):
            if isinstance(it, ast.Call) and it is not call:
                for given in _given(it):
                    if isinstance(given, ast.Lambda) and any(n is call for n in ast.walk(given)):
                        yield it, given


def holding(given: ast.AST, stmt: ast.AST) -> ast.Call | None:
    """Return the call of a statement that *given* is handed to; None where there is none."""
    for part in own_expressions(stmt) if isinstance(stmt, ast.stmt) else ():
        for it in walk(part):
            if isinstance(it, ast.Call) and any(one is given for one in _given(it)):
                return it
    return None


def _is_alone(call: ast.Call, module: Module, stmt: ast.AST) -> bool:
    """Say whether a call asks that each statement commits itself, or may: ``autocommit=True``.

    What it hands on from those who call it is for them to say.
    """
    for it in call.keywords:
        match it.value:
            case _ if "autocommit" not in (it.arg or ""):
                continue
            case ast.Constant(value=value):
                if value:
                    return True
            case ast.Name(id=name) if _is_parameter(name, function_of(module, stmt)):
                continue
            case _:
                return True
    return False


def _is_parameter(name: str, function: Function | None) -> bool:
    while function is not None:
        if any(it.arg == name for it in arguments(function.node)):
            return True
        function = function.outer
    return False


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (it.value for it in call.keywords)


def _taking(runner: Function, call: ast.Call, given: ast.AST) -> Iterator[str]:
    """Yield the parameter of *runner* that takes *given*."""
    for keyword in call.keywords:
        if keyword.value is given and keyword.arg:
            yield keyword.arg
    a = runner.node.args
    names = [it.arg for it in (*a.posonlyargs, *a.args)]
    is_bound = runner.owner is not None and isinstance(call.func, ast.Attribute)
    if is_bound and names[:1] and names[0] in ("self", "cls"):
        names = names[1:]
    for number, arg in enumerate(call.args):
        if arg is given and number < len(names):
            yield names[number]


def _of_library(name: str) -> Runs:
    if name in _IN_ONE:
        return Runs.IN_ONE
    return Runs.PLAINLY if name in _AT_ONCE else Runs.LATER


def _strongest(found: set[Runs]) -> Runs:
    for it in (Runs.IN_ONE, Runs.PLAINLY):
        if it in found:
            return it
    return Runs.LATER
