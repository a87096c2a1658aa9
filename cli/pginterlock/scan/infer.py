"""What an expression is, from what binds its names: as a reader of the code would find it. Pure."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pginterlock.scan import bound, calls, contexts, members, orm
from pginterlock.scan.frames import Frame
from pginterlock.scan.iterating import subscript
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
    Method,
    Package,
    Table,
    Tuple,
    items,
    keyed,
    many,
    union,
)
from pginterlock.scan.modules import (
    Binding,
    Module,
    class_names,
    local_names,
    scope_of,
)
from pginterlock.scan.narrowing import narrowed
from pginterlock.scan.project import Project, is_super
from pginterlock.scan.reaching import absolute, comprehended, reaching, scope_above

_Told = TypeVar("_Told")
_DEPTH = 40
_MORE = 20  # questions that may stand open besides, for what a class inherits
_NONE = _DEPTH + _MORE + 2


class Reader:
    """Says what expressions are; remembers what it said."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = contexts.Contexts(self)
        self._said: dict[object, Kinds] = {}
        self._asked: dict[object, int] = {}  # and how many questions stood open before it
        self._loose: dict[object, int] = {}  # of an answer: the question that it waits for
        self._waiting: dict[int, list[object]] = {}
        self._lowest = _NONE
        self._most = _DEPTH  # of questions that stand open at once
        self.uses: dict[ast.AST, Any] = {}
        self.frame: Frame | None = None
        self.tested: dict[str, frozenset[str]] = {}  # by module: what it asks the class of

    def forget(self, *, trees: bool) -> None:
        """Forget what was said: it is found again when it is asked for.

        Of *trees* what they say by themselves too, as that holds them.
        """
        self._said.clear()
        self._loose.clear()
        self._waiting.clear()
        if trees:
            self.uses.clear()
        self.models.forget(trees=trees)

    # -- remembering -------------------------------------------------------------------------

    def once(self, question: object, answer: Iterator[Kinds]) -> Kinds:
        """Return what *answer* yields for *question*; nothing where the question asks itself.

        What was found while another question stood open, and asked for that one, may lack
        something: it is remembered until that question is answered, and no longer.
        """
        if self.frame is not None:
            question = (question, self.frame)
        if (known := self._said.get(question)) is not None:
            if (waits_for := self._loose.get(question, _NONE)) < self._lowest:
                self._lowest = waits_for
            return known
        place = len(self._asked)
        if question in self._asked or place > self._most:
            self._lowest = min(self._lowest, self._asked.get(question, 0))
            return NOTHING
        above, self._lowest = self._lowest, _NONE
        self._asked[question] = place
        try:
            said = union(answer)
        finally:
            del self._asked[question]
            lowest, self._lowest = self._lowest, above
        for one in self._waiting.pop(place, ()):
            self._said.pop(one, None)
            self._loose.pop(one, None)
        if lowest < place:
            self._lowest = min(above, lowest)
            self._loose[question] = lowest
            self._waiting.setdefault(lowest, []).append(question)
        self._said[question] = said
        return said

    def within(self, frame: Frame | None, question: object, answer: Iterator[Kinds]) -> Kinds:
        """Return what *answer* yields for *question* in a frame."""
        above, self.frame = self.frame, frame
        try:
            return self.once(question, answer)
        finally:
            self.frame = above

    @property
    def open(self) -> int:
        """How many questions stand open."""
        return len(self._asked)

    def lacks(self, place: int) -> None:
        """Note that what is told now waits for the question at *place*, and what asked for it."""
        self._lowest = min(self._lowest, place)

    def apart(self, answer: Callable[[], _Told]) -> tuple[_Told, bool]:
        """Return what *answer* gives, and whether that lacks nothing for questions that stand open.

        More of them may stand open for it than for others.
        """
        above, self._lowest = self._lowest, _NONE
        most, self._most = self._most, max(self._most, min(self.open, _DEPTH) + _MORE)
        try:
            told = answer()
        finally:
            lowest, self._lowest = self._lowest, min(above, self._lowest)
            self._most = most
        return told, lowest >= self.open

    # -- expressions -------------------------------------------------------------------------

    def expression(self, node: ast.AST | None, module: Module, at: ast.AST) -> Kinds:
        """Return what *node* is; *at* is the statement that it stands in."""
        if node is None or isinstance(node, ast.Constant):
            return NOTHING
        return self.once((node, "is"), self._expression(node, module, at))

    def _expression(self, node: ast.AST, module: Module, at: ast.AST) -> Iterator[Kinds]:
        match node:
            case ast.Name(id=name):
                yield narrowed(self, self.name(name, module, at, node), node, module, at)
            case ast.Attribute(value=value, attr=attr):
                found = self.models.of_options(value, attr, module, at)
                found = found or self.attribute(self.held(value, attr, module, at), attr)
                found = found or self.models.called(attr)
                yield narrowed(self, found, node, module, at)
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
            case ast.Subscript(
                value=ast.Attribute(attr="tables"), slice=ast.Constant(value=str(name))
            ):
                yield frozenset([Table(name)])  # of SQLAlchemy's metadata
            case ast.Subscript(value=value, slice=index):
                yield subscript(self, self.expression(value, module, at), index)
            case _:
                yield self._display(node, module, at)

    def held(self, value: ast.AST, name: str, module: Module, at: ast.AST) -> Kinds:
        """Return what *value* is, of which the member *name* is asked for."""
        if is_super(value):
            return self.models.parents(module, at, name)
        return self.expression(value, module, at)

    def _display(self, node: ast.AST, module: Module, at: ast.AST) -> Kinds:
        """Return what a list, tuple, set, dict or comprehension is."""
        match node:
            case ast.List(elts=elts) | ast.Set(elts=elts):
                return many(union(self._element(it, module, at) for it in elts))
            case ast.Tuple(elts=elts):
                parts = tuple(self.expression(it, module, at) for it in elts)
                return frozenset([Tuple(parts)]) if any(parts) else NOTHING
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, [self.expression(it, module, at) for it in values])
            case (
                ast.ListComp(elt=value)
                | ast.SetComp(elt=value)
                | ast.GeneratorExp(elt=value)
                | ast.DictComp(value=value)
            ):
                return many(self.expression(value, module, at))
        return NOTHING

    @staticmethod
    def _dict(keys: Sequence[ast.expr | None], values: Sequence[Kinds]) -> Kinds:
        names = [it.value for it in keys if isinstance(it, ast.Constant)]
        texts = [it for it in names if isinstance(it, str)]
        if len(texts) == len(keys):
            return keyed(zip(texts, values, strict=True))
        return many(union(values))

    def _element(self, node: ast.AST, module: Module, at: ast.AST) -> Kinds:
        found = self.expression(node, module, at)
        return items(found) if isinstance(node, ast.Starred) else found

    # -- names -------------------------------------------------------------------------------

    def name(self, name: str, module: Module, at: ast.AST, node: ast.AST | None = None) -> Kinds:
        """Return what a name is at a statement."""
        if node is not None and (inner := comprehended(name, node, at, module)):
            return self.bound([inner], module)
        scope = scope_of(module, at)
        is_first = True
        while scope is not None:
            if isinstance(scope, Function):
                if given := local_names(scope).get(name):
                    return self.bound(reaching(given, at, module, scope), module)
                scope = scope.outer or scope_above(scope)
            else:
                given = class_names(scope).get(name, []) if is_first else []
                if others := [it for it in given if it.stmt is not at]:
                    return self.bound(others, module)
                scope = scope_of(module, scope.node)
            is_first = False
        return self.global_name(name, module)

    def global_name(self, name: str, module: Module) -> Kinds:
        """Return what a name is in the body of a module."""
        return self.within(None, (module.path, name), self._global(name, module))

    def _global(self, name: str, module: Module) -> Iterator[Kinds]:
        if given := module.names(name):
            yield self.bound(given, module)
            return
        for star in module.stars:
            if source := self.project.named(absolute(star, module), module.path):
                found = self.global_name(name, source)
                if found:
                    yield found
                    return
        if module.is_package:
            inner = self.project.named(f"{module.name}.{name}", module.path)
            if inner and inner.path.startswith(module.path.removesuffix("__init__.py")):
                yield frozenset([Package(inner)])

    def bound(self, given: Sequence[Binding], module: Module) -> Kinds:
        """Return what any of the bindings *given* gives."""
        return union(self._binding(it, module) for it in given)

    def _binding(self, it: Binding, module: Module) -> Kinds:
        return self.once((it.stmt, it.value, it.path, "binds"), bound.bind(self, it, module))

    # -- attributes --------------------------------------------------------------------------

    def attribute(self, kinds: Kinds, name: str) -> Kinds:
        """Return what the attribute of that name of any of *kinds* is."""
        return union(self._attribute(it, name) for it in kinds)

    def _attribute(self, kind: Kind, name: str) -> Kinds:
        found: Kinds = NOTHING
        match kind:
            case Instance(of=of) if name == "__class__":
                found = frozenset([Class(of)])
            case Instance(of=of) if name == of.name and self.models.is_model(of):
                found = frozenset([kind])  # of a row of a query that selects one thing
            case Instance(of=of) | Class(of=of):
                found = self.within(None, (kind, name, "has"), self._member(kind, of, name))
                found = self.models.of_mapped(of, name, found)
            case Package(of=module):
                found = self.global_name(name, module) or self._submodule(module, name)
            case Many():
                found = self.models.of_many(kind, name) or _method(kind, name)
            case Tuple(parts=parts):  # a row of a query that selects several things
                found = frozenset(
                    it for it in union(parts) if isinstance(it, Instance) and it.of.name == name
                )
            case Table() if name in ("c", "columns"):
                found = frozenset([kind])
            case Foreign(name=base):
                found = frozenset([Foreign(f"{base}.{name}")])
        return found

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
        if found := self.models.relation(kind, name):
            yield found
            return
        yield members.of_heirs(self, kind, name)

    def ancestry(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class and those that it inherits from, in the order in which they are asked."""
        return self.models.ancestry(of)


def _method(kind: Many, name: str) -> Kinds:
    """Return a method of a query as a value."""
    is_known = kind.is_query and name in orm.ONE | orm.PAIR
    return frozenset([Method(kind, name)]) if is_known else NOTHING
