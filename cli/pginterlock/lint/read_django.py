"""A Django migration to actions, and what it does to the models.

Pure: a tree and the models before in, actions and the models after out.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace

from pginterlock.lint import python_sql
from pginterlock.lint.actions import Action, Place, Reading, Remark, Verb
from pginterlock.lint.django_code import CodeReader
from pginterlock.lint.django_state import Field, Models, read_field, read_model
from pginterlock.lint.python_places import place_of
from pginterlock.lint.read_alembic import CUT, ELSEWHERE
from pginterlock.lint.read_sql import Target
from pginterlock.lint.running import Quiet, Runner
from pginterlock.lint.values import NOTHING, Call, Class, Function, Named, Partial, Value
from pginterlock.lint.widths import is_wider

_REVERSE_SQL, _REVERSE_CODE = "reverse_sql", "reverse_code"
_INTERLOCK = {
    "interlockdrop": Verb.DROP_MACHINE,
    "interlockapply": Verb.APPLY_MACHINE,
}


_OWN = "an operation that the file itself declares; look at it yourself"


def is_migration(tree: ast.Module) -> bool:
    """Whether a file is a migration of Django."""
    return any(isinstance(it, ast.ClassDef) and it.name == "Migration" for it in tree.body)


def read_migration(tree: ast.Module, lines: list[str], models: Models) -> Reading:
    """Return what a migration does; *models* are as it finds them, and then as it leaves them."""
    reading = Reading()
    unit: list[Action] = []
    reading.units.append(unit)
    quiet = Runner(lines, Quiet())
    quiet.module(tree)
    migration = quiet.scope.get("Migration")
    if isinstance(migration, Class):
        found = migration.body.get("operations")
        reader = _Operations(reading, unit, models, lines)
        reader.read(found if isinstance(found, (list, tuple)) else ())
    return reading


class _Operations:
    """The operations of one migration."""

    def __init__(
        self, reading: Reading, unit: list[Action], models: Models, lines: list[str]
    ) -> None:
        self._reading = reading
        self._unit = unit
        self._models = models
        self._lines = lines
        self._is_database = True
        self._is_state = True

    def read(self, operations: Value) -> None:
        """Read a list of operations."""
        for it in operations if isinstance(operations, (list, tuple)) else ():
            if not isinstance(it, Call):
                continue
            place = place_of(it.node, "")
            name = it.name.lower().replace("_", "")
            if name in _INTERLOCK:
                machine = it.argument(0, "machine", "name")
                told = str(machine) if isinstance(machine, str) and "\n" not in machine else ""
                self._add(Action(_INTERLOCK[name], place, None, told))
            elif it.name in _OPERATIONS:
                _OPERATIONS[it.name](self, it, place)
            elif isinstance(it.func, Class):
                self._reading.unread.append(Remark(place, _OWN))

    def _add(self, *actions: Action) -> None:
        if self._is_database:
            self._unit.extend(actions)

    def _is_ours(self, model: str) -> bool:
        found = self._models.get(model)
        return found is None or found.is_managed

    def create_model(self, it: Call, place: Place) -> None:
        """Take in a CreateModel."""
        name = _text(it.argument(0, "name"))
        model = read_model(it.argument(1, "fields"), it.argument(2, "options"))
        if self._is_state:
            self._models.put(name, model)
        if model.is_managed:
            self._add(Action(Verb.CREATE_TABLE, place, self._models.table(name)))

    def delete_model(self, it: Call, place: Place) -> None:
        """Take in a DeleteModel."""
        name = _text(it.argument(0, "name"))
        if self._is_ours(name):
            self._add(Action(Verb.DROP_TABLE, place, self._models.table(name)))
        if self._is_state:
            self._models.known.pop((self._models.app or "", name.lower()), None)

    def rename_model(self, it: Call, place: Place) -> None:
        """Take in a RenameModel: a table with a name of its own keeps it."""
        old, new = _text(it.argument(0, "old_name")), _text(it.argument(1, "new_name"))
        model = self._models.get(old)
        if not (model and (model.table or not model.is_managed)):
            table = self._models.table(old)
            to = self._models.table(new).name
            self._add(Action(Verb.RENAME_TABLE, place, table, to=to))
        if model and self._is_state:
            self._models.put(new, model)

    def alter_table(self, it: Call, place: Place) -> None:
        """Take in an AlterModelTable."""
        name, to = _text(it.argument(0, "name")), it.argument(1, "table")
        before, model = self._models.table(name), self._models.get(name)
        app = self._models.app
        after = str(to) if isinstance(to, str) else f"{app}_{name.lower()}" if app else ""
        if after != before.name and self._is_ours(name):
            self._add(Action(Verb.RENAME_TABLE, place, before, to=after))
        if self._is_state and model:
            model.table = str(to) if isinstance(to, str) else None

    def add_field(self, it: Call, place: Place) -> None:
        """Take in an AddField."""
        model, name, field = self._field(it)
        table = self._models.table(model)
        if field and field.column and self._is_ours(model):
            self._add(Action(Verb.ADD_COLUMN, place, table, field.column, field.name))
            if field.is_stored:
                why = f"column {field.column} is generated and stored"
                self._add(Action(Verb.REWRITE, place, table, why))
        self._keep(model, name, field)

    def remove_field(self, it: Call, place: Place) -> None:
        """Take in a RemoveField."""
        model, name, _ = self._field(it)
        if self._is_ours(model):
            table = self._models.table(model)
            for column in self._models.columns(model, name):
                self._add(Action(Verb.DROP_COLUMN, place, table, column))
        found = self._models.get(model)
        if found and self._is_state:
            found.fields.pop(name, None)

    def rename_field(self, it: Call, place: Place) -> None:
        """Take in a RenameField: a column with a name of its own keeps it."""
        model = _text(it.argument(0, "model_name"))
        old, new = _text(it.argument(1, "old_name")), _text(it.argument(2, "new_name"))
        found = self._models.get(model)
        known = found.fields.get(old) if found else None
        if not (known and known.has_own_column) and self._is_ours(model):
            for column in self._models.columns(model, old):
                to = new + column.removeprefix(old)
                table = self._models.table(model)
                self._add(Action(Verb.RENAME_COLUMN, place, table, column, to))
        if found and known and self._is_state:
            found.fields.pop(old)
            kept = known.column
            if kept and not known.has_own_column:
                kept = new + kept.removeprefix(old)
            found.fields[new] = replace(known, column=kept)

    def alter_field(self, it: Call, place: Place) -> None:
        """Take in an AlterField; what the database does not see, such as choices, is nothing."""
        model, name, after = self._field(it)
        found = self._models.get(model)
        before = found.fields.get(name) if found else None
        if after and after.column and self._is_ours(model):
            self._add(*self._altered(place, model, before, after))
        self._keep(model, name, after)

    def _altered(
        self, place: Place, model: str, before: Field | None, after: Field
    ) -> list[Action]:
        table, column = self._models.table(model), after.column or ""
        if before is None:
            maybe = frozenset(["maybe"])
            return [Action(Verb.RETYPE_COLUMN, place, table, column, after.name, words=maybe)]
        found, old = [], before.column or column
        if (before.width, before.type) != (after.width, after.type):
            wider = is_wider(before.width, after.width) and before.type == after.type
            words = frozenset(["wider"] if wider else [])
            found.append(Action(Verb.RETYPE_COLUMN, place, table, old, after.name, words=words))
        if before.is_null and not after.is_null:
            found.append(Action(Verb.SET_NOT_NULL, place, table, old))
        if after.default is not None and after.default != before.default:
            found.append(Action(Verb.SET_DEFAULT, place, table, old, after.default))
        if old != column:
            found.append(Action(Verb.RENAME_COLUMN, place, table, old, column))
        return found

    def remove_constraint(self, it: Call, place: Place) -> None:
        """Take in a RemoveConstraint."""
        table = self._models.table(_text(it.argument(0, "model_name")))
        name = _text(it.argument(1, "name"))
        self._add(Action(Verb.DROP_CONSTRAINT, place, table, name))

    def remove_index(self, it: Call, place: Place) -> None:
        """Take in a RemoveIndex."""
        self._add(Action(Verb.DROP_INDEX, place, None, _text(it.argument(1, "name"))))

    def separate(self, it: Call, place: Place) -> None:
        """Take in a SeparateDatabaseAndState: the one half for the tables, the other for models."""
        del place
        was = self._is_database, self._is_state
        self._is_state = False
        self.read(it.argument(0, "database_operations"))
        self._is_database, self._is_state = False, was[1]
        self.read(it.argument(1, "state_operations"))
        self._is_database, self._is_state = was

    def run_sql(self, it: Call, place: Place) -> None:
        """Take in a RunSQL, its reverse in a unit of its own."""
        if self._is_database:
            self._sql(it.argument(0, "sql"), place, self._unit)
            back: list[Action] = []
            down = place_of(it.node, _REVERSE_SQL)
            self._sql(it.argument(1, "reverse_sql"), down, back)
            if back:
                self._reading.units.append(back)
        if self._is_state:
            was, self._is_database = self._is_database, False
            self.read(it.argument(2, "state_operations"))
            self._is_database = was

    def _sql(self, sql: Value, place: Place, unit: list[Action]) -> None:
        """Read the forms of SQL: a text, or a list of texts and of pairs with parameters."""
        target = Target(self._reading, unit)
        for it in sql if isinstance(sql, (list, tuple)) else [sql]:
            text = it[0] if isinstance(it, (list, tuple)) and it else it
            is_noop = isinstance(text, Named) and text.path.endswith(".noop")
            if not (is_noop or text is None or text is NOTHING):
                python_sql.execute(text, place, target, is_sure=True)

    def run_python(self, it: Call, place: Place) -> None:
        """Take in a RunPython, its reverse in a unit of its own."""
        if not self._is_database:
            return
        self._code(it.argument(0, "code"), "", self._unit, place)
        back: list[Action] = []
        self._code(it.argument(1, "reverse_code"), _REVERSE_CODE, back, place)
        if back:
            self._reading.units.append(back)

    def _code(self, code: Value, function: str, unit: list[Action], place: Place) -> None:
        bound = code if isinstance(code, Partial) else Partial(code, (), {})
        code = bound.func
        if isinstance(code, Named) and "." in code.path and not code.path.endswith(".noop"):
            self._reading.unread.append(Remark(place, ELSEWHERE))
        if not isinstance(code, Function):
            return
        called = getattr(code.node, "name", "")
        told = f"{function}: {called}" if function and called else called or function
        reader = CodeReader(self._reading, unit, self._models, told)
        runner = Runner(self._lines, reader)
        runner.function(code, *bound.args, **bound.named)
        if runner.is_cut:
            self._reading.unread.append(Remark(Place(1, 1, told), CUT))

    def _field(self, it: Call) -> tuple[str, str, Field | None]:
        model, name = _text(it.argument(0, "model_name")), _text(it.argument(1, "name"))
        return model, name, read_field(name, it.argument(2, "field"))

    def _keep(self, model: str, name: str, field: Field | None) -> None:
        found = self._models.get(model)
        if found and field and self._is_state:
            found.fields[name] = field


def _text(value: Value) -> str:
    return str(value) if isinstance(value, str) else ""


_OPERATIONS: Mapping[str, Callable[[_Operations, Call, Place], None]] = {
    "AddField": _Operations.add_field,
    "AlterField": _Operations.alter_field,
    "AlterModelTable": _Operations.alter_table,
    "CreateModel": _Operations.create_model,
    "DeleteModel": _Operations.delete_model,
    "RemoveConstraint": _Operations.remove_constraint,
    "RemoveField": _Operations.remove_field,
    "RemoveIndex": _Operations.remove_index,
    "RemoveIndexConcurrently": _Operations.remove_index,
    "RenameField": _Operations.rename_field,
    "RenameModel": _Operations.rename_model,
    "RunPython": _Operations.run_python,
    "RunSQL": _Operations.run_sql,
    "SeparateDatabaseAndState": _Operations.separate,
}
