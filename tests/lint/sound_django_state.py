"""State operations touch no table; a model with a table of its own keeps it when it is renamed."""

from django.db import migrations, models


def forwards(apps, schema_editor):
    Parcel = apps.get_model("depot", "Parcel")
    Parcel.objects.filter(note="").update(note="none")
    Parcel.objects.create(status="PACKED")
    Letter = apps.get_model("depot", "Letter")
    Letter.objects.update(status="SENT")
    for parcel in Parcel.objects.all():
        parcel.note = "seen"
        parcel.save()


class Migration(migrations.Migration):
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("parcel", "status"),
                migrations.DeleteModel("Parcel"),
            ],
        ),
        migrations.AddField("parcel", "note", models.TextField(default="")),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, migrations.RunSQL.noop),
        migrations.RunSQL("update depot_letter set status = 'SENT'"),
    ]
