"""The booking as a Django application guards it: django-pgtrigger's FSM, django-pghistory's events.

Recorded are the columns that bench/interlock.yaml has recorded: no more work than ours.
"""

import pghistory
import pgtrigger
from django.db import models

_MOVES = [
    ("PENDING", "PENDING_APPROVAL"),
    ("PENDING_APPROVAL", "PENDING"),
    ("PENDING", "CONFIRMED"),
    ("PENDING_APPROVAL", "CONFIRMED"),
    ("CONFIRMED", "CHECKED_IN"),
    ("CHECKED_IN", "CHECKED_OUT"),
    ("PENDING", "CANCELLED"),
    ("PENDING_APPROVAL", "CANCELLED"),
    ("CONFIRMED", "CANCELLED"),
    ("CONFIRMED", "NO_SHOW"),
]


@pghistory.track(
    fields=["id", "status", "assigned_room_id", "payment_captured_at", "refund_processed_at"]
)
class Booking(models.Model):  # type: ignore[misc]  # Django has no types
    """The table of bench/sql/table.sql."""

    id = models.BigIntegerField(primary_key=True)
    hotel_id = models.BigIntegerField()
    assigned_room_id = models.BigIntegerField(null=True)
    status = models.TextField()
    check_in = models.DateField()
    check_out = models.DateField()
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    payment_captured_at = models.DateTimeField(null=True)
    refund_processed_at = models.DateTimeField(null=True)
    deposit = models.DecimalField(max_digits=12, decimal_places=2)
    guest_name = models.TextField()
    note = models.TextField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        """Where it lies, and the triggers."""

        db_table = "booking"
        triggers = [pgtrigger.FSM(name="moves", field="status", transitions=_MOVES)]  # noqa: RUF012
