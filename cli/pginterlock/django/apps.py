"""What Django loads of us at start."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from pginterlock.django.checks import check_databases, check_machines
from pginterlock.django.claiming import watch


class InterlockConfig(AppConfig):
    """The application: label ``interlock``, no models."""

    name = "pginterlock.django"
    label = "interlock"
    verbose_name = "Interlock"

    def ready(self) -> None:
        """Register the checks, watch every connection, and look at machines after `migrate`."""
        checks.register(check_databases, "interlock")
        checks.register(check_machines, "interlock")
        connection_created.connect(_created, dispatch_uid="pginterlock.django")
        post_migrate.connect(_migrated, sender=self, dispatch_uid="pginterlock.django")
        for connection in connections.all(initialized_only=True):
            watch(connection)


def _created(connection: object, **_: object) -> None:
    watch(connection)


def _migrated(using: str, plan: Sequence[object] = (), **_: object) -> None:
    from pginterlock.django import migrated  # noqa: PLC0415 - most processes never migrate

    migrated.look(using, plan)
