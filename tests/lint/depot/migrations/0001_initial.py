"""The models of the depot: sound, for it makes what is guarded later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", models.CharField(max_length=20, choices=[("PACKED", "packed")])),
                ("sent_at", models.DateTimeField(null=True)),
                ("note", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="Bill",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("state", models.CharField(max_length=10)),
            ],
            options={"db_table": '"hotel"."invoice"'},
        ),
        migrations.CreateModel(
            name="RoomView",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={"db_table": "room_booking", "managed": False},
        ),
    ]
