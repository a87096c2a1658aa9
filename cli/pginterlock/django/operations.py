"""Operations of migrations: put a machine on a table, take it off again. Each holds it frozen.

``manage.py interlock makemigrations`` writes them.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import CommandError
from django.db import router
from django.db.migrations.operations.base import Operation

from pginterlock.django.frozen import thaw
from pginterlock.django.installing import Place, put_on, take_off
from pginterlock.django.sessions import dsn_of
from pginterlock.errors import InterlockError
from pginterlock.model import Machine

__all__ = ["InterlockApply", "InterlockDrop"]


class _MachineOperation(Operation):
    """What both have in common: a machine that the state of models knows nothing of."""

    reduces_to_sql = True
    reversible = True
    # In `atomic = False` each does its own transactions; never one forced around it.
    atomic = False
    elidable = False
    serialization_expand_args: ClassVar[list[str]] = []
    name: str

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: to makemigrations there is nothing of us."""

    def references_model(self, name: str, app_label: str) -> bool:
        """Say yes to all, so that squashing moves nothing past us."""
        del name, app_label
        return True

    def _run(self, app_label: str, editor: Any, state: Any, work: Callable[[Place], None]) -> None:
        """Do *work* where the router lets it; an error of ours becomes one of commands."""
        if not router.allow_migrate(editor.connection.alias, app_label, machine=self.name):
            return
        try:
            dsn_of(editor.connection)
            work(Place(app_label, editor, state))
        except InterlockError as error:
            told = f"{error.message}\n  {error.remedy}" if error.remedy else error.message
            raise CommandError(told, returncode=error.exit_code) from error

    def _thawed(self, text: str, digest: str | None = None) -> Machine:
        return thaw(text, f"the migration of machine {self.name}", digest)


class InterlockApply(_MachineOperation):
    """Put a machine on its table, or bring it to this version.

    *name* is that of the machine; *machine* the text of a spec that declares it alone, *digest*
    what it is known by: an edited text is refused. *before* is the version that it replaces: that,
    or none, must be in force. Backwards it is put on again; without one the machine is taken off,
    its history kept. *drop_old_names* ends renames of states. Raises CommandError with what
    `interlock apply` would say; in a transaction nothing is changed then.
    """

    def __init__(
        self,
        name: str,
        machine: str,
        *,
        digest: str | None = None,
        before: str | None = None,
        drop_old_names: bool = False,
    ) -> None:
        self.name = name
        self.machine, self.digest, self.before = machine, digest, before
        self.drop_old_names = drop_old_names

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put the machine on."""
        del to_state
        self._run(app_label, schema_editor, from_state, self._forwards)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put the version before on again, or take the machine off."""
        del from_state
        self._run(app_label, schema_editor, to_state, self._backwards)

    def _forwards(self, place: Place) -> None:
        machine = self._thawed(self.machine, self.digest)
        replaced = None if self.before is None else self._thawed(self.before)
        put_on(place, machine, replaced, drop_old_names=self.drop_old_names)

    def _backwards(self, place: Place) -> None:
        if self.before is None:
            take_off(place, self.name)
        else:
            put_on(place, self._thawed(self.before), self._thawed(self.machine, self.digest))

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return how this is written."""
        named: dict[str, object] = {"machine": self.machine}
        if self.digest is not None:
            named["digest"] = self.digest
        if self.before is not None:
            named["before"] = self.before
        if self.drop_old_names:
            named["drop_old_names"] = True
        return type(self).__qualname__, [self.name], named

    def describe(self) -> str:
        """Return it for `migrate --plan`."""
        return f"{'Apply' if self.before is None else 'Change'} machine {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the name of a migration."""
        return f"interlock_{self.name}".lower()


class InterlockDrop(_MachineOperation):
    """Take a machine off its table; its history stays. Backwards it is put on again.

    *name* is that of the machine, *machine* the text of a spec that declares it alone, and *digest*
    what that is known by. Raises CommandError where it is not installed.
    """

    def __init__(self, name: str, machine: str, *, digest: str | None = None) -> None:
        self.name, self.machine, self.digest = name, machine, digest

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Take the machine off."""
        del to_state
        self._run(app_label, schema_editor, from_state, lambda it: take_off(it, self.name))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Put it on again."""
        del from_state
        self._run(app_label, schema_editor, to_state, self._backwards)

    def _backwards(self, place: Place) -> None:
        put_on(place, self._thawed(self.machine, self.digest), None)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        """Return how this is written."""
        named: dict[str, object] = {"machine": self.machine}
        if self.digest is not None:
            named["digest"] = self.digest
        return type(self).__qualname__, [self.name], named

    def describe(self) -> str:
        """Return it for `migrate --plan`."""
        return f"Take machine {self.name} off"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the name of a migration."""
        return f"interlock_drop_{self.name}".lower()
