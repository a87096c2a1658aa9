"""What Django loads of us at start."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from pginterlock.django.checks import check_databases, check_machines
from pginterlock.django.claiming import watch


class InterlockConfig(AppConfig):
    """The application: label ``interlock``, no models."""

    name = "pginterlock.django"
    label = "interlock"
    verbose_name = "Interlock"
    _lacking: frozenset[str] = frozenset()

    def ready(self) -> None:
        """Register the checks, watch every connection, and look at machines around `migrate`."""
        checks.register(check_databases, "interlock")
        checks.register(check_machines, "interlock")
        connection_created.connect(_created, dispatch_uid="pginterlock.django")
        pre_migrate.connect(self._look_before, sender=self, dispatch_uid="pginterlock.django")
        post_migrate.connect(self._look_after, sender=self, dispatch_uid="pginterlock.django")
        for connection in connections.all(initialized_only=True):
            watch(connection)

    def _look_before(self, using: str, plan: Sequence[object] = (), **_: object) -> None:
        from pginterlock.django import migrated  # noqa: PLC0415 - most processes never migrate

        self._lacking = migrated.missing(using) if plan else frozenset()

    def _look_after(self, using: str, plan: Sequence[object] = (), **_: object) -> None:
        from pginterlock.django import migrated  # noqa: PLC0415

        if plan:
            migrated.demand_whole(self._lacking, migrated.missing(using))


def _created(connection: object, **_: object) -> None:
    watch(connection)
