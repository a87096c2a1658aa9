"""Trees of PostgreSQL's grammar to the writes in them.

Pure: trees in, data out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from google.protobuf.message import Message

from pginterlock.expression_tree import children, inner, kind, location
from pginterlock.lint.nodes import last_column, literal, relation
from pginterlock.lint.sql_rows import given
from pginterlock.scan.sql_holes import is_hole
from pginterlock.scan.sql_tests import Test, tests_of, tests_of_branch, tests_of_conflict
from pginterlock.scan.sql_write import SqlVerb, Values

_DO_UPDATE = 3
_UPDATE, _INSERT, _DELETE = 3, 4, 5  # members of CmdType, which MERGE names for each of its clauses
_WRITES = frozenset(["UpdateStmt", "InsertStmt", "DeleteStmt", "MergeStmt", "CopyStmt"])
# What holds a statement: everything else of a tree is passed over, a million rows of VALUES too.
_HOLDERS = _WRITES | {
    "SelectStmt", "WithClause", "CommonTableExpr", "ExplainStmt", "PrepareStmt", "RuleStmt", "List",
    "CreateFunctionStmt", "CreateTableAsStmt", "DeclareCursorStmt", "ReturnStmt", "ViewStmt",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """A write as its tree tells it; *location* is the byte of the table's name.

    Of a branch of a MERGE it is that of its first column; *word* is the verb that stands before.
    Of an upsert *inserted* is what a new row gets, *conflict* what is done to one that is there.

    *filled* are columns with what fills their value in, still under the name of a hole.
    """

    verb: SqlVerb
    table: str
    location: int
    columns: Values = ()
    updated: tuple[str, ...] = ()
    where: tuple[Test, ...] = ()
    filled: tuple[tuple[str, str], ...] = ()
    all_columns: bool = False
    some_columns: bool = False
    is_new: bool | None = False
    word: str = ""
    inserted: Values = ()
    conflict: "Parsed | None" = None


@dataclass(slots=True)
class _Written:
    """Columns and values while they are gathered."""

    values: dict[tuple[str, str | None], None] = field(default_factory=dict)
    filled: list[tuple[str, str]] = field(default_factory=list)

    def put(self, column: str, node: Message | None) -> None:
        for value in [None] if node is None else _possible(node, column, self.filled):
            self.values[column, value] = None


def writes_of(tree: Message) -> Iterator[Parsed]:
    """Yield the writes of a statement, those of its WITH clauses and of its body too."""
    for node in _statements(tree):
        match kind(node):
            case "UpdateStmt":
                yield _update(node)
            case "InsertStmt":
                yield _insert(node)
            case "DeleteStmt":
                where = tuple(tests_of(node))
                yield Parsed(SqlVerb.DELETE, *_table(node.relation), where=where)
            case "MergeStmt":
                yield from _merge(node)
            case "CopyStmt" if node.is_from:
                columns = tuple((inner(it).sval, None) for it in node.attlist)
                table = _table(node.relation)
                yield Parsed(SqlVerb.COPY, *table, columns, all_columns=not columns, is_new=True)


def _statements(node: Message) -> Iterator[Message]:
    node = inner(node)
    if kind(node) in _WRITES:
        yield node
    for child in children(node):
        if kind(child) in _HOLDERS:
            yield from _statements(child)


def _table(node: Message) -> tuple[str, int]:
    return str(relation(node)), int(node.location)


def _update(node: Message) -> Parsed:
    written = _Written()
    for target in map(inner, node.target_list):
        written.put(target.name, _value(target.val))
    where = tuple(tests_of(node))
    names_ = tuple(dict.fromkeys(column for column, _ in written.values))
    return Parsed(
        SqlVerb.UPDATE,
        *_table(node.relation),
        tuple(written.values),
        names_,
        where,
        tuple(written.filled),
    )


def _value(node: Message) -> Message | None:
    """Return the value that a column gets; None for a column of ``(a, b) = (select ...)``."""
    node = inner(node)
    if kind(node) != "MultiAssignRef":
        return node
    source = inner(node.source)
    return source.args[node.colno - 1] if kind(source) == "RowExpr" else None


def _insert(node: Message) -> Parsed:
    written = _Written()
    columns = tuple(inner(it).name for it in node.cols)
    for column, value in given(node, columns):
        written.put(column, value)
    written.filled += _of_rows(node, columns)
    conflict = _conflict(node, written, columns)
    both = [*written.values, *(conflict.columns if conflict else ())]
    filled = [*written.filled, *(conflict.filled if conflict else ())]
    return Parsed(
        SqlVerb.UPSERT if conflict else SqlVerb.INSERT,
        *_table(node.relation),
        tuple(dict.fromkeys(both)),
        conflict.updated if conflict else (),
        (),
        tuple(dict.fromkeys(filled)),
        all_columns=not columns and node.HasField("select_stmt"),
        is_new=None if conflict else True,
        inserted=tuple(written.values) if conflict else (),
        conflict=conflict,
    )


def _conflict(node: Message, inserted: _Written, columns: Sequence[str]) -> Parsed | None:
    """Return what ON CONFLICT puts into a row that is there; None where it does nothing."""
    clause = node.on_conflict_clause
    if not node.HasField("on_conflict_clause") or clause.action != _DO_UPDATE:
        return None
    written, updated = _Written(), []
    for target in map(inner, clause.target_list):
        updated.append(target.name)
        value = inner(target.val)
        is_same = kind(value) == "ColumnRef" and last_column(value) == target.name
        if not (is_same and target.name in columns):
            written.put(target.name, _value(target.val))
            continue
        for column, told in inserted.values:  # excluded.status
            if column == target.name:
                written.values[column, told] = None
        written.filled += [it for it in inserted.filled if it[0] == target.name]
    where = tuple(tests_of_conflict(node))
    table = _table(node.relation)
    return Parsed(
        SqlVerb.UPSERT,
        *table,
        tuple(written.values),
        tuple(updated),
        where,
        tuple(written.filled),
        is_new=False,
    )


def _of_rows(node: Message, columns: Sequence[str]) -> list[tuple[str, str]]:
    """Return what fills in each column where all of them are one ``values %s``."""
    select = inner(node.select_stmt)
    rows = [inner(it).items for it in getattr(select, "values_lists", ())]
    if len(columns) < 2 or [len(it) for it in rows] != [1]:  # noqa: PLR2004 - several, of one
        return []
    by = last_column(rows[0][0]) or ""
    return [(it, f"{by}[{n}]") for n, it in enumerate(columns)] if is_hole(by) else []


def _merge(node: Message) -> Iterator[Parsed]:
    """Yield the branches of a MERGE that write columns, each for itself; else what it deletes."""
    branches = list(map(inner, node.merge_when_clauses))
    writing = [it for it in branches if it.command_type in (_UPDATE, _INSERT)]
    yield from (_branch(node, it) for it in writing)
    if not writing and any(it.command_type == _DELETE for it in branches):
        yield Parsed(SqlVerb.DELETE, *_table(node.relation))


def _branch(node: Message, branch: Message) -> Parsed:
    written = _Written()
    targets = list(map(inner, branch.target_list))
    is_new = branch.command_type == _INSERT
    for number, target in enumerate(targets):
        value = branch.values[number : number + 1] if is_new else [target.val]
        written.put(target.name, _value(value[0]) if value else None)
    table, at = _table(node.relation)
    first = [*branch.target_list[:1], *branch.values[:1]]
    found = location(first[0]) if first else None
    place = at if found is None else found
    return Parsed(
        SqlVerb.MERGE,
        table,
        place,
        tuple(written.values),
        () if is_new else tuple(it.name for it in targets),
        () if is_new else tuple(tests_of_branch(node, branch)),
        tuple(written.filled),
        all_columns=is_new and not targets and bool(branch.values),
        is_new=is_new,
        word="" if place == at else "insert" if is_new else "update",
    )


def _possible(node: Message, column: str, filled: list[tuple[str, str]]) -> Iterator[str | None]:
    """Yield the values that an expression may have; None for one that is not written there."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) == "CaseExpr":
        yield from _of_case(node, column, filled)
        return
    if kind(node) == "A_Const" and node.isnull:
        yield "null"
        return
    told = literal(node)
    by = f"${node.number}" if kind(node) == "ParamRef" else told or last_column(node) or ""
    if is_hole(by) or kind(node) == "ParamRef":
        filled.append((column, by))
        told = None
    yield told


def _of_case(node: Message, column: str, filled: list[tuple[str, str]]) -> Iterator[str | None]:
    results = [inner(it).result for it in node.args]
    results += [node.defresult] if node.HasField("defresult") else []
    for result in results:
        if last_column(result) != column:  # it stays what it is
            yield from _possible(result, column, filled)
    if not node.HasField("defresult"):
        yield "null"
