"""What a function of RunPython writes: by querysets, by saving rows, by SQL of its own.

Pure: calls in, actions out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pginterlock.lint import python_sql
from pginterlock.lint.actions import Action, Place, Reading, Verb
from pginterlock.lint.django_state import Models
from pginterlock.lint.python_places import place_of
from pginterlock.lint.python_sql import literal_of
from pginterlock.lint.read_sql import Target
from pginterlock.lint.running import Runner
from pginterlock.lint.values import (
    Assigned,
    Attribute,
    Call,
    Named,
    Value,
    chain,
    is_call_of,
    spoken,
)

_MODELS = ".models."
_CREATING = ("create", "get_or_create", "acreate", "aget_or_create")
_UPDATING = ("update", "aupdate")
_DELETING = ("delete", "adelete", "_raw_delete")
_SAVING = ("save", "asave")


@dataclass(frozen=True, slots=True)
class _Model:
    """A model that the code speaks of."""

    app: str | None
    name: str


class CodeReader:
    """Hears of the calls of one function of a migration."""

    def __init__(self, reading: Reading, unit: list[Action], models: Models, function: str) -> None:
        self._reading = reading
        self._unit = unit
        self._models = models
        self._function = function
        self._set: dict[_Model, dict[str, Value]] = {}

    def assigned(self, given: Assigned, runner: Runner) -> None:
        """Keep what is assigned to a field of a row, until the row is saved."""
        del runner
        model = _model_of(given.base)
        if model:
            self._set.setdefault(model, {})[given.name] = given.value

    def told(self, found: Attribute) -> Value:
        """Return the table that ``Booking._meta.db_table`` is."""
        if found.name == "db_table" and (model := _model_of(found.base)):
            table = self._models.table(model.name, model.app)
            if not table.is_suffix:
                return f'"{table.schema}"."{table.name}"' if table.schema else table.name
        return found

    def called(self, made: Call, runner: Runner) -> Value:
        """Take in what one call writes."""
        if made.name == "quote_name" and made.args and isinstance(made.args[0], str):
            name = str(made.args[0])
            return name if name.startswith('"') else f'"{name}"'
        place = place_of(made.node, self._function, runner.calls)
        model = _model_of(made.receiver)
        if model:
            self._unit += self._written(made, model, place)
        elif made.name in ("delete_model", "alter_db_table", "remove_field"):
            self._schema_edited(made, place)
        elif made.name in python_sql.EXECUTING:
            value = made.argument(0, "sql", "query", "statement", "sqltext")
            target = Target(self._reading, self._unit)
            python_sql.execute(value, place, target, is_sure=_is_cursor(made))
        return made

    def _schema_edited(self, made: Call, place: Place) -> None:
        """Take in what a schema editor does to the table of a model."""
        model = _model_of(made.argument(0, "model"))
        if model and made.name == "remove_field":
            self._field_removed(made.argument(1, "field"), model, place)
        elif model:
            to = made.argument(2, "new_db_table")
            verb = Verb.DROP_TABLE if made.name == "delete_model" else Verb.RENAME_TABLE
            table = self._models.table(model.name, model.app)
            told = str(to) if isinstance(to, str) else ""
            self._unit.append(Action(verb, place, table, to=told))

    def _field_removed(self, field: Value, model: _Model, place: Place) -> None:
        """Take in ``remove_field(Booking, Booking._meta.get_field("status"))``."""
        name = field.argument(0, "field_name") if isinstance(field, Call) else None
        if isinstance(name, str):
            table = self._models.table(model.name, model.app)
            for column in self._models.columns(model.name, name, model.app):
                self._unit.append(Action(Verb.DROP_COLUMN, place, table, column))

    def _written(self, made: Call, model: _Model, place: Place) -> Iterator[Action]:
        name = made.name
        where = tuple(self._asked(made.receiver, model))
        if name in _UPDATING:
            yield self._action(Verb.UPDATE, place, model, made.named, where)
        elif name in _DELETING:
            yield self._action(Verb.DELETE, place, model, {}, where)
        elif name in _CREATING:
            given = dict(made.named)
            yield self._action(Verb.INSERT, place, model, given | _defaults(given))
        elif name in ("update_or_create", "aupdate_or_create"):
            yield self._action(Verb.UPDATE, place, model, _defaults(made.named))
        elif name in ("bulk_update", "abulk_update"):
            fields = made.argument(1, "fields")
            known = self._set.get(model, {})
            listed = fields if isinstance(fields, (list, tuple)) else list(known)
            given = {str(it): known.get(str(it)) for it in listed}
            yield self._action(Verb.UPDATE, place, model, given)
        elif name in ("bulk_create", "abulk_create"):
            yield from self._bulk_created(made, model, place)
        elif name in _SAVING:
            yield from self._saved(made, model, place)

    def _bulk_created(self, made: Call, model: _Model, place: Place) -> Iterator[Action]:
        rows = made.argument(0, "objs")
        for it in rows if isinstance(rows, (list, tuple)) else ():
            if isinstance(it, Call):
                yield self._action(Verb.INSERT, place, model, it.named)
        if not isinstance(rows, (list, tuple)):
            table = self._models.table(model.name, model.app)
            yield Action(Verb.INSERT, place, table, words=frozenset(["all_columns"]))

    def _saved(self, made: Call, model: _Model, place: Place) -> Iterator[Action]:
        row = made.receiver
        if isinstance(row, Call) and _is_model(row.func):
            yield self._action(Verb.INSERT, place, model, row.named | self._set.get(model, {}))
            return
        given = self._set.get(model, {})
        only = made.named.get("update_fields")
        if isinstance(only, (list, tuple)):
            given = {name: value for name, value in given.items() if name in only}
        if given:
            yield self._action(Verb.UPDATE, place, model, given)

    def _action(
        self,
        verb: Verb,
        place: Place,
        model: _Model,
        given: Mapping[str, Value],
        where: tuple[tuple[str, tuple[str, ...]], ...] = (),
    ) -> Action:
        pairs = [
            (column, literal_of(value))
            for name, value in given.items()
            if name != "defaults" and "__" not in name
            for column in self._models.columns(model.name, name, model.app)
        ]
        table = self._models.table(model.name, model.app)
        columns = tuple(dict.fromkeys(name for name, _ in pairs))
        return Action(verb, place, table, columns=columns, values=tuple(pairs), where=where)

    def _asked(self, queryset: Value, model: _Model) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what ``filter(status="A")`` and ``filter(status__in=[...])`` ask for."""
        for it in chain(queryset):
            if not (isinstance(it, Call) and it.name in ("filter", "get")):
                continue
            for key, value in it.named.items():
                name, _, how = key.partition("__")
                values = value if isinstance(value, (list, tuple)) else [value]
                told = [literal_of(each) for each in values]
                if how in ("", "in", "exact") and told and None not in told:
                    for column in self._models.columns(model.name, name, model.app):
                        yield column, tuple(str(each) for each in told)


def _defaults(given: Mapping[str, Value]) -> dict[str, Value]:
    return python_sql.pairs(given.get("defaults"))


def _is_model(value: Value) -> bool:
    return is_call_of(value, "get_model") or (isinstance(value, Named) and _MODELS in value.path)


def _model_of(value: Value) -> _Model | None:
    """Return the model at the beginning of a chain such as ``Booking.objects.filter(...)``."""
    last = chain(value)
    for it in last:
        if isinstance(it, Call) and it.name == "get_model":
            first, second = it.argument(0, "app_label"), it.argument(1, "model_name")
            if isinstance(first, str) and isinstance(second, str):
                return _Model(str(first), str(second))
            if isinstance(first, str) and "." in first:
                app, _, name = first.partition(".")
                return _Model(app, name)
        if isinstance(it, Named) and _MODELS in it.path:
            before, _, after = it.path.partition(_MODELS)
            return _Model(before.rpartition(".")[2], after.split(".")[0])
    return None


def _is_cursor(made: Call) -> bool:
    words = spoken(made.func)
    return any(word in words for word in ("cursor", "schema_editor", "connection"))
