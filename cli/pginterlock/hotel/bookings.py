"""Bookings and rooms as plain data, and the rooms that a set of stays needs.

Pure: no connection, no clock, no files.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

FIRST_ID = 101  # what the demo plays on lies below


@dataclass(frozen=True, slots=True)
class Booking:
    """One row of hotel.room_booking; its fields are the columns, in their order."""

    id: int
    hotel_id: int
    status: str
    room_type: str
    assigned_room_id: int | None
    check_in: date
    check_out: date
    adults: int
    children: int
    nightly_rate: Decimal
    deposit: Decimal
    created_at: datetime
    updated_at: datetime
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    cancelled_at: datetime | None = None
    payment_authorized_at: datetime | None = None
    payment_captured_at: datetime | None = None
    payment_failed_at: datetime | None = None
    refund_processed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """One row of hotel.room; its fields are the columns, in their order."""

    id: int
    hotel_id: int
    number: str
    room_type: str
    is_occupied: bool = False


NEEDS_ROOM = ("CHECKED_IN", "CHECKED_OUT")
_ROOMS_A_FLOOR = 20


def give_rooms(bookings: Sequence[Booking]) -> tuple[list[Booking], list[Room]]:
    """Return the bookings with a room for each stay, and as few rooms as that takes.

    A room is free again on the day its guest leaves: no two stays overlap in one room.
    """
    free: dict[tuple[int, str], list[tuple[date, int]]] = {}
    rooms: list[Room] = []
    numbers: dict[int, int] = {}
    placed: dict[int, int] = {}
    stays = [booking for booking in bookings if booking.status in NEEDS_ROOM]
    for booking in sorted(stays, key=lambda b: (b.check_in, b.id)):
        heap = free.setdefault((booking.hotel_id, booking.room_type), [])
        if heap and heap[0][0] <= booking.check_in:
            room_id = heapq.heappop(heap)[1]
        else:
            numbers[booking.hotel_id] = count = numbers.get(booking.hotel_id, -1) + 1
            room_id = FIRST_ID + len(rooms)
            number = f"{count // _ROOMS_A_FLOOR + 1}{count % _ROOMS_A_FLOOR + 1:02}"
            rooms.append(Room(room_id, booking.hotel_id, number, booking.room_type))
        heapq.heappush(heap, (booking.check_out, room_id))
        placed[booking.id] = room_id
    return [replace(b, assigned_room_id=placed.get(b.id)) for b in bookings], _occupy(
        rooms, {placed[b.id] for b in stays if b.status == "CHECKED_IN"}
    )


def _occupy(rooms: Sequence[Room], occupied: set[int]) -> list[Room]:
    return [replace(room, is_occupied=room.id in occupied) for room in rooms]
