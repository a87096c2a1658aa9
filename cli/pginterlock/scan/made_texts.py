"""The texts that an expression makes when it runs: by functions, parameters and attributes. Pure.

What the code leaves open of a text stands in it as `UNKNOWN`.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from types import MappingProxyType

from pginterlock.scan import loop_tests, made_attributes, made_dicts, made_lists, text_methods
from pginterlock.scan.callers import handed
from pginterlock.scan.definitions import is_abstract, last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.handed_values import default
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.made_places import Given, Made, Place, given_by, unpacked
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
_DEFAULTS = frozenset(["default", "default_factory", "server_default"])
_WITH_DEFAULT = frozenset(["get", "getenv", "getattr", "pop", "setdefault"])
_FORMATS = frozenset(["format", "format_map", "substitute", "safe_substitute"])


@dataclass(frozen=True, slots=True)
class _Fill:
    """What fills in a text: by number, by name, and the dicts in which names are looked up."""

    put: text_methods.Put
    args: Sequence[ast.AST]
    named: Mapping[str, ast.AST] = field(default_factory=dict)
    held: Sequence[ast.AST] = ()


class MadeTexts:
    """Says which texts expressions make; remembers what parameters are."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._known: dict[ast.arg, Made] = {}
        self._asked: set[ast.arg] = set()
        self._is_cut = False

    def forget(self) -> None:
        """Forget what was said: it is found again when it is asked for."""
        self._known.clear()

    def of(
        self,
        node: ast.AST,
        module: Module,
        at: ast.AST,
        given: Given | None = None,
        names: Mapping[str, Made] = MappingProxyType({}),
    ) -> Made:
        """Return the texts that *node* may make, which stands in the statement *at*.

        *given* is what a call hands to the parameters of the function around it, *names* what
        names are that stand in *node*.
        """
        return self.made(node, Place(module, at, given or {}, names), _DEPTH)

    def made(self, node: ast.AST | None, place: Place, depth: int) -> Made:
        """Return the texts that *node* may make at a place."""
        if node is None or depth < 0:
            return _OPEN
        found = frozenset(islice(self._each(node, place, depth - 1), _MOST_MADE))
        return found if 0 < len(found) <= _MOST else _OPEN

    def _each(self, node: ast.AST, place: Place, depth: int) -> Iterator[str]:
        match node:
            case ast.Constant(value=str() | int() as value) if not isinstance(value, bool):
                yield str(value)
            case ast.JoinedStr() | ast.BinOp():
                yield from self._written(node, place, depth)
            case ast.IfExp(body=one, orelse=other):
                yield from self.made(one, place, depth) | self.made(other, place, depth)
            case ast.BoolOp(values=values):
                yield from (one for it in values for one in self.made(it, place, depth))
            case ast.Name(id=name):
                yield from place.names.get(name) or self._named(node, place, depth)
            case ast.Attribute():
                yield from made_attributes.attribute(self, node, place, depth) or _OPEN
            case ast.Call():
                yield from self._called(node, place, depth)
            case ast.Subscript(value=held, slice=key):
                yield from made_dicts.looked_up(self, held, key, place, depth) or _OPEN
            case (
                ast.FormattedValue(value=inner)
                | ast.Await(value=inner)
                | ast.NamedExpr(value=inner)
            ):
                yield from self.made(inner, place, depth)
            case _:
                yield UNKNOWN

    def _written(self, node: ast.JoinedStr | ast.BinOp, place: Place, depth: int) -> Iterator[str]:
        match node:
            case ast.JoinedStr(values=values):
                yield from self._joined(values, place, depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                yield from self._joined([left, right], place, depth)
            case ast.BinOp(op=ast.Mod(), left=left, right=right):
                args = right.elts if isinstance(right, ast.Tuple) else [right]
                fill = _Fill(text_methods.by_percent, args, held=[right])
                yield from self._formatted(fill, left, place, depth)
            case _:
                yield UNKNOWN

    def _joined(self, parts: Sequence[ast.AST], place: Place, depth: int) -> Iterator[str]:
        told = [self.made(it, place, depth) for it in parts]
        yield from ("".join(it) for it in product(*told))

    # -- names -----------------------------------------------------------------------------------

    def _named(self, node: ast.Name, place: Place, depth: int) -> Iterator[str]:
        for it, where in givings(self.reader, node, place.module, place.at):
            there = replace(place, module=where, at=it.stmt)
            told = frozenset(self.bound(it, there, depth))
            if it.how == "for":
                told = self._left(node.id, told, place, depth)
            more = made_lists.additions(node.id, it, place)
            if not more:
                yield from told
                continue
            added = [self.made(one, replace(place, at=stmt), depth) for _, one, stmt in more]
            yield from ("".join(one) for one in product(told, *added))

    def _left(self, name: str, told: Made, place: Place, depth: int) -> Made:
        """Return what tests in a loop leave of what it gives a name."""
        tests = [*loop_tests.passed(place.module, place.at)]
        found = None if told == _OPEN else [told]
        left = made_lists.allowed(self, tests, name, found, place, depth) or ()
        return frozenset(one for made in left for one in made) or told

    def bound(self, it: Binding, place: Place, depth: int) -> Iterator[str]:
        """Yield the texts that a binding gives a name."""
        match it.how:
            case "assign" | "annotated":
                yield from self.made(_value(unpacked(it)), place, depth)
            case "for":
                told = Texts(self.reader).items(it.value, it.path, place.module, it.stmt, 4)
                yield from frozenset(told) or _OPEN
            case "arg" if isinstance(it.stmt, ast.arg):
                if it.stmt in place.given:
                    yield from self.made(*place.given[it.stmt], depth)
                else:
                    yield from self._parameter(it.stmt, place.module)
            case _:
                yield UNKNOWN

    def _parameter(self, arg: ast.arg, module: Module) -> Made:
        """Return what callers hand to a parameter, and what it is where they hand nothing."""
        if arg in self._known:
            return self._known[arg]
        if arg in self._asked or len(self._asked) > _ASKED:
            self._is_cut = True
            return frozenset()
        self._asked.add(arg)
        try:
            found = frozenset(
                one for it, place in self.callers(arg, module) for one in self._whole(it, place)
            )
        finally:
            self._asked.discard(arg)
        if not self._is_cut or not self._asked:  # else it lacks what waits for it
            self._known[arg] = found
        self._is_cut = self._is_cut and bool(self._asked)
        return found

    def _whole(self, node: ast.AST, place: Place) -> Made:
        return self.made(node, place, _DEPTH)

    def callers(self, arg: ast.arg, module: Module) -> Iterator[tuple[ast.AST, Place]]:
        """Yield what a parameter is where nobody hands something to it, and what callers hand."""
        function = module.owners.get(arg)
        if function is None or isinstance(function.node, ast.Lambda):
            return
        if (told := default(arg, function)) is not None:
            yield told, Place(module, function.node)
        for value, where, stmt in islice(handed(self.reader, function, arg), _CALLERS):
            yield value, Place(where, stmt)

    # -- calls -----------------------------------------------------------------------------------

    def _called(self, node: ast.Call, place: Place, depth: int) -> Iterator[str]:
        match node.func:
            case ast.Attribute(value=text, attr=name) if name in _FORMATS:
                named = {it.arg: it.value for it in node.keywords if it.arg}
                held = [it.value for it in node.keywords if not it.arg]
                if name != "format":
                    held += node.args
                put = text_methods.by_format if "format" in name else text_methods.by_template
                yield from self._formatted(_Fill(put, node.args, named, held), text, place, depth)
            case ast.Attribute(value=between, attr="join") if node.args:
                yield from self._strung(between, node.args[0], place, depth)
            case ast.Attribute(attr="Composed") | ast.Name(id="Composed") if node.args:
                yield from self._strung(ast.Constant(""), node.args[0], place, depth)
            case ast.Attribute(value=text, attr="replace") if node.args[1:]:
                told = [self.made(it, place, depth) for it in (text, *node.args[:2])]
                yield from (text_methods.replaced(*it) for it in product(*told))
            case ast.Attribute(value=text, attr=name) if name in text_methods.SAME:
                yield from self.made(text, place, depth)
            case ast.Attribute(attr="Identifier") | ast.Name(id="Identifier"):
                parts = [self.made(it, place, depth) for it in node.args]
                yield from (".".join(it) for it in product(*parts))
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in text_methods.WRAPPERS:
                yield from self.made(node.args[0] if node.args else None, place, depth)
            case _:
                yield from self._by_function(node, place, depth)

    def _strung(self, between: ast.AST, listed: ast.AST, place: Place, depth: int) -> Iterator[str]:
        """Yield the texts of a list, one behind the other."""
        parts = made_lists.items(self, listed, place, depth)
        for it in self.made(between, place, depth) if parts is not None else ():
            yield from (it.join(one) for one in product(*(parts or ())))
        if parts is None:
            yield UNKNOWN

    def _formatted(self, fill: "_Fill", text: ast.AST, place: Place, depth: int) -> Iterator[str]:
        """Yield each text with each of what it is filled with."""
        told = [self.made(it, place, depth) for it in fill.args]
        keyed = {name: self.made(it, place, depth) for name, it in fill.named.items()}
        for whole in self.made(text, place, depth):
            names = text_methods.asked_in(fill.put, whole) if fill.held else ()
            more = {it: self._held(fill, it, place, depth) for it in names if it not in keyed}
            by_names = {**keyed, **more}
            for given in product(*told, *by_names.values()):
                by_name = dict(zip(by_names, given[len(told) :], strict=True))
                yield fill.put(whole, given[: len(told)], by_name, UNKNOWN)

    def _held(self, fill: "_Fill", name: str, place: Place, depth: int) -> Made:
        """Return what the dicts that fill in a text have under a name."""
        key = ast.Constant(name)
        told = (made_dicts.looked_up(self, it, key, place, depth) for it in fill.held)
        return frozenset(one for made in told for one in made) or _OPEN

    def _by_function(self, node: ast.Call, place: Place, depth: int) -> Iterator[str]:
        """Yield what a function of the project returns; of another one, the text it is handed."""
        kinds = self.reader.expression(node.func, place.module, place.at)
        functions = [one for it in kinds if isinstance(it, Callee) for one in self._meant(it.of)]
        found: Made = frozenset()
        for it in functions:
            given = {**place.given, **dict(given_by(node, it, place))}
            found |= frozenset(self.results(it, replace(place, given=given, names={}), depth))
        is_known = bool(found - _OPEN)
        name = last_name(node.func)
        if functions and (is_known or not text_methods.quotes(name)):
            yield from found or _OPEN
        elif len(node.args) == 1 and not node.keywords and not _is_number(node.args[0]):
            yield from self.made(node.args[0], place, depth)
        elif name in _WITH_DEFAULT and (node.args or node.keywords):
            told = [it.value for it in node.keywords if it.arg == "default"] or node.args[-1:]
            yield from self.made(told[0] if told else None, place, depth)
        elif text_methods.quotes(name) and node.args:
            yield from self.made(node.args[0], place, depth)
        else:
            yield UNKNOWN

    def _meant(self, function: Function) -> list[Function]:
        """Return a function, or the heirs' methods of that name where it leaves all to them."""
        if function.owner is None or not is_abstract(function):
            return [function]
        heirs = self.reader.models.heirs_with(function.owner, function.name, _HEIRS)
        bound = [(it, one) for it in heirs for one in class_names(it).get(function.name, ())]
        found = [it.module.scopes.get(one.stmt) for it, one in bound]
        return [it for it in found if isinstance(it, Function)] or [function]

    def results(self, function: Function, place: Place, depth: int) -> Iterator[str]:
        """Yield the texts that a function returns."""
        for value, stmt, is_yielded in returned(function):
            if not is_yielded:
                yield from self.made(value, replace(place, module=function.module, at=stmt), depth)


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)


def _value(node: ast.AST | None) -> ast.AST | None:
    """Return what a field is where nobody says otherwise: the default in ``field(default="x")``."""
    if isinstance(node, ast.Call):
        for it in node.keywords:
            if it.arg in _DEFAULTS:
                return it.value.body if isinstance(it.value, ast.Lambda) else it.value
    return node
