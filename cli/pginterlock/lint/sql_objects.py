"""DROP, RENAME, OWNER, triggers, rules, types and functions to actions.

Pure: trees in, actions out.
"""

from collections.abc import Iterator

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.nodes import dotted, relation, words_of
from pginterlock.lint.scene import Scene

_CASCADE = 2
_BEFORE = 2
_TABLES = ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE")
_FUNCTIONS = ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE")


def _what(node: Message, field: str) -> str:
    found = node.DESCRIPTOR.fields_by_name[field]
    return str(found.enum_type.values_by_number[getattr(node, field)].name)


def dropped(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what a DROP takes away."""
    what = _what(node, "remove_type")
    marks = frozenset(["cascade"] if node.behavior == _CASCADE else [])
    for it in node.objects:
        words = words_of(it)
        if words:
            yield from _drop(scene, what, words, marks)


def _drop(scene: Scene, what: str, words: list[str], marks: frozenset[str]) -> Iterator[Action]:
    if what in _TABLES:
        yield scene.one(Verb.DROP_TABLE, dotted(words), words=marks)
    elif what in ("OBJECT_TRIGGER", "OBJECT_RULE"):
        if what == "OBJECT_TRIGGER":
            yield scene.one(Verb.DROP_TRIGGER, dotted(words[:-1]), words[-1], words=marks)
    elif what == "OBJECT_INDEX":
        yield scene.one(Verb.DROP_INDEX, None, words[-1], words=marks)
    elif what == "OBJECT_SCHEMA":
        yield scene.one(Verb.DROP_SCHEMA, None, words[-1], words=marks)
    elif what in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        yield scene.one(Verb.DROP_TYPE, dotted(words), words=marks)
    elif what in _FUNCTIONS:
        yield scene.one(Verb.CHANGE_FUNCTION, dotted(words), "drop")
    elif what == "OBJECT_EVENT_TRIGGER":
        yield scene.one(Verb.CHANGE_EVENT_TRIGGER, None, words[-1], "dropped")
    elif what == "OBJECT_EXTENSION":
        yield scene.one(Verb.CHANGE_EXTENSION, None, words[-1], "dropped", words=marks)


def renamed(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what gets another name."""
    what, to = _what(node, "rename_type"), node.newname
    if what in _OF_TABLE:
        name = "" if what in _TABLES else node.subname
        yield scene.one(_OF_TABLE[what], relation(node.relation), name, to)
    elif what == "OBJECT_INDEX":
        yield scene.one(Verb.RENAME_INDEX, None, node.relation.relname, to)
    elif what == "OBJECT_SCHEMA":
        yield scene.one(Verb.CHANGE_SCHEMA, None, node.subname, "renamed")
    elif what == "OBJECT_ROLE":
        yield scene.one(Verb.CHANGE_ROLE, None, node.subname, "renamed")
    elif words := words_of(node.object):
        if what in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
            yield scene.one(Verb.RENAME_TYPE, dotted(words), to=to)
        elif what == "OBJECT_EVENT_TRIGGER":
            yield scene.one(Verb.CHANGE_EVENT_TRIGGER, None, words[-1], "renamed")
        elif what in _FUNCTIONS:
            yield scene.one(Verb.CHANGE_FUNCTION, dotted(words), "rename")


_OF_TABLE = {
    **dict.fromkeys(_TABLES, Verb.RENAME_TABLE),
    "OBJECT_COLUMN": Verb.RENAME_COLUMN,
    "OBJECT_TABCONSTRAINT": Verb.RENAME_CONSTRAINT,
    "OBJECT_TRIGGER": Verb.RENAME_TRIGGER,
}


def moved(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what goes to another schema."""
    what = _what(node, "object_type")
    if what in _TABLES:
        yield scene.one(Verb.MOVE_TABLE, relation(node.relation), to=node.newschema)
    elif what in _FUNCTIONS:
        yield scene.one(Verb.CHANGE_FUNCTION, dotted(words_of(node.object)), "move")


def owned(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what gets another owner; tables come as ALTER TABLE."""
    what = _what(node, "object_type")
    words = words_of(node.object)
    if what in _FUNCTIONS:
        yield scene.one(Verb.CHANGE_FUNCTION, dotted(words), "give away")
    elif what == "OBJECT_SCHEMA":
        yield scene.one(Verb.CHANGE_SCHEMA, None, words[-1], "given to another owner")
    elif what == "OBJECT_EVENT_TRIGGER":
        yield scene.one(Verb.CHANGE_EVENT_TRIGGER, None, words[-1], "given to another owner")


def trigger(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a CREATE TRIGGER."""
    marks = {
        "replace": node.replace,
        "before": node.timing == _BEFORE and node.row,
    }
    words = frozenset(word for word, is_so in marks.items() if is_so)
    yield scene.one(Verb.CREATE_TRIGGER, relation(node.relation), node.trigname, words=words)


def rule(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a CREATE RULE."""
    event = _what(node, "event").removeprefix("CMD_").lower()
    words = frozenset(["instead"] if node.instead else [])
    yield scene.one(Verb.CREATE_RULE, relation(node.relation), node.rulename, event, words=words)


def event_trigger(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield an ALTER EVENT TRIGGER; ENABLE ALWAYS is how ours stand."""
    to = {"D": "disabled", "R": "enabled for replicas alone", "O": "no longer enabled always"}
    if node.tgenabled in to:
        yield scene.one(Verb.CHANGE_EVENT_TRIGGER, None, node.trigname, to[node.tgenabled])


def enum(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a CREATE TYPE ... AS ENUM, with its labels."""
    labels = tuple(inner(it).sval for it in node.vals)
    yield Action(Verb.CREATE_ENUM, scene.place, dotted(names(node.type_name)), columns=labels)


def enum_value(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield an ALTER TYPE ... RENAME VALUE; a value that is added harms nobody."""
    if node.old_val:
        table = dotted(names(node.type_name))
        yield scene.one(Verb.RENAME_VALUE, table, node.old_val, node.new_val)


def function(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a CREATE FUNCTION, and the settings that it carries."""
    how = "replace" if node.replace else "create"
    yield scene.one(Verb.CHANGE_FUNCTION, dotted(names(node.funcname)), how)
    yield from _function_settings(scene, node.options)


def altered_function(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield an ALTER FUNCTION, and the settings that it gives."""
    yield scene.one(Verb.CHANGE_FUNCTION, dotted(names(node.func.objname)), "alter")
    yield from _function_settings(scene, node.actions)


def _function_settings(scene: Scene, options: object) -> Iterator[Action]:
    for it in map(inner, options):  # type: ignore[call-overload]
        setting = inner(it.arg)
        if it.defname == "set" and kind(setting) == "VariableSetStmt":
            yield from variable(scene, setting)


def variable(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a SET; RESET and SET ... TO DEFAULT harm nobody."""
    if _what(node, "kind") != "VAR_SET_VALUE":
        return
    told = [inner(it) for it in node.args]
    values = [it.sval.sval or str(it.ival.ival) if kind(it) == "A_Const" else "" for it in told]
    yield Action(Verb.SET, scene.place, None, node.name, ", ".join(values), columns=tuple(values))
