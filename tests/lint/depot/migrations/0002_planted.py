"""What the tables of the depot do not take."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("depot", "0001_initial")]

    operations = [
        # sound: choices and help are nothing to the database, nor is an unmanaged model
        migrations.AlterField(
            "parcel", "status", models.CharField(max_length=20, choices=[("A", "a")], help_text="x")
        ),
        migrations.DeleteModel("RoomView"),
        migrations.RenameModel("Bill", "Invoice"),
        migrations.AlterField(  # expect: lint-retype-column
            "parcel", "status", models.CharField(max_length=40)
        ),
        migrations.AlterField("parcel", "sent_at", models.DateTimeField()),  # expect: lint-not-null
        migrations.AlterField(  # expect: lint-default
            "parcel", "status", models.CharField(max_length=40, db_default="SENT")
        ),
        migrations.AlterField(  # expect: lint-rename-column
            "parcel", "sent_at", models.DateTimeField(db_column="sent")
        ),
        migrations.RemoveField("invoice", "state"),  # expect: lint-drop-column
        migrations.AlterModelTable("invoice", "bill"),  # expect: lint-rename-table
        migrations.RenameModel("Parcel", "Package"),  # expect: lint-rename-table
        migrations.DeleteModel("Package"),  # expect: lint-drop-table
    ]
