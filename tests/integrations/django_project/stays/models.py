"""A room, and a booking whose table the machine guards."""

from django.db import models

from pginterlock.django.models import GuardedModel

STATES = ("PENDING", "CONFIRMED", "CHECKED_IN", "CHECKED_OUT", "CANCELLED")


class Room(models.Model):
    """One room."""

    number = models.CharField(max_length=10)


class Booking(models.Model):
    """One booking, as plain Django has it."""

    status = models.CharField(
        max_length=20, choices=[(it, it.lower()) for it in STATES], default="PENDING"
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True)
    arrives = models.DateField()
    leaves = models.DateField()
    guests = models.IntegerField(default=2)
    paid_at = models.DateTimeField(null=True, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    checked_out_at = models.DateTimeField(null=True, blank=True)


class GuardedBooking(GuardedModel):
    """The same table, with what `GuardedModel` brings."""

    interlock_machine = "booking"

    status = models.CharField(max_length=20, default="PENDING")
    room = models.ForeignKey(Room, models.PROTECT, null=True)
    arrives = models.DateField()
    leaves = models.DateField()
    guests = models.IntegerField(default=2)
    paid_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)

    class Meta:
        """The table is that of `Booking`."""

        managed = False
        db_table = "stays_booking"
