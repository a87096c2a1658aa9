"""Where a text of SQL that a statement gives a name is handed to a call, which runs it. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.definitions import last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Function, Instance
from pginterlock.scan.modules import Module, function_of, scope_of, statements_at
from pginterlock.scan.project import calls_of

_FEW = 12  # files: what more of them speak of is no name of its own
_DEPTH = 4  # names that a text is handed on by
# Calls that show a text, and run none.
_SHOWING = frozenset(
    ["debug", "info", "warning", "error", "exception", "log", "print", "len", "repr", "str"]
)
Place = tuple[Module, ast.stmt]


def places(reader: Reader, module: Module, stmt: ast.stmt, depth: int = _DEPTH) -> Iterator[Place]:
    """Yield the statements that hand the text to a call which *stmt* gives a name."""
    name = _name_of(stmt)
    if not name:
        return
    scope = scope_of(module, stmt)
    if isinstance(scope, Function):
        found = _in_function(reader, name, stmt, scope)
    else:
        found = _in_files(reader, name, module, stmt, scope)
    for where, node, at in found:
        calls = [it for it in calls_of(where, at) if _is_given(node, it)]
        if any(last_name(it) not in _SHOWING for it in calls):
            yield where, at
        elif not calls and depth > 0 and at is not stmt:
            yield from places(reader, where, at, depth - 1)


def _name_of(stmt: ast.stmt) -> str:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.AugAssign(target=ast.Name(id=name)):
            return name
    return ""


def _is_given(node: ast.AST, call: ast.Call) -> bool:
    """Say whether a call is handed the text, or what is made of it by a method of texts."""
    given = [*call.args, *(it.value for it in call.keywords)]
    return any(it is node for arg in given for it in walk(arg))


_Use = tuple[Module, ast.AST, ast.stmt]


def _in_function(reader: Reader, name: str, stmt: ast.stmt, function: Function) -> Iterator[_Use]:
    """Yield the uses of a name behind the statement that gives it, or adds to it."""
    module = function.module
    uses = (it for it in walk(function.node) if isinstance(it, ast.Name) and it.id == name)
    for it in uses:
        at = next(iter(statements_at(module, it.lineno)), None)
        if at is None or not isinstance(it.ctx, ast.Load) or it.lineno <= stmt.lineno:
            continue
        given = givings(reader, it, module, at)
        if isinstance(stmt, ast.AugAssign) or any(one.stmt is stmt for one, _ in given):
            yield module, it, at


def _in_files(
    reader: Reader, name: str, module: Module, stmt: ast.stmt, owner: ClassDef | None
) -> Iterator[_Use]:
    """Yield the uses of a constant of a module or class in functions, of any file."""
    holding = reader.project.holding(name)
    paths = [it for it in holding if it != module.path and it.endswith(".py")]
    for path in [module.path, *(paths if len(paths) <= _FEW else ())]:
        where = reader.project.module(path)
        if where is not None:
            for node, at in _named(name, where):
                if _is_it(reader, node, where, at, stmt, owner):
                    yield where, node, at


def _named(name: str, module: Module) -> Iterator[tuple[ast.Name | ast.Attribute, ast.stmt]]:
    """Yield what has a name in the functions of a module, each with its statement."""
    lines = [at for at, line in enumerate(module.text.split("\n"), start=1) if name in line]
    module.parse_at(lines)
    for at in dict.fromkeys(stmt for line in lines for stmt in statements_at(module, line)):
        for part in own_expressions(at) if function_of(module, at) else ():
            for it in walk(part):
                if isinstance(it, ast.Name | ast.Attribute) and last_name(it) == name:
                    yield it, at


def _is_it(
    reader: Reader,
    node: ast.Name | ast.Attribute,
    module: Module,
    at: ast.stmt,
    stmt: ast.stmt,
    owner: ClassDef | None,
) -> bool:
    """Say whether a name or an attribute is what *stmt* gives, in the body of *owner* or not."""
    if isinstance(node, ast.Attribute) and owner is not None:
        held = reader.expression(node.value, module, at)
        of = [it.of for it in held if isinstance(it, Class | Instance)]
        if any(owner in reader.ancestry(it) for it in of):
            return True
    return any(it.stmt is stmt for it, _ in givings(reader, node, module, at))
