"""Which statements may have given a name its value where it is read. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Binding, Module, Scope, ancestors, scope_of


def absolute(stmt: ast.ImportFrom, module: Module) -> str:
    """Return the dotted name of the module that an import takes names from."""
    if not stmt.level:
        return stmt.module or ""
    parts = module.package.split(".") if module.package else []
    parts = parts[: len(parts) - stmt.level + 1]
    return ".".join([*parts, *([stmt.module] if stmt.module else [])])


def scope_above(function: Function) -> Scope:
    """Return the scope in which the class of a method stands."""
    return scope_of(function.module, function.owner.node) if function.owner else None


def comprehended(name: str, node: ast.AST, at: ast.AST, module: Module) -> Binding | None:
    """Return what binds *name* where *node* stands in a comprehension that runs over it."""
    if at not in module.runs:
        module.runs[at] = [*_comprehensions(at)]
    for it, generator in module.runs[at]:
        path = _place(generator.target, name)
        if path is not None and spans(it, node) and not spans(generator.iter, node):
            return Binding(at, "for", generator.iter, path)  # type: ignore[arg-type]
    return None


def _comprehensions(at: ast.AST) -> Iterator[tuple[ast.expr, ast.comprehension]]:
    for part in own_expressions(at) if isinstance(at, ast.stmt) else ():
        for it in walk(part):
            if isinstance(it, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
                for generator in it.generators:
                    yield it, generator


def _place(target: ast.AST, name: str) -> tuple[int, ...] | None:
    """Return where in an unpacked target a name stands; None where it does not."""
    match target:
        case ast.Name(id=found) if found == name:
            return ()
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for number, it in enumerate(elts):
                if (below := _place(it, name)) is not None:
                    return (number, *below)
    return None


def spans(outer: ast.AST, inner: ast.AST) -> bool:
    """Say whether one expression stands in another, by their places."""
    start = (getattr(outer, "lineno", 0), getattr(outer, "col_offset", 0))
    end = (getattr(outer, "end_lineno", 0), getattr(outer, "end_col_offset", 0))
    place = (getattr(inner, "lineno", 0), getattr(inner, "col_offset", 0))
    return start <= place < end


def reaching(
    bound: Sequence[Binding], at: ast.AST, module: Module, function: Function
) -> Sequence[Binding]:
    """Return the bindings that may be the last before *at*; all where none comes before it."""
    if len(bound) == 1:
        return bound
    key = (id(bound), at)  # the module holds both, and lets go of all of it at once
    if key not in module.reached:
        module.reached[key] = _reaching(bound, at, module, function)
    return module.reached[key]


def _reaching(
    bound: Sequence[Binding], at: ast.AST, module: Module, function: Function
) -> Sequence[Binding]:
    if isinstance(function.node, ast.Lambda):
        return bound
    node, is_inner = _own_statement(at, module, function)
    if node is None:
        return bound
    run = _Run(bound, node, module)
    run.block(function.node.body, tuple(it for it in bound if isinstance(it.stmt, ast.arg)))
    found = dict.fromkeys(run.found)
    if is_inner:  # what runs later sees what is bound later
        found |= {it: None for it in bound if it.stmt.lineno > getattr(node, "lineno", 0)}
    return [it for it in bound if it in found] or bound


def _own_statement(at: ast.AST, module: Module, function: Function) -> tuple[ast.AST | None, bool]:
    """Return the statement of *function* that *at* is, or is inside of the function of."""
    node: ast.AST | None = at
    is_inner = False
    while node is not None and (scope := scope_of(module, node)) is not function:
        if scope is None:
            return None, False
        node, is_inner = scope.node, True
    return node, is_inner


_State = tuple[Binding, ...]


@dataclass(slots=True)
class _Run:
    """One pass over a function: which bindings of a name are there at each statement."""

    bound: Sequence[Binding]
    at: ast.AST
    module: Module
    found: list[Binding] = field(default_factory=list)
    jumps: list[_State] = field(default_factory=list)
    made: dict[int, list[Binding]] = field(default_factory=dict)
    holders: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for it in self.bound:
            self.made.setdefault(id(it.stmt), []).append(it)
        for stmt in (self.at, *(it.stmt for it in self.bound)):
            self.holders.add(id(stmt))
            self.holders |= {id(it) for it in ancestors(self.module, stmt)}

    def block(self, body: Sequence[ast.stmt], state: _State | None) -> _State | None:
        """Return what reaches the end of a block; None where nothing does."""
        for stmt in body:
            if state is not None:
                state = self.step(stmt, state)
            elif id(stmt) in self.holders:  # never run, but asked for
                self.step(stmt, ())
        return state

    def step(self, stmt: ast.stmt, state: _State) -> _State | None:
        """Return what is there after a statement; None where nothing comes after it."""
        if stmt is self.at:
            self.found += state
        given = tuple(self.made.get(id(stmt), ()))
        after: _State | None = given or state
        match stmt:
            case ast.Return() | ast.Raise():
                after = None
            case ast.Break() | ast.Continue():
                self.jumps.append(state)
                after = None
            case ast.If():
                after = self._branched(stmt, given or state)
            case ast.For() | ast.AsyncFor() | ast.While():
                after = self._looped(stmt, given, state)
            case ast.With() | ast.AsyncWith():
                after = self.block(stmt.body, given or state)
            case ast.Try() | ast.TryStar():
                after = self._tried(stmt, state)
            case ast.Match():
                after = self._matched(stmt, given, state)
        return after

    def _branched(self, stmt: ast.If, state: _State) -> _State | None:
        return _joined(self.block(stmt.body, state), self.block(stmt.orelse, state))

    def _looped(
        self, stmt: ast.For | ast.AsyncFor | ast.While, given: _State, state: _State
    ) -> _State | None:
        """Return what is there after a loop that runs any number of times."""
        above, self.jumps = self.jumps, []
        end = self.block(stmt.body, given or state)
        again = _joined(state, end, *self.jumps) or ()
        if again != state:
            self.block(stmt.body, given or again)
        jumps, self.jumps = self.jumps, above
        after = _joined(state, given, end, *jumps)
        is_endless = isinstance(stmt, ast.While) and isinstance(stmt.test, ast.Constant)
        if is_endless and not jumps:
            return None
        return self.block(stmt.orelse, after) if stmt.orelse else after

    def _tried(self, stmt: ast.Try | ast.TryStar, state: _State) -> _State | None:
        """Return what is there after a ``try``: at its end, or that of one of its handlers."""
        inside = tuple(it for it in self.bound if _is_within(self.module, it.stmt, stmt))
        end = self.block(stmt.body, state)
        broken = _joined(state, tuple(it for it in inside if _stands_in(stmt.body, it))) or ()
        ends = [self.block(stmt.orelse, end) if end is not None else None]
        for handler in stmt.handlers:
            given = tuple(self.made.get(id(handler), ()))
            ends.append(self.block(handler.body, given or broken))
        after = _joined(*ends)
        if not stmt.finalbody:
            return after
        last = self.block(stmt.finalbody, after if after is not None else broken)
        return last if after is not None else None

    def _matched(self, stmt: ast.Match, given: _State, state: _State) -> _State | None:
        ends: list[_State | None] = []
        for case in stmt.cases:
            parts = set(ast.walk(case.pattern))
            own = tuple(it for it in given if it.value in parts)
            ends.append(self.block(case.body, own or state))
        is_whole = any(it.guard is None and _takes_all(it.pattern) for it in stmt.cases)
        return _joined(*ends) if is_whole else _joined(state, *ends)


def _takes_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _joined(*states: _State | None) -> _State | None:
    """Return what is there after one of several ways; None where all of them leave."""
    real = [it for it in states if it is not None]
    return tuple(dict.fromkeys(one for it in real for one in it)) if real else None


def _is_within(module: Module, stmt: ast.AST, holder: ast.AST) -> bool:
    return any(it is holder for it in ancestors(module, stmt))


def _stands_in(body: Sequence[ast.stmt], it: Binding) -> bool:
    start, end = body[0].lineno, body[-1].end_lineno or 0
    return start <= it.stmt.lineno <= end
