"""UPDATE, INSERT, DELETE, MERGE, COPY and TRUNCATE to actions.

Pure: trees in, actions out.
"""

from collections.abc import Iterator

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind
from pginterlock.lint.actions import Action, Place, Verb
from pginterlock.lint.nodes import asked, literal, relation
from pginterlock.lint.scene import Scene

_DO_UPDATE = 3
_CASCADE = 2
# Members of CmdType, which MERGE names for each of its WHEN clauses.
_UPDATE, _INSERT, _DELETE = 3, 4, 5


def updated(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what an UPDATE writes."""
    targets = list(map(inner, node.target_list))
    yield Action(
        Verb.UPDATE,
        _at_state(scene, node),
        relation(node.relation),
        columns=tuple(it.name for it in targets),
        values=tuple((it.name, literal(it.val)) for it in targets),
        where=tuple(asked(node.where_clause)) if node.HasField("where_clause") else (),
    )


def inserted(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what an INSERT writes, and the update of its ON CONFLICT."""
    table = relation(node.relation)
    columns = tuple(inner(it).name for it in node.cols)
    marks = set() if columns or not node.HasField("select_stmt") else {"all_columns"}
    yield Action(
        Verb.INSERT,
        _at_state(scene, node),
        table,
        columns=columns,
        values=tuple(
            (it, None if value is None else literal(value)) for it, value in given(node, columns)
        ),
        words=frozenset(marks),
    )
    conflict = node.on_conflict_clause
    if node.HasField("on_conflict_clause") and conflict.action == _DO_UPDATE:
        targets = list(map(inner, conflict.target_list))
        yield Action(
            Verb.UPDATE,
            scene.at(conflict),
            table,
            columns=tuple(it.name for it in targets),
            values=tuple((it.name, literal(it.val)) for it in targets),
        )


def given(node: Message, columns: tuple[str, ...]) -> Iterator[tuple[str, Message | None]]:
    """Yield each column of an INSERT with each expression that it gets; None for one not written.

    A column that gets its default is left out.
    """
    select = inner(node.select_stmt)
    rows = [inner(it).items for it in select.values_lists] if kind(select) == "SelectStmt" else []
    if not rows and kind(select) == "SelectStmt" and select.target_list and not select.op > 1:
        told = [inner(it).val for it in select.target_list]
        rows = [] if any(map(_is_star, told)) else [told]
    for row in rows:
        for column, value in zip(columns, row, strict=False):
            if kind(inner(value)) != "SetToDefault":
                yield column, value
    shortest = min(map(len, rows), default=0)  # `values %s` is one parameter for all columns
    yield from ((column, None) for column in columns[shortest:])


def _is_star(node: Message) -> bool:
    node = inner(node)
    return kind(node) == "ColumnRef" and kind(inner(node.fields[-1])) == "A_Star"


def deleted(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what a DELETE does."""
    where = tuple(asked(node.where_clause)) if node.HasField("where_clause") else ()
    yield Action(Verb.DELETE, _at_state(scene, node), relation(node.relation), where=where)


def merged(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what each WHEN clause of a MERGE does."""
    table = relation(node.relation)
    for it in map(inner, node.merge_when_clauses):
        targets = list(map(inner, it.target_list))
        columns = tuple(target.name for target in targets)
        if it.command_type == _UPDATE:
            values = tuple((target.name, literal(target.val)) for target in targets)
            yield Action(Verb.MERGE, scene.place, table, "update", "", columns, values)
        elif it.command_type == _INSERT:
            values = tuple((c, literal(v)) for c, v in zip(columns, it.values, strict=False))
            words = frozenset() if columns else frozenset(["all_columns"])
            yield Action(Verb.MERGE, scene.place, table, "insert", "", columns, values, words=words)
        elif it.command_type == _DELETE:
            yield Action(Verb.MERGE, scene.place, table, "delete")


def copied(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what a COPY FROM writes; COPY TO reads only."""
    if node.is_from:
        columns = tuple(inner(it).sval for it in node.attlist)
        yield Action(Verb.COPY, scene.place, relation(node.relation), columns=columns)


def truncated(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield the tables that a TRUNCATE empties."""
    words = frozenset(["cascade"] if node.behavior == _CASCADE else [])
    for it in map(inner, node.relations):
        yield Action(Verb.TRUNCATE, scene.at(it), relation(it), words=words)


def _at_state(scene: Scene, node: Message) -> Place:
    """Return where the verb stands; it may stand in a WITH clause, lines below the beginning."""
    place = scene.at(node.relation)
    return scene.place if place.line == scene.place.line else place
