"""Keep autogenerate from proposing to remove what is ours.

What is ours begins with ``interlock_`` or lies in schema interlock; and the extension that compares
what a claim holds is not for others to drop. Only what was found in the database is ours: what a
model declares is compared as ever.
"""

import re
from collections.abc import Mapping

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, ops

SCHEMA = "interlock"
_PREFIX = "interlock_"
_EXTENSION = "btree_gist"
# The last part of schema.name, schema.function(types), or a name alone.
_LAST_NAME = re.compile(r'(?:.*\.)?"?(?P<name>\w+)"?(?:\s*\(.*)?\Z', re.DOTALL)


def include_object(
    object_: object, name: str | None, type_: str, reflected: bool, compare_to: object = None
) -> bool:
    """Whether autogenerate is to look at an object: the ``include_object`` of Alembic.

    `pginterlock.alembic` puts it beside the user's own; it may also be given by hand.
    """
    del compare_to
    if not reflected:
        return True
    if _schema(object_) == SCHEMA or (type_ == "schema" and name == SCHEMA):
        return False
    if type_ == "extension":
        return _EXTENSION not in (name or "")
    if type_ in ("table", "column", "view", "materialized_view"):
        return True
    found = _LAST_NAME.match(name or "")
    return not (found and found["name"].startswith(_PREFIX))


def include_name(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
    """Whether autogenerate is to look at what lies in a schema: Alembic's ``include_name``."""
    return SCHEMA not in (parent_names.get("schema_name"), name if type_ == "schema" else None)


def install(context: AutogenContext) -> None:
    """Put our filters beside those that *context* has."""
    for name, ours in (("_object_filters", include_object), ("_name_filters", include_name)):
        filters = getattr(context, name, None)
        if isinstance(filters, list) and ours not in filters:
            filters.append(ours)


def strip(operations: list[MigrateOperation]) -> None:
    """Take out of *operations* what would remove or change something of ours."""
    kept: list[MigrateOperation] = []
    for op in operations:
        if isinstance(op, ops.ModifyTableOps):
            if op.schema == SCHEMA:
                continue
            strip(op.ops)
            if op.ops:
                kept.append(op)
        elif not _is_ours(op):
            kept.append(_without_ours(op))
    operations[:] = kept


def _is_ours(op: MigrateOperation) -> bool:
    if getattr(op, "schema", None) == SCHEMA:
        return True
    if isinstance(op, ops.DropIndexOp):
        return _begins_ours(op.index_name)
    if isinstance(op, ops.DropConstraintOp):
        return _begins_ours(op.constraint_name)
    return False


def _begins_ours(name: object) -> bool:
    return isinstance(name, str) and name.startswith(_PREFIX)


def _without_ours(op: MigrateOperation) -> MigrateOperation:
    """Return *op*; a table that it drops is made again, by a downgrade, without what is ours."""
    made = getattr(op, "_reverse", None) if isinstance(op, ops.DropTableOp) else None
    if isinstance(made, ops.CreateTableOp):
        made.columns = [it for it in made.columns if not _is_our_constraint(it)]
    return op


def _is_our_constraint(item: object) -> bool:
    return isinstance(item, sa.Constraint) and _begins_ours(item.name)


def _schema(object_: object) -> str | None:
    for owner in (object_, getattr(object_, "table", None)):
        found = getattr(owner, "schema", None)
        if isinstance(found, str):
            return found
    return None
