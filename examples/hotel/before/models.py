"""The tables of schema.sql as Django sees them; `save()` writes all columns, as Django does."""

from django.db import models
from django.utils import timezone


class Hotel(models.Model):
    """One house."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()

    class Meta:
        """The table is made by schema.sql."""

        managed = False
        db_table = "hotel"


class Room(models.Model):
    """One room; whoever changes its bookings is to keep `is_occupied`."""

    id = models.BigIntegerField(primary_key=True)
    hotel = models.ForeignKey(Hotel, models.DO_NOTHING)
    number = models.TextField()
    room_type = models.TextField()
    is_occupied = models.BooleanField(default=False)

    class Meta:
        """The table is made by schema.sql."""

        managed = False
        db_table = "room"


class RoomBooking(models.Model):
    """One booking; any string is a status, and any status may follow any other."""

    id = models.BigAutoField(primary_key=True)
    hotel = models.ForeignKey(Hotel, models.DO_NOTHING)
    status = models.TextField(default="PENDING")
    room_type = models.TextField()
    assigned_room = models.ForeignKey(Room, models.DO_NOTHING, null=True)
    check_in = models.DateField()
    check_out = models.DateField()
    adults = models.IntegerField(default=2)
    children = models.IntegerField(default=0)
    nightly_rate = models.DecimalField(max_digits=10, decimal_places=2)
    deposit = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    payment_authorized_at = models.DateTimeField(null=True)
    payment_captured_at = models.DateTimeField(null=True)
    payment_failed_at = models.DateTimeField(null=True)
    refund_processed_at = models.DateTimeField(null=True)

    class Meta:
        """The table is made by schema.sql."""

        managed = False
        db_table = "room_booking"
