"""An Alembic revision to actions: what ``upgrade`` and ``downgrade`` do, in their order.

Pure: a tree in, actions and remarks out.
"""

import ast
import re
import sys

from pginterlock.lint import alembic_rows, python_sql
from pginterlock.lint.actions import UNKNOWN, Action, Place, Reading, Relation, Remark, Verb
from pginterlock.lint.alembic_ops import OPERATIONS, Op
from pginterlock.lint.python_places import place_of
from pginterlock.lint.read_sql import Target
from pginterlock.lint.running import Runner
from pginterlock.lint.values import (
    Assigned,
    Attribute,
    Call,
    Function,
    Named,
    Value,
    is_call_of,
    spoken,
)

_ENTRIES = re.compile(r"(upgrade|downgrade)(_\w+)?\Z")
_OP = ("alembic.op", "op")
_KNOWN_MODULES = ("alembic", "op", "sqlalchemy", "sqlmodel", "pandas")
ELSEWHERE = "a function of another file; look at it yourself"
_INVOKED = "an operation that is put together here; look at it yourself"
_ALL_TABLES = "all tables of a metadata are dropped; look at it yourself"
CUT = "too much to go through; look at the rest yourself"
_UNKNOWN_TABLE = "an operation on a table or column that is not known here; look at it yourself"


def is_revision(tree: ast.Module) -> bool:
    """Whether a file is a revision of Alembic."""
    names = [it.name for it in tree.body if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return any(_ENTRIES.match(name) for name in names)


def read_revision(tree: ast.Module, lines: list[str]) -> Reading:
    """Return what a revision does."""
    reading = Reading()
    names = [it.name for it in tree.body if isinstance(it, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for name in names:
        if not _ENTRIES.match(name):
            continue
        reader = _Reader(reading, name)
        runner = Runner(lines, reader)
        runner.module(tree)
        reader.begin()
        function = runner.scope.get(name)
        if isinstance(function, Function):
            runner.function(function)
        if runner.is_cut:
            reading.unread.append(Remark(Place(1, 1, name), CUT))
    return reading


class _Reader:
    """Hears of the calls of one function."""

    def __init__(self, reading: Reading, function: str) -> None:
        self._reading = reading
        self._function = function
        self._unit: list[Action] = []
        self._has_begun = False

    def begin(self) -> None:
        """Take what follows for the function's own; what the module does before is not."""
        self._has_begun = True
        self._reading.units.append(self._unit)

    def assigned(self, given: Assigned, runner: Runner) -> None:
        """Take in what is assigned to a row of a session."""
        if self._has_begun:
            place = place_of(given.node, self._function, runner.calls)
            self._unit += alembic_rows.assigned(given, place)

    def told(self, found: Attribute) -> Value:
        """Give back the attribute itself."""
        return found

    def called(self, made: Call, runner: Runner) -> Value:
        """Take in what one call does."""
        if not self._has_begun:
            return self._worth(made)
        place = place_of(made.node, self._function, runner.calls)
        op = self._operation(made, place)
        if op and made.name in OPERATIONS:
            for action in OPERATIONS[made.name](op):
                self._add(action, place)
        elif made.name in python_sql.EXECUTING:
            target = Target(self._reading, self._unit)
            value = made.argument(0, "sqltext", "statement", "clause", "sql", "query")
            is_sure = _is_database(made.receiver)
            given = made.argument(1, "parameters", "params")
            python_sql.execute(value, place, target, is_sure=is_sure, given=given)
        elif made.name == "create" and is_call_of(made.receiver, "Enum", "ENUM"):
            name, labels = python_sql.type_text(made.receiver)
            self._unit.append(Action(Verb.CREATE_ENUM, place, Relation(None, name), columns=labels))
        elif hidden := _hidden(made):
            self._reading.unread.append(Remark(place, hidden))
        elif found := list(alembic_rows.written(made, place)):
            self._unit += found
        elif made.name == "drop" and (table := python_sql.table_of(made.receiver)):
            self._unit.append(Action(Verb.DROP_TABLE, place, table))
        return self._worth(made)

    def _operation(self, made: Call, place: Place) -> Op | None:
        receiver = made.receiver
        if _is_op(receiver):
            return Op(made, place)
        if is_call_of(receiver, "batch_alter_table") and isinstance(receiver, Call):
            return Op(made, place, batch=receiver)
        # a project's own create_table, drop_column and so on, which wrap those of op
        is_wrapper = isinstance(made.func, Named) and not made.func.path.startswith("sqlalchemy")
        return Op(made, place) if is_wrapper and isinstance(made.argument(0), str) else None

    def _add(self, action: Action, place: Place) -> None:
        if UNKNOWN in (action.name, action.to):
            self._reading.unread.append(Remark(place, _UNKNOWN_TABLE))
        else:
            self._unit.append(action)

    def _worth(self, made: Call) -> Value:
        if made.name in ("f", "quoted_name", "conv") and made.args:
            return made.args[0]
        return made


def _is_op(value: Value) -> bool:
    return isinstance(value, Named) and value.path in _OP


def _hidden(made: Call) -> str:
    """Return why a call may do what is not seen here, nothing where it does not."""
    if made.name == "drop_all":
        return _ALL_TABLES
    if made.name == "invoke" and _is_op(made.receiver):
        return _INVOKED
    return ELSEWHERE if _is_handed_on(made) else ""


def _is_handed_on(made: Call) -> bool:
    """Whether a function of another file is given what it may run operations or SQL with."""
    path = made.func.path if isinstance(made.func, Named) else ""
    module = path.partition(".")[0]
    if "." not in path or module in _KNOWN_MODULES or module in sys.stdlib_module_names:
        return False
    given = (*made.args, *made.named.values())
    return any(is_call_of(it, "get_bind", "batch_alter_table") or _is_op(it) for it in given)


def _is_database(receiver: Value) -> bool:
    """Whether a method called ``execute`` is one that runs SQL: of op, a connection, a session."""
    words = spoken(receiver)
    return any(word in words for word in ("op", "bind", "conn", "session", "cursor", "engine"))
