"""Autogenerate: a changed spec becomes operations; so does what has drifted in the database."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic.autogenerate import comparators
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations, ops

from pginterlock import catalog, database, digests, migrate
from pginterlock.changes import changes
from pginterlock.difference import difference
from pginterlock.elements import TableName
from pginterlock.errors import EnvironmentFault
from pginterlock.integrations.alembic import frozen, ordering, shape, shield
from pginterlock.integrations.alembic.bridge import Bridge
from pginterlock.integrations.alembic.declared import spec_of
from pginterlock.integrations.alembic.environment import MODULE, lacks_import
from pginterlock.integrations.alembic.operations import (
    ApplyOp,
    Before,
    DropOp,
    SchemaOp,
    going_back,
    told,
)
from pginterlock.integrations.alembic.run import ACCEPT, KEEP, in_force
from pginterlock.integrations.alembic.settings import Settings
from pginterlock.integrations.alembic.translated import translated
from pginterlock.model import Machine, Spec
from pginterlock.renaming import resolved
from pginterlock.survey import MachineSurvey, Survey, survey
from pginterlock.table import Table
from pginterlock.uninstall import take_off

log = logging.getLogger("pginterlock.alembic")

_POSTGRESQL = "postgresql"
_SHOWN = 5


def register() -> None:
    """Put our comparators into Alembic's global registry: before all others, and after them."""
    try:
        from alembic.util import DispatchPriority  # noqa: PLC0415 - Alembic 1.18 brought it
    except ImportError:
        comparators.dispatch_for("schema")(compare)
        _before_all(_shield)
        return
    comparators.dispatch_for("schema", priority=DispatchPriority.FIRST)(_shield)
    comparators.dispatch_for("schema", priority=DispatchPriority.LAST)(compare)


def _before_all(comparator: Callable[..., None]) -> None:
    """Put *comparator* before Alembic's own, which are there first: older ones know no priority."""
    listed = comparators._registry.get(("schema", "default"))
    if isinstance(listed, list):
        listed.insert(0, comparator)


def _shield(
    context: AutogenContext, _: ops.UpgradeOps, schemas: set[str | None] | None = None
) -> None:
    """Shield ours before anything is looked at: it need not be read either."""
    shield.install(context)
    if isinstance(schemas, set):
        schemas.discard(shield.SCHEMA)


def compare(context: AutogenContext, upgrade: ops.UpgradeOps, _: object = None) -> None:
    """Put into *upgrade* what brings the machines of the database to the spec; shield ours."""
    if context.dialect is None or context.dialect.name != _POSTGRESQL:
        return
    shield.install(context)
    shield.strip(upgrade.ops)
    if context.connection is None:
        return
    _say_what_is_missing(context)
    with told():
        spec = spec_of(context.metadata, Settings(context.migration_context))
        _Comparison(context, spec).into(upgrade)


def _say_what_is_missing(context: AutogenContext) -> None:
    """Warn where a revision has brought us, and not env.py: there was none to bring us at first."""
    environment = context.migration_context.environment_context
    if environment is None:
        return
    env = Path(environment.script.env_py_location)
    if lacks_import(env):
        log.warning(
            "%s does not import %s, a revision does: without one of those, machines are not seen"
            " and our indexes would be dropped. Write it there: interlock alembic init",
            env,
            MODULE,
        )


class _Comparison:
    """One database held against one spec."""

    def __init__(self, context: AutogenContext, spec: Spec) -> None:
        assert context.connection is not None  # noqa: S101 - for mypy
        self._context = context
        self._connection: sa.Connection = context.connection
        self._ours = Bridge(self._connection).as_psycopg()
        machines = tuple(translated(it, self._connection) for it in spec.machines)
        self._declared = {it.name: it for it in spec.machines}
        self._spec = Spec(machines, spec.positions)
        with database.snapshot(self._ours):
            self._registered = catalog.registered(self._ours)
            found = {name: in_force(self._ours, name) for name in self._registered}
            self._rights = catalog.rights(self._ours)
        self._installed = {name: it for name, it in found.items() if it}
        self._schema = sa.inspect(self._connection).default_schema_name or "public"

    def into(self, upgrade: ops.UpgradeOps) -> None:
        """Put the operations on machines among those of *upgrade*."""
        migrate.demand_known(self._rights.revision)
        tables = upgrade.ops
        ordering.demand_agreement(tables, self._spec, self._schema)
        off = ordering.retyped(tables, self._installed, self._schema)
        parts = ordering.part(tables)
        seen = self._look(parts.first, off)
        drops = [self._drop(name) for name in (*off, *self._surplus(parts.last))]
        on: list[MigrateOperation] = [op for it in seen.machines if (op := self._apply(it, off))]
        if not on and self._is_outdated(seen):
            on = [SchemaOp()]
        if drops or on:
            upgrade.ops = [*drops, *parts.first, *on, *parts.last]

    def _look(self, first: Sequence[MigrateOperation], off: Sequence[str]) -> Survey:
        """Return how the machines stand once *first* is done, and machines *off* are taken off.

        It is tried, in a savepoint, where it concerns their tables: so the spec is checked against
        the columns that there will be.
        """
        named = {it.table for it in self._spec.machines}
        named |= {it for machine in self._spec.machines for it in machine.targets_elsewhere}
        if not (off or named & ordering.tables_of(first, self._schema)):
            return survey(self._ours, self._spec)
        try:
            return self._tried(first, off)
        except EnvironmentFault:
            if off or any(self._is_changed(it) for it in self._spec.machines):
                raise
        # What cannot be tried does not concern the machines: they are as they were.
        return survey(self._ours, self._spec)

    def _tried(self, first: Sequence[MigrateOperation], off: Sequence[str]) -> Survey:
        with database.trial(self._ours):
            self._ours.execute("set local lock_timeout = '2s'")
            if off:
                take_off(self._ours, off, drop_history=False)
            with _tried():
                for op in first:
                    _invoke(Operations(self._context.migration_context), op)
            return survey(self._ours, self._spec)

    def _is_changed(self, machine: Machine) -> bool:
        before = self._installed.get(machine.name)
        wanted = resolved(machine, before, drop_old_names=False)
        return before is None or digests.digest(wanted) != digests.digest(before)

    def _apply(self, it: MachineSurvey, off: Sequence[str]) -> ApplyOp | None:
        found = it.changes
        if not found:
            return None
        name = it.machine.name
        before = self._installed.get(name)
        declared = self._declared[name]
        is_kept = before is not None and name not in off
        was_known = before and any(r.was in before.states for r in declared.renames)
        notes = _notes(before, it, [f"{c.action} {c.object.kind} {c.object.name}" for c in found])
        return ApplyOp(
            declared,
            replaces=digest_of(before) if before and is_kept else None,
            old_names=ACCEPT if was_known and not is_kept else KEEP,
            shape=shape.write(it.table),
            before=Before(before, self._shape_with(before, it.table))
            if before and is_kept
            else None,
            notes=tuple(notes),
        )

    def _drop(self, name: str) -> DropOp:
        machine = self._installed[name]
        after = self._declared.get(name, machine)
        back = going_back(machine, after, self._shape_of(machine))
        return DropOp(name, table=str(machine.table), before=back)

    def _shape_of(self, machine: Machine) -> str | None:
        with database.snapshot(self._ours):
            table = catalog.table(self._ours, machine.table, machine.name)
            found = catalog.with_targets(self._ours, table, machine) if table else None
        return shape.write(found) if found else None

    def _shape_with(self, before: Machine, now: Table) -> str:
        """Return the table as it is *now*, with the other tables that *before* speaks of."""
        with database.snapshot(self._ours):
            found = catalog.with_targets(self._ours, replace(now, targets=()), before)
        targets = tuple(now.target(it.name) or it for it in found.targets)
        return shape.write(replace(now, targets=targets))

    def _surplus(self, last: Sequence[MigrateOperation]) -> Iterator[str]:
        """Yield the machines that are installed and not in the spec, on tables of this metadata."""
        gone = {
            table
            for op in ordering.flat(last)
            if isinstance(op, ops.DropTableOp) and (table := ordering.table_of(op, self._schema))
        }
        known = self._known_tables() | gone
        for name, table in self._registered.items():
            if name in self._declared or name not in self._installed:
                continue
            if table in known:
                yield name
            else:
                log.info(
                    "machine %s on %s is installed, but not in this spec, nor its table in the"
                    " models; it stays",
                    name,
                    table,
                )

    def _known_tables(self) -> set[TableName]:
        metadata = self._context.metadata
        listed = metadata if isinstance(metadata, Sequence) else [metadata]
        return {
            TableName(table.schema or self._schema, table.name)
            for it in listed
            if it is not None
            for table in it.tables.values()
        }

    def _is_outdated(self, seen: Survey) -> bool:
        if not self._registered:
            return False
        is_behind = seen.rights.revision != seen.head
        return is_behind or bool(changes(seen.runtime_wanted, seen.runtime_found))


def digest_of(machine: Machine) -> str:
    """Return the digest by which a revision knows the version that it replaces."""
    return digests.digest(frozen.settled(machine))


def _notes(before: Machine | None, it: MachineSurvey, drifted: Sequence[str]) -> list[str]:
    if before is None:
        return []
    after = resolved(it.machine, before, drop_old_names=False)
    if told := [found.text for found in difference(before, after)]:
        return told
    more = [f"{it.machine.name}: and {len(drifted) - _SHOWN} more"] if len(drifted) > _SHOWN else []
    return [f"{it.machine.name}: drift: {one}" for one in drifted[:_SHOWN]] + more


def _invoke(operations: Operations, op: MigrateOperation) -> None:
    if isinstance(op, ops.OpContainer):
        for it in op.ops:
            _invoke(operations, it)
    else:
        operations.invoke(op)


@contextmanager
def _tried() -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
        said = database.hide(str(getattr(error, "orig", None) or error)).strip()
        raise EnvironmentFault(
            f"the operations on tables cannot be tried in this database: {said}",
            remedy="Machines are checked against the tables that there will be. Make the tables in"
            " a revision of their own, upgrade, and write the machines' revision then.",
        ) from error
