"""Models that a call asks for by their names, as ``get_model("shop", "Order")`` does. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import content_types, orm
from pginterlock.scan.definitions import returned
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    ClassDef,
    Foreign,
    Function,
    Kinds,
    Tuple,
    classes,
    instances,
    many,
    union,
)
from pginterlock.scan.modules import Binding, Module, local_names, scope_of
from pginterlock.scan.texts import Texts

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_NAMING = ("model_name", "model", "name")
_MAKING = frozenset(["make", "prepare", "blend"])  # rows of a model, of model_bakery and its like
_FEW = 6  # files that give a setting its value


def loaded(
    reader: "Reader", name: str, node: ast.Call, module: Module, at: ast.AST
) -> Kinds | None:
    """Return what a call gives that names a model, or stands for one; None for another call."""
    if name in orm.LOADED and (told := _asked(node)):
        texts = [*_texts(reader, told, module, at)]
        return union(reader.models.named(it, module) for it in texts) if texts else None
    if name in content_types.ASKED and (known := content_types.asked(reader, node, module, at)):
        return known
    if name == "get_user_model" and not node.args:
        return reader.models.user()
    if name == "get_classes" and node.args[1:] and isinstance(node.args[1], (ast.List, ast.Tuple)):
        names = [it.value for it in node.args[1].elts if isinstance(it, ast.Constant)]
        return frozenset([Tuple(tuple(reader.models.named(str(it), module) for it in names))])
    if name == "super" and not node.args:
        return reader.models.parents(module, at)
    return _made(reader, node, module, at) if name in _MAKING else None


def handed_a_name(
    reader: "Reader", kinds: Kinds, node: ast.Call, module: Module, at: ast.AST
) -> Kinds:
    """Return the model whose name is handed to what loads it, or the rows made for a test."""
    found: Kinds = NOTHING
    for kind in kinds:
        match kind:
            case Foreign(name=name) if name.rpartition(".")[2] in orm.LOADED:
                found |= loaded(reader, name.rpartition(".")[2], node, module, at) or NOTHING
            case Foreign(name=name) if name.startswith(orm.FIXTURES):
                found |= _made(reader, node, module, at) or NOTHING
            case Callee(of=of) if _loads(of.module):
                if told := _handed_on(of, node):
                    texts = _texts(reader, told, module, at)
                    found |= union(reader.models.named(it, module) for it in texts)
    return found


def _loads(module: Module) -> bool:
    """Say whether a file may load a model by its name."""
    if module.may_load is None:
        module.may_load = any(it in module.text for it in orm.LOADED)
    return module.may_load


def _handed_on(function: Function, node: ast.Call) -> ast.expr | None:
    """Return what a call hands to the parameter by which a function asks for a model."""
    args = [it.arg for it in (*function.node.args.posonlyargs, *function.node.args.args)]
    args = args[1:] if function.owner is not None else args
    for value, _, _ in returned(function):
        match _asked(value) if isinstance(value, ast.Call) else None:
            case ast.Name(id=name) if name in args:
                number = args.index(name)
                by_name = [it.value for it in node.keywords if it.arg == name]
                return by_name[0] if by_name else next(iter(node.args[number : number + 1]), None)
    return None


def _asked(node: ast.Call) -> ast.expr | None:
    """Return the argument of a call that names the model: the last one."""
    by_name = [it.value for it in node.keywords if it.arg in _NAMING]
    return by_name[0] if by_name else node.args[-1] if node.args else None


def _made(reader: "Reader", node: ast.Call, module: Module, at: ast.AST) -> Kinds | None:
    """Return the rows that ``baker.make("shop.Order", _quantity=3)`` or ``G(Order, n=3)`` makes."""
    if not node.args:
        return None
    match node.args[0]:
        case ast.Constant(value=str(name)) if "." in name or name[:1].isupper():
            about = instances(reader.models.named(name, module))
        case first:
            about = instances(classes(reader.expression(first, module, at)))
    is_several = any(it.arg in ("_quantity", "n") for it in node.keywords)
    return (many(about) if is_several else about) or None


def _texts(reader: "Reader", node: ast.AST, module: Module, at: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression is, where a constant or a setting says it."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Call(args=[_, _, ast.Constant(value=str(text))]):  # getattr(settings, "X", "y")
            yield text
        case ast.Starred(value=ast.Call(func=ast.Attribute(value=inner, attr="split"))):
            yield from _texts(reader, inner, module, at)
        case ast.Name(id=name):
            scope = scope_of(module, at)
            bound = local_names(scope).get(name) if isinstance(scope, Function) else None
            if bound and _is_run_over(bound, scope):
                yield from Texts(reader).of(node, module, at)
                return
            for it in bound or module.names(name):
                if it.how in ("assign", "annotated") and not isinstance(it.value, ast.Name):
                    yield from _texts(reader, it.value, module, it.stmt) if it.value else ()
        case ast.Attribute(attr=name) if name.isupper():
            told = [*_settings(reader, name)]
            yield from told or Texts(reader).of(node, module, at)  # a member of a class


def _is_run_over(bound: Sequence[Binding], scope: Function | ClassDef | None) -> bool:
    """Say whether a name is that of a loop, or a parameter of a function that gives nothing."""
    if any(it.how == "for" for it in bound):
        return True
    is_given = any(it.how == "arg" for it in bound)
    return is_given and isinstance(scope, Function) and not any(True for _ in returned(scope))


def _settings(reader: "Reader", name: str) -> Iterator[str]:
    """Yield the texts that modules give a setting."""
    paths = [it for it in reader.project.holding(name) if "settings" in it or "conf" in it]
    for path in paths[:_FEW]:
        if module := reader.project.module(path):
            for it in module.names(name):
                match it.value:
                    case ast.Constant(value=str(text)):
                        yield text
