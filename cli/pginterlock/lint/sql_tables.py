"""ALTER TABLE and CREATE TABLE to actions.

Pure: trees in, actions out.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names, of_kind
from pginterlock.lint.actions import Action, Relation, Verb
from pginterlock.lint.nodes import literal, relation, type_name
from pginterlock.lint.scene import Scene

# Functions whose value differs from row to row: a default that calls one rewrites the table.
_VOLATILE_WORDS = """
    random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 uuid_generate_v1
    uuid_generate_v1mc uuid_generate_v4 nextval setval gen_random_bytes pg_sleep setseed
"""
VOLATILE = frozenset(_VOLATILE_WORDS.split())
_SERIALS = frozenset(["serial", "serial4", "serial8", "bigserial", "smallserial", "serial2"])
SURE = frozenset(["for_sure"])
_ALL, _USER = "all", "user"
_Read = Callable[[Message, Relation], Iterator[Action]]


def altered(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what an ALTER TABLE does; indexes, views and the rest count as tables here."""
    table = relation(node.relation)
    after = scene.statement.at(max(node.relation.location, 0)) + len(node.relation.relname)
    for it in map(inner, node.cmds):
        command = _COMMANDS.get(_subtype(it))
        told = it.name or _name_inside(it)
        place, after = scene.word(told, after)
        for action in command(it, table, scene) if command else ():
            yield replace(action, place=place)


def created(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield what a CREATE TABLE does: the table itself, its column types, what it inherits from."""
    table = relation(node.relation)
    is_partition = node.HasField("partbound")
    marks = {
        "if_exists": node.if_not_exists,
        "temporary": node.relation.relpersistence == "t" or node.relation.schemaname == "pg_temp",
    }
    columns = [it for it in map(inner, node.table_elts) if kind(it) == "ColumnDef"]
    yield Action(
        Verb.CREATE_TABLE,
        scene.place,
        table,
        values=tuple((it.colname, type_name(it.type_name)) for it in columns),
        words=frozenset(word for word, is_so in marks.items() if is_so),
    )
    if not is_partition:
        for parent in map(inner, node.inh_relations):
            yield scene.one(Verb.INHERIT, relation(parent), str(table))


def _subtype(command: Message) -> str:
    field = command.DESCRIPTOR.fields_by_name["subtype"]
    return str(field.enum_type.values_by_number[command.subtype].name)


def _name_inside(command: Message) -> str:
    """Return the name of what a command defines: a constraint, a column, a partition."""
    node = inner(getattr(command, "def"))
    match kind(node):
        case "ColumnDef":
            return str(node.colname)
        case "Constraint" | "ATAlterConstraint":
            return str(node.conname)
        case "PartitionCmd":
            return str(node.name.relname)
        case "RangeVar":
            return str(node.relname)
    return ""


def _added(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
    column = inner(getattr(command, "def"))
    yield Action(
        Verb.ADD_COLUMN, scene.place, table, column.colname, to=type_name(column.type_name)
    )
    if why := _rewriting(column):
        yield Action(Verb.REWRITE, scene.place, table, why, words=SURE)


def _rewriting(column: Message) -> str:
    """Return why adding *column* rewrites every row, or nothing."""
    if names(column.type_name.names)[-1] in _SERIALS:
        return f"column {column.colname} is a serial"
    for it in map(inner, column.constraints):
        field = it.DESCRIPTOR.fields_by_name["contype"]
        what = field.enum_type.values_by_number[it.contype].name
        if what == "CONSTR_IDENTITY":
            return f"column {column.colname} is an identity"
        if what == "CONSTR_GENERATED" and it.generated_kind != "v":
            return f"column {column.colname} is generated and stored"
        called = [names(f.funcname)[-1] for f in of_kind(it.raw_expr, "FuncCall")]
        if what == "CONSTR_DEFAULT" and (found := VOLATILE.intersection(called)):
            return f"the default of column {column.colname} calls {min(found)}()"
    return ""


def _retyped(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
    told = type_name(inner(getattr(command, "def")).type_name)
    yield Action(Verb.RETYPE_COLUMN, scene.place, table, command.name, told)


def _default(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
    node = getattr(command, "def")
    value = literal(node) if command.HasField("def") else None
    if value is not None:
        yield Action(Verb.SET_DEFAULT, scene.place, table, command.name, value)


def _constraint(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
    node = inner(getattr(command, "def"))
    if node.alter_enforceability and not node.is_enforced:
        yield Action(Verb.NOT_ENFORCED, scene.place, table, node.conname)


def _owner(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
    to = command.newowner.rolename or "another role"
    yield Action(Verb.SET_OWNER, scene.place, table, to=to)


def _partition(verb: Verb) -> "_Command":
    def read(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
        other = relation(inner(getattr(command, "def")).name)
        yield Action(verb, scene.place, table, str(other))
        yield Action(verb, scene.place, other, str(table), words=frozenset(["child"]))

    return read


def _inherit(verb: Verb) -> "_Command":
    def read(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
        parent = relation(inner(getattr(command, "def")))
        yield Action(verb, scene.place, parent, str(table))
        yield Action(verb, scene.place, table, str(parent), words=frozenset(["child"]))

    return read


def _plain(verb: Verb, name: str = "", *words: str) -> "_Command":
    def read(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
        marks = (*words, "cascade") if command.behavior == _CASCADE else words
        found = name or command.name
        yield Action(verb, scene.place, table, found, words=frozenset(marks))

    return read


def _rewrite(why: str) -> "_Command":
    def read(command: Message, table: Relation, scene: Scene) -> Iterator[Action]:
        yield Action(Verb.REWRITE, scene.place, table, why.format(command.name))

    return read


_CASCADE = 2
_Command = Callable[[Message, Relation, Scene], Iterator[Action]]
_COMMANDS: dict[str, _Command] = {
    "AT_AddColumn": _added,
    "AT_DropColumn": _plain(Verb.DROP_COLUMN),
    "AT_AlterColumnType": _retyped,
    "AT_ColumnDefault": _default,
    "AT_SetNotNull": _plain(Verb.SET_NOT_NULL),
    "AT_SetExpression": _rewrite("column {} is computed anew"),
    "AT_DropConstraint": _plain(Verb.DROP_CONSTRAINT),
    "AT_AlterConstraint": _constraint,
    "AT_ChangeOwner": _owner,
    "AT_SetLogged": _rewrite("set logged, if it was not"),
    "AT_SetUnLogged": _plain(Verb.SET_UNLOGGED),
    "AT_SetAccessMethod": _rewrite("set access method"),
    "AT_SetTableSpace": _rewrite("set tablespace copies the table"),
    "AT_DisableTrig": _plain(Verb.DISABLE_TRIGGER),
    "AT_DisableTrigAll": _plain(Verb.DISABLE_TRIGGER, _ALL),
    "AT_DisableTrigUser": _plain(Verb.DISABLE_TRIGGER, _USER),
    "AT_EnableTrig": _plain(Verb.ENABLE_TRIGGER, "", "origin"),
    "AT_EnableTrigAll": _plain(Verb.ENABLE_TRIGGER, _ALL, "origin"),
    "AT_EnableTrigUser": _plain(Verb.ENABLE_TRIGGER, _USER, "origin"),
    "AT_EnableReplicaTrig": _plain(Verb.ENABLE_TRIGGER, "", "replica"),
    "AT_AddInherit": _inherit(Verb.INHERIT),
    "AT_DropInherit": _inherit(Verb.NO_INHERIT),
    "AT_AttachPartition": _partition(Verb.ATTACH),
    "AT_DetachPartition": _partition(Verb.DETACH),
    "AT_EnableRowSecurity": _plain(Verb.ROW_SECURITY, "enable"),
    "AT_ForceRowSecurity": _plain(Verb.ROW_SECURITY, "force"),
}
