"""Write sites for tests: made by hand, and the seventeen of the hotel at their lines."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.servers import ROOT

from pginterlock.scan.site import Beside, Callers, Confidence, Label, Site, Transaction

BEFORE = ROOT / "examples" / "hotel" / "before"
_MARK = re.compile(r"^\s*(?P<text>.*?)\s*# (?P<mark>\w+\.py:\d+)")
_CLASS = re.compile(r"^class (\w+)")
_FUNCTION = re.compile(r"^(\s*)def (\w+)")


def site(
    field: str = "status",
    *values: str | None,
    file: str = "hotel/views.py",
    line: int = 10,
    **more: Any,
) -> Site:
    """Return a site of a booking's view that sets *field*; *more* are further parts of it."""
    text = f"booking.{field} = {' or '.join(map(repr, values)) or 'value'}"
    made = Site(
        file, line, 9, line, "BookingView.post", "RoomBooking", field, "attr_assign", values,
        transaction=Transaction.NO, machine="booking", table="hotel.room_booking", text=text,
    )  # fmt: skip
    return replace(made, **more)


def beside(*fields: str, **values: str | None) -> tuple[Beside, ...]:
    """Return what else is written: *fields* with what is not known, and *values*."""
    unknown = [Beside(it, 11, (None,)) for it in fields]
    return (*unknown, *(Beside(name, 11, (value,)) for name, value in values.items()))


_BESIDE = {
    "guest_cancellation.py:100": beside("cancelled_at", assigned_room_id="null"),
    "booking_management.py:235": beside("cancelled_at"),
    "booking_management.py:353": beside("cancelled_at"),
    "checkout.py:129": beside(status="CHECKED_OUT"),
}
_FIELDS = {"assigned_room": "assigned_room_id"}


def seventeen() -> list[Site]:
    """Return the write sites of the hotel as the report found it, each where its mark stands."""
    return [it for file in sorted(BEFORE.glob("*.py")) for it in _marked(file)]


def _marked(file: Path) -> list[Site]:
    found = []
    owner = function = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if kind := _CLASS.match(line):
            owner = kind[1]
        if named := _FUNCTION.match(line):
            function = f"{owner}.{named[2]}" if named[1] else named[2]
        if marked := _MARK.match(line):
            found.append(_site(file, number, function, marked))
    return found


def _site(file: Path, number: int, function: str, marked: re.Match[str]) -> Site:
    written = re.match(r"booking\.(\w+) = (.*)", marked["text"])
    assert written
    field = _FIELDS.get(written[1], written[1])
    value = written[2].strip('"')
    is_view = file.name in ("staff_views.py", "payment_views.py")
    return Site(
        file.relative_to(ROOT).as_posix(), number, 9, number, function, "RoomBooking", field,
        "attr_assign",
        ("null" if value == "None" else value if written[2].startswith('"') else None,),
        transaction=Transaction.NO if is_view else Transaction.YES,
        transaction_reason="" if is_view else "@transaction.atomic on the function",
        beside=_BESIDE.get(marked["mark"], ()),
        machine="booking", table="hotel.room_booking",
        is_new=function.startswith("BulkBookingCreateView"),
        text=marked["text"], reason="booking is what get_object_or_404(RoomBooking) returns",
    )  # fmt: skip


__all__ = [
    "Callers", "Confidence", "Label", "Transaction", "beside", "replace", "seventeen", "site",
]  # fmt: skip
