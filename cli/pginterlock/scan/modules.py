"""A module of Python, read once: what is defined in it, where, and around what. Pure."""

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pginterlock.scan.captures import captured, is_within, walruses
from pginterlock.scan.kinds import REST, ClassDef, Function

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ClassDef | Function | None
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class Binding:
    """A statement that gives a name a value: *how* it does, and the part of it that says what."""

    stmt: ast.stmt | ast.ExceptHandler | ast.arg
    how: str  # assign, for, with, import, from, class, def, except, arg, match
    value: ast.AST | None = None
    path: tuple[int, ...] = ()  # of an unpacked tuple


@dataclass(eq=False, slots=True)
class Module:
    """A module: its names, classes and functions; *up* leads from a statement to what holds it."""

    path: str
    name: str
    is_package: bool
    tree: ast.Module
    text: str
    up: dict[ast.AST, ast.AST] = field(default_factory=dict)
    scopes: dict[ast.AST, ClassDef | Function] = field(default_factory=dict)
    names: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    classes: dict[str, list[ClassDef]] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=dict)
    bodies: dict[ast.AST, dict[str, list[Binding]]] = field(default_factory=dict)
    order: list[ast.stmt] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def line(self, number: int) -> str:
        """Return a line of the text, without the blanks around it."""
        if not self.lines:
            self.lines = self.text.split("\n")
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    @property
    def package(self) -> str:
        """The dotted name that relative imports begin at."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


def parse(text: str) -> ast.Module:
    """Return the tree of *text*.

    Raises:
        SyntaxError: It is not this Python's.
        ValueError: It holds null bytes.
        RecursionError, MemoryError: It is nested too deeply.

    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def read(path: str, name: str, text: str, *, is_package: bool) -> Module:
    """Return the module of *text*; raises as `parse` does."""
    tree = parse(text)
    found = Module(path, name, is_package, tree, text)
    _walk(found, tree, None, tree.body)
    found.names = bindings(tree.body)
    found.stars = [
        it
        for it in statements(tree.body)
        if isinstance(it, ast.ImportFrom) and it.names[0].name == "*"
    ]
    found.order = sorted((it for it in found.up if isinstance(it, ast.stmt)), key=first_line)
    found.starts = [first_line(it) for it in found.order]
    return found


def first_line(stmt: ast.stmt) -> int:
    """Return the line where a statement begins, with its decorators."""
    decorators = getattr(stmt, "decorator_list", None)
    return min(stmt.lineno, decorators[0].lineno) if decorators else stmt.lineno


def statements_at(module: Module, line: int) -> Iterator[ast.stmt]:
    """Yield the innermost statements that stand on a line."""
    number = bisect_right(module.starts, line) - 1
    if number < 0:
        return
    start = module.starts[number]
    stmt: ast.AST | None = module.order[number]
    while isinstance(stmt, ast.stmt) and (stmt.end_lineno or 0) < line:
        stmt = module.up.get(stmt)
        start = -1
    while stmt is not None and not isinstance(stmt, (ast.stmt, ast.Module)):
        stmt = module.up.get(stmt)
    if isinstance(stmt, ast.stmt):
        yield stmt
    while start > 0 and number > 0 and module.starts[number - 1] == start:
        number -= 1
        yield module.order[number]


def _walk(module: Module, holder: ast.AST, scope: Scope, body: Sequence[ast.AST]) -> None:
    """Note what holds each statement, and make the classes and functions."""
    up = module.up
    for stmt in body:
        up[stmt] = holder
        inner = scope
        if isinstance(stmt, ast.ClassDef):
            inner = ClassDef(stmt.name, _qualified(scope, stmt.name), module, stmt)
            module.scopes[stmt] = inner
            module.classes.setdefault(stmt.name, []).append(inner)
        elif isinstance(stmt, Definition):
            owner = scope if isinstance(scope, ClassDef) else None
            outer = scope if isinstance(scope, Function) else None
            inner = Function(stmt.name, _qualified(scope, stmt.name), module, stmt, owner, outer)
            module.scopes[stmt] = inner
            module.functions.setdefault(stmt.name, []).append(inner)
        for block in _BLOCKS:
            if held := getattr(stmt, block, None):
                _walk(module, stmt, inner, held)


def _qualified(scope: Scope, name: str) -> str:
    return f"{scope.qualname}.{name}" if scope else name


def scope_of(module: Module, stmt: ast.AST) -> Scope:
    """Return the class or function whose body *stmt* stands in; None for the module's."""
    node = module.up.get(stmt)
    while node is not None and node not in module.scopes:
        node = module.up.get(node)
    return module.scopes[node] if node is not None else None


def function_of(module: Module, stmt: ast.AST) -> Function | None:
    """Return the innermost function around *stmt*."""
    node = module.up.get(stmt)
    while node is not None:
        if isinstance(found := module.scopes.get(node), Function):
            return found
        node = module.up.get(node)
    return None


def class_of(function: Function) -> ClassDef | None:
    """Return the class that *function*, or one around it, is a method of."""
    it: Function | None = function
    while it is not None:
        if it.owner:
            return it.owner
        it = it.outer
    return None


def ancestors(module: Module, stmt: ast.AST) -> Iterator[ast.AST]:
    """Yield what holds *stmt*, from the inside out, to the function, class or module around it."""
    node = module.up.get(stmt)
    while node is not None:
        yield node
        if node in module.scopes:
            return
        node = module.up.get(node)


def statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield the statements of a scope in their order, without those of the scopes in it."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for block in _BLOCKS:
            if held := getattr(stmt, block, None):
                yield from statements(held)


def local_names(function: Function) -> dict[str, list[Binding]]:
    """Return what the names of a function are bound by, in its order."""
    module, node = function.module, function.node
    if node not in module.bodies:
        body = [] if isinstance(node, ast.Lambda) else node.body
        module.line(1)  # which cuts the text into lines
        found = bindings(body, has_walrus=is_within(":=", module.lines, node))
        for arg in arguments(node):
            found.setdefault(arg.arg, []).insert(0, Binding(arg, "arg", arg))
        module.bodies[node] = found
    return module.bodies[node]


def class_names(of: ClassDef) -> dict[str, list[Binding]]:
    """Return what the names of a class's body are bound by, in its order."""
    if of.node not in of.module.bodies:
        of.module.bodies[of.node] = bindings(of.node.body)
    return of.module.bodies[of.node]


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """Return all parameters, ``*args`` and ``**kwargs`` last."""
    a = node.args
    extra = [it for it in (a.vararg, a.kwarg) if it]
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *extra]


def bindings(body: Sequence[ast.AST], *, has_walrus: bool = False) -> dict[str, list[Binding]]:
    """Return what binds the names of a scope, in the order of its text."""
    found: dict[str, list[Binding]] = {}
    for stmt in statements(body):
        for name, binding in _bound(stmt):
            found.setdefault(name, []).append(binding)
        if has_walrus and isinstance(stmt, ast.stmt):
            for it in walruses(stmt, _BLOCKS):
                found.setdefault(it.target.id, []).append(Binding(stmt, "assign", it.value))
    return found


def _bound(stmt: ast.AST) -> Iterator[tuple[str, Binding]]:
    """Yield the names that a statement binds."""
    match stmt:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, stmt, "assign", value)
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name, Binding(stmt, "annotated", stmt.value)
        case ast.For() | ast.AsyncFor():
            yield from _targets(stmt.target, stmt, "for", stmt.iter)
        case ast.With() | ast.AsyncWith():
            for it in stmt.items:
                if it.optional_vars:
                    yield from _targets(it.optional_vars, stmt, "with", it.context_expr)
        case ast.Match(cases=cases):
            for part in captured(cases):
                yield part.name or "", Binding(stmt, "match", part)
        case _:
            yield from _imported(stmt)
            yield from _defined(stmt)


def _imported(stmt: ast.AST) -> Iterator[tuple[str, Binding]]:
    """Yield the names that an import binds; those of a star are not its own to tell."""
    match stmt:
        case ast.Import(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0], Binding(stmt, "import", alias)
        case ast.ImportFrom(names=names):
            for alias in names:
                if alias.name != "*":
                    yield alias.asname or alias.name, Binding(stmt, "from", alias)


def _defined(stmt: ast.AST) -> Iterator[tuple[str, Binding]]:
    """Yield the name that a class, a function or an ``except`` binds."""
    match stmt:
        case ast.ClassDef(name=name):
            yield name, Binding(stmt, "class", stmt)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, Binding(stmt, "def", stmt)
        case ast.ExceptHandler(name=str(name)):
            yield name, Binding(stmt, "except", stmt.type)


def _targets(
    target: ast.AST, stmt: ast.stmt, how: str, value: ast.AST, path: tuple[int, ...] = ()
) -> Iterator[tuple[str, Binding]]:
    match target:
        case ast.Name(id=name):
            yield name, Binding(stmt, how, value, path)
        case ast.Starred(value=inner):
            yield from _targets(inner, stmt, how, value, (*path[:-1], REST))
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for number, it in enumerate(elts):
                yield from _targets(it, stmt, how, value, (*path, number))


_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?", re.MULTILINE)
_WORD = re.compile(rb"\w+")


def classes_in(raw: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the classes that a module's text seems to define, with the words of their bases."""
    if b"class " not in raw:
        return
    for name, bases in _CLASS.findall(raw):
        yield (
            name.decode("ascii", "replace"),
            [it.decode("ascii", "replace") for it in _WORD.findall(bases)],
        )
