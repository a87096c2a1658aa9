"""An Alembic revision to actions: what ``upgrade`` and ``downgrade`` do, in their order.

Pure: a tree in, actions and remarks out.
"""

import ast
import re

from pginterlock.lint import python_sql
from pginterlock.lint.actions import UNKNOWN, Action, Place, Reading, Relation, Remark, Verb
from pginterlock.lint.alembic_ops import OPERATIONS, Op
from pginterlock.lint.python_places import place_of
from pginterlock.lint.read_sql import Target
from pginterlock.lint.running import Runner
from pginterlock.lint.values import Call, Function, Named, Value, chain, is_call_of, spoken

_ENTRIES = re.compile(r"(upgrade|downgrade)(_\w+)?\Z")
_OP = ("alembic.op", "op")
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

    def assigned(self, base: Value, name: str, value: Value) -> None:
        """Nothing of a revision is done by assigning."""

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
            python_sql.execute(value, place, target, is_sure=_is_database(made.receiver))
        elif made.name == "create" and is_call_of(made.receiver, "Enum", "ENUM"):
            name, labels = python_sql.type_text(made.receiver)
            self._unit.append(Action(Verb.CREATE_ENUM, place, Relation(None, name), columns=labels))
        elif made.name in ("update", "delete"):
            self._query(made, place)
        elif made.name == "drop" and (table := python_sql.table_of(made.receiver)):
            self._unit.append(Action(Verb.DROP_TABLE, place, table))
        return self._worth(made)

    def _operation(self, made: Call, place: Place) -> Op | None:
        receiver = made.receiver
        if isinstance(receiver, Named) and receiver.path in _OP:
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

    def _query(self, made: Call, place: Place) -> None:
        """Take in ``session.query(Booking).filter(...).update({...})``."""
        for it in chain(made.receiver):
            if is_call_of(it, "query") and isinstance(it, Call):
                table = python_sql.table_of(it.argument(0))
                columns = python_sql.pairs(made.argument(0, "values"))
                if table:
                    values = tuple((k, python_sql.literal_of(v)) for k, v in columns.items())
                    verb = Verb.UPDATE if made.name == "update" else Verb.DELETE
                    self._unit.append(
                        Action(verb, place, table, columns=tuple(columns), values=values)
                    )

    def _worth(self, made: Call) -> Value:
        if made.name in ("f", "quoted_name", "conv") and made.args:
            return made.args[0]
        return made


def _is_database(receiver: Value) -> bool:
    """Whether a method called ``execute`` is one that runs SQL: of op, a connection, a session."""
    words = spoken(receiver)
    return any(word in words for word in ("op", "bind", "conn", "session", "cursor", "engine"))
