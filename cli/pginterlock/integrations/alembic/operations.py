"""The operations of a revision: put a machine on its table, take it off, upgrade our schema."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import psycopg
from alembic.operations import MigrateOperation, Operations
from alembic.util import CommandError

from pginterlock import database, digests
from pginterlock.errors import InterlockError, UsageError
from pginterlock.integrations.alembic import frozen, offline, run
from pginterlock.integrations.alembic.settings import Settings
from pginterlock.integrations.alembic.translated import translated
from pginterlock.model import Machine

_IN_HAND = "a revision"


@Operations.register_operation("interlock_apply")
class ApplyOp(MigrateOperation):
    """Bring a machine into force, as it was when the revision was written.

    *before* is the machine that it replaces, *notes* what changes, for who reads the revision:
    both are known where the revision is written, and not where it is run.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        replaces: str | None = None,
        old_names: str = run.KEEP,
        shape: str | None = None,
        before: "Before | None" = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.machine = machine
        self.replaces = replaces
        self.old_names = old_names
        self.shape = shape
        self.before = before
        self.notes = notes

    @classmethod
    def interlock_apply(
        cls,
        operations: Operations,
        machine: str,
        *,
        digest: str,
        replaces: str | None = None,
        old_names: str = "keep",
        table: str | None = None,
    ) -> None:
        """Bring a machine into force, in the transaction of the migration.

        *machine* is the text of a spec with one machine, *digest* what it is known by: an edited
        text is refused. *replaces* is the digest of the version that must be in force before; None
        takes what is there. *old_names* of states are accepted beside the new ones where they are
        in force ("keep"), in any case ("accept"), or given up once their rows are moved ("drop").
        *table* is what --sql needs to know of the table. Raises CommandError where it cannot be
        done; nothing is changed then.
        """
        with told():
            if old_names not in run.OLD_NAMES:
                raise UsageError(f"old_names={old_names!r}: one of {', '.join(run.OLD_NAMES)}")
            found = frozen.read(machine, digest, _caller())
        operations.invoke(cls(found, replaces=replaces, old_names=old_names, shape=table))

    def reverse(self) -> "ApplyOp | DropOp":
        """Return what a downgrade does: the machine of before, or none."""
        if self.before is None:
            return DropOp(self.machine.name, before=self, table=str(self.machine.table))
        after = digests.digest(frozen.settled(self.machine))
        return going_back(self.before.machine, self.machine, self.before.shape, replaces=after)

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Return what `alembic check` prints."""
        return ("interlock_apply", self.machine.name, *self.notes)


@dataclass(frozen=True, slots=True)
class Before:
    """The machine that was in force when a revision was written, and its table."""

    machine: Machine
    shape: str | None = None


def going_back(
    before: Machine, after: Machine, shape: str | None, *, replaces: str | None = None
) -> ApplyOp:
    """Return what brings *before* back into force, from *after*: also the names of its states."""
    back = frozen.back(before, after)
    names = run.DROP if back.renames else run.KEEP
    if not back.renames and before.old_names:
        back, names = before, run.ACCEPT
    return ApplyOp(back, replaces=replaces, old_names=names, shape=shape)


@Operations.register_operation("interlock_drop")
class DropOp(MigrateOperation):
    """Take a machine off its table; its history stays."""

    def __init__(self, machine: str, *, table: str = "", before: ApplyOp | None = None) -> None:
        self.machine = machine
        self.table = table
        self.before = before

    @classmethod
    def interlock_drop(
        cls, operations: Operations, machine: str, *, table: str | None = None
    ) -> None:
        """Take a machine off its table, in the transaction of the migration; its history stays.

        *table*, as schema.name, is for --sql. Raises CommandError where no such machine is
        installed.
        """
        operations.invoke(cls(machine, table=table or ""))

    def reverse(self) -> MigrateOperation:
        """Return the operation that puts it back."""
        if self.before is None:
            raise NotImplementedError("what was on the table before is not known")
        return self.before

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Return what `alembic check` prints."""
        return ("interlock_drop", self.machine)


@Operations.register_operation("interlock_schema")
class SchemaOp(MigrateOperation):
    """Bring schema interlock to the version of the package that runs it."""

    @classmethod
    def interlock_schema(cls, operations: Operations) -> None:
        """Bring schema interlock to the version of the installed package; never back.

        Raises CommandError where that is older than the schema.
        """
        operations.invoke(cls())

    def reverse(self) -> Self:
        """Return the operation itself: what is newer serves what is older."""
        return self

    def to_diff_tuple(self) -> tuple[str, ...]:
        """Return what `alembic check` prints."""
        return ("interlock_schema",)


@Operations.implementation_for(ApplyOp)
def _apply(operations: Operations, op: ApplyOp) -> None:
    context = operations.get_context()
    with told():
        if context.as_sql:
            for statement in offline.apply(op.machine, op.replaces, op.old_names, op.shape):
                _print(operations, statement)
            return
        connection = operations.get_bind()
        run.apply(
            connection,
            translated(op.machine, connection),
            replaces=op.replaces,
            old_names=op.old_names,
            waiting=Settings(context).waiting,
        )


@Operations.implementation_for(DropOp)
def _drop(operations: Operations, op: DropOp) -> None:
    with told():
        if operations.get_context().as_sql:
            for statement in offline.drop(op.machine, op.table):
                _print(operations, statement)
            return
        run.drop(operations.get_bind(), op.machine)


@Operations.implementation_for(SchemaOp)
def _schema(operations: Operations, _: SchemaOp) -> None:
    context = operations.get_context()
    with told():
        if context.as_sql:
            for statement in offline.schema():
                _print(operations, statement)
            return
        run.upgrade_schema(operations.get_bind(), Settings(context).waiting)


def _print(operations: Operations, statement: str) -> None:
    """Write *statement* into the script as it stands: nothing in it is a parameter."""
    impl = operations.get_context().impl
    impl.static_output(statement.rstrip().rstrip(";") + impl.command_terminator)


@contextmanager
def told() -> Iterator[None]:
    """Turn an error of ours into the one that Alembic prints without a traceback."""
    try:
        with database.faults():
            yield
    except InterlockError as error:
        remedy = f"\n  {error.remedy}" if error.remedy else ""
        raise CommandError(f"interlock: {error.message}{remedy}") from error
    except psycopg.Error as error:
        raise CommandError(f"interlock: {database.hide(str(error))}") from error


def _caller() -> str:
    """Return the file of the revision that calls an operation, for messages."""
    for frame in inspect.stack(0):
        if frame.function in ("upgrade", "downgrade"):
            return frame.filename
    return _IN_HAND
