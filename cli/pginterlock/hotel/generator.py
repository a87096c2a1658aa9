"""Bookings made from a seed: the same seed, number and day give the same bookings.

Pure: no connection, no clock, no files. The shape (lead times, nights, cancellations, no-shows) is
that of a town hotel and a holiday hotel; no person and no company is named.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from pginterlock.hotel.bookings import FIRST_ID, Booking

SEED = 1
_PAST_DAYS, _FUTURE_DAYS = 540, 150
_NIGHTS = (1, 2, 3, 4, 5, 6, 7, 10, 14)
_NIGHTS_WEIGHTS = (18, 24, 23, 13, 7, 4, 8, 2, 1)
_RATES = {"A": 95, "D": 115, "E": 125, "G": 165}
_TYPE_WEIGHTS = (60, 25, 10, 5)
_CANCELLED, _NO_SHOW, _UNPAID, _WAITING = 0.27, 0.013, 0.3, 0.2
_RESORT, _REFUNDED, _FAILED, _CANCELLED_UNPAID = 0.66, 0.6, 0.1, 0.5


@dataclass(frozen=True, slots=True)
class _Frame:
    """What is known of a booking before its fate is drawn."""

    id: int
    today: date
    made: datetime
    check_in: date
    check_out: date


def generate(count: int, today: date, seed: int = SEED) -> list[Booking]:
    """Return *count* bookings around *today*, in the order in which they were made."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable sequence is the point
    arrivals = sorted(_draw_times(rng, today) for _ in range(count))
    return [_booking(rng, FIRST_ID + i, today, *drawn) for i, drawn in enumerate(arrivals)]


def _draw_times(rng: random.Random, today: date) -> tuple[datetime, date]:
    arrival = today + timedelta(days=rng.randint(-_PAST_DAYS, _FUTURE_DAYS))
    lead = min(int(rng.lognormvariate(3.9, 1.2)), 500)
    earliest = (arrival - today).days + 1  # nothing is booked after today
    made = arrival - timedelta(days=max(lead, earliest, 0))
    moment = time(rng.randint(7, 22), rng.randint(0, 59), rng.randint(0, 59), tzinfo=UTC)
    return min(datetime.combine(made, moment), _at(rng, arrival, 8, 12)), arrival


def _booking(
    rng: random.Random, booking_id: int, today: date, made: datetime, arrival: date
) -> Booking:
    nights = rng.choices(_NIGHTS, _NIGHTS_WEIGHTS)[0]
    frame = _Frame(booking_id, today, made, arrival, arrival + timedelta(days=nights))
    room_type = rng.choices(list(_RATES), _TYPE_WEIGHTS)[0]
    summer = 1.35 if arrival.month in {6, 7, 8} else 1.0
    rate = Decimal(round(_RATES[room_type] * summer * rng.uniform(0.8, 1.3)))
    status = _fate(rng, frame)
    paid = _payment(rng, frame, status)
    came = _at(rng, arrival, 14, 21) if status in {"CHECKED_IN", "CHECKED_OUT"} else None
    left = _at(rng, frame.check_out, 7, 11) if status == "CHECKED_OUT" else None
    gone = _between(rng, made, frame) if status == "CANCELLED" else None
    captured = None if gone and paid and paid > gone else paid
    is_refunded = captured is not None and rng.random() < _REFUNDED
    refund = gone + timedelta(hours=26) if gone and is_refunded else None
    has_failed = paid is None and rng.random() < _FAILED
    return Booking(
        id=frame.id,
        hotel_id=1 if rng.random() < _RESORT else 2,
        status=status,
        room_type=room_type,
        assigned_room_id=None,
        check_in=arrival,
        check_out=frame.check_out,
        adults=rng.choices((1, 2, 3), (20, 72, 8))[0],
        children=rng.choices((0, 1, 2), (90, 6, 4))[0],
        nightly_rate=rate,
        deposit=rate,
        created_at=made,
        updated_at=refund or left or gone or came or captured or made,
        checked_in_at=came,
        checked_out_at=left,
        cancelled_at=gone,
        payment_authorized_at=captured and captured - timedelta(minutes=2),
        payment_captured_at=captured,
        payment_failed_at=made + timedelta(minutes=9) if has_failed else None,
        refund_processed_at=refund,
    )


def _fate(rng: random.Random, frame: _Frame) -> str:
    drawn = rng.random()
    if drawn < _CANCELLED:
        return "CANCELLED"
    if frame.check_in < frame.today:
        if drawn < _CANCELLED + _NO_SHOW:
            return "NO_SHOW"
        return "CHECKED_OUT" if frame.check_out < frame.today else "CHECKED_IN"
    if frame.check_in == frame.today or rng.random() > _UNPAID:
        return "CONFIRMED"
    return "PENDING_APPROVAL" if rng.random() < _WAITING else "PENDING"


def _payment(rng: random.Random, frame: _Frame, status: str) -> datetime | None:
    if status in {"PENDING", "PENDING_APPROVAL"}:
        return None
    if status == "CANCELLED" and rng.random() < _CANCELLED_UNPAID:
        return None
    return frame.made + timedelta(minutes=rng.randint(1, 6))


def _between(rng: random.Random, made: datetime, frame: _Frame) -> datetime:
    end = min(frame.check_in, frame.today)
    days = max((end - made.date()).days - 1, 0)
    return made + timedelta(days=int(days * rng.random()), minutes=rng.randint(10, 50))


def _at(rng: random.Random, day: date, first_hour: int, last_hour: int) -> datetime:
    moment = time(rng.randint(first_hour, last_hour), rng.randint(0, 59), rng.randint(0, 59))
    return datetime.combine(day, moment, tzinfo=UTC)
