"""Written by manage.py interlock makemigrations.

What stands here is the machine of that day: this migration does the same whatever the spec says
later. Do not edit it; change the spec, and write the next migration.
"""

from django.db import migrations

from pginterlock.django.operations import InterlockApply

MACHINE = """\
interlock: 1
machines:
  booking:
    table: public.stays_booking
    state: status
    mode: enforce
    initial: [PENDING]
    final: [CHECKED_OUT, CANCELLED]
    transitions:
      confirm: {from: PENDING, to: CONFIRMED, guard: paid_at is not null}
      check_in: {from: CONFIRMED, to: CHECKED_IN}
      check_out: {from: CHECKED_IN, to: CHECKED_OUT}
      cancel: {from: [PENDING, CONFIRMED], to: CANCELLED, reason: required}
    stamps:
      checked_in_at: CHECKED_IN
      checked_out_at: CHECKED_OUT
    states:
      CHECKED_IN: {require: [room_id]}
      CANCELLED: {clear: [room_id]}
    invariants:
      stay_has_nights: leaves > arrives
    deletion:
      from: [PENDING]
"""


class Migration(migrations.Migration):
    dependencies = [("stays", "0001_initial")]
    operations = [
        InterlockApply(
            "booking",
            machine=MACHINE,
            digest="b19260d13d0a18f6",
        ),
    ]
