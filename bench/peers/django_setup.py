"""Let Django, django-pgtrigger and django-pghistory arm the booking table of one database.

Run from the folder bench as ``python -m peers.django_setup DSN``; prints the SQL that it ran.
"""

import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import conninfo_to_dict


def configure(dsn: str) -> None:
    """Configure Django for the database *dsn*."""
    parameters = conninfo_to_dict(dsn)
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "pgtrigger", "pghistory", "peers"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parameters["dbname"],
                "USER": parameters["user"],
                "HOST": parameters["host"],
            }
        },
    )
    django.setup()


def arm() -> list[str]:
    """Make the event table and the triggers; return the SQL."""
    from peers.models import Booking  # noqa: PLC0415  Django must be configured before

    call_command("migrate", "pghistory", verbosity=0)
    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(Booking.pgh_event_model)
    triggers = [trigger.compile(Booking).install_sql for trigger in Booking._meta.triggers]
    statements = [*editor.collected_sql, *triggers]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return statements


if __name__ == "__main__":
    configure(sys.argv[1])
    sys.stdout.write("\n".join(arm()))
