"""The texts that an expression makes when it runs: by functions, parameters and attributes. Pure.

What the code leaves open of a text stands in it as `UNKNOWN`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

from pginterlock.scan import text_methods
from pginterlock.scan.callers import handed
from pginterlock.scan.definitions import decorators, is_abstract, last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.handed_values import default, handed_in
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, ClassDef, Function, Instance
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Binding, Module, class_names
from pginterlock.scan.sql_holes import CLOSE, OPEN
from pginterlock.scan.texts import Texts

UNKNOWN = OPEN + CLOSE
_OPEN = frozenset([UNKNOWN])
_DEPTH = 16
_MOST = 12  # texts: what may be more of them is any
_MOST_MADE = 200  # before those that are the same are told
_CALLERS = 24  # that are looked at: others say the same
_ASKED = 6  # parameters that wait for each other
_HEIRS = 12
_PROPERTIES = frozenset(["property", "cached_property", "classproperty", "hybrid_property"])
_DEFAULTS = frozenset(["default", "default_factory", "server_default"])
_WITH_DEFAULT = frozenset(["get", "getenv", "getattr", "pop", "setdefault"])

Made = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression stands, and what the functions around it are called with."""

    module: Module
    at: ast.AST
    given: Mapping[ast.arg, Made] = field(default_factory=dict)


class MadeTexts:
    """Says which texts expressions make; remembers what parameters are."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[ast.arg, Made] = {}
        self._asked: set[ast.arg] = set()
        self._is_cut = False

    def forget(self) -> None:
        """Forget what was said: it is found again when it is asked for."""
        self._known.clear()

    def of(self, node: ast.AST, module: Module, at: ast.AST) -> Made:
        """Return the texts that *node* may make, which stands in the statement *at*."""
        return self._of(node, _Place(module, at), _DEPTH)

    def _of(self, node: ast.AST | None, place: _Place, depth: int) -> Made:
        if node is None or depth < 0:
            return _OPEN
        found = frozenset(islice(self._each(node, place, depth - 1), _MOST_MADE))
        return found if 0 < len(found) <= _MOST else _OPEN

    def _each(self, node: ast.AST, place: _Place, depth: int) -> Iterator[str]:
        match node:
            case ast.Constant(value=str() | int() as value) if not isinstance(value, bool):
                yield str(value)
            case ast.JoinedStr() | ast.BinOp():
                yield from self._written(node, place, depth)
            case ast.IfExp(body=one, orelse=other):
                yield from self._of(one, place, depth) | self._of(other, place, depth)
            case ast.BoolOp(values=values):
                yield from (one for it in values for one in self._of(it, place, depth))
            case ast.Name():
                for it, where in givings(self._reader, node, place.module, place.at):
                    yield from self._given(it, replace(place, module=where, at=it.stmt), depth)
            case ast.Attribute(value=inner, attr=name):
                yield from self._attribute(node, inner, name, place, depth)
            case ast.Call():
                yield from self._called(node, place, depth)
            case (
                ast.FormattedValue(value=inner)
                | ast.Await(value=inner)
                | ast.NamedExpr(value=inner)
            ):
                yield from self._of(inner, place, depth)
            case _:
                yield UNKNOWN

    def _written(self, node: ast.JoinedStr | ast.BinOp, place: _Place, depth: int) -> Iterator[str]:
        match node:
            case ast.JoinedStr(values=values):
                yield from self._joined(values, "", place, depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from self._joined([left, right], "", place, depth)
            case ast.BinOp(op=ast.Mod(), left=left, right=right):
                args = right.elts if isinstance(right, ast.Tuple) else [right]
                yield from self._formatted(text_methods.by_percent, left, args, {}, place, depth)
            case _:
                yield UNKNOWN

    def _joined(
        self, parts: Sequence[ast.AST], between: str, place: _Place, depth: int
    ) -> Iterator[str]:
        told = [self._of(it, place, depth) for it in parts]
        yield from (between.join(it) for it in product(*told))

    # -- names and attributes ------------------------------------------------------------------

    def _given(self, it: Binding, place: _Place, depth: int) -> Iterator[str]:
        match it.how:
            case "assign" | "annotated" if not it.path:
                yield from self._of(_value(it.value), place, depth)
            case "for":
                told = Texts(self._reader).items(it.value, it.path, place.module, it.stmt, 4)
                yield from frozenset(told) or _OPEN
            case "arg" if isinstance(it.stmt, ast.arg):
                handed_here = place.given.get(it.stmt)
                yield from handed_here or self._parameter(it.stmt, place.module)
            case _:
                yield UNKNOWN

    def _parameter(self, arg: ast.arg, module: Module) -> Made:
        """Return what callers hand to a parameter, and what it is where they hand nothing."""
        if arg in self._known:
            return self._known[arg]
        if arg in self._asked or len(self._asked) > _ASKED:
            self._is_cut = True
            return frozenset()
        function = module.owners.get(arg)
        if function is None or isinstance(function.node, ast.Lambda):
            return _OPEN
        self._asked.add(arg)
        try:
            found = frozenset(self._handed(function, arg, module))
        finally:
            self._asked.discard(arg)
        if not self._is_cut or not self._asked:  # else it lacks what waits for it
            self._known[arg] = found
        self._is_cut = self._is_cut and bool(self._asked)
        return found

    def _handed(self, function: Function, arg: ast.arg, module: Module) -> Iterator[str]:
        if (told := default(arg, function)) is not None:
            yield from self._of(told, _Place(module, function.node), _DEPTH)
        for value, where, stmt in islice(handed(self._reader, function, arg), _CALLERS):
            yield from self._of(value, _Place(where, stmt), _DEPTH)

    def _attribute(
        self, node: ast.Attribute, inner: ast.AST, name: str, place: _Place, depth: int
    ) -> Iterator[str]:
        if name in ("value", "name") and isinstance(inner, ast.Attribute):
            yield from self._of(inner, place, depth)
            return
        found: Made = frozenset()
        kinds = self._reader.expression(inner, place.module, place.at)
        for it in kinds:
            if isinstance(it, Class | Instance):
                found |= frozenset(self._member(it.of, name, place, depth))
        if not found:
            for given, where in givings(self._reader, node, place.module, place.at):
                there = replace(place, module=where, at=given.stmt)
                found |= frozenset(self._given(given, there, depth))
        yield from found or _OPEN

    def _member(self, of: ClassDef, name: str, place: _Place, depth: int) -> Iterator[str]:
        """Yield the texts that a class, or else its heirs, give an attribute."""
        models = self._reader.models
        for base in self._reader.ancestry(of):
            if found := frozenset(self._own_member(base, name, place, depth)):
                yield from found
                return
        for heir in models.heirs_with(of, name, _HEIRS) if not models.is_model(of) else ():
            yield from self._own_member(heir, name, place, depth)

    def _own_member(self, base: ClassDef, name: str, place: _Place, depth: int) -> Iterator[str]:
        for it in class_names(base).get(name, ()):
            there = replace(place, module=base.module, at=it.stmt)
            function = base.module.scopes.get(it.stmt) if it.how == "def" else None
            if isinstance(function, Function):
                if _PROPERTIES & set(decorators(function)) and not is_abstract(function):
                    yield from self._results(function, there, depth)
            elif it.value is not None:
                yield from self._given(it, there, depth)
        for set_there in assigned_on_self(self._reader, base).get(name, ()):
            if set_there.path or set_there.is_item:
                yield UNKNOWN
            else:
                there = replace(place, module=base.module, at=set_there.stmt)
                yield from self._of(set_there.value, there, depth)

    # -- calls -----------------------------------------------------------------------------------

    def _called(self, node: ast.Call, place: _Place, depth: int) -> Iterator[str]:
        match node.func:
            case ast.Attribute(value=text, attr="format"):
                named = {it.arg: it.value for it in node.keywords if it.arg}
                yield from self._formatted(
                    text_methods.by_format, text, node.args, named, place, depth
                )
            case ast.Attribute(value=between, attr="join") if node.args:
                for it in self._of(between, place, depth):
                    if (parts := text_methods.listed(node.args[0])) is None:
                        yield UNKNOWN
                    else:
                        yield from self._joined(parts, it, place, depth)
            case ast.Attribute(value=text, attr=name) if name in text_methods.SAME:
                yield from self._of(text, place, depth)
            case ast.Attribute(attr="Identifier") | ast.Name(id="Identifier"):
                yield from self._joined(node.args, ".", place, depth)
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in text_methods.WRAPPERS:
                yield from self._of(node.args[0] if node.args else None, place, depth)
            case _:
                yield from self._by_function(node, place, depth)

    def _formatted(
        self,
        put: text_methods.Put,
        text: ast.AST,
        args: Sequence[ast.AST],
        named: Mapping[str, ast.AST],
        place: _Place,
        depth: int,
    ) -> Iterator[str]:
        """Yield what *put* makes of each text with each of what it is filled with."""
        told = [self._of(it, place, depth) for it in args]
        keyed = {name: self._of(it, place, depth) for name, it in named.items()}
        for whole in self._of(text, place, depth):
            for given in product(*told, *keyed.values()):
                yield put(
                    whole,
                    given[: len(told)],
                    dict(zip(keyed, given[len(told) :], strict=True)),
                    UNKNOWN,
                )

    def _by_function(self, node: ast.Call, place: _Place, depth: int) -> Iterator[str]:
        """Yield what a function of the project returns; of another one, the text it is handed."""
        kinds = self._reader.expression(node.func, place.module, place.at)
        functions = [one for it in kinds if isinstance(it, Callee) for one in self._meant(it.of)]
        found: Made = frozenset()
        for it in functions:
            given = {**place.given, **dict(self._arguments(node, it, place, depth))}
            found |= frozenset(self._results(it, replace(place, given=given), depth))
        is_known = bool(found - _OPEN)
        if functions and (is_known or not text_methods.quotes(last_name(node.func))):
            yield from found or _OPEN
        elif len(node.args) == 1 and not node.keywords:
            yield from self._of(node.args[0], place, depth)
        elif last_name(node.func) in _WITH_DEFAULT and node.args:
            yield from self._of(node.args[-1], place, depth)
        else:
            yield UNKNOWN

    def _meant(self, function: Function) -> list[Function]:
        """Return a function, or the heirs' methods of that name where it leaves all to them."""
        if function.owner is None or not is_abstract(function):
            return [function]
        heirs = self._reader.models.heirs_with(function.owner, function.name, _HEIRS)
        bound = [(it, one) for it in heirs for one in class_names(it).get(function.name, ())]
        found = [it.module.scopes.get(one.stmt) for it, one in bound]
        return [it for it in found if isinstance(it, Function)] or [function]

    def _arguments(
        self, call: ast.Call, function: Function, place: _Place, depth: int
    ) -> Iterator[tuple[ast.arg, Made]]:
        """Yield each parameter that a call hands something to, and each that has a default."""
        a = function.node.args
        for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs):
            if (value := handed_in(call, arg, function)) is not None:
                yield arg, self._of(value, place, depth)
            elif (told := default(arg, function)) is not None:
                yield arg, self._of(told, _Place(function.module, function.node), depth)

    def _results(self, function: Function, place: _Place, depth: int) -> Iterator[str]:
        for value, stmt, is_yielded in returned(function):
            if not is_yielded:
                there = replace(place, module=function.module, at=stmt)
                yield from self._of(value, there, depth)


def _value(node: ast.AST | None) -> ast.AST | None:
    """Return what a field is where nobody says otherwise: the default in ``field(default="x")``."""
    if isinstance(node, ast.Call):
        for it in node.keywords:
            if it.arg in _DEFAULTS:
                return it.value.body if isinstance(it.value, ast.Lambda) else it.value
    return node
