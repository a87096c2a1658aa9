"""Sessions of an ORM in which functions write: handed over, kept on an object, global. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, ClassDef, Function
from pginterlock.scan.members import assigned_on_self
from pginterlock.scan.modules import Module, arguments, class_names, function_of
from pginterlock.scan.opening import calls_of, within
from pginterlock.scan.units import executing, is_session


def is_handed_one(reader: Reader, function: Function) -> bool:
    """Say whether a decorator hands *function* its session: who calls need not begin one."""
    if isinstance(function.node, ast.Lambda):
        return False
    for it in function.node.decorator_list:
        func = it.func if isinstance(it, ast.Call) else it
        found = reader.expression(func, function.module, function.node)
        callees = [kind.of for kind in found if isinstance(kind, Callee)]
        if any(map(_hands, callees)):
            return True
        if not callees and "session" in last_name(func).lower():
            return True
    return False


def in_one(reader: Reader, function: Function, stmt: ast.AST) -> bool:
    """Say whether a session of an ORM executes the statement that *stmt* writes with."""
    every = list(executing(function))
    them = [it for it in every if it[1] is stmt] or every
    return bool(them) and all(
        is_session(it, function) or _is_kept(reader, it, function, at) for it, at in them
    )


def _is_kept(reader: Reader, node: ast.AST, function: Function, at: ast.AST) -> bool:
    """Say whether an expression is a session by what gave it its value, wherever that stands."""
    match node:
        case ast.Name():
            given = givings(reader, node, function.module, at)
            return any(_gives(reader, it.stmt, it.value, module) for it, module in given)
        case ast.Attribute(value=ast.Name(id="self"), attr=attr) if function.owner:
            return any(_is_member(reader, base, attr) for base in reader.ancestry(function.owner))
    return False


def _is_member(reader: Reader, of: ClassDef, name: str) -> bool:
    """Say whether a class keeps a session in an attribute."""
    for it in assigned_on_self(reader, of).get(name, ()):
        method = function_of(of.module, it.stmt)
        if _speaks(it.note) or (method and it.value and is_session(it.value, method)):
            return True
    declared = class_names(of).get(name, ())
    return any(_gives(reader, it.stmt, it.value, of.module) for it in declared)


def _gives(reader: Reader, stmt: ast.AST, value: ast.AST | None, module: Module) -> bool:
    """Say whether a statement gives a name a session: by an annotation, or by what is called."""
    match stmt:
        case ast.arg(annotation=ast.Name() as note):
            told = givings(reader, note, module, stmt)
            return any(isinstance(it.value, ast.Subscript) and _speaks(it.value) for it, _ in told)
        case ast.arg():
            return any(_speaks_of_result(reader, it, module) for it in _default(stmt, module))
        case ast.AnnAssign(annotation=note) if _speaks(note):
            return True
    return isinstance(value, ast.Call) and _speaks(value.func)


def _default(arg: ast.arg, module: Module) -> Iterator[ast.expr]:
    """Yield the function that ``Depends`` asks for the value of a parameter."""
    function = module.owners.get(arg)
    if function is None:
        return
    a = function.node.args
    plain = [*a.posonlyargs, *a.args]
    pairs = [*zip(reversed(plain), reversed(a.defaults), strict=False)]
    for one, default in [*pairs, *zip(a.kwonlyargs, a.kw_defaults, strict=True)]:
        match default:
            case ast.Call(args=[asked, *_]) if one is arg:
                yield asked


def _speaks_of_result(reader: Reader, node: ast.expr, module: Module) -> bool:
    """Say whether a function gives a session."""
    callees = [it.of for it in reader.expression(node, module, node) if isinstance(it, Callee)]
    return any(is_session(value, it) for it in callees for value, _, _ in returned(it))


def _speaks(node: ast.AST | None) -> bool:
    return node is not None and "session" in ast.unparse(node).lower()


def _hands(decorator: Function) -> bool:
    """Say whether *decorator*, or a function in it, calls with a session what it was given."""
    held = list(within(decorator))
    given = {arg.arg for it in held for arg in arguments(it.node)}
    for inner in held:
        for call, _ in calls_of(inner):
            if not isinstance(call.func, ast.Name) or call.func.id not in given:
                continue
            values = [*call.args, *(it.value for it in call.keywords if it.arg)]
            plain = [it for it in values if not isinstance(it, ast.Starred)]
            if any(is_session(it, inner) for it in plain) or _puts_in(inner.node):
                return True
    return False


def _puts_in(node: ast.AST) -> bool:
    """Say whether a function puts a session into the keywords that it hands on."""
    for it in ast.walk(node):
        match it:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(key)))]):
                if "session" in key.lower():
                    return True
    return False
