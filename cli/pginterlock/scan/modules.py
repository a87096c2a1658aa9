"""A module of Python, read once: what is defined in it, where, and around what. Pure."""

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pginterlock.scan.bindings import Binding, bindings, statements
from pginterlock.scan.captures import has_walrus
from pginterlock.scan.global_names import lines_of_globals
from pginterlock.scan.kinds import ClassDef, Function
from pginterlock.scan.parts import UNPARSED, Definition, Part, Scope, first_line, note, parse
from pginterlock.scan.pieces import Piece, cut, defines, only

__all__ = [
    "Binding", "Definition", "Module", "Scope", "ancestors", "arguments", "bindings", "class_names",
    "class_of", "default_of", "function_of", "local_names", "read", "scope_of", "statements",
    "statements_at",
]  # fmt: skip


@dataclass(eq=False, slots=True)
class Module:
    """A module: its names, classes and functions; *up* leads from a statement to what holds it.

    Its classes and functions are parsed when they are asked for. Where one cannot be, *fails* is
    told why.
    """

    path: str
    name: str
    is_package: bool
    text: str
    parts: list[Part]
    fails: Callable[[Exception], None]
    root: ast.Module = field(default_factory=lambda: ast.Module([], []))
    up: dict[ast.AST, ast.AST] = field(default_factory=dict)
    scopes: dict[ast.AST, ClassDef | Function] = field(default_factory=dict)
    bodies: dict[ast.AST, dict[str, list[Binding]]] = field(default_factory=dict)
    owners: dict[ast.arg, Function] = field(default_factory=dict)
    runs: dict[ast.AST, list[tuple[ast.expr, ast.comprehension]]] = field(default_factory=dict)
    calls: dict[ast.AST, list[tuple[ast.Call, ast.stmt]]] = field(default_factory=dict)
    called: dict[ast.stmt, list[ast.Call]] = field(default_factory=dict)
    begins: dict[ast.AST, list[tuple[int, bool]]] = field(default_factory=dict)
    reached: dict[tuple[int, ast.AST], Sequence[Binding]] = field(default_factory=dict)
    parsed: int = 0  # characters
    _names: dict[str, list[Binding]] = field(default_factory=dict)
    _globals: Mapping[str, list[int]] | None = None
    lines: list[str] = field(default_factory=list)
    has_walrus: bool | None = None  # anywhere; None where nobody looked
    may_load: bool | None = None  # a model by its name; None where nobody looked

    def line(self, number: int) -> str:
        """Return a line of the text, without the blanks around it."""
        if not self.lines:
            self.lines = self.text.split("\n")
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    @property
    def package(self) -> str:
        """The dotted name that relative imports begin at."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    # -- what is in it -------------------------------------------------------------------------

    @property
    def tree(self) -> ast.Module:
        """The whole of it."""
        self.parse(self.parts)
        self.root.body = [stmt for it in self.parts for stmt in it.body or ()]
        return self.root

    def tree_at(self, lines: Iterable[int]) -> ast.Module:
        """Return as much of it as *lines* are of, and what that speaks of."""
        held = {self._at(it) for it in lines} | {it for it in self.parts if not it.piece.name}
        told = list(held)
        while told:
            texts = [self.text[it.piece.start : it.piece.end] for it in told]
            told = [
                it
                for it in self.parts
                if it not in held and any(f"{it.piece.name}." in text for text in texts)
            ]
            held.update(told)
        parts = sorted(held, key=_first_of)
        self.parse(parts)
        return ast.Module([stmt for it in parts for stmt in it.body or ()], [])

    @property
    def loose(self) -> Iterator[ast.stmt]:
        """The statements at its top that stand between its classes and functions."""
        return (stmt for it in self.parts if not it.piece.name for stmt in it.body or ())

    @property
    def stars(self) -> Iterator[ast.ImportFrom]:
        """The imports that take all names of another module."""
        for it in statements([*self.loose]):
            if isinstance(it, ast.ImportFrom) and it.names[0].name == "*":
                yield it

    def names(self, name: str) -> list[Binding]:
        """Return what binds a name at the top, in the order of the text; last what functions do."""
        if name not in self._names:
            parts = [it for it in self.parts if it.piece.name in ("", name)]
            self.parse(parts)
            own = [one for it in parts for one in it.names.get(name, ())]
            self._names[name] = own + list(self._of_functions(name))
        return self._names[name]

    def _of_functions(self, name: str) -> Iterator[Binding]:
        """Yield what binds a name in functions that declare it as ``global``."""
        if self._globals is None:
            self._globals = lines_of_globals(self.text)
        for line in self._globals.get(name, ()):
            for stmt in statements_at(self, line):
                function = function_of(self, stmt) if isinstance(stmt, ast.Global) else None
                yield from local_names(function).get(name, ()) if function else ()

    def classes_named(self, name: str) -> list[ClassDef]:
        """Return its classes of a name, those within others too."""
        parts = self._defining("class", name)
        return [one for it in parts for one in it.classes if one.name == name]

    def classes_about(self, word: str) -> list[ClassDef]:
        """Return the classes at whose place in the text a word stands, and maybe others."""
        text = self.text
        found = [it for it in self.parts if text.find(word, it.piece.start, it.piece.end) >= 0]
        self.parse(found)
        return [one for it in found for one in it.classes]

    def functions_named(self, name: str) -> list[Function]:
        """Return its functions of a name, those within others and methods too."""
        parts = self._defining("def", name)
        return [one for it in parts for one in it.functions if one.name == name]

    def _defining(self, keyword: str, name: str) -> list[Part]:
        text = self.text
        found = [it for it in self.parts if defines(text, it.piece, keyword, name)]
        self.parse(found)
        return found

    def part_at(self, line: int) -> Part:
        """Return the parsed part that a line is of."""
        found = self._at(line)
        self.parse([found])
        return found

    def parse_at(self, lines: Iterable[int]) -> None:
        """Parse the parts that *lines* are of, all at once."""
        self.parse(sorted({self._at(it) for it in lines}, key=_first_of))

    def between(self, line: int, end: int) -> Iterator[ast.stmt]:
        """Yield the statements that begin after one line and before another."""
        held = [it for it in self.parts if it is self._at(line) or line < it.piece.line < end]
        self.parse(held)
        return (one for it in held for one in it.order if line < one.lineno < end)

    def _at(self, line: int) -> Part:
        return self.parts[max(0, bisect_right(self.parts, line, key=_first_of) - 1)]

    def clear(self) -> None:
        """Let go of all that was parsed: its parts hold each other, and would stay."""
        self.parts = []
        self.root = ast.Module([], [])
        kept = (self.up, self.scopes, self.bodies, self.owners, self.runs, self.calls, self.called)
        for it in (*kept, self.begins, self.reached, self._names):
            it.clear()

    # -- parsing -------------------------------------------------------------------------------

    def parse(self, parts: Sequence[Part]) -> None:
        """Parse *parts*, those that are not yet."""
        new = [it for it in parts if it.body is None]
        if not new:
            return
        try:
            self._fill(new, parse(only(self.text, [it.piece for it in new])))
        except UNPARSED:
            self._parse_whole()

    def _parse_whole(self) -> None:
        """Parse what is left, as it was cut wrong or is no Python; tell of that."""
        try:
            self._fill(self.parts, parse(self.text))
        except UNPARSED as error:
            self._fill(self.parts, ast.Module([], []))
            self.fails(error)

    def _fill(self, parts: Sequence[Part], tree: ast.Module) -> None:
        """Give those of *parts* that have none their statements of a tree."""
        firsts = [it.piece.line for it in parts]
        held: dict[int, list[ast.stmt]] = {}
        for stmt in tree.body:
            held.setdefault(max(0, bisect_right(firsts, first_line(stmt)) - 1), []).append(stmt)
        for number, it in enumerate(parts):
            if it.body is None:
                it.body = held.get(number, [])
                self.parsed += it.piece.end - it.piece.start
                note(self, it, self.root, None, it.body)
                if it.starts != sorted(it.starts):  # parts of a `try` stand in another order
                    it.order.sort(key=first_line)
                    it.starts.sort()
                it.names = bindings(it.body)


def _first_of(part: Part) -> int:
    return part.piece.line


def read(
    path: str,
    name: str,
    text: str,
    *,
    is_package: bool,
    fails: Callable[[Exception], None],
    pieces: Sequence[Piece] | None = None,
) -> Module:
    """Return the module of *text*; *fails* is told, at once or later, why it cannot be parsed.

    *pieces* are those of the text, where they are known.
    """
    found = Module(path, name, is_package, text, [Part(it) for it in pieces or cut(text)], fails)
    found.parse([it for it in found.parts if not it.piece.name])
    return found


def statements_at(module: Module, line: int) -> Iterator[ast.stmt]:
    """Yield the innermost statements that stand on a line."""
    part = module.part_at(line)
    number = bisect_right(part.starts, line) - 1
    if number < 0:
        return
    start = part.starts[number]
    stmt: ast.AST | None = part.order[number]
    while isinstance(stmt, ast.stmt) and (stmt.end_lineno or 0) < line:
        stmt = module.up.get(stmt)
        start = -1
    while stmt is not None and not isinstance(stmt, (ast.stmt, ast.Module)):
        stmt = module.up.get(stmt)
    if isinstance(stmt, ast.stmt):
        yield stmt
    while start > 0 and number > 0 and part.starts[number - 1] == start:
        number -= 1
        yield part.order[number]


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


def local_names(function: Function) -> dict[str, list[Binding]]:
    """Return what the names of a function are bound by, in its order."""
    module, node = function.module, function.node
    if node not in module.bodies:
        body = [] if isinstance(node, ast.Lambda) else node.body
        found = bindings(body, has_walrus=has_walrus(module, node))
        is_known = node in module.scopes
        for arg in arguments(node):
            if is_known:
                module.owners[arg] = function
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


def default_of(function: Function, arg: ast.arg) -> ast.expr | None:
    """Return what a parameter is where no call hands it over."""
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    pairs = [
        *zip(reversed(plain), reversed(a.defaults), strict=False),
        *zip(a.kwonlyargs, a.kw_defaults, strict=True),
    ]
    return next((default for one, default in pairs if one is arg), None)
