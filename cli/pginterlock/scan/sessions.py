"""Decorators that hand a function the session in which it writes. Pure."""

import ast

from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import arguments
from pginterlock.scan.opening import calls_of, within
from pginterlock.scan.units import is_session


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
