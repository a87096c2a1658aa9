"""Writes of one row that are one: several columns, set before it is saved. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pginterlock.scan.drafts import Draft
from pginterlock.scan.modules import Module, scope_of

_SAVING = frozenset(["save", "asave", "commit", "flush", "refresh_from_db"])


def once(drafts: Sequence[Draft]) -> list[Draft]:
    """Return *drafts*, each place once for a column, with all the values that it may write.

    A call that names a column does not unpack it from a dict besides.
    """
    kept: dict[object, Draft] = {}
    named = {(it.call, it.field, it.wanted) for it in drafts if it.call and it.node is not it.call}
    for it in drafts:
        if it.node is it.call and (it.call, it.field, it.wanted) in named:
            continue
        key = (it.node, it.field, it.wanted)
        if known := kept.get(key):
            values = tuple(dict.fromkeys([*known.values, *it.values]))
            kept[key] = replace(known, values=values)
        else:
            kept[key] = it
    return list(kept.values())


def grouped(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    """Yield the drafts that are one write of one row, the first first."""
    groups: dict[str, list[list[Draft]]] = {}
    for it in sorted(drafts, key=_place):
        mine = groups.setdefault(it.module.path, [])
        for group in reversed(mine):
            if _is_same_write(group, it):
                group.append(it)
                break
        else:
            mine.append([it])
    for them in groups.values():
        yield from them


def _place(it: Draft) -> tuple[str, int, int, int]:
    line, column = getattr(it.node, "lineno", 0), getattr(it.node, "col_offset", 0)
    return it.module.path, it.stmt.lineno, line, column


def _is_same_write(group: list[Draft], it: Draft) -> bool:
    first = group[0]
    if first.wanted is not it.wanted or it.label is not first.label:
        return False
    if any(one.field == it.field for one in group):
        return False
    if it.call is not None or first.call is not None:
        return it.call is first.call
    if not it.row or it.row != first.row:
        return False
    if scope_of(it.module, it.stmt) is not scope_of(first.module, first.stmt):
        return False
    return not _is_saved_between(it.module, first.stmt, it.stmt)


def _is_saved_between(module: Module, one: ast.stmt, other: ast.stmt) -> bool:
    for stmt in module.between(one.lineno, other.lineno):
        if isinstance(stmt, ast.Expr):
            call = stmt.value.value if isinstance(stmt.value, ast.Await) else stmt.value
            if _is_saving(call):
                return True
    return False


def _is_saving(call: ast.AST) -> bool:
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _SAVING
    )
