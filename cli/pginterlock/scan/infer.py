"""What an expression is, from what binds its names: as a reader of the code would find it. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from pginterlock.scan import calls, definitions, members, models, parameters
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Foreign,
    Function,
    Instance,
    Kind,
    Kinds,
    Many,
    Package,
    Tuple,
    items,
    many,
    union,
)
from pginterlock.scan.modules import (
    Binding,
    Module,
    Scope,
    ancestors,
    class_names,
    local_names,
    scope_of,
    statements,
)
from pginterlock.scan.project import Project

_DEPTH = 40


class Reader:
    """Says what expressions are; remembers what it said."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = models.Models(self)
        self._said: dict[object, Kinds] = {}
        self._asked: set[object] = set()
        self._depth = 0
        self.uses: dict[ast.AST, Any] = {}

    # -- remembering -------------------------------------------------------------------------

    def once(self, question: object, answer: "Iterator[Kinds]") -> Kinds:
        """Return what *answer* yields for *question*; nothing where the question asks itself."""
        if question in self._said:
            return self._said[question]
        if question in self._asked or self._depth > _DEPTH:
            return NOTHING
        self._asked.add(question)
        self._depth += 1
        try:
            said = union(answer)
        finally:
            self._asked.discard(question)
            self._depth -= 1
        self._said[question] = said
        return said

    # -- expressions -------------------------------------------------------------------------

    def expression(self, node: ast.AST | None, module: Module, at: ast.AST) -> Kinds:
        """Return what *node* is; *at* is the statement that it stands in."""
        if node is None or isinstance(node, ast.Constant):
            return NOTHING
        return self.once((node, "is"), self._expression(node, module, at))

    def _expression(self, node: ast.AST, module: Module, at: ast.AST) -> Iterator[Kinds]:
        match node:
            case ast.Name(id=name):
                yield self.name(name, module, at, node)
            case ast.Attribute(value=value, attr=attr):
                yield self.attribute(self.expression(value, module, at), attr)
            case ast.Call():
                yield calls.call(self, node, module, at)
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                yield self.expression(value, module, at)
            case ast.IfExp(body=one, orelse=other):
                yield self.expression(one, module, at) | self.expression(other, module, at)
            case ast.BoolOp(values=values):
                yield union(self.expression(it, module, at) for it in values)
            case ast.BinOp(left=left, right=right):
                yield self.expression(left, module, at) | self.expression(right, module, at)
            case ast.Subscript(value=value, slice=index):
                yield self._subscript(self.expression(value, module, at), index)
            case ast.List(elts=elts) | ast.Set(elts=elts):
                yield many(union(self._element(it, module, at) for it in elts))
            case ast.Tuple(elts=elts):
                parts = tuple(self.expression(it, module, at) for it in elts)
                if any(parts):
                    yield frozenset([Tuple(parts)])
            case ast.Dict(values=values):
                yield many(union(self.expression(it, module, at) for it in values))
            case ast.ListComp(elt=elt) | ast.SetComp(elt=elt) | ast.GeneratorExp(elt=elt):
                yield many(self.expression(elt, module, at))
            case ast.DictComp(value=value):
                yield many(self.expression(value, module, at))

    def _element(self, node: ast.AST, module: Module, at: ast.AST) -> Kinds:
        found = self.expression(node, module, at)
        return items(found) if isinstance(node, ast.Starred) else found

    def _subscript(self, kinds: Kinds, index: ast.AST) -> Kinds:
        found: Kinds = NOTHING
        for it in kinds:
            match it:
                case Many(item=item):
                    found |= {it} if isinstance(index, ast.Slice) else item
                case Tuple(parts=parts):
                    match index:
                        case ast.Constant(value=int(number)) if -len(parts) <= number < len(parts):
                            found |= parts[number]
                        case _:
                            found |= union(parts)
        return found

    # -- names -------------------------------------------------------------------------------

    def name(self, name: str, module: Module, at: ast.AST, node: ast.AST | None = None) -> Kinds:
        """Return what a name is at a statement."""
        if node is not None and (inner := _comprehended(name, node, at)):
            return items(self.expression(inner, module, at))
        scope = scope_of(module, at) if at not in module.scopes else _around(module, at)
        is_first = True
        while scope is not None:
            if isinstance(scope, Function):
                if bound := local_names(scope).get(name):
                    return self.bound(_reaching(bound, at, module), module)
                scope = scope.outer or (_scope_above(scope))
            else:
                if is_first and (bound := class_names(scope).get(name)):
                    return self.bound(bound, module)
                scope = scope_of(module, scope.node)
            is_first = False
        return self.global_name(name, module)

    def global_name(self, name: str, module: Module) -> Kinds:
        """Return what a name is in the body of a module."""
        return self.once((module.path, name), self._global(name, module))

    def _global(self, name: str, module: Module) -> Iterator[Kinds]:
        if bound := module.names.get(name):
            yield self.bound(bound, module)
            return
        for star in module.stars:
            if source := self._source(star, module):
                found = self.global_name(name, source)
                if found:
                    yield found
                    return
        if module.is_package:
            inner = self.project.named(f"{module.name}.{name}", module.path)
            if inner and inner.path.startswith(module.path.removesuffix("__init__.py")):
                yield frozenset([Package(inner)])

    def bound(self, bound: Sequence[Binding], module: Module) -> Kinds:
        """Return what any of *bound* gives."""
        return union(self._binding(it, module) for it in bound)

    def _binding(self, it: Binding, module: Module) -> Kinds:
        return self.once((it.stmt, it.value, it.path, "binds"), self._bind(it, module))

    def _bind(self, it: Binding, module: Module) -> Iterator[Kinds]:
        stmt = it.stmt
        match it.how:
            case "class":
                yield frozenset([Class(module.scopes[stmt])])  # type: ignore[arg-type]
            case "def":
                yield definitions.defined(self, module.scopes[stmt], None)  # type: ignore[arg-type]
            case "import":
                yield self._imported(it.value, module)  # type: ignore[arg-type]
            case "from":
                yield self._from(stmt, it.value, module)  # type: ignore[arg-type]
            case "arg":
                yield parameters.parameter(self, stmt, module)  # type: ignore[arg-type]
            case "annotated":
                said = definitions.annotation(self, stmt.annotation, module, stmt)  # type: ignore[union-attr]
                yield said or self.expression(it.value, module, stmt)
            case "assign":
                yield self._unpacked(self.expression(it.value, module, stmt), it.path)
                if not it.path and _is_empty(it.value):
                    yield self._filled(stmt, module)
            case "for":
                yield self._unpacked(items(self.expression(it.value, module, stmt)), it.path)
                yield self._enumerated(it, module)
            case "with":
                yield self._unpacked(self._entered(it, module), it.path)

    def _filled(self, stmt: ast.AST, module: Module) -> Kinds:
        """Return several of what is put into the list or dict that *stmt* makes empty."""
        names = {it.id for it in getattr(stmt, "targets", []) if isinstance(it, ast.Name)}
        scope = scope_of(module, stmt)
        body: Sequence[ast.AST] = module.tree.body
        if isinstance(scope, Function) and not isinstance(scope.node, ast.Lambda):
            body = scope.node.body
        found: Kinds = NOTHING
        for other in statements(body):
            match other:
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value) if (
                    name in names
                ):
                    found |= self.expression(value, module, other)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(
                            value=ast.Name(id=name), attr="append" | "add" | "appendleft"
                        ),
                        args=[value],
                    )
                ) if name in names:
                    found |= self.expression(value, module, other)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="extend" | "update"),
                        args=[value],
                    )
                ) if name in names:
                    found |= items(self.expression(value, module, other))
        return many(found)

    def _entered(self, it: Binding, module: Module) -> Kinds:
        found = self.expression(it.value, module, it.stmt)
        return union(
            one.item if isinstance(one, Many) and not one.is_query else frozenset([one])
            for one in found
        )

    def _enumerated(self, it: Binding, module: Module) -> Kinds:
        """Return a part of ``enumerate(x)``, ``zip(x, y)`` or ``x.items()``."""
        match it.value:
            case ast.Call(func=ast.Name(id="enumerate"), args=[first, *_]) if it.path[:1] == (1,):
                return self._unpacked(items(self.expression(first, module, it.stmt)), it.path[1:])
            case ast.Call(func=ast.Name(id="zip"), args=args) if it.path and it.path[0] < len(args):
                found = items(self.expression(args[it.path[0]], module, it.stmt))
                return self._unpacked(found, it.path[1:])
            case ast.Call(func=ast.Attribute(value=value, attr="items")) if it.path[:1] == (1,):
                found = items(self.expression(value, module, it.stmt))
                return self._unpacked(found, it.path[1:])
        return NOTHING

    @staticmethod
    def _unpacked(kinds: Kinds, path: tuple[int, ...]) -> Kinds:
        for number in path:
            found: Kinds = NOTHING
            for it in kinds:
                if isinstance(it, Tuple) and number < len(it.parts):
                    found |= it.parts[number]
                elif isinstance(it, Many):
                    found |= it.item
            kinds = found
        return kinds

    def _imported(self, alias: ast.alias, module: Module) -> Kinds:
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        found = self.project.named(name, module.path)
        return frozenset([Package(found) if found else Foreign(name)])

    def _source(self, stmt: ast.ImportFrom, module: Module) -> Module | None:
        return self.project.named(_absolute(stmt, module), module.path)

    def _from(self, stmt: ast.ImportFrom, alias: ast.alias, module: Module) -> Kinds:
        name = _absolute(stmt, module)
        source = self.project.named(name, module.path)
        if source and source is not module:
            if found := self.global_name(alias.name, source):
                return found
            if alias.name in source.names:
                return NOTHING
        if inner := self.project.named(f"{name}.{alias.name}", module.path):
            return frozenset([Package(inner)])
        return NOTHING if source else frozenset([Foreign(f"{name}.{alias.name}")])

    # -- attributes --------------------------------------------------------------------------

    def attribute(self, kinds: Kinds, name: str) -> Kinds:
        """Return what the attribute of that name of any of *kinds* is."""
        return union(self._attribute(it, name) for it in kinds)

    def _attribute(self, kind: Kind, name: str) -> Kinds:
        match kind:
            case Instance(of=of) | Class(of=of):
                return self.once((kind, name, "has"), self._member(kind, of, name))
            case Package(of=module):
                return self.global_name(name, module) or self._submodule(module, name)
            case Many():
                return self.models.of_many(kind, name)
            case Foreign(name=base):
                return frozenset([Foreign(f"{base}.{name}")])
        return NOTHING

    def _submodule(self, module: Module, name: str) -> Kinds:
        if not module.is_package:
            return NOTHING
        found = self.project.named(f"{module.name}.{name}", module.path)
        return frozenset([Package(found)]) if found else NOTHING

    def _member(self, kind: Instance | Class, of: ClassDef, name: str) -> Iterator[Kinds]:
        for base in self.ancestry(of):
            found = members.own_member(self, kind, base, name)
            if found is not None:
                yield found
                if found:
                    return
        yield self.models.relation(kind, name)

    def ancestry(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class and those that it inherits from, in the order in which they are asked."""
        return self.models.ancestry(of)


def _is_empty(node: ast.AST | None) -> bool:
    match node:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(
            func=ast.Name(id="list" | "dict" | "set" | "defaultdict" | "OrderedDict" | "deque")
        ):
            return True
    return False


def _absolute(stmt: ast.ImportFrom, module: Module) -> str:
    if not stmt.level:
        return stmt.module or ""
    parts = module.package.split(".") if module.package else []
    parts = parts[: len(parts) - stmt.level + 1]
    return ".".join([*parts, *([stmt.module] if stmt.module else [])])


def _around(module: Module, at: ast.AST) -> Scope:
    """Return the scope in which a definition itself stands: decorators, bases and defaults."""
    return scope_of(module, at)


def _scope_above(function: Function) -> Scope:
    return scope_of(function.module, function.owner.node) if function.owner else None


def _comprehended(name: str, node: ast.AST, at: ast.AST) -> ast.AST | None:
    """Return what *name* runs over where *node* stands in a comprehension that binds it."""
    for it in ast.walk(at) if not isinstance(at, (ast.FunctionDef, ast.ClassDef)) else ():
        if isinstance(it, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for generator in it.generators:
                is_it = isinstance(generator.target, ast.Name) and generator.target.id == name
                if is_it and _spans(it, node) and not _spans(generator.iter, node):
                    return generator.iter
    return None


def _spans(outer: ast.AST, inner: ast.AST) -> bool:
    a, b = outer, inner
    start = (getattr(a, "lineno", 0), getattr(a, "col_offset", 0))
    end = (getattr(a, "end_lineno", 0), getattr(a, "end_col_offset", 0))
    place = (getattr(b, "lineno", 0), getattr(b, "col_offset", 0))
    return start <= place < end


def _reaching(bound: Sequence[Binding], at: ast.AST, module: Module) -> Sequence[Binding]:
    """Return the bindings that may be the last before *at*; all where none comes before it."""
    line = getattr(at, "lineno", 0)
    holders = {id(it) for it in ancestors(module, at)} | {id(at)}
    found: list[Binding] = []
    for it in bound:
        stmt = it.stmt
        is_inside = id(stmt) in holders and it.how in ("for", "with", "arg")
        if isinstance(stmt, ast.arg) or is_inside:
            found = (
                [it]
                if not is_inside
                or isinstance(stmt, (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith))
                else [*found, it]
            )
            continue
        if stmt is at or getattr(stmt, "lineno", 0) > line:
            continue
        if id(module.up.get(stmt)) in holders and it.how != "for" and _same_block(module, stmt, at):
            found = [it]
        else:
            found.append(it)
    return found or bound


def _same_block(module: Module, stmt: ast.AST, at: ast.AST) -> bool:
    """Say whether *stmt* stands in a block that *at* is in, and not in the other branch of an if."""
    holder = module.up.get(stmt)
    if holder is None:
        return False
    inner = at
    while (above := module.up.get(inner)) is not None and above is not holder:
        inner = above
    for block in ("body", "orelse", "finalbody"):
        held = getattr(holder, block, None)
        if isinstance(held, list) and stmt in held:
            return inner in held
    return False
