"""Written by manage.py interlock makemigrations.

The machines stand here as they were on that day: this migration does the same whatever the spec
says later. Do not edit them; change the spec, and write the next migration.
"""

from django.db import migrations

from pginterlock.django.operations import InterlockApply

MACHINE = {
    "audit": {"actor": "optional"},
    "checks": "function",
    "continuity": "verify",
    "deletion": ["PENDING"],
    "final": ["CHECKED_OUT", "CANCELLED"],
    "initial": ["PENDING"],
    "invariants": [
        {
            "check": {"columns": ["leaves", "arrives"], "text": "leaves > arrives"},
            "name": "stay_has_nights",
        },
    ],
    "mode": "enforce",
    "name": "booking",
    "rows": [
        {"require": ["room_id"], "state": "CHECKED_IN"},
        {"clear": ["room_id"], "state": "CANCELLED"},
    ],
    "stamps": [
        {"column": "checked_in_at", "fill": "if_null", "states": ["CHECKED_IN"]},
        {"column": "checked_out_at", "fill": "if_null", "states": ["CHECKED_OUT"]},
    ],
    "state": "status",
    "table": {"name": "stays_booking", "schema": "public"},
    "transitions": [
        {
            "event": "confirm",
            "from_state": "PENDING",
            "guard": {"columns": ["paid_at"], "text": "paid_at is not null"},
            "reason": "optional",
            "to_state": "CONFIRMED",
        },
        {
            "event": "check_in",
            "from_state": "CONFIRMED",
            "reason": "optional",
            "to_state": "CHECKED_IN",
        },
        {
            "event": "check_out",
            "from_state": "CHECKED_IN",
            "reason": "optional",
            "to_state": "CHECKED_OUT",
        },
        {
            "event": "cancel",
            "from_state": "PENDING",
            "reason": "required",
            "to_state": "CANCELLED",
        },
        {
            "event": "cancel",
            "from_state": "CONFIRMED",
            "reason": "required",
            "to_state": "CANCELLED",
        },
    ],
}


class Migration(migrations.Migration):
    dependencies = [("stays", "0001_initial")]
    operations = [InterlockApply(machine=MACHINE)]
