"""Where a row is saved after it is given values, and what opens a transaction there. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.bindings import own_expressions
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module, function_of, statements
from pginterlock.scan.opening import Opening

_SAVING = frozenset(["save", "asave"])
_TOGETHER = frozenset(
    ["bulk_create", "bulk_update", "abulk_create", "abulk_update", "bulk_save_objects", "add_all"]
)
_WRITING = frozenset(["values", "execute", "executemany", "bulk_insert_mappings"])
_JOINING = frozenset(["append", "add", "extend"])


def saved_in(opening: Opening, module: Module, stmt: ast.AST, row: str) -> str:
    """Return what opens a transaction around the statement that saves *row* after *stmt*.

    Where no *row* is given, it is the one that *stmt* makes.
    """
    function = function_of(module, stmt)
    row = row or _made(stmt) or _filled(stmt)
    if function is None or not row or isinstance(function.node, ast.Lambda):
        return ""
    if (values := _filled(stmt)) and (told := _unpacked(opening, function, stmt, values)):
        return told
    names = {row, *_several(module, stmt, row)}
    for call, other in _after(function, stmt):
        func = call.func
        if not isinstance(func, ast.Attribute):
            continue
        on = ast.unparse(func.value)
        if func.attr in _SAVING and on == row:
            return opening.around(module, other)
        if func.attr in _TOGETHER and any(ast.unparse(it) in names for it in call.args):
            return opening.around(module, other)
        if func.attr in _JOINING and any(ast.unparse(it) == row for it in call.args):
            names.add(on)
        elif on == row and (told := _saves_itself(opening, func, module, other)):
            return told
    return ""


def _made(stmt: ast.AST) -> str:
    """Return the name of the object that a statement makes."""
    match stmt:
        case ast.Assign(targets=[(ast.Name() | ast.Attribute()) as target], value=ast.Call()):
            return ast.unparse(target)
    return ""


def _filled(stmt: ast.AST) -> str:
    """Return the name of the dict that a statement makes, or puts something into."""
    match stmt:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))]):
            return name
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Dict() | ast.List() | ast.ListComp()
        ):
            return name
        case ast.AnnAssign(
            target=ast.Name(id=name), value=ast.Dict() | ast.List() | ast.ListComp()
        ):
            return name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="dict"))):
            return name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"))):
            return name
    return ""


def _unpacked(opening: Opening, function: Function, stmt: ast.AST, values: str) -> str:
    """Return what opens a transaction around the statement that writes a dict after *stmt*."""
    body = [] if isinstance(function.node, ast.Lambda) else function.node.body
    for other in statements(body):
        if not isinstance(other, ast.stmt) or other.lineno <= getattr(stmt, "lineno", 0):
            continue
        for part in own_expressions(other):
            for it in ast.walk(part):
                if isinstance(it, ast.Call) and _takes(it, values):
                    return opening.around(function.module, other)
    return ""


def _takes(call: ast.Call, name: str) -> bool:
    """Say whether a call unpacks a dict of that name, or is given it to write."""
    if any(it.arg is None and ast.unparse(it.value) == name for it in call.keywords):
        return True
    is_writing = isinstance(call.func, ast.Attribute) and call.func.attr in _WRITING
    return is_writing and any(ast.unparse(it) == name for it in call.args)


def _several(module: Module, stmt: ast.AST, row: str) -> Iterator[str]:
    """Yield what the loops around *stmt* take *row* from."""
    node = module.up.get(stmt)
    while node is not None and node not in module.scopes:
        if isinstance(node, (ast.For, ast.AsyncFor)) and ast.unparse(node.target) == row:
            yield ast.unparse(node.iter)
        node = module.up.get(node)


def _after(function: Function, stmt: ast.AST) -> Iterator[tuple[ast.Call, ast.stmt]]:
    """Yield the calls that stand alone, or whose result is kept, after *stmt*."""
    line = getattr(stmt, "lineno", 0)
    body = [] if isinstance(function.node, ast.Lambda) else function.node.body
    for other in statements(body):
        if not isinstance(other, (ast.Expr, ast.Assign, ast.Return)) or other.lineno <= line:
            continue
        for part in own_expressions(other):
            it = part.value if isinstance(part, ast.Await) else part
            if isinstance(it, ast.Call):
                yield it, other


def _saves_itself(opening: Opening, func: ast.expr, module: Module, stmt: ast.AST) -> str:
    """Return which method of a row saves it in a transaction."""
    for it in opening.reader.expression(func, module, stmt):
        if not isinstance(it, Callee) or it.of.owner is None or isinstance(it.of.node, ast.Lambda):
            continue
        for other in statements(it.of.node.body):
            match other:
                case ast.Expr(
                    value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr))
                ) if attr in _SAVING and opening.around(it.of.module, other):
                    return f"{it.of.name} saves it in one"
    return ""
