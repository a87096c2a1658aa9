"""Steps of a schema that a library runs in a transaction, as they are registered. Pure."""

import ast

from pginterlock.scan.definitions import last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Function

_TABLES = frozenset(["UpgradeTable"])  # of mautrix.util.async_db


def runs(reader: Reader, function: Function) -> str:
    """Return what runs *function* in a transaction: ``@upgrade_table.register(...)``; or nothing.

    Nothing too where it asks for none: ``transaction=False``.
    """
    for it in getattr(function.node, "decorator_list", ()):
        match it.func if isinstance(it, ast.Call) else it:
            case ast.Attribute(value=ast.Name() as held, attr="register"):
                pass
            case _:
                continue
        given = givings(reader, held, function.module, function.node)
        made = [one.value for one, _ in given if isinstance(one.value, ast.Call)]
        if any(last_name(one) in _TABLES for one in made) and not _is_alone(it):
            return f"{last_name(held)} runs it in one"
    return ""


def _is_alone(decorator: ast.expr) -> bool:
    told = decorator.keywords if isinstance(decorator, ast.Call) else ()
    return any(
        it.arg == "transaction" and isinstance(it.value, ast.Constant) and not it.value.value
        for it in told
    )
