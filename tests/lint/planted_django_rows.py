"""What a Django migration writes and runs; which app it is of, its folder does not tell."""

import functools

from django.db import migrations
from psycopg import sql


def forwards(apps, schema_editor):
    Parcel = apps.get_model("depot", "Parcel")
    Parcel.objects.filter(status="PACKED").update(status="DELIVERED")  # expect: lint-raw-update
    for parcel in Parcel.objects.all().iterator():
        parcel.status = "SENT"
        parcel.save(update_fields=["status"])  # expect: lint-raw-update
    rows = list(Parcel.objects.filter(status="SENT"))
    Parcel.objects.bulk_update(rows, ["status"])  # expect: lint-raw-update
    Parcel.objects.create(status="DELIVERED")  # expect: lint-raw-insert
    Parcel.objects.bulk_create(  # expect: lint-raw-insert
        [Parcel(status="PACKED"), Parcel(status="SENT")]
    )
    Parcel(status="SENT").save()  # expect: lint-raw-insert
    Parcel.objects.filter(id=1).delete()  # expect: lint-raw-delete
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "alter table depot_parcel disable trigger user"  # expect: lint-disable-trigger
        )
    for parcel in Parcel.objects.all():
        setattr(parcel, "status", "SENT")
        parcel.save()  # expect: lint-raw-update
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("alter table {} disable trigger user").format(  # expect: lint-disable-trigger
                sql.Identifier("depot_parcel")
            )
        )
    quoted = schema_editor.quote_name(Parcel._meta.db_table)
    schema_editor.execute(
        f"alter table {quoted} disable trigger all"  # expect: lint-disable-trigger
    )
    schema_editor.remove_field(  # expect: lint-drop-column
        Parcel, Parcel._meta.get_field("sent_at")
    )
    schema_editor.alter_db_table(Parcel, "depot_parcel", "x")  # expect: lint-rename-table
    schema_editor.execute("drop table x")  # expect: lint-drop-table


def backwards(apps, schema_editor):
    apps.get_model("depot.Parcel").objects.update(sent_at=None)  # expect: lint-raw-update


def move(apps, schema_editor, state):
    apps.get_model("depot", "Parcel").objects.update(status=state)  # expect: lint-raw-update


class Migration(migrations.Migration):
    dependencies = [("depot", "0001_initial")]

    operations = [
        migrations.RunPython(functools.partial(move, state="SENT"), migrations.RunPython.noop),
        migrations.RunPython(forwards, backwards),
        migrations.RunSQL(
            "alter table depot_parcel_old rename to x",
            reverse_sql="alter table depot_parcel alter column status type int using 1",  # expect: lint-retype-column
        ),
        migrations.RunSQL(
            sql=[
                "set session_replication_role = 'replica'",  # expect: lint-replication-role
                ("update hotel.invoice set state = %s", ["PAID"]),  # expect: lint-raw-update
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
