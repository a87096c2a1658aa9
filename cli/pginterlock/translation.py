"""Any driver's exception as a typed refusal.

Pure: no driver is imported; their exceptions, and what SQLAlchemy and Django wrap around them, are
read by the attributes that they have.
"""

import json
from collections.abc import Iterator

from pginterlock.errors import Refused

_DEPTH = 10


def refusal(error: BaseException) -> Refused | None:
    """Return the refusal that *error* is, or wraps, as the class of its rule; None for any other.

    Reads psycopg 2 and 3, asyncpg, and SQLAlchemy and Django around them. The result has
    ``__cause__`` set to *error*, so it can be raised in its place.
    """
    for it in _chain(error):
        detail = _detail(it)
        if detail is None:
            continue
        found = Refused.by_code.get(str(detail.get("code")))
        if found is None or "machine" not in detail:
            continue
        told = found(
            _text(it, "message_primary", "message") or str(it).split("\n", 1)[0],
            remedy=_text(it, "message_hint", "hint"),
            detail=detail,
            sqlstate=_text(it, "sqlstate") or _plain(it, "pgcode"),
            constraint=_text(it, "constraint_name"),
            schema=_text(it, "schema_name"),
            table=_text(it, "table_name"),
            column=_text(it, "column_name"),
        )
        told.__cause__ = error
        return told
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that it wraps, the nearest first, each once."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo and len(seen) < _DEPTH:
        it = todo.pop(0)
        if it is None or id(it) in seen:
            continue
        seen.add(id(it))
        yield it
        inner = getattr(it, "orig", None)
        todo += [inner if isinstance(inner, BaseException) else None, it.__cause__, it.__context__]


def _detail(error: BaseException) -> dict[str, object] | None:
    text = _text(error, "message_detail", "detail")
    if not text or not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(error: BaseException, *names: str) -> str | None:
    """Return the first of the fields *names* that the driver filled."""
    diagnosis = getattr(error, "diag", None)
    for name in names:
        for place in (diagnosis, error):
            value = getattr(place, name, None) if place is not None else None
            if isinstance(value, str) and value:
                return value
    return None


def _plain(error: BaseException, name: str) -> str | None:
    value = getattr(error, name, None)
    return value if isinstance(value, str) else None
