"""Calls of drivers that copy rows into a table whose columns they name. Pure."""

import ast
from collections.abc import Sequence

from pginterlock.scan.project import called_name
from pginterlock.scan.wanted import Wanted, is_table

# Of psycopg 2 and asyncpg: the place of the table among the arguments.
COPYING = {"copy_from": 1, "copy_records_to_table": 0, "copy_to_table": 0}
_TABLES = ("table", "table_name")


def copied(wanted: Wanted, call: ast.Call) -> Sequence[ast.expr] | None:
    """Return the rows that *call* copies into the table that is wanted; None where into none.

    Rows that are not written down there are none.
    """
    place = COPYING.get(called_name(call))
    if place is None:
        return None
    named = [it.value for it in call.keywords if it.arg in _TABLES]
    match [*named, *call.args[place : place + 1]]:
        case [ast.Constant(value=str(table)), *_] if is_table(wanted, _with_schema(call, table)):
            return _rows(call)
    return None


def _with_schema(call: ast.Call, table: str) -> str:
    for it in call.keywords:
        match it:
            case ast.keyword(arg="schema_name", value=ast.Constant(value=str(schema))):
                return f"{schema}.{table}"
    return table


def _rows(call: ast.Call) -> Sequence[ast.expr]:
    for it in call.keywords:
        match it:
            case ast.keyword(arg="records", value=ast.List(elts=rows) | ast.Tuple(elts=rows)):
                return rows
            case ast.keyword(arg="records", value=ast.ListComp(elt=row)):
                return [row]
    return []


def value_of(rows: Sequence[ast.expr], column: ast.AST, call: ast.Call) -> ast.expr | None:
    """Return the value that the rows give a column, where all are one row, or give it the same."""
    for it in call.keywords:
        if it.arg == "columns" and isinstance(it.value, (ast.List, ast.Tuple)):
            names = it.value.elts
            place = next((n for n, one in enumerate(names) if one is column), None)
            found = [
                row.elts[place]
                for row in rows
                if place is not None
                and isinstance(row, (ast.Tuple, ast.List))
                and len(row.elts) == len(names)
            ]
            if found and len({ast.unparse(one) for one in found}) == 1 and len(found) == len(rows):
                return found[0]
    return None
