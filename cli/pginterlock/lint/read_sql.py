"""Text of SQL to actions, in the order in which they run.

Pure: text in, actions and remarks out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names, of_kind
from pginterlock.lint import sql_blocks, sql_objects, sql_rights, sql_rows, sql_tables
from pginterlock.lint.actions import (
    ROW_VERBS,
    UNKNOWN,
    Action,
    Locate,
    Place,
    Reading,
    Remark,
    Verb,
)
from pginterlock.lint.nodes import literal
from pginterlock.lint.scene import Scene
from pginterlock.lint.sql_text import Broken, statements, without_psql

_MOST_DEPTH = 4
_UNREAD = "SQL that is put together while it runs; look at it yourself"
_INCLUDED = "another file is included here; name it too"
_Reader = Callable[[Scene, Message], Iterator[Action]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where actions and remarks go; *is_deferred*: the SQL runs only when somebody calls it."""

    reading: Reading
    unit: list[Action]
    is_deferred: bool = False
    depth: int = 0

    def add(self, action: Action) -> None:
        """Keep *action*, unless it is a write in a function: the machine will judge that one."""
        if not (self.is_deferred and action.verb in ROW_VERBS):
            self.unit.append(action)


def read_file(text: str) -> Reading:
    """Return what a file of SQL does; psql's own commands in it are passed over."""
    reading = Reading()
    unit: list[Action] = []
    reading.units.append(unit)
    text, included = without_psql(text)
    locate = locator(text)
    reading.unread += [Remark(locate(it, it), _INCLUDED) for it in included]
    read(text, locate, Target(reading, unit))
    return reading


def locator(text: str) -> Locate:
    """Return from characters of *text* to places."""

    def locate(start: int, end: int) -> Place:
        line = text.count("\n", 0, start) + 1
        last = text.count("\n", 0, end) + 1
        return Place(line, start - text.rfind("\n", 0, start), spans=((line, last),))

    return locate


def read(text: str, locate: Locate, target: Target) -> None:
    """Read *text*, and put what it does into *target*."""
    for it in statements(text):
        if isinstance(it, Broken):
            place = locate(it.offset, it.offset)
            if UNKNOWN in text:
                target.reading.unread.append(Remark(place, _UNREAD))
            else:
                target.reading.faults.append(Remark(place, it.message))
            continue
        scene = Scene(it, text, locate)
        _read_one(scene, it.tree, target)


def _read_one(scene: Scene, tree: Message, target: Target) -> None:
    """Read one statement, and those inside it: CTEs, EXPLAIN ANALYZE, PREPARE, rules."""
    for node in of_kind_any(tree):
        reader = _READERS.get(kind(node))
        for action in reader(scene, node) if reader else ():
            target.add(action)
    for call in of_kind(tree, "FuncCall"):
        for action in _called(scene, call):
            target.add(action)
    if kind(tree) in ("DoStmt", "CreateFunctionStmt"):
        _read_body(scene, tree, target)


def of_kind_any(tree: Message) -> Iterator[Message]:
    """Yield the statement itself, and the writes and commands that stand inside it."""
    yield tree
    if kind(tree) in ("CreateFunctionStmt", "DoStmt", "RuleStmt"):
        return
    inside = ("UpdateStmt", "InsertStmt", "DeleteStmt", "MergeStmt")
    top = id(tree)
    for what in inside:
        yield from (node for node in of_kind(tree, what) if id(node) != top)
    if kind(tree) == "CreateSchemaStmt":
        yield from (inner(it) for it in tree.schema_elts)


def _called(scene: Scene, call: Message) -> Iterator[Action]:
    """Yield what a call of a function does that is known here."""
    words = names(call.funcname)
    args = [_argument(it) for it in call.args]
    place = scene.at(call)
    if words[-1] == "set_config" and args:
        values = tuple(it or "" for it in args[1:2])
        yield Action(Verb.SET, place, None, args[0] or "", ", ".join(values), columns=values)
    elif words[:-1] == ["interlock"] and words[-1] in ("open_bypass", "close_bypass"):
        verb = Verb.OPEN_BYPASS if words[-1] == "open_bypass" else Verb.CLOSE_BYPASS
        named = next((n.arg for n in of_kind(call, "NamedArgExpr") if n.name == "p_machine"), None)
        name = literal(named) if named is not None else (args[0] if args else None)
        yield Action(verb, place, None, name or "")


def _argument(node: Message) -> str | None:
    node = inner(node)
    return literal(node.arg) if kind(node) == "NamedArgExpr" else literal(node)


def _read_body(scene: Scene, node: Message, target: Target) -> None:
    is_function = kind(node) == "CreateFunctionStmt"
    below = replace(target, is_deferred=target.is_deferred or is_function, depth=target.depth + 1)
    language, text = sql_blocks.body(node)
    start = scene.text.find(text, scene.statement.start) if text else -1
    if below.depth > _MOST_DEPTH or not text:
        return

    def locate(first: int, last: int) -> Place:
        if start < 0:
            return scene.place
        place = scene.locate(start + first, start + last)
        return replace(place, spans=(*place.spans, *scene.place.spans[1:]))

    if language == "sql":
        read(text, locate, below)
    elif language == "plpgsql":
        declared = scene.text[scene.statement.start : scene.statement.end] if is_function else ""
        _read_plpgsql(text, locate, below, declared)


def _read_plpgsql(text: str, locate: Locate, target: Target, declared: str) -> None:
    found = sql_blocks.inside(text, declared)
    for it in sql_blocks.guessed(text) if found is None else found:
        place = locate(it.offset, it.offset)
        if not it.is_known:
            if not target.is_deferred:
                target.reading.unread.append(Remark(place, _UNREAD))
            continue
        if it.is_made:
            read(it.text, _fixed(place), _lenient(target))
        else:
            read(it.text, _shifted(locate, it.offset), _lenient(target))


def _lenient(target: Target) -> Target:
    """Return *target* without faults: what is odd in a body is told by the body's own parser."""
    return replace(target, reading=replace(target.reading, faults=[]))


def _fixed(place: Place) -> Locate:
    return lambda _start, _end: place


def _shifted(locate: Locate, offset: int) -> Locate:
    return lambda start, end: locate(offset + start, offset + end)


_READERS: dict[str, _Reader] = {
    "AlterEnumStmt": sql_objects.enum_value,
    "AlterEventTrigStmt": sql_objects.event_trigger,
    "AlterDatabaseSetStmt": sql_rights.setting,
    "AlterFunctionStmt": sql_objects.altered_function,
    "AlterObjectSchemaStmt": sql_objects.moved,
    "AlterOwnerStmt": sql_objects.owned,
    "AlterRoleSetStmt": sql_rights.setting,
    "AlterRoleStmt": sql_rights.altered_role,
    "AlterSystemStmt": sql_rights.setting,
    "AlterTableStmt": sql_tables.altered,
    "ClusterStmt": sql_rights.clustered,
    "CopyStmt": sql_rows.copied,
    "CreateEnumStmt": sql_objects.enum,
    "CreateFunctionStmt": sql_objects.function,
    "CreateStmt": sql_tables.created,
    "CreateTrigStmt": sql_objects.trigger,
    "DeleteStmt": sql_rows.deleted,
    "DropOwnedStmt": sql_rights.dropped_owned,
    "DropRoleStmt": sql_rights.dropped_role,
    "DropStmt": sql_objects.dropped,
    "GrantRoleStmt": sql_rights.granted_role,
    "GrantStmt": sql_rights.granted,
    "InsertStmt": sql_rows.inserted,
    "MergeStmt": sql_rows.merged,
    "ReassignOwnedStmt": sql_rights.reassigned,
    "RenameStmt": sql_objects.renamed,
    "RuleStmt": sql_objects.rule,
    "TruncateStmt": sql_rows.truncated,
    "UpdateStmt": sql_rows.updated,
    "VacuumStmt": sql_rights.vacuumed,
    "VariableSetStmt": sql_objects.variable,
}
