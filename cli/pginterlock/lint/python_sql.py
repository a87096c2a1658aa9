"""SQL that Python runs: texts, and statements that SQLAlchemy makes of tables.

Pure: values in, actions out.
"""

import re
from collections.abc import Iterator

from pginterlock.lint.actions import Action, Place, Relation, Remark, Verb
from pginterlock.lint.composed import text_of
from pginterlock.lint.python_places import locate_in
from pginterlock.lint.read_sql import Target, read
from pginterlock.lint.sql_tables import VOLATILE
from pginterlock.lint.values import (
    NOTHING,
    Attribute,
    Call,
    Class,
    Named,
    Nothing,
    Value,
    chain,
    is_call_of,
)
from pginterlock.lint.widths import KNOWN, Width

EXECUTING = frozenset(["execute", "exec_driver_sql", "scalar", "scalars", "executemany"])
_UNREAD = "SQL that comes from elsewhere; look at it yourself"
_TABLES = ("table", "Table")
_WRITES = {"update": Verb.UPDATE, "insert": Verb.INSERT, "delete": Verb.DELETE}
_NO_COLUMNS = ("synchronize_session", "values")  # arguments that name no column
_READING = frozenset(["select", "exists", "query", "func", "union", "union_all"])
# Methods of a type that give the same type to PostgreSQL.
_SAME_TYPE = frozenset(["with_variant", "copy", "evaluates_none"])
_QUOTED = re.compile(r"\s*'((?:[^']|'')*)'\s*(?:::[\w. ]+(?:\(\d+\))?)?\s*\Z")
_CALLED = re.compile(r"\b(\w+)\s*\(")


def execute(
    value: Value, place: Place, target: Target, *, is_sure: bool, given: Value = NOTHING
) -> None:
    """Read what is executed with the parameters *given*.

    *is_sure*: it is SQL, so what cannot be read is told of.
    """
    text = text_of(value)
    if text is not None:
        read(text, locate_in(_as_written(value), place), target)
        return
    found = list(written(value, place, given))
    for it in found:
        target.add(it)
    if found or isinstance(value, (list, tuple)):
        return
    if is_sure and not _only_reads(value):
        target.reading.unread.append(Remark(place, _UNREAD))


def _as_written(value: Value) -> Value:
    """Return the text itself, which knows where it stands."""
    for it in chain(value):
        if isinstance(it, str):
            return it
        if isinstance(it, Call) and it.args and isinstance(it.args[0], str):
            return it.args[0]
    return value


def _only_reads(value: Value) -> bool:
    names = [it.name for it in chain(value) if isinstance(it, Call)]
    return any(name in _READING for name in names)


def written(value: Value, place: Place, given: Value = NOTHING) -> Iterator[Action]:
    """Yield what an ``update(table)``, ``table.insert()`` or the like writes.

    *given* are the parameters that it is run with: columns of the row, where it names none.
    """
    links = chain(value)
    for it in links:
        if isinstance(it, Call) and it.name in _WRITES:
            table = table_of(it.argument(0)) or table_of(it.receiver)
            if table:
                rows = list(_given_rows(links)) or _listed(given)
                yield rows_written(_WRITES[it.name], place, table, rows)
                yield from _on_conflict(links, table, place)
                return


def rows_written(verb: Verb, place: Place, table: Relation, rows: Value) -> Action:
    """Return the action that writes *rows*, dicts of columns and values."""
    listed = [(k, literal_of(v)) for it in _listed(rows) for k, v in pairs(it).items()]
    columns = tuple(dict.fromkeys(name for name, _ in listed))
    return Action(verb, place, table, columns=columns, values=tuple(listed))


def _listed(value: Value) -> list[Value]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _given_rows(links: list[Value]) -> Iterator[Value]:
    for it in links:
        if is_call_of(it, "values", "update") and isinstance(it, Call):
            given = (*it.args, it.named.get("values", NOTHING))
            yield from (part for arg in given for part in _listed(arg) if pairs(part))
            if named := {k: v for k, v in it.named.items() if k not in _NO_COLUMNS}:
                yield named


def _on_conflict(links: list[Value], table: Relation, place: Place) -> Iterator[Action]:
    """Yield what ``on_conflict_do_update(set_={...})`` writes to a row that is there."""
    for it in links:
        if is_call_of(it, "on_conflict_do_update") and isinstance(it, Call):
            yield rows_written(Verb.UPDATE, place, table, it.named.get("set_"))


def pairs(value: Value) -> dict[str, Value]:
    """Return the columns of a dict that gives them values: names, or ``table.c.name``."""
    if not isinstance(value, dict):
        return {}
    return {_column(k): v for k, v in value.items()}


def _column(key: Value) -> str:
    match key:
        case Attribute(name=name):
            return name
        case Named(path=path):
            return path.rpartition(".")[2]
    return str(key)


def literal_of(value: Value) -> str | None:
    """Return the text of a value that is written down, None for any other and for None."""
    return str(value) if isinstance(value, (str, int, float)) else None


def table_of(value: Value) -> Relation | None:
    """Return the table that ``sa.table(...)``, ``sa.Table(...)`` or a mapped class is."""
    match value:
        case Call() if value.name in _TABLES:
            name = value.argument(0, "name")
            schema = value.named.get("schema")
            if isinstance(name, str):
                return named_table(name, schema)
        case Class(body=body):
            name = body.get("__tablename__")
            if isinstance(body.get("__table__"), Call):
                return table_of(body["__table__"])
            if isinstance(name, str):
                return named_table(name, _schema_of(body.get("__table_args__")))
        case Attribute(base=base, name="__table__"):
            return table_of(base)
    return None


def _schema_of(args: Value) -> Value:
    last = args[-1] if isinstance(args, tuple) and args else args
    return pairs(last).get("schema")


def named_table(name: str, schema: Value) -> Relation:
    """Return the table of that name; a dot in it is part of the schema's."""
    if isinstance(schema, str):
        return Relation(schema, name)
    return Relation(None, name)


def type_text(value: Value) -> tuple[str, tuple[str, ...]]:
    """Return the name of a SQLAlchemy type, and its labels where it is an enum."""
    match value:
        case Named(path):
            return path.rpartition(".")[2], ()
        case Call() if value.name in _SAME_TYPE:
            return type_text(value.receiver)
        case Call():
            labels = tuple(it for it in value.args if isinstance(it, str))
            name = value.named.get("name")
            if value.name in ("Enum", "ENUM"):
                return (name if isinstance(name, str) else "", labels)
            return value.name, ()
    return "", ()


def width_of(value: Value) -> Width:
    """Return a SQLAlchemy type as PostgreSQL has it."""
    if isinstance(value, Call) and value.name in _SAME_TYPE:
        return width_of(value.receiver)
    name, _ = type_text(value)
    size = scale = None
    if isinstance(value, Call):
        size, scale = value.argument(0, "length", "precision"), value.argument(1, "scale")
    told = KNOWN.get(name, name)
    return Width(
        told,
        size if isinstance(size, int) and told != "text" else None,
        scale if isinstance(scale, int) else None,
    )


def default_text(value: Value) -> str | None:
    """Return the literal that a ``server_default`` is, None where it is none."""
    if isinstance(value, str):
        return str(value)
    text = text_of(value)
    found = _QUOTED.match(text) if text is not None else None
    return found[1].replace("''", "'") if found else None


def volatile_in(value: Value) -> str:
    """Return the function in a ``server_default`` that gives each row another value, or nothing."""
    text = text_of(value)
    if text is None or isinstance(value, (str, Nothing)):
        return ""
    return next((it for it in _CALLED.findall(text.lower()) if it in VOLATILE), "")
