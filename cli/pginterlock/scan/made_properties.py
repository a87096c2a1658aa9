"""Properties of a model that write a column of their own row when they are assigned. Pure.

They stand in the body of a class, or a metaclass, ``__init_subclass__`` or a decorator of the class
makes one for each field, under a name that is made of the field's.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pginterlock.scan import setters
from pginterlock.scan.bindings import below
from pginterlock.scan.definitions import last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, ClassDef, Function
from pginterlock.scan.modules import Module, class_names, function_of
from pginterlock.scan.project import calls_of
from pginterlock.scan.reckoned_texts import Env, Reckoning
from pginterlock.scan.setting_names import is_setting
from pginterlock.scan.texts import Texts

_HOOKS = ("__new__", "__init__", "__init_subclass__", "__set_name__")
_DEPTH = 3
_ITEMS_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Property:
    """The column that a property writes; *is_kept*: it writes the very value that it is given."""

    column: str
    is_kept: bool


def properties_of(reader: Reader, of: ClassDef, fields: Collection[str]) -> Mapping[str, Property]:
    """Return the properties of a class that write one of *fields*, by their names."""
    above = reader.ancestry(of)
    found: dict[str, Property] = {}
    if not any("property" in it.module.text for it in (*above, *_makers(reader, above))):
        return found
    for base in above:
        for name, column, is_kept in _declared(reader, base):
            if column in fields and name not in fields:
                found.setdefault(name, Property(column, is_kept))
    own = {name for base in above for name in class_names(base)}
    for hook in dict.fromkeys(_hooks(reader, above)):
        for name, column, is_kept in _Hook(reader, hook, fields).made():
            if column in fields and name not in own and name not in fields:
                found.setdefault(name, Property(column, is_kept))
    return found


def _declared(reader: Reader, of: ClassDef) -> Iterator[tuple[str, str, bool]]:
    """Yield the properties in the body of a class, with what they write."""
    for name, bound in class_names(of).items():
        for it in bound:
            function = of.module.scopes.get(it.stmt) if it.how == "def" else None
            if isinstance(function, Function):
                if _is_setter(function):
                    told = setters.by_function(reader, function)
                    yield from ((name, *one) for one in told)
            elif isinstance(it.value, ast.Call):
                here = Reckoning({}, of.module, it.stmt)
                yield from ((name, *one) for one in setters.by_property(reader, it.value, here))


def _is_setter(function: Function) -> bool:
    return any(
        isinstance(it, ast.Attribute) and it.attr == "setter"
        for it in getattr(function.node, "decorator_list", ())
    )


# -- what is made for each field -------------------------------------------------------------------


def _makers(reader: Reader, above: Sequence[ClassDef]) -> Iterator[ClassDef]:
    """Yield the metaclasses of classes, and those that these inherit from."""
    for base in above:
        for it in base.node.keywords:
            if it.arg == "metaclass":
                for kind in reader.expression(it.value, base.module, base.node):
                    if isinstance(kind, Class):
                        yield from reader.ancestry(kind.of)


def _hooks(reader: Reader, above: Sequence[ClassDef]) -> Iterator[Function]:
    """Yield the functions that run when a class is made, and may give it properties."""
    for holder in (*_makers(reader, above), *above):
        for name in _HOOKS if holder not in above else ("__init_subclass__",):
            for it in class_names(holder).get(name, ()):
                found = holder.module.scopes.get(it.stmt)
                if isinstance(found, Function) and _speaks_of_one(found):
                    yield found
    for base in above:
        for told in base.node.decorator_list:
            func = told.func if isinstance(told, ast.Call) else told
            for kind in reader.expression(func, base.module, base.node):
                if isinstance(kind, Callee) and _speaks_of_one(kind.of):
                    yield kind.of


def _speaks_of_one(function: Function) -> bool:
    """Say whether the module of a function makes properties."""
    return "property(" in function.module.text


class _Hook:
    """A function that runs when a class is made: which properties it gives the class."""

    def __init__(self, reader: Reader, hook: Function, fields: Collection[str]) -> None:
        self.reader, self.hook, self.fields = reader, hook, fields
        self.module: Module = hook.module
        body = [it for it in below(hook.node) if isinstance(it, ast.stmt)]
        self.calls = [(call, it) for it in body for call in calls_of(self.module, it)]
        self.body = body

    def made(self) -> Iterator[tuple[str, str, bool]]:
        """Yield the name of each property, the column that it writes, whether as it is given."""
        for stmt in self.body:
            for key, value in self._put(stmt):
                for env in self._environments(stmt, _DEPTH):
                    here = Reckoning(env, self.module, stmt)
                    names = here.text(key)
                    for one in setters.by_property(self.reader, value, here) if names else ():
                        yield from ((name, *one) for name in sorted(names))

    def _put(self, stmt: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
        """Yield what a statement puts into a class: the name, and a property perhaps."""
        match stmt:
            case ast.Assign(targets=[ast.Subscript(slice=key)], value=value):
                yield from ((key, it) for it in self._meant(value, stmt))
            case ast.Expr(value=ast.Call(func=func, args=[_, key, value])):
                if is_setting(func, self.module):
                    yield from ((key, it) for it in self._meant(value, stmt))

    def _meant(self, value: ast.expr, stmt: ast.stmt) -> Iterator[ast.expr]:
        """Yield the call that an expression is, or that its name is given."""
        if isinstance(value, ast.Call):
            yield value
        elif isinstance(value, ast.Name):
            for it, where in givings(self.reader, value, self.module, stmt):
                if where is self.module and isinstance(it.value, ast.Call) and not it.path:
                    yield it.value

    def _environments(self, stmt: ast.AST, depth: int) -> Iterator[Env]:
        """Yield the texts that variables may have where a statement runs."""
        function = function_of(self.module, stmt)
        if depth <= 0 or function is None:
            return
        starts = [{}] if function is self.hook else self._handed(function, depth)
        for env in starts:
            yield from self._within(stmt, env)

    def _handed(self, function: Function, depth: int) -> Iterator[Env]:
        """Yield what the calls of a function within the hook hand to it."""
        for call, stmt in self.calls:
            if last_name(call.func) != function.name or function_of(self.module, stmt) is function:
                continue
            for env in self._environments(stmt, depth - 1):
                here = Reckoning(env, self.module, stmt)
                told = {name: here.text(arg) for name, arg in setters.handed(function, call)}
                seen = {name: text for name, text in env.items() if name not in told}
                yield seen | {name: min(texts) for name, texts in told.items() if texts}

    def _within(self, stmt: ast.AST, env: Env) -> Iterator[Env]:
        """Yield *env* with the variables of the loops around a statement, where it runs."""
        held = stmt
        node = self.module.up.get(stmt)
        loops: list[ast.For] = []
        tests: list[tuple[ast.expr, bool]] = []
        while node is not None and node not in self.module.scopes:
            if isinstance(node, ast.For) and held in node.body:
                loops.insert(0, node)
            elif isinstance(node, ast.If):
                tests.append((node.test, held in node.body))
            held, node = node, self.module.up.get(node)
        found: list[Env] = [env]
        for loop in loops:
            found = [{**it, **more} for it in found for more in self._run(loop, it)]
        for it in found:
            here = Reckoning(it, self.module, stmt)
            if all(here.truth(test) in (None, wanted) for test, wanted in tests):
                yield it

    def _run(self, loop: ast.For, env: Env) -> Iterator[Env]:
        """Yield what a loop gives the variable for a field, or for its name."""
        if name := _first(loop.target):
            for text in self._items(loop.iter, loop, env):
                yield {name: text}

    def _items(self, node: ast.expr, at: ast.stmt, env: Env) -> Iterator[str]:
        """Yield the names that a loop runs over: those written down, else those of all fields."""
        match node:
            case (
                ast.GeneratorExp(elt=elt, generators=[one])
                | ast.ListComp(elt=elt, generators=[one])
            ) if name := _first(one.target):
                part = elt.elts[0] if isinstance(elt, ast.Tuple) and elt.elts else elt
                for text in self._items(one.iter, at, env):
                    here = Reckoning({**env, name: text}, self.module, at)
                    if all(here.truth(test) is not False for test in one.ifs):
                        yield from here.text(part)
            case _:
                path = (0,) if isinstance(getattr(at, "target", None), ast.Tuple) else ()
                told = [*Texts(self.reader).items(node, path, self.module, at, _ITEMS_DEPTH)]
                yield from told or sorted(self.fields)


def _first(target: ast.AST) -> str:
    """Return the variable that a loop binds first: of pairs, it is that for the key."""
    match target:
        case ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), *_]):
            return name
    return ""
