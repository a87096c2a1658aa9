"""Calls of helpers that write: each is one site, whichever statements it is written with. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from pginterlock.scan.site import Beside, Callers, Site, Transaction

_WORST = (Transaction.NO, Transaction.UNKNOWN, Transaction.CALLER, Transaction.YES)


def once_called(sites: Sequence[Site], called: Collection[tuple[str, int, int]]) -> list[Site]:
    """Return *sites*, those at the same one of the places *called* as one.

    A helper may update a row first, and insert one where there is none.
    """
    found: dict[object, Site] = {}
    for number, it in enumerate(sites):
        place = (it.file, it.line, it.column)
        key = (place, it.model, it.table, it.machine, it.field) if place in called else number
        found[key] = _both(found[key], it) if key in found else it
    return list(found.values())


def _both(one: Site, other: Site) -> Site:
    is_same = one.is_new is other.is_new
    worse = min((one, other), key=_badness)
    return replace(
        one,
        construct=one.construct if is_same else "sql_upsert",
        values=tuple(dict.fromkeys([*one.values, *other.values])),
        sources=one.sources if one.sources == other.sources else (),
        transaction=worse.transaction,
        callers=worse.callers,
        transaction_reason=worse.transaction_reason,
        beside=_beside([*one.beside, *other.beside]),
        is_new=one.is_new if is_same else None,
    )


def _badness(it: Site) -> tuple[int, bool]:
    place = _WORST.index(it.transaction) if it.transaction in _WORST else len(_WORST)
    return place, it.callers is Callers.ALL


def _beside(them: Sequence[Beside]) -> tuple[Beside, ...]:
    found: dict[str, Beside] = {}
    for it in them:
        values = (*found[it.field].values, *it.values) if it.field in found else it.values
        found[it.field] = replace(it, values=tuple(dict.fromkeys(values)))
    return tuple(found.values())
