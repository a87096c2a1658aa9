"""Calls that make rows for tests: of factories, recipes, and what is handed a model. Pure."""

import ast
import re
from collections.abc import Iterator

from pginterlock.scan import orm
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    Foreign,
    Instance,
    Kinds,
    Many,
    instances,
    items,
    union,
)
from pginterlock.scan.modules import Module, class_names, statements_at
from pginterlock.scan.project import called_name, calls_of
from pginterlock.scan.wanted import Wanted, fits

BATCHES = frozenset(["create", "build", "create_batch", "build_batch", "create_sync"])
_MAKERS = frozenset(["make", "prepare", "make_recipe", "blend"])
_DECLARING = frozenset(["SubFactory", "RelatedFactory", "RelatedFactoryList"])
_RECIPE = "Recipe"
_OF_RECIPES = frozenset(["make", "prepare", "extend"])
_SPEAKING = ("Factory", "baker", "mixer")  # of what makes rows for tests
_MOST = 400  # files that have such a keyword

Written = tuple[str, bool | None]  # the construct, and whether rows are new; None: some are


def made_by(reader: Reader, it: Class) -> Kinds:
    """Return the rows that a factory makes; nothing of another class."""
    made = reader.models.made(it.of)
    is_other = made != frozenset([Instance(it.of)])
    return made if is_other and not any(isinstance(k, Many) for k in made) else NOTHING


def by_factory(
    reader: Reader, wanted: Wanted, name: str, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how a call that makes rows for tests, or says how they are made, writes them."""
    is_recipe = name == _RECIPE or name in _OF_RECIPES
    if is_recipe and fits(reader, wanted, _of_recipe(reader, name, call, module, stmt)):
        return ("kwarg_factory" if name in _MAKERS else "factory_attr"), True
    is_making = name in _MAKERS or _is_of_fixtures(reader, call, module, stmt)
    if not call.args or not (is_making or name in _DECLARING):
        return None
    about = reader.expression(call.args[0], module, stmt)
    if is_making:
        about = about or reader.expression(call, module, stmt)  # baker.make("shop.Order")
        return ("kwarg_factory", True) if fits(reader, wanted, about) else None
    made = (made_by(reader, it) for it in about if isinstance(it, Class))
    return ("factory_attr", True) if any(fits(reader, wanted, it) for it in made) else None


def _is_of_fixtures(reader: Reader, call: ast.Call, module: Module, stmt: ast.AST) -> bool:
    kinds = reader.expression(call.func, module, stmt)
    return any(isinstance(it, Foreign) and it.name.startswith(orm.FIXTURES) for it in kinds)


def _of_recipe(
    reader: Reader, name: str, call: ast.Call, module: Module, stmt: ast.AST, depth: int = 3
) -> Kinds:
    """Return the rows of ``Recipe(Order)``, or of a method of what one was given to."""
    match name, call:
        case "Recipe", ast.Call(args=[ast.Constant(value=str(model)), *_]):
            return instances(reader.models.named(model, module))
        case "Recipe", ast.Call(args=[first, *_]):
            return instances(reader.expression(first, module, stmt))
        case _, ast.Call(func=ast.Attribute(value=ast.Name() | ast.Attribute() as on)) if depth:
            return union(
                _of_recipe(reader, called_name(it.value), it.value, where, it.stmt, depth - 1)
                for it, where in givings(reader, on, module, stmt)
                if isinstance(it.value, ast.Call) and called_name(it.value) in (_RECIPE, "extend")
            )
    return NOTHING


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield what a factory is told of the rows that its own lead to: ``f(order__status=x)``."""
    for name in sorted(wanted.names):
        looked = re.compile(rb"__%b[ \t]*=(?!=)" % re.escape(name.encode()))
        paths = reader.project.holding(f"__{name}")
        speaking = {it for word in _SPEAKING for it in reader.project.holding(word)}
        for path in paths if len(paths) <= _MOST else ():
            raw = reader.project.text(path) if path in speaking else b""
            lines = [raw.count(b"\n", 0, it.start()) + 1 for it in looked.finditer(raw)]
            if lines and (module := reader.project.module(path)):
                yield from _of_lines(reader, wanted, name, module, lines)


def _of_lines(
    reader: Reader, wanted: Wanted, name: str, module: Module, lines: list[int]
) -> Iterator[Draft]:
    module.parse_at(lines)
    for stmt in dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)):
        for call in calls_of(module, stmt):
            for keyword in call.keywords:
                *path, last = (keyword.arg or "").split("__")
                if last != name or not all(path) or not path:
                    continue
                if fits(reader, wanted, _led_to(reader, call, path, module, stmt)):
                    value = keyword.value
                    it = Candidate("keyword", name, value, stmt, call.func, value, call)
                    told = f"a factory makes a {wanted.shown} with it"
                    yield drafted(
                        reader, wanted, it, module, "kwarg_factory",
                        is_new=True, call=call, reason=told,
                    )  # fmt: skip


def _led_to(
    reader: Reader, call: ast.Call, path: list[str], module: Module, stmt: ast.AST
) -> Kinds:
    """Return the rows that a path leads to from those which a call makes for a test."""
    name, func = called_name(call), call.func
    if isinstance(func, ast.Attribute) and name in BATCHES:
        func = func.value
    owners = [it for it in reader.expression(func, module, stmt) if isinstance(it, Class)]
    made = union(made_by(reader, it) for it in owners)
    if not made and name in _MAKERS and call.args:
        about = reader.expression(call.args[0], module, stmt)
        made = instances(about) or reader.expression(call, module, stmt)
    for number, part in enumerate(path):
        if not made:
            return NOTHING
        led = reader.attribute(made, part)
        if not led and not number:
            led = union(_declared(reader, it, part) for it in owners)
        made = frozenset(it for it in led | items(led) if isinstance(it, Instance))
    return made


def _declared(reader: Reader, of: Class, name: str) -> Kinds:
    """Return the rows of the factory that another one declares under a name."""
    for base in reader.ancestry(of.of):
        for it in class_names(base).get(name, ()):
            if isinstance(it.value, ast.Call) and it.value.args:
                told = reader.expression(it.value.args[0], base.module, it.stmt)
                return union(made_by(reader, one) for one in told if isinstance(one, Class))
    return NOTHING
