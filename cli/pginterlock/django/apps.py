"""What Django loads of us at start."""

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.backends.signals import connection_created

from pginterlock.django.checks import check_databases, check_machines
from pginterlock.django.claiming import watch


class InterlockConfig(AppConfig):
    """The application: label ``interlock``, no models."""

    name = "pginterlock.django"
    label = "interlock"
    verbose_name = "Interlock"

    def ready(self) -> None:
        """Register the checks, and watch every connection, those that are open already too."""
        checks.register(check_databases, "interlock")
        checks.register(check_machines, "interlock")
        connection_created.connect(_created, dispatch_uid="pginterlock.django")
        for connection in connections.all(initialized_only=True):
            watch(connection)


def _created(connection: object, **_: object) -> None:
    watch(connection)
