"""What the methods of queries, lists, tables and statements give, by their names. Pure."""

import ast

from pginterlock.scan import orm
from pginterlock.scan.kinds import (
    NOTHING,
    Kinds,
    Many,
    Table,
    Tuple,
    Writing,
    at_key,
    many,
)

_WRITING = frozenset([
    "update", "insert", "values", "returning", "on_conflict_do_update", "where", "ordered_values",
    "from_select", "on_conflict_do_nothing", "on_duplicate_key_update", "return_defaults", "inline",
    "filter", "filter_by", "options", "execution_options", "prefix_with", "suffix_with",
    "with_dialect_options", "with_hint", "add_cte", "params",
])  # fmt: skip
_OF_LISTS = orm.PAIR | orm.ONE | orm.IN_BULK | orm.SAME
_SAME_LIST = frozenset(["values", "items", "copy", "save"])
_ONE_OF_LIST = frozenset(["setdefault", "popitem", "__getitem__"])


def of_core(kind: Table | Writing, name: str) -> Kinds:
    """Return what a method of a table or a writing statement of SQLAlchemy Core gives."""
    match kind:
        case Table() if name in ("insert", "update"):
            return frozenset([Writing(name, frozenset([kind]))])
        case Table() if name == "select":
            return many(frozenset([kind]), is_query=True)
        case Writing() if name in _WRITING:
            return frozenset([kind])
    return NOTHING


def of_query(kind: Many, name: str) -> Kinds:
    """Return what a method of a queryset or manager gives; one not known gives the same again."""
    if name in orm.PAIR:
        return frozenset([Tuple((kind.item, NOTHING))])
    if name in orm.ONE:
        return kind.item
    if name in orm.IN_BULK:
        return many(kind.item)
    return NOTHING if name in orm.NOT_OBJECTS else frozenset([kind])


def of_list(kind: Many, name: str) -> Kinds:
    """Return what a method of a list or dict gives; one not known gives nothing."""
    if name in _SAME_LIST:
        return frozenset([kind])
    if name in _ONE_OF_LIST:
        return kind.item
    return of_query(kind, name) if name in _OF_LISTS else NOTHING


def of_key(kind: Many, node: ast.Call) -> Kinds:
    """Return what ``get`` or ``pop`` of a dict gives, where its keys are known."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(key)), *_]
        ) if kind.keys:
            return at_key(kind, key)
    return NOTHING
