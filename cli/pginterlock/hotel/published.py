"""Read the published data set of hotel bookings (hotel_bookings.csv) as rows of ours.

Antonio, de Almeida, Nunes, "Hotel booking demand datasets", Data in Brief 22 (2019), CC BY 4.0.
It has no room numbers, hours or payments: rooms are given out by `give_rooms`, hours are fixed, and
a booking that was kept or had a deposit counts as paid when it was made.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO, cast

from pginterlock.errors import UsageError
from pginterlock.hotel.bookings import FIRST_ID, Booking

NAME = "Hotel booking demand datasets, doi:10.1016/j.dib.2018.11.126, CC BY 4.0"
_STATES = {"Check-Out": "CHECKED_OUT", "Canceled": "CANCELLED", "No-Show": "NO_SHOW"}
_HOTELS = {"Resort Hotel": 1, "City Hotel": 2}
_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_COLUMNS = (
    "hotel",
    "lead_time",
    "arrival_date_year",
    "arrival_date_month",
    "arrival_date_day_of_month",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "babies",
    "adr",
    "assigned_room_type",
    "deposit_type",
    "reservation_status",
    "reservation_status_date",
)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Published:
    """The bookings of the data set, and how many stay no night (kept as one night)."""

    bookings: list[Booking]
    day_visits: int


def read(path: Path) -> Published:
    """Return the bookings of *path*, a CSV file as published, or gzipped."""
    bookings, day_visits = [], 0
    with _opened(path) as file:
        reader = csv.DictReader(file)
        _require_columns(path, reader.fieldnames or ())
        for number, row in enumerate(reader):
            try:
                booking, is_day_visit = _booking(FIRST_ID + number, row)
            except (ValueError, KeyError, InvalidOperation, TypeError) as error:
                raise UsageError(
                    f"{path}, line {reader.line_num}: not a booking of the data set ({error!r})",
                    remedy=f"--data takes the file as published: {NAME}",
                ) from None
            bookings.append(booking)
            day_visits += is_day_visit
    return Published(bookings, day_visits)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("rb") as raw:
            is_zipped = raw.read(2) == _GZIP
        opener = gzip.open if is_zipped else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as text:
            yield cast("TextIO", text)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _require_columns(path: Path, found: object) -> None:
    names = set(found) if isinstance(found, list | tuple) else set()
    if missing := [column for column in _COLUMNS if column not in names]:
        raise UsageError(
            f"{path} is not the data set: it has no column {', '.join(missing)}",
            remedy=f"--data takes the file as published: {NAME}",
        )


def _booking(booking_id: int, row: Mapping[str, str]) -> tuple[Booking, bool]:
    status = _STATES[row["reservation_status"]]
    month = _MONTH_NAMES.index(row["arrival_date_month"]) + 1
    arrival = date(int(row["arrival_date_year"]), month, int(row["arrival_date_day_of_month"]))
    nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
    closed = date.fromisoformat(row["reservation_status_date"])
    made = _moment(min(arrival - timedelta(days=int(row["lead_time"])), closed), 9)
    has_deposit = row["deposit_type"] != "No Deposit"
    paid = made if has_deposit or status != "CANCELLED" else None
    rate = Decimal(row["adr"])
    booking = Booking(
        id=booking_id,
        hotel_id=_HOTELS[row["hotel"]],
        status=status,
        room_type=row["assigned_room_type"].strip(),
        assigned_room_id=None,
        check_in=arrival,
        check_out=arrival + timedelta(days=max(nights, 1)),
        adults=int(row["adults"]),
        children=sum(int(row[c]) for c in ("children", "babies") if row[c] != "NA"),
        nightly_rate=rate,
        deposit=rate if has_deposit else Decimal(0),
        created_at=made,
        updated_at=_moment(closed, 12),
        checked_in_at=_moment(arrival, 15) if status == "CHECKED_OUT" else None,
        checked_out_at=_moment(max(closed, arrival), 18) if status == "CHECKED_OUT" else None,
        cancelled_at=_moment(closed, 12) if status == "CANCELLED" else None,
        payment_authorized_at=paid,
        payment_captured_at=paid,
    )
    return booking, nights == 0


def _moment(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
