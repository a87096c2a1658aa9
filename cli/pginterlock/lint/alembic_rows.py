"""What a revision writes through a session of SQLAlchemy: rows of mapped classes.

Pure: calls in, actions out.
"""

from collections.abc import Iterator

from pginterlock.lint import python_sql
from pginterlock.lint.actions import UNKNOWN, Action, Place, Relation, Verb
from pginterlock.lint.values import (
    NOTHING,
    Assigned,
    Attribute,
    Call,
    Class,
    Named,
    Value,
    chain,
    is_call_of,
    spoken,
)

_ASKING = ("query", "select", "get", "get_one")
_RUNNING = ("scalar", "scalars", "execute")
_ADDING = ("add", "merge")
_ADDING_MANY = ("add_all", "bulk_save_objects")
_MAPPINGS = {"bulk_insert_mappings": Verb.INSERT, "bulk_update_mappings": Verb.UPDATE}


def written(made: Call, place: Place) -> Iterator[Action]:
    """Yield what a call of a session's method writes."""
    first = made.argument(0, "instance", "instances", "objects", "mapper")
    if made.name in _ADDING:
        yield from _added([first], place)
    elif made.name in _ADDING_MANY and isinstance(first, (list, tuple)):
        yield from _added(first, place)
    elif made.name in _MAPPINGS and (table := python_sql.table_of(first)):
        rows = made.argument(1, "mappings")
        yield python_sql.rows_written(_MAPPINGS[made.name], place, table, rows)
    elif made.name == "delete":
        yield from _deleted(made, first, place)
    elif made.name == "update":
        yield from _updated(made, place)


def assigned(given: Assigned, place: Place) -> Iterator[Action]:
    """Yield what is written by assigning to an attribute of a row: the session flushes it."""
    table = _row_of(given.base)
    if table:
        values = ((given.name, python_sql.literal_of(given.value)),)
        yield Action(Verb.UPDATE, place, table, columns=(given.name,), values=values)
    elif made := _new(given.base):
        made.named[given.name] = given.value


def _added(rows: list[Value] | tuple[Value, ...], place: Place) -> Iterator[Action]:
    for it in rows:
        if (made := _new(it)) and (table := python_sql.table_of(made.func)):
            yield python_sql.rows_written(Verb.INSERT, place, table, [made.named])


def _deleted(made: Call, row: Value, place: Place) -> Iterator[Action]:
    table = _queried(made.receiver) or _row_of(row)
    if table:
        yield Action(Verb.DELETE, place, table)


def _updated(made: Call, place: Place) -> Iterator[Action]:
    """Yield what ``session.query(Booking).filter(...).update({...})`` writes."""
    table = _queried(made.receiver)
    if table:
        rows = [made.argument(0, "values")]
        yield python_sql.rows_written(Verb.UPDATE, place, table, rows)


def _queried(value: Value) -> Relation | None:
    for it in chain(value):
        if is_call_of(it, "query") and isinstance(it, Call):
            return _table(it.argument(0))
    return None


def _row_of(value: Value) -> Relation | None:
    """Return the table of a row that was asked for: by a query, ``get``, ``scalars(select())``."""
    for it in chain(value):
        if not isinstance(it, Call):
            continue
        first = it.argument(0, "statement", "entity")
        is_asked = it.name in _ASKING and "session" in spoken(it.receiver)
        table = _table(first) if is_asked or it.name == "select" else python_sql.table_of(first)
        if it.name in _ASKING and table:
            return table
        if it.name in _RUNNING and first is not NOTHING and (table := _row_of(first)):
            return table
    return None


def _table(value: Value) -> Relation | None:
    """Return the table of a mapped class; of one that another file declares it is not known."""
    match value:
        case Attribute(base=Class() as owner):  # a column of one
            return python_sql.table_of(owner)
        case Attribute():
            return Relation(None, UNKNOWN)
        case Named(path=path) if "." in path:
            return Relation(None, UNKNOWN)
    return python_sql.table_of(value)


def _new(value: Value) -> Call | None:
    """Return the call that made a row of a mapped class."""
    return value if isinstance(value, Call) and isinstance(value.func, Class) else None
