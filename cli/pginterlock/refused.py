"""The exception of any driver, or of what wraps one, to the refusal of a machine.

Pure, and imports no driver: psycopg 3 and 2 keep the server's fields in ``diag``, asyncpg on the
exception itself; SQLAlchemy wraps a driver's exception as ``orig``, Django as its cause, a group of
tasks as one of several.
"""

import json
from collections.abc import Iterator, Mapping

from pginterlock import taken
from pginterlock.errors import Refused

_HINT = "Another row holds it: take another, or wait until that row lets go"
# Name of a field, as psycopg's diag has it, and as asyncpg has it on the exception.
_DIAG = {
    "detail": "message_detail",
    "hint": "message_hint",
    "message": "message_primary",
    "sqlstate": "sqlstate",
    "constraint": "constraint_name",
    "schema": "schema_name",
    "table": "table_name",
}
_PLAIN = {
    "detail": "detail",
    "hint": "hint",
    "message": "message",
    "sqlstate": "sqlstate",
    "constraint": "constraint_name",
    "schema": "schema_name",
    "table": "table_name",
}


def refusal(error: BaseException) -> Refused | None:
    """Return the refusal that *error* is, wraps, or was raised because of; else None.

    Of several in a group of exceptions it is the first. Its class tells the rule
    (`IllegalTransition`, `GuardFailed`, ...). The driver's exception is its cause.
    """
    if isinstance(error, Refused):
        return error
    first: Refused | None = None
    for found in _chain(error):
        if isinstance(found, Refused):
            return first or found
        told = read(*_fields(found))
        if told is None:
            continue
        told.__cause__ = found
        if told.constraint and (first is None or told.detail == first.detail):
            return told
        first = first or told  # SQLAlchemy's own of asyncpg has few fields: its cause has all
    return first


def read(detail: str, fields: Mapping[str, str]) -> Refused | None:
    """Return the refusal that the text *detail* is, with the server's other *fields*.

    None where the detail is not one of ours. An index that holds a claim speaks as the server does.
    """
    told, hint = _told(detail), fields.get("hint", "")
    if told is None:
        told, hint = taken.detail_of(detail, fields), hint or _HINT
    kind = Refused.by_code.get(str(told.get("code"))) if told else None
    if told is None or kind is None or "machine" not in told:
        return None
    table = ".".join(filter(None, [fields.get("schema"), fields.get("table")]))
    return kind(
        fields.get("message", ""),
        remedy=hint or None,
        detail=told,
        sqlstate=fields.get("sqlstate", ""),
        constraint=fields.get("constraint", ""),
        table=table,
    )


def _told(detail: str) -> dict[str, object] | None:
    if not detail.startswith("{"):
        return None
    try:
        found = json.loads(detail)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what it wraps or followed, the nearest first; each once."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        it = todo.pop(0)
        if not isinstance(it, BaseException) or id(it) in seen:
            continue
        seen.add(id(it))
        yield it
        todo += [getattr(it, "orig", None), it.__cause__]
        if isinstance(it, BaseExceptionGroup):
            todo += it.exceptions
        if not it.__suppress_context__:
            todo.append(it.__context__)


def _fields(error: BaseException) -> tuple[str, dict[str, str]]:
    diag = getattr(error, "diag", None)
    found = _read(error, _PLAIN) if diag is None else _read(diag, _DIAG)
    return found.get("detail", ""), found


def _read(source: object, names: Mapping[str, str]) -> dict[str, str]:
    read = {name: getattr(source, attribute, None) for name, attribute in names.items()}
    return {name: value for name, value in read.items() if isinstance(value, str)}
