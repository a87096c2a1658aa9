"""From writes in SQL to the sites of what is looked for.

Pure: data in, data out.
"""

from collections.abc import Callable, Iterable, Iterator

from pginterlock.scan.site import Beside, Callers, Confidence, Site, Target
from pginterlock.scan.sql_write import PlacedWrite, SqlVerb, SqlWrite, halves, same_name, same_table

_NO_SITE = frozenset([SqlVerb.DELETE])
_FILLED = ("{", "%", "$", ":", "?")


def _as_written(table: str) -> str:
    return table


def sites_of(
    writes: Iterable[PlacedWrite],
    target: Target,
    file: str,
    resolve: Callable[[str], str] = _as_written,
) -> list[Site]:
    """Return the sites of *target* among the writes of *file*.

    *resolve* gives the name of a table in which something is filled in (``{self.table}``), or the
    name as it is. A table that is not known is no site, and neither is an insert that leaves every
    column of *target* to its default. Inserts without a list of columns, and writes whose columns
    are filled in, are sites of low confidence.
    """
    return [
        site
        for placed in writes
        if target.table
        and may_touch(placed.write, target.fields)
        and same_table(resolve(placed.write.table), target.table)
        for half in halves(placed, target.fields)
        for site in sites_at(half, target, file)
    ]


def may_touch(write: SqlWrite, fields: tuple[str, ...]) -> bool:
    """Say whether a column of *fields* may be written: cheaper than to tell which table is."""
    if write.verb in _NO_SITE:
        return False
    return write.all_columns or write.some_columns or any(_written(write, fields))


def sites_at(placed: PlacedWrite, target: Target, file: str) -> Iterator[Site]:
    """Yield the site of a write that is known to be one of the table of *target*."""
    write = placed.write
    fields = list(_written(write, target.fields))
    is_sure = bool(fields)
    if not fields and (write.all_columns or write.some_columns):
        fields = [target.fields[0]]
    if not fields:
        return
    first, *others = fields
    values = tuple(dict.fromkeys(write.values_of(first)))
    beside = tuple(
        Beside(name, placed.line, tuple(dict.fromkeys(write.values_of(name)))) for name in others
    )
    yield Site(
        file,
        placed.line,
        placed.column,
        placed.end_line,
        placed.enclosing,
        target.model or target.table or "",
        first,
        _construct(write, first),
        values or (None,),
        _sources(write, target.fields[0]),
        write.transaction,
        Callers.UNKNOWN,
        write.transaction_reason,
        beside,
        _confidence(write, is_sure=is_sure),
        _reason(write, is_sure=is_sure),
        machine=target.machine,
        table=target.table,
        is_new=_is_new(write, first),
        text=placed.text,
    )


def _written(write: SqlWrite, fields: tuple[str, ...]) -> Iterator[str]:
    """Yield those of *fields* that are written, in the order of the statement."""
    for column in dict.fromkeys(column for column, _ in write.columns):
        yield from (name for name in fields if same_name(name, column))


def _construct(write: SqlWrite, field: str) -> str:
    if write.verb == SqlVerb.UPSERT and not _is_updated(write, field):
        return "sql_insert"
    return f"sql_{write.verb.value}"


def _is_updated(write: SqlWrite, field: str) -> bool:
    return any(same_name(it, field) for it in write.updated)


def _is_new(write: SqlWrite, field: str) -> bool | None:
    is_insert = write.verb == SqlVerb.UPSERT and not _is_updated(write, field)
    return True if is_insert else write.is_new


def _sources(write: SqlWrite, state: str) -> tuple[str, ...]:
    """Return the states that a row may be in before, where tests of the statement say so."""
    if write.is_new:
        return ()
    tests = [set(values) for column, values in write.where if same_name(column, state)]
    known = set.intersection(*tests) if tests else set()
    return tuple(sorted(known))


def _confidence(write: SqlWrite, *, is_sure: bool) -> Confidence:
    if not is_sure:
        return Confidence.LOW
    is_filled = any(it in write.table for it in _FILLED)
    return Confidence.MEDIUM if is_filled or not write.is_sure else Confidence.HIGH


def _reason(write: SqlWrite, *, is_sure: bool) -> str:
    if is_sure:
        return f"{write.verb.value} of {write.table or 'the row of a trigger'} in SQL"
    if write.all_columns:
        return f"{write.verb.value} into {write.table} without a list of columns"
    return f"{write.verb.value} of columns of {write.table} that are filled in when it runs"
