"""What migrations have to write: the spec of today against the machines that they hold frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import SeparateDatabaseAndState

from pginterlock.compiler.registry import definition
from pginterlock.digests import digest
from pginterlock.django.frozen import freeze, thaw
from pginterlock.django.operations import InterlockApply, InterlockDrop
from pginterlock.django.script import model_of
from pginterlock.errors import SpecError, UsageError
from pginterlock.model import Machine, Spec

Operation = InterlockApply | InterlockDrop


@dataclass(frozen=True, slots=True)
class Held:
    """The version of a machine that migrations hold last, and the app whose migration that is."""

    app_label: str
    name: str
    text: str

    @property
    def machine(self) -> Machine:
        """The machine; raises UnsafeError where it was edited by hand so that it cannot be read."""
        return thaw(self.text, f"a migration of app {self.app_label}")


@dataclass(frozen=True, slots=True)
class Pending:
    """One migration to write: the *operations* of one app, after *dependencies*."""

    app_label: str
    operations: tuple[Operation, ...]
    dependencies: tuple[tuple[str, str], ...]
    number: int
    is_atomic: bool

    @property
    def name(self) -> str:
        """Its name, as Django would number it."""
        names = [it.migration_name_fragment for it in self.operations]
        return f"{self.number:04}_{names[0] if len(names) == 1 else 'interlock'}"


def pending(spec: Spec, default_app: str | None = None) -> list[Pending]:
    """Return the migrations that bring what the migrations hold to *spec*; none: nothing to do.

    A machine goes to the app of its table's model, or to *default_app*. Raises UsageError where
    there are two heads, or no app is known; SpecError where a migration was edited by hand.
    """
    loader = MigrationLoader(None, ignore_no_migrations=True)
    _demand_one_head(loader)
    held = last_held(loader)
    work: dict[str, list[Operation]] = {}
    for machine in spec.machines:
        before = held.get(machine.name)
        if before is None:
            work.setdefault(_app_of(machine, default_app), []).append(_apply(machine, None))
        elif definition(before.machine) != definition(machine):
            work.setdefault(before.app_label, []).append(_apply(machine, before.text))
    kept = {machine.name for machine in spec.machines}
    for name, last in held.items():
        if name not in kept:
            gone = InterlockDrop(name, last.text, digest=digest(last.machine))
            work.setdefault(last.app_label, []).append(gone)
    return [_migration(loader, app, operations) for app, operations in sorted(work.items())]


def differing(spec: Spec) -> list[str]:
    """Return the machines that migrations hold, and that *spec* has otherwise or not at all.

    Raises UnsafeError where a migration was edited by hand.
    """
    held = last_held(MigrationLoader(None, ignore_no_migrations=True))
    wanted = {machine.name: definition(machine) for machine in spec.machines}
    return [name for name, it in held.items() if wanted.get(name) != definition(it.machine)]


def _apply(machine: Machine, before: str | None) -> InterlockApply:
    """Return the operation; raise SpecError where what is frozen would not read back the same."""
    text = freeze(machine)
    if definition(thaw(text, machine.name)) != definition(machine):
        raise SpecError((f"{machine.name}: cannot be frozen; this is a defect of ours",))
    return InterlockApply(machine.name, text, digest=digest(machine), before=before)


def last_held(loader: Any) -> dict[str, Held]:
    """Return the machines that the migrations of *loader* end with, by name."""
    held: dict[str, Held] = {}
    seen: set[tuple[str, str]] = set()
    for leaf in sorted(loader.graph.leaf_nodes()):
        for node in loader.graph.forwards_plan(leaf):
            if node not in seen:
                seen.add(node)
                _follow(held, node[0], loader.graph.nodes[node].operations)
    return held


def _follow(held: dict[str, Held], app_label: str, operations: Iterable[object]) -> None:
    for it in operations:
        if isinstance(it, SeparateDatabaseAndState):
            _follow(held, app_label, it.database_operations)
        elif isinstance(it, InterlockApply):
            held[it.name] = Held(app_label, it.name, it.machine)
        elif isinstance(it, InterlockDrop):
            held.pop(it.name, None)


def _demand_one_head(loader: Any) -> None:
    conflicts: Mapping[str, Iterable[str]] = loader.detect_conflicts()
    for app, names in sorted(conflicts.items()):
        raise UsageError(
            f"app {app} has several last migrations: {', '.join(sorted(names))}",
            remedy="Merge them first: manage.py makemigrations --merge",
        )


def _app_of(machine: Machine, default_app: str | None) -> str:
    model = model_of(machine.table, apps.get_models(include_auto_created=True))
    if default_app:
        return default_app
    if model is None:
        raise UsageError(
            f"{machine.name}: no model has table {machine.table}",
            remedy="Say whose migrations are to hold the machine: --app LABEL",
        )
    label: str = model._meta.app_label
    return label


def _migration(loader: Any, app: str, operations: list[Operation]) -> Pending:
    leaves = loader.graph.leaf_nodes(app)
    if app not in loader.migrated_apps or not leaves:
        raise UsageError(
            f"app {app} has no migrations",
            remedy=f"Begin with them: manage.py makemigrations {app}",
        )
    others = {other for it in operations for other in _apps_beside(it)} - {app}
    after = [*leaves, *(leaf for it in sorted(others) for leaf in loader.graph.leaf_nodes(it))]
    numbers = [int(name[:4]) for label, name in loader.disk_migrations if _is_of(label, name, app)]
    return Pending(
        app,
        tuple(operations),
        tuple(after),
        max(numbers, default=0) + 1,
        not any(_is_apart(it) for op in operations for it in _versions(op)),
    )


def _is_of(label: str, name: str, app: str) -> bool:
    return label == app and name[:4].isdigit()


def _versions(operation: Operation) -> list[Machine]:
    texts = [operation.machine, getattr(operation, "before", None)]
    return [thaw(it, operation.name) for it in texts if it]


def _is_apart(machine: Machine) -> bool:
    """Whether *machine* may have steps that need to be outside of a transaction."""
    return bool(machine.claims or machine.mirrors or machine.renames)


def _apps_beside(operation: Operation) -> set[str]:
    """Return the apps of the models of other tables that a machine speaks of."""
    machine = thaw(operation.machine, operation.name)
    models = list(apps.get_models(include_auto_created=True))
    found = [model_of(table, models) for table in machine.targets_elsewhere]
    return {it._meta.app_label for it in found if it is not None}
