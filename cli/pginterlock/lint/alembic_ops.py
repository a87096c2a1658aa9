"""What each operation of Alembic does.

Pure: calls in, actions out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pginterlock.lint import python_sql
from pginterlock.lint.actions import UNKNOWN, Action, Place, Relation, Verb
from pginterlock.lint.values import NOTHING, Call, Nothing, Value, is_call_of
from pginterlock.lint.widths import is_wider

_MACHINE = re.compile(
    r"^machines:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*[ \t]+[\"']?(\w+)[\"']?:", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Op:
    """One call of an operation: of ``op`` itself, or inside ``batch_alter_table`` of *batch*."""

    made: Call
    place: Place
    batch: Call | None = None

    def given(self, position: int, *names: str) -> Value:
        """Return an argument; *position* counts without the table, which a batch knows."""
        return self.made.argument(position if self.batch else position + 1, *names)

    def text(self, position: int, *names: str) -> str:
        """Return an argument that is a name."""
        value = self.given(position, *names)
        return str(value) if isinstance(value, str) else UNKNOWN

    def table(self, position: int = 0, *names: str) -> Relation:
        """Return the table that is meant; *position* counts as Alembic does, without a batch."""
        call = self.batch or self.made
        found = call.argument(position, *(names or ("table_name", "source")))
        name = str(found) if isinstance(found, str) else UNKNOWN
        return python_sql.named_table(name, call.named.get("schema"))

    def one(
        self, verb: Verb, table: Relation | None, name: str = "", to: str = "", *words: str
    ) -> Action:
        """Return one action at the place of the call."""
        return Action(verb, self.place, table, name, to, words=frozenset(words))


def _drop_table(op: Op) -> Iterator[Action]:
    yield op.one(Verb.DROP_TABLE, op.table())


def _rename_table(op: Op) -> Iterator[Action]:
    table = op.table(0, "old_table_name")
    yield op.one(Verb.RENAME_TABLE, table, to=op.text(0, "new_table_name"))


def _create_table(op: Op) -> Iterator[Action]:
    columns = [it for it in op.made.args if is_call_of(it, "Column") and isinstance(it, Call)]
    values = []
    for it in columns:
        name, (told, labels) = it.argument(0, "name"), python_sql.type_text(it.argument(1, "type_"))
        if isinstance(name, str):
            values.append((str(name), told))
        if labels:
            yield Action(Verb.CREATE_ENUM, op.place, Relation(None, told), columns=labels)
    words = frozenset(["if_exists"] if op.made.named.get("if_not_exists") is True else [])
    yield Action(Verb.CREATE_TABLE, op.place, op.table(), values=tuple(values), words=words)


def _add_column(op: Op) -> Iterator[Action]:
    column = op.given(0, "column")
    if not isinstance(column, Call):
        return
    name = column.argument(0, "name")
    told, _ = python_sql.type_text(column.argument(1, "type_"))
    yield op.one(Verb.ADD_COLUMN, op.table(), str(name), told)
    if volatile := python_sql.volatile_in(column.named.get("server_default", NOTHING)):
        why = f"the default of column {name} calls {volatile}()"
        yield op.one(Verb.REWRITE, op.table(), why, "", "for_sure")
    for it in column.args:
        if is_call_of(it, "Identity"):
            yield op.one(Verb.REWRITE, op.table(), f"column {name} is an identity", "", "for_sure")
        elif is_call_of(it, "Computed") and _is_stored(it):
            told = f"column {name} is generated and stored"
            yield op.one(Verb.REWRITE, op.table(), told, "", "for_sure")


def _is_stored(computed: Value) -> bool:
    return isinstance(computed, Call) and computed.named.get("persisted") is not False


def _drop_column(op: Op) -> Iterator[Action]:
    yield op.one(Verb.DROP_COLUMN, op.table(), op.text(0, "column_name"))


def _alter_column(op: Op) -> Iterator[Action]:
    table, name = op.table(), op.text(0, "column_name")
    named = op.made.named
    to = named.get("new_column_name", named.get("name"))
    if isinstance(to, str):
        yield op.one(Verb.RENAME_COLUMN, table, name, str(to))
    if not isinstance(named.get("type_", NOTHING), Nothing):
        told, labels = python_sql.type_text(named["type_"])
        old = named.get("existing_type")
        wider = old and is_wider(python_sql.width_of(old), python_sql.width_of(named["type_"]))
        words = frozenset(["wider"] if wider else [])
        yield Action(Verb.RETYPE_COLUMN, op.place, table, name, told, columns=labels, words=words)
    if named.get("nullable") is False:
        yield op.one(Verb.SET_NOT_NULL, table, name)
    default = python_sql.default_text(named.get("server_default", NOTHING))
    if default is not None:
        yield op.one(Verb.SET_DEFAULT, table, name, default)


def _drop_constraint(op: Op) -> Iterator[Action]:
    name = op.made.argument(0, "constraint_name", "name")
    kind = op.given(1, "type_")
    words = ["primary_key"] if kind == "primary" else []
    told = str(name) if isinstance(name, str) else UNKNOWN
    yield op.one(
        Verb.DROP_CONSTRAINT, op.table(1) if not op.batch else op.table(), told, "", *words
    )


def _drop_index(op: Op) -> Iterator[Action]:
    name = op.made.argument(0, "index_name")
    if isinstance(name, str):
        yield op.one(Verb.DROP_INDEX, None, str(name))


def _batch(op: Op) -> Iterator[Action]:
    """Yield what beginning a batch does: made anew, the table itself is dropped."""
    if op.made.named.get("recreate") == "always":
        yield op.one(Verb.DROP_TABLE, op.table())


def _bulk_insert(op: Op) -> Iterator[Action]:
    table = python_sql.table_of(op.made.argument(0, "table"))
    rows = op.made.argument(1, "rows")
    if table is None:
        return
    made = python_sql.rows_written(Verb.INSERT, op.place, table, rows)
    words = frozenset([] if made.columns else ["all_columns"])
    yield replace(made, words=words)


def _interlock_drop(op: Op) -> Iterator[Action]:
    name = op.made.argument(0, "machine", "name")
    if isinstance(name, str):
        yield op.one(Verb.DROP_MACHINE, None, str(name))


def _interlock_apply(op: Op) -> Iterator[Action]:
    told = op.made.argument(0, "machine", "name")
    found = _MACHINE.search(told) if isinstance(told, str) else None
    name = found[1] if found else str(told) if isinstance(told, str) and "\n" not in told else ""
    yield op.one(Verb.APPLY_MACHINE, None, name)


OPERATIONS: Mapping[str, Callable[[Op], Iterator[Action]]] = {
    "add_column": _add_column,
    "alter_column": _alter_column,
    "batch_alter_table": _batch,
    "bulk_insert": _bulk_insert,
    "create_table": _create_table,
    "drop_column": _drop_column,
    "drop_constraint": _drop_constraint,
    "drop_index": _drop_index,
    "drop_table": _drop_table,
    "interlock_apply": _interlock_apply,
    "interlock_drop": _interlock_drop,
    "rename_table": _rename_table,
}
