"""What the condition of a statement says of the rows that it writes: columns and their literals.

Also through a subquery or a WITH clause that reads the same table. Pure: trees in, data out.
"""

import re
from collections.abc import Iterator, Mapping

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names
from pginterlock.lint.nodes import asked, equals, last_column, literal
from pginterlock.scan.sql_holes import is_hole

_AND, _OR = 1, 2
_IS_NULL = 1
_MATCHED = 1  # of MergeMatchKind
_ANY = 3  # of SubLinkType: `a in (select ...)`
_PLAIN = 1  # of SetOperation: no union
_NUMBER = re.compile(r"\$\d+")
_MOST_DEPTH = 4

Test = tuple[str, tuple[str, ...]]


def tests_of(node: Message) -> Iterator[Test]:
    """Yield the columns of the table that an UPDATE or DELETE compares with literals."""
    if not node.HasField("where_clause"):
        return
    ctes = dict(_ctes(node))
    table = node.relation
    yield from _of_condition(node.where_clause, table, ctes)
    for other in (it for part in getattr(node, "from_clause", ()) for it in _tables(inner(part))):
        on = (_is_joined(part, _called(other)) for part in _parts(inner(node.where_clause)))
        if other.relname in ctes and any(on):
            yield from _of_query(ctes[other.relname], table.relname, ctes)


def tests_of_branch(node: Message, branch: Message) -> Iterator[Test]:
    """Yield what a ``when ... then update`` of a MERGE says of the rows that it writes."""
    ctes = dict(_ctes(node))
    if branch.match_kind == _MATCHED:
        yield from _of_condition(node.join_condition, node.relation, ctes)
    if branch.HasField("condition"):
        yield from _of_condition(branch.condition, node.relation, ctes)


def tests_of_conflict(node: Message) -> Iterator[Test]:
    """Yield what the ``where`` of an ON CONFLICT says of the row that is there."""
    clause = node.on_conflict_clause
    if clause.HasField("where_clause"):
        for part in _parts(inner(clause.where_clause)):
            if told := _either(part, {_called(node.relation)}):
                yield told


def _of_condition(
    condition: Message, table: Message, ctes: Mapping[str, Message]
) -> Iterator[Test]:
    for part in _parts(inner(condition)):
        told = _either(part, {_called(table)})
        if told:
            yield told
        else:
            yield from _through(part, table.relname, ctes)


def _ctes(node: Message) -> Iterator[tuple[str, Message]]:
    if node.HasField("with_clause"):
        for it in map(inner, node.with_clause.ctes):
            yield it.ctename, inner(it.ctequery)


def _called(table: Message) -> str:
    return str(table.alias.aliasname if table.HasField("alias") else table.relname)


def _parts(node: Message) -> Iterator[Message]:
    """Yield what is joined by AND."""
    if kind(node) == "BoolExpr" and node.boolop == _AND:
        for arg in map(inner, node.args):
            yield from _parts(arg)
    else:
        yield node


def _through(part: Message, table: str, ctes: Mapping[str, Message]) -> Iterator[Test]:
    """Yield the tests of the subquery in ``id in (select id from the_same_table where ...)``."""
    left, query = None, None
    if kind(part) == "SubLink" and part.sub_link_type == _ANY:
        if names(part.oper_name) in ([], ["="]):
            left, query = part.testexpr, inner(part.subselect)
    elif kind(part) == "A_Expr" and names(part.name)[-1:] == ["="]:
        right = inner(part.rexpr)
        left, query = part.lexpr, inner(right.subselect) if kind(right) == "SubLink" else None
    if left is None or query is None or kind(query) != "SelectStmt" or not query.target_list:
        return
    given = last_column(inner(query.target_list[0]).val)
    if given is not None and given == last_column(left):  # not a parent of such a row
        yield from _of_query(query, table, ctes)


def _is_joined(part: Message, other: str) -> bool:
    """Return whether *part* says that a row is the row of *other* with the same key."""
    if kind(part) != "A_Expr" or names(part.name)[-1:] != ["="]:
        return False
    sides = [inner(part.lexpr), inner(part.rexpr)]
    if any(kind(it) != "ColumnRef" for it in sides):
        return False
    words = [names(it.fields) for it in sides if kind(inner(it.fields[-1])) == "String"]
    is_other = [it[-2:-1] == [other] for it in words]
    return len(words) == len(sides) and any(is_other) and words[0][-1] == words[1][-1]


def _of_query(
    query: Message, table: str, ctes: Mapping[str, Message], depth: int = 0
) -> Iterator[Test]:
    """Yield the tests of *query*, where its rows are rows of *table*."""
    if kind(query) != "SelectStmt" or query.op != _PLAIN or depth > _MOST_DEPTH:
        return
    ctes = {**ctes, **dict(_ctes(query))}
    tables = [it for node in query.from_clause for it in _tables(inner(node))]
    own = [it for it in tables if it.relname == table]
    if len(own) == 1 and query.HasField("where_clause"):
        for part in _parts(inner(query.where_clause)):
            told = _either(part, {_called(own[0])})
            if told:
                yield told
    elif len(tables) == 1 and tables[0].relname in ctes:
        yield from _of_query(ctes[tables[0].relname], table, ctes, depth + 1)


def _tables(node: Message) -> Iterator[Message]:
    if kind(node) == "RangeVar":
        yield node
    elif kind(node) == "JoinExpr":
        yield from _tables(inner(node.larg))
        yield from _tables(inner(node.rarg))


def _either(node: Message, ours: set[str]) -> Test | None:
    """Return the column that *node* tests and the values that pass, an OR of tests of it too."""
    if kind(node) == "BoolExpr" and node.boolop == _OR:
        sides = [_either(inner(arg), ours) for arg in node.args]
        columns = {side[0] if side else "" for side in sides}
        if len(columns) == 1 and "" not in columns:
            return columns.pop(), tuple(value for side in sides if side for value in side[1])
        return None
    if kind(node) == "NullTest" and node.nulltesttype == _IS_NULL:
        column = last_column(node.arg)
        return (column, ("null",)) if column and _is_ours(node.arg, ours) else None
    if kind(node) != "A_Expr" or not _is_ours(node.lexpr, ours):
        return None
    return next(iter(asked(node)), None) or _filled(node)


def _filled(node: Message) -> Test | None:
    """Return the column that *node* holds against what is filled in, and by what."""
    column = last_column(node.lexpr)
    told = [literal(it) or _hole(it) for it in equals(node)]
    return (column, tuple(told)) if column and told and "" not in told else None


def _hole(node: Message) -> str:
    """Return what fills *node* in; nothing where it is not filled in."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    by = f"${node.number}" if kind(node) == "ParamRef" else last_column(node) or ""
    return by if is_filled(by) else ""


def is_filled(value: str) -> bool:
    """Return whether a value in a test stands for one that is filled in."""
    return is_hole(value) or bool(_NUMBER.fullmatch(value))


def _is_ours(node: Message, ours: set[str]) -> bool:
    """Return whether a column is of the table that is written; without a table before it, yes."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) != "ColumnRef" or kind(inner(node.fields[-1])) != "String":
        return False
    words = names(node.fields)
    return len(words) == 1 or words[-2] in ours
