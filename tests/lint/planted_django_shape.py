"""Operations of a Django migration without its app and without the models before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("depot", "0007_x")]

    operations = [
        migrations.RemoveField(model_name="parcel", name="status"),  # expect: lint-drop-column
        migrations.RenameField("Parcel", "sent_at", "dispatched_at"),  # expect: lint-rename-column
        migrations.AlterField(  # expect: lint-retype-column
            "parcel", "status", models.IntegerField()
        ),
        migrations.RemoveConstraint(  # expect: lint-drop-constraint
            model_name="parcel", name="interlock_parcel_row"
        ),
        migrations.RemoveIndex(  # expect: lint-drop-index
            model_name="parcel", name="interlock_parcel_claim_x"
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.DeleteModel(name="Parcel"),  # expect: lint-drop-table
            ],
            state_operations=[migrations.RemoveField("parcel", "status")],
        ),
    ]
