"""Whether a transaction protects a statement: its own, one of those who call, or none. Pure."""

import ast
import re
from collections.abc import Sequence

from pginterlock.scan.definitions import last_name
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module, class_of, function_of, statements
from pginterlock.scan.site import Callers, Transaction

_OPENING = frozenset(
    [
        "atomic",
        "begin",
        "begin_nested",
        "transaction",
        "commit_on_success",
        "atomic_with_retry",
        "atomic_if_using_transaction",
        "in_transaction",
        "durable_atomic",
        "transaction_atomic",
        "begin_transaction",
    ]
)
_DEPTH = 4
_COMMON = frozenset(
    [
        "save",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "create",
        "update",
        "run",
        "handle",
        "execute",
        "__init__",
        "__call__",
        "clean",
        "main",
        "dispatch",
        "perform",
        "process",
        "add",
        "remove",
        "apply",
        "close",
        "open",
        "start",
        "stop",
        "send",
    ]
)
# Methods that override those of a framework: who calls them is not to be told by their name.
_FRAMEWORK = frozenset(
    ["save", "create", "get_or_create", "update_or_create", "delete", "update", "__init__"]
)
_ATOMIC_REQUESTS = re.compile(rb"ATOMIC_REQUESTS[\"']?\]?\s*[:=]\s*(True|env|bool)")

Verdict = tuple[Transaction, Callers, str]


class Transactions:
    """Says of statements whether a transaction protects them; remembers what it said."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._said: dict[Function, bool | None] = {}
        self._requests: bool | None = None

    def forget(self) -> None:
        """Forget what was said: it is found again when it is asked for."""
        self._said.clear()

    def verdict(self, module: Module, stmt: ast.AST, *, is_session: bool, row: str = "") -> Verdict:
        """Return what protects *stmt*; *is_session*: SQLAlchemy writes it with a unit of work.

        An attribute of *row* is written when that is saved: where *stmt* stands counts for less.
        """
        if told := opened_around(module, stmt) or _saved_in(module, stmt, row):
            return Transaction.YES, Callers.UNKNOWN, told
        if is_test(module) and not is_session:
            return Transaction.UNKNOWN, Callers.UNKNOWN, "a test: its runner may open one"
        function = function_of(module, stmt)
        if function is None:
            return Transaction.UNKNOWN, Callers.UNKNOWN, "it runs when the module is imported"
        return self._in_function(function, module, is_session=is_session)

    def _in_function(self, function: Function, module: Module, *, is_session: bool) -> Verdict:
        """Return what protects the statements of a function which opens nothing itself."""
        if self._in_requests(function):
            return Transaction.YES, Callers.UNKNOWN, "ATOMIC_REQUESTS: each request is one"
        if is_migration(module):
            return _of_migration(module)
        if _commits(function):
            return Transaction.YES, Callers.UNKNOWN, "the function commits what it did"
        if is_session:
            return Transaction.SESSION, Callers.UNKNOWN, "the session's, which ends elsewhere"
        return self._by_callers(function)

    def _by_callers(self, function: Function) -> Verdict:
        if function.name in _FRAMEWORK and function.owner is not None:
            told = f"none here; {function.name} is called from anywhere"
            return Transaction.NO, Callers.UNKNOWN, told
        found = self.callers(function)
        opening = [it for it in found if it[1]]
        if not opening:
            told = "no caller opens one" if found else "none here, and no call of it was found"
            return Transaction.NO, Callers.NO if found else Callers.UNKNOWN, told
        name = opening[0][0]
        if len(opening) == len(found):
            return Transaction.CALLER, Callers.ALL, f"all who call open one, as {name} does"
        told = f"{len(opening)} of {len(found)} who call open one, as {name} does"
        return Transaction.CALLER, Callers.SOME, told

    def callers(self, function: Function) -> Sequence[tuple[str, bool]]:
        """Return who calls a function, and whether he does so in a transaction."""
        return self._callers(function, frozenset([function]), _DEPTH)

    def _callers(
        self, function: Function, asked: frozenset[Function], depth: int
    ) -> Sequence[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        name = function.name
        if name == "__init__" and function.owner:
            name = function.owner.name
        for module, call, stmt in self.reader.project.calls(name):
            caller = function_of(module, stmt)
            if caller in asked or not self._is_call(function, call, module, stmt):
                continue
            who = f"{caller.qualname if caller else module.name}:{stmt.lineno}"
            found.append((who, self._protects(module, stmt, caller, asked, depth)))
        return found

    def _protects(
        self,
        module: Module,
        stmt: ast.AST,
        caller: Function | None,
        asked: frozenset[Function],
        depth: int,
    ) -> bool:
        if opened_around(module, stmt):
            return True
        if caller is None or depth <= 0:
            return False
        if self._in_requests(caller) or is_migration(module):
            return True
        if caller not in self._said:
            self._said[caller] = False  # what calls itself meanwhile
            them = self._callers(caller, asked | {caller}, depth - 1)
            self._said[caller] = any(it[1] for it in them)
        return bool(self._said[caller])

    def _is_call(self, function: Function, call: ast.Call, module: Module, stmt: ast.AST) -> bool:
        found = self.reader.expression(call.func, module, stmt)
        callees = [it.of for it in found if isinstance(it, Callee)]
        if function in callees:
            return True
        if callees:
            return any(
                it.name == function.name
                and it.owner
                and function.owner
                and self.reader.models.is_kin(it.owner, function.owner)
                for it in callees
            )
        if function.name == "__init__":
            return bool(found)
        return not found and function.name not in _COMMON and not isinstance(call.func, ast.Name)

    def _in_requests(self, function: Function) -> bool:
        """Say whether *function* answers a request that is a transaction by the settings."""
        if self._requests is None:
            project = self.reader.project
            self._requests = any(
                _ATOMIC_REQUESTS.search(project.text(it))
                for it in project.holding("ATOMIC_REQUESTS")
            )
        if not self._requests:
            return False
        owner = class_of(function)
        if owner is not None:
            names = {
                it.name for it in self.reader.models.ancestry(owner)
            } | self.reader.models.foreign(owner)
            return any(it.endswith(("View", "ViewSet")) for it in names)
        first = function.node.args.args[:1]
        return bool(first) and first[0].arg == "request"


def _of_migration(module: Module) -> Verdict:
    """Return what protects the statements of a migration."""
    if "atomic = False" in module.text or "atomic=False" in module.text:
        return Transaction.NO, Callers.UNKNOWN, "the migration is not atomic"
    if "alembic" in module.text:
        return Transaction.CALLER, Callers.ALL, "Alembic runs a revision in one"
    return Transaction.YES, Callers.UNKNOWN, "Django runs a migration in one"


def _saved_in(module: Module, stmt: ast.AST, row: str) -> str:
    """Return what opens a transaction around the statement that saves *row* after *stmt*."""
    function = function_of(module, stmt) if row else None
    if function is None or isinstance(function.node, ast.Lambda):
        return ""
    for other in statements(function.node.body):
        match other:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=on, attr="save" | "asave"))):
                is_after = other.lineno > getattr(stmt, "lineno", 0)
                if is_after and ast.unparse(on) == row:
                    return opened_around(module, other)
    return ""


def _commits(function: Function) -> bool:
    """Say whether a function commits the work of a connection that it holds."""
    node = function.node
    for stmt in statements(node.body) if not isinstance(node, ast.Lambda) else ():
        match stmt:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=on, attr="commit"), args=[])):
                if "conn" in last_name(on).lower():
                    return True
    return False


def is_migration(module: Module) -> bool:
    """Say whether a module is a migration of Django or Alembic."""
    folders = module.path.split("/")[:-1]
    return any(it in ("migrations", "versions") for it in folders)


def is_test(module: Module) -> bool:
    """Say whether a module is of tests."""
    parts = module.path.split("/")
    name = parts[-1]
    return (
        any(it in ("test", "tests", "testing", "factories", "fixtures") for it in parts[:-1])
        or name.startswith("test_")
        or name in ("conftest.py", "tests.py", "factories.py")
    )


def opened_around(module: Module, stmt: ast.AST) -> str:
    """Return what opens a transaction around a statement in its own function; or nothing."""
    node: ast.AST | None = stmt
    while node is not None:
        if isinstance(node, (ast.With, ast.AsyncWith)):
            for it in node.items:
                if opens(it.context_expr):
                    return f"line {node.lineno} opens one"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if told := _decorated(node):
                return told
            owner = module.up.get(node)
            if isinstance(owner, ast.ClassDef) and (told := _of_class(owner, node.name)):
                return told
            return ""
        node = module.up.get(node)
    return ""


def opens(node: ast.AST) -> bool:
    """Say whether a context manager opens a transaction."""
    name = last_name(node)
    return name in _OPENING or name.endswith("_atomic")


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    for it in node.decorator_list:
        if opens(it):
            return f"decorated by {last_name(it)}"
        if (
            isinstance(it, ast.Call)
            and last_name(it) == "method_decorator"
            and any(map(opens, it.args))
        ):
            return "decorated by atomic"
    return ""


def _of_class(owner: ast.ClassDef, method: str) -> str:
    for it in owner.decorator_list:
        if (
            isinstance(it, ast.Call)
            and last_name(it) == "method_decorator"
            and any(map(opens, it.args))
        ):
            named = [
                k.value.value
                for k in it.keywords
                if k.arg == "name" and isinstance(k.value, ast.Constant)
            ]
            if not named or named[0] in ("dispatch", method):
                return "its class is decorated by atomic"
    return ""
