"""GRANT, REVOKE, roles, settings of roles, extensions, VACUUM and CLUSTER to actions.

Pure: trees in, actions out.
"""

from collections.abc import Iterator

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.nodes import dotted, relation, words_of
from pginterlock.lint.scene import Scene
from pginterlock.lint.sql_objects import variable

_ALL = "all"

_FOR_SURE = frozenset(["for_sure"])


def _what(node: Message, field: str) -> str:
    found = node.DESCRIPTOR.fields_by_name[field]
    return str(found.enum_type.values_by_number[getattr(node, field)].name)


def granted(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a GRANT or REVOKE: *name* is the kind of object, *to* the grantees."""
    verb = Verb.GRANT if node.is_grant else Verb.REVOKE
    told = [inner(it) for it in node.privileges]
    privileges = {it.priv_name for it in told} or {_ALL}
    grantees = ", ".join(it.rolename or "public" for it in map(inner, node.grantees))
    objtype = _what(node, "objtype").removeprefix("OBJECT_").lower()
    is_whole = _what(node, "targtype") == "ACL_TARGET_ALL_IN_SCHEMA"
    columns = tuple(inner(c).sval for it in told for c in it.cols)
    for it in map(inner, node.objects):
        words = words_of(it)
        if not words and kind(it) != "String":
            continue
        if objtype == "parameter_acl":
            yield scene.one(Verb.GRANT_PARAMETER, None, words[-1].lower(), grantees)
            continue
        marks = privileges | ({"in_schema"} if is_whole else set())
        table = relation(it) if kind(it) == "RangeVar" else dotted(words)
        yield Action(
            verb, scene.place, table, objtype, grantees, columns=columns, words=frozenset(marks)
        )


def granted_role(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a GRANT of one role to others."""
    if node.is_grant:
        grantees = ", ".join(it.rolename for it in map(inner, node.grantee_roles))
        for it in map(inner, node.granted_roles):
            yield scene.one(Verb.GRANT_ROLE, None, it.priv_name, grantees)


def altered_role(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield an ALTER ROLE."""
    yield scene.one(Verb.CHANGE_ROLE, None, node.role.rolename, "altered")


def dropped_role(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a DROP ROLE."""
    for it in map(inner, node.roles):
        yield scene.one(Verb.CHANGE_ROLE, None, it.rolename, "dropped")


def setting(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield the setting that a role, a database or the server gets."""
    yield from variable(scene, node.setstmt)


def reassigned(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a REASSIGN OWNED: tables and ours alike get another owner."""
    for it in map(inner, node.roles):
        yield scene.one(Verb.OWNED, None, it.rolename, "reassign")


def dropped_owned(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield a DROP OWNED."""
    for it in map(inner, node.roles):
        yield scene.one(Verb.OWNED, None, it.rolename, "drop")


def vacuumed(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield the tables that a VACUUM FULL rewrites; without any, it is all."""
    options = {it.defname: it for it in map(inner, node.options)}
    full = options.get("full")
    if full is None or _is_off(full):
        return
    for it in map(inner, node.rels):
        yield _rewrite(scene, it.relation, "vacuum full")
    if not node.rels:
        yield scene.one(Verb.REWRITE, None, "vacuum full of all tables", words=_FOR_SURE)


def clustered(scene: Scene, node: Message) -> Iterator[Action]:
    """Yield the table that CLUSTER rewrites."""
    if node.HasField("relation"):
        yield _rewrite(scene, node.relation, "cluster")


def _rewrite(scene: Scene, table: Message, why: str) -> Action:
    return scene.one(Verb.REWRITE, relation(table), why, words=_FOR_SURE)


def _is_off(option: Message) -> bool:
    if not option.HasField("arg"):
        return False
    told = inner(option.arg)
    word = str(told.sval if kind(told) == "String" else getattr(told, "ival", ""))
    return word.lower() in ("false", "off", "0")
