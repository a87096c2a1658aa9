"""Objects of a session get what triggers made of their rows: stamps, cleared columns, states.

After a flush one select a class reads what its machine may have written, of the rows that were
flushed, whatever their number; after an update by statement, of the objects that the session holds.
Nothing is left to be loaded on access, which asynchronous code cannot.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import event, select, tuple_
from sqlalchemy.engine import Result
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, UOWTransaction, object_mapper
from sqlalchemy.orm.attributes import set_committed_value

from pginterlock.integrations.sqlalchemy.machine import declared_on
from pginterlock.integrations.sqlalchemy.plain import plain_machine
from pginterlock.model import Machine

_WRITTEN = "interlock_written"  # in the info of a table
_FLUSHED = "interlock_flushed"  # in the attributes of a flush
_AT_ONCE = 1000  # rows a select


def written_by(machine: Machine) -> frozenset[str]:
    """Return the columns that the triggers of *machine* may write in a row of it."""
    stamps = {it.column for it in machine.stamps}
    cleared = {column for row in machine.rows for column in row.clear}
    return frozenset(stamps | cleared | ({machine.state} if machine.reactions else set()))


def note_written(table: Any, columns: Iterable[str]) -> None:
    """Let objects of *table* be made fresh in these *columns*."""
    table.info[_WRITTEN] = frozenset(table.info.get(_WRITTEN, ())) | frozenset(columns)


@event.listens_for(Session, "after_flush")
def _collect(session: Session, flush: UOWTransaction) -> None:
    found: dict[Mapper[Any], list[object]] = {}
    for it in (*session.new, *session.dirty):
        mapper = object_mapper(it)
        if _attributes(mapper) and (it in session.new or session.is_modified(it)):
            found.setdefault(mapper, []).append(it)
    if found:
        flush.attributes[_FLUSHED] = found


@event.listens_for(Session, "after_flush_postexec")
def _freshen(session: Session, flush: UOWTransaction) -> None:
    for mapper, objects in flush.attributes.pop(_FLUSHED, {}).items():
        _read(session, mapper, objects)


@event.listens_for(Session, "do_orm_execute")
def _updated(state: ORMExecuteState) -> Result[Any] | None:
    mapper = state.bind_mapper
    if not state.is_update or mapper is None or not _attributes(mapper):
        return None
    result = state.invoke_statement()
    held = [it for it in state.session.identity_map.values() if isinstance(it, mapper.class_)]
    loaded = [it for it in held if not state.session.is_modified(it)]
    _read(state.session, mapper, loaded)
    return result


def _read(session: Session, mapper: Mapper[Any], objects: list[object]) -> None:
    """Read what triggers may have written, and put it into *objects* as what the database has."""
    keys = [mapper.get_property_by_column(it).class_attribute for it in mapper.primary_key]
    names = _attributes(mapper)
    columns = [mapper.attrs[name].class_attribute for name in names]
    by_key = {tuple(mapper.primary_key_from_instance(it)): it for it in objects}
    wanted = list(by_key)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        one = keys[0].in_([it[0] for it in some]) if len(keys) == 1 else tuple_(*keys).in_(some)
        with session.no_autoflush:
            rows = session.execute(
                select(*keys, *columns).where(one), bind_arguments={"mapper": mapper}
            )
        for row in rows:
            for name, value in zip(names, row[len(keys) :], strict=True):
                set_committed_value(by_key[tuple(row[: len(keys)])], name, value)


def _attributes(mapper: Mapper[Any]) -> list[str]:
    """Return the attributes of *mapper* that triggers may write."""
    return [
        mapper.get_property_by_column(table.columns[name]).key
        for table in mapper.tables
        for name in sorted(_columns_of(table))
        if name in table.columns and table.columns[name] in mapper.columns.values()
    ]


def _columns_of(table: Any) -> Iterator[str]:
    if _WRITTEN not in table.info:
        table.info[_WRITTEN] = frozenset(
            name for it in declared_on(table) for name in _told(plain_machine(it))
        )
    yield from table.info[_WRITTEN]


def _told(machine: dict[object, Any]) -> Iterator[str]:
    """Yield what `written_by` would of a machine that is not read yet, and may be wrong."""
    stamps, states = machine.get("stamps"), machine.get("states")
    if isinstance(stamps, dict):
        yield from (it for it in stamps if isinstance(it, str))
    for row in states.values() if isinstance(states, dict) else ():
        cleared = row.get("clear", ()) if isinstance(row, dict) else ()
        yield from [cleared] if isinstance(cleared, str) else cleared
    if machine.get("reactions"):
        yield str(machine.get("state"))
