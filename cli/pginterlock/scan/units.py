"""Units of work that a function begins or ends by statements; those of a session. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence

from pginterlock.scan.definitions import last_name
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Binding, local_names, statements
from pginterlock.scan.project import calls_of

_CONNECTION = re.compile(r"(^|_)(conn|connection|con|cnx|cnxn)\d?$")
_HOLDER = re.compile(
    r"(^|_)(conn|connection|con|cnx|db|database|trans|transaction|tx|tr|cursor|cur)\d?$"
)
_CONNECTING = frozenset(
    ["connect", "connection", "acquire", "getconn", "raw_connection", "get_connection", "get_conn"]
)
_EXECUTING = frozenset(
    ["execute", "executemany", "scalars", "scalar", "stream", "stream_scalars", "exec"]
)
_BEGIN = re.compile(r"\s*(begin|start\s+transaction)\b", re.IGNORECASE)
_ENTERED = frozenset(["atomic", "begin", "begin_nested", "transaction"])


def is_connection(node: ast.AST) -> bool:
    """Say whether an expression is a connection, by its name."""
    return bool(_CONNECTION.search(last_name(node).lower()))


def begins(
    function: Function, before: int | None = None, *, counts_savepoints: bool = True
) -> bool:
    """Say whether a function begins a transaction by a statement, above the line *before*."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return False
    known = function.module.begins
    if node not in known:
        calls = own_calls(function)
        known[node] = [
            (stmt.lineno, last_name(call) == "begin_nested")
            for call, stmt in calls
            if _is_beginning(call, function) and not _is_of_block(call, stmt)
        ]
    return any(
        (before is None or line < before) and (counts_savepoints or not is_savepoint)
        for line, is_savepoint in known[node]
    )


def _is_beginning(call: ast.Call, function: Function) -> bool:
    match call:
        case ast.Call(func=ast.Attribute(value=on, attr="begin" | "begin_nested")):
            return (
                _is_holder(on, function)
                or "session" in last_name(on).lower()
                or _is_kept(call, function)
            )
        case ast.Call(func=ast.Attribute(value=on, attr="start"), args=[]):
            return _is_transaction(on, function)
        case ast.Call(
            func=ast.Attribute(attr="enter_context" | "enter_async_context"),
            args=[ast.Call() as it],
        ):
            return last_name(it) in _ENTERED
        case ast.Call(
            func=ast.Attribute(attr="set_autocommit"), args=[ast.Constant(value=False), *_]
        ):
            return True
        case ast.Call(
            func=ast.Attribute(attr="execute" | "exec_driver_sql"),
            args=[ast.Constant(value=str(text)), *_],
        ):
            return bool(_BEGIN.match(text))
    return False


def _is_of_block(call: ast.Call, stmt: ast.stmt) -> bool:
    """Say whether a call begins what ends with a block: ``with engine.begin() as conn:``."""
    items = stmt.items if isinstance(stmt, ast.With | ast.AsyncWith) else ()
    made = (it.context_expr for it in items)
    return any(call is (it.value if isinstance(it, ast.Await) else it) for it in made)


def _is_kept(call: ast.Call, function: Function) -> bool:
    """Say whether a call's result is kept under a name that says it is a transaction."""
    return any(
        it.value is call and _HOLDER.search(name.lower())
        for name, them in local_names(function).items()
        for it in them
    )


def _is_transaction(node: ast.AST, function: Function) -> bool:
    """Say whether a name was given a transaction of a connection."""
    return any(
        isinstance(it.value, ast.Call) and last_name(it.value) == "transaction"
        for it in _bound(node, function)
    )


def commits(function: Function) -> bool:
    """Say whether a function commits the work of a connection that it holds."""
    for call, _ in own_calls(function):
        match call:
            case ast.Call(func=ast.Attribute(value=on, attr="commit"), args=[]):
                if _is_holder(on, function) and not is_session(on, function):
                    return True
    return False


def _is_holder(node: ast.AST, function: Function) -> bool:
    """Say whether an expression is a connection, a transaction, or what holds one."""
    if isinstance(node, ast.Await):
        node = node.value
    name = last_name(node).lower()
    if "conn" in name or _HOLDER.search(name):
        return True
    return any(last_name(it.value) in _CONNECTING for it in _bound(node, function) if it.value)


def is_session(node: ast.AST, function: Function) -> bool:
    """Say whether an expression is a session of an ORM: by its name, its annotation, its maker."""
    if "session" in ast.unparse(node).lower():
        return True
    for it in _bound(node, function):
        if isinstance(it.value, ast.arg):
            note = it.value.annotation
            if note is not None and "session" in ast.unparse(note).lower():
                return True
        elif it.value is not None and "session" in last_name(it.value).lower():
            return True
    return False


def _bound(node: ast.AST, function: Function) -> Iterator[Binding]:
    """Yield what binds a name in its function, or in those around it."""
    it: Function | None = function
    while isinstance(node, ast.Name) and it is not None:
        if found := local_names(it).get(node.id):
            yield from found
            return
        it = it.outer


def executing(function: Function) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield on what a function executes something, with the statement."""
    for call, stmt in own_calls(function):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _EXECUTING:
            yield call.func.value, stmt


def own_calls(function: Function) -> Sequence[tuple[ast.Call, ast.stmt]]:
    """Return the calls of a function's own statements, each with its statement."""
    node, known = function.node, function.module.calls
    if node not in known:
        body = [] if isinstance(node, ast.Lambda) else node.body
        known[node] = [
            (it, stmt)
            for stmt in statements(body)
            if isinstance(stmt, ast.stmt)
            for it in calls_of(function.module, stmt)
        ]
    return known[node]
