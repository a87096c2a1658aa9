"""Whether a name still has the value that a statement gave it, where a call is handed it. Pure."""

import ast

from pginterlock.scan.modules import Module, function_of, local_names
from pginterlock.scan.reaching import reaching


def still_has(name: str, stmt: ast.stmt, module: Module, call: ast.Call, at: ast.stmt) -> bool:
    """Say whether *call*, in the statement *at*, may be handed what *name* was given by *stmt*.

    So it is where the call does not use the name itself, or stands in another function.
    """
    function = function_of(module, stmt)
    if function is None or function_of(module, at) is not function:
        return True
    bound = local_names(function).get(name, [])
    if len(bound) < 2 or not _uses(call, name):  # noqa: PLR2004 - of one there is no other
        return True
    given = [it for it in bound if it.stmt is stmt] or reaching(bound, stmt, module, function)
    there = reaching(bound, at, module, function)
    return not there or any(it in there for it in given)


def _uses(call: ast.Call, name: str) -> bool:
    return any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(call))
