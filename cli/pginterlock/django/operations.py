"""Operations of migrations: put a machine on a table, take it off again. Each holds it frozen.

``manage.py interlock makemigrations`` writes them.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import CommandError
from django.db import connections, router
from django.db.migrations.operations.base import Operation

from pginterlock import apply, database, uninstall
from pginterlock.django import script
from pginterlock.django.frozen import Frozen, spec_of, thaw
from pginterlock.django.sessions import dsn_of, plain
from pginterlock.errors import InterlockError
from pginterlock.steps import make_plan
from pginterlock.within import install_within, take_off_within

__all__ = ["InterlockApply", "InterlockDrop"]


class _MachineOperation(Operation):
    """What both have in common: a machine that the state of models knows nothing of."""

    reduces_to_sql = True
    reversible = True
    # In `atomic = False` each does its own transactions; never one forced around it.
    atomic = False
    elidable = False
    name: str

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: to makemigrations there is nothing of us."""

    def references_model(self, name: str, app_label: str) -> bool:
        """Say yes to all, so that squashing moves nothing past us."""
        del name, app_label
        return True

    def _put_on(self, where: "_Place", frozen: Frozen, *, drop_old_names: bool = False) -> None:
        machine = thaw(frozen, f"the operation on machine {self.name!r} in {where.app_label}")
        if where.editor.collect_sql:
            where.collect(lambda: script.install(where.connection, machine, where.state))
        elif where.connection.in_atomic_block:
            with plain(where.connection) as session:
                install_within(session, spec_of([machine]), drop_old_names=drop_old_names)
        else:
            with database.connect(dsn_of(where.connection)) as session:
                spec = spec_of([machine])
                plan = make_plan(session, spec, drop_old_names=drop_old_names)
                apply.run(session, plan)

    def _take_off(self, where: "_Place") -> None:
        if where.editor.collect_sql:
            where.collect(lambda: script.take_off(where.connection, self.name))
        elif where.connection.in_atomic_block:
            with plain(where.connection) as session:
                take_off_within(session, self.name)
        else:
            with database.connect(dsn_of(where.connection)) as session:
                uninstall.take_off(session, [self.name], drop_history=False)

    def _run(
        self, app_label: str, editor: Any, state: Any, work: Callable[["_Place"], None]
    ) -> None:
        """Do *work* where the router lets it; an error of ours becomes one of commands."""
        alias = editor.connection.alias
        if not router.allow_migrate(alias, app_label, machine=self.name):
            return
        try:
            dsn_of(connections[alias])
            work(_Place(app_label, editor, state))
        except InterlockError as error:
            told = f"{error.message}\n  {error.remedy}" if error.remedy else error.message
            raise CommandError(told, returncode=error.exit_code) from error


class _Place:
    """Where an operation works: an editor, and the models as they are then."""

    def __init__(self, app_label: str, editor: Any, state: Any) -> None:
        self.app_label, self.editor, self.state = app_label, editor, state
        self.connection = editor.connection

    def collect(self, written: Callable[[], list[str]]) -> None:
        """Put what is *written* into the script of sqlmigrate."""
        self.editor.collected_sql.extend(written())


class InterlockApply(_MachineOperation):
    """Put *machine* on its table, or bring it to this version; *before* is the one it replaces.

    Backwards *before* is put on again; without one the machine is taken off, its history kept.
    Raises CommandError with what `interlock apply` would say.
    """

    serialization_expand_args: ClassVar[list[str]] = ["machine", "before"]

    def __init__(
        self, machine: Frozen, before: Frozen | None = None, *, drop_old_names: bool = False
    ) -> None:
        self.machine, self.before = machine, before
        self.drop_old_names = drop_old_names
        self.name = str(machine.get("name", ""))

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put the machine on."""
        del to_state
        self._run(
            app_label,
            schema_editor,
            from_state,
            lambda it: self._put_on(it, self.machine, drop_old_names=self.drop_old_names),
        )

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put the version before on again, or take the machine off."""
        del from_state
        before = self.before
        self._run(
            app_label,
            schema_editor,
            to_state,
            self._take_off if before is None else lambda it: self._put_on(it, before),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return how this is written."""
        named: dict[str, object] = {"machine": self.machine}
        if self.before is not None:
            named["before"] = self.before
        if self.drop_old_names:
            named["drop_old_names"] = True
        return type(self).__qualname__, [], named

    def describe(self) -> str:
        """Return it for `migrate --plan`."""
        what = "Change" if self.before else "Apply"
        return f"{what} machine {self.name} on {_table(self.machine)}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the name of a migration."""
        return f"interlock_{self.name}".lower()


class InterlockDrop(_MachineOperation):
    """Take *machine* off its table; its history stays. Backwards it is put on again."""

    serialization_expand_args: ClassVar[list[str]] = ["machine"]

    def __init__(self, machine: Frozen) -> None:
        self.machine = machine
        self.name = str(machine.get("name", ""))

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Take the machine off."""
        del to_state
        self._run(app_label, schema_editor, from_state, self._take_off)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put it on again."""
        del from_state
        self._run(app_label, schema_editor, to_state, lambda it: self._put_on(it, self.machine))

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return how this is written."""
        return type(self).__qualname__, [], {"machine": self.machine}

    def describe(self) -> str:
        """Return it for `migrate --plan`."""
        return f"Take machine {self.name} off {_table(self.machine)}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the name of a migration."""
        return f"interlock_drop_{self.name}".lower()


def _table(frozen: Frozen) -> str:
    table = frozen.get("table")
    return f"{table.get('schema')}.{table.get('name')}" if isinstance(table, dict) else "?"
