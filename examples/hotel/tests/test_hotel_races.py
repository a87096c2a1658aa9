"""The races of the report, each by two HTTP clients interleaved on purpose.

A request is paused between what it has read and what it saves; the other one runs in between.
Before, both are told that all is well, and a wrong state is stored; after, one is told 409.
"""

from examples.hotel.tests.client import Answer, Hotel


def refused(answer: Answer) -> object:
    """Return the code of a 409; None for another answer."""
    return answer.body.get("code") if answer.status == 409 else None


def check_in(booking: int) -> str:
    """Return the path of the view that checks in."""
    return f"/staff/bookings/{booking}/check-in"


# Race 1: check-in against cancellation.


def test_race_1_before_a_guest_is_checked_in_to_a_cancelled_booking(before: Hotel) -> None:
    booking, room = before.booking("CONFIRMED", is_paid=True), before.room()

    with (
        before.paused(check_in(booking), before_save=2, room=room) as arrival,
        before.paused(f"/staff/bookings/{booking}/cancel") as cancellation,
    ):
        assert arrival.go_on().status == 200
        assert cancellation.go_on().status == 200

    assert before.holds(booking, "status = 'CANCELLED' and checked_in_at is not null")
    assert before.is_occupied(room)


def test_race_1_before_a_cancellation_is_undone_by_the_second_write(before: Hotel) -> None:
    booking, room = before.booking("CONFIRMED", is_paid=True), before.room()

    with before.paused(check_in(booking), before_save=2, room=room) as arrival:
        cancelled = before.post(f"/staff/bookings/{booking}/cancel")
        assert arrival.go_on().status == 200

    assert cancelled.status == 200
    assert before.holds(booking, "status = 'CONFIRMED' and checked_in_at is not null")


def test_race_1_after_the_same_view_is_refused(after: Hotel) -> None:
    booking, room = after.booking("CONFIRMED", is_paid=True), after.room()

    with after.paused(check_in(booking), room=room) as arrival:
        assert after.post(f"/staff/bookings/{booking}/cancel").status == 200
        assert arrival.go_on().status == 409

    assert after.holds(booking, "status = 'CANCELLED' and checked_in_at is null")
    assert not after.is_occupied(room)


def test_race_1_after_the_mended_check_in_loses_against_a_cancellation(after: Hotel) -> None:
    booking, room = after.booking("CONFIRMED", is_paid=True), after.room()

    with after.paused(f"/desk/bookings/{booking}/check-in", room=room) as arrival:
        assert after.post(f"/staff/bookings/{booking}/cancel").status == 200
        late = arrival.go_on()

    assert refused(late) == "IL01"
    assert (late.body["from"], late.body["to"]) == ("CANCELLED", "CHECKED_IN")
    assert after.holds(booking, "status = 'CANCELLED' and assigned_room_id is null")
    assert not after.is_occupied(room)


def test_race_1_after_a_cancellation_loses_against_the_mended_check_in(after: Hotel) -> None:
    booking, room = after.booking("CONFIRMED", is_paid=True), after.room()

    with after.paused(f"/staff/bookings/{booking}/cancel") as cancellation:
        assert after.post(f"/desk/bookings/{booking}/check-in", room=room).status == 200
        assert refused(cancellation.go_on()) == "IL01"

    assert after.holds(booking, "status = 'CHECKED_IN' and checked_in_at is not null")


# Race 2: payment against manual confirmation.


def test_race_2_before_the_payment_is_lost(before: Hotel) -> None:
    booking = before.booking("PENDING")

    with before.paused(f"/staff/bookings/{booking}/confirm") as confirmation:
        assert before.post("/payments/webhook", booking=booking).status == 200
        assert confirmation.go_on().status == 200

    assert before.holds(booking, "status = 'CONFIRMED' and payment_captured_at is null")


def test_race_2_before_the_confirmation_is_lost(before: Hotel) -> None:
    booking = before.booking("PENDING")

    with before.paused("/payments/webhook", booking=booking) as payment:
        assert before.post(f"/staff/bookings/{booking}/confirm").status == 200
        assert payment.go_on().status == 200

    assert before.holds(booking, "status = 'PENDING_APPROVAL'")


def test_race_2_after_the_payment_is_kept(after: Hotel) -> None:
    booking = after.booking("PENDING")

    with after.paused(f"/staff/bookings/{booking}/confirm") as confirmation:
        assert after.post("/payments/webhook", booking=booking).status == 200
        assert refused(confirmation.go_on()) == "IL07"

    assert after.holds(booking, "status = 'CONFIRMED' and payment_captured_at is not null")


def test_race_2_after_nobody_confirms_before_the_payment(after: Hotel) -> None:
    booking = after.booking("PENDING")

    with after.paused("/payments/webhook", booking=booking) as payment:
        assert refused(after.post(f"/staff/bookings/{booking}/confirm")) == "IL04"
        assert payment.go_on().status == 200

    assert after.holds(booking, "status = 'CONFIRMED' and payment_captured_at is not null")


def test_race_2_after_a_cancellation_does_not_lose_the_payment(after: Hotel) -> None:
    booking = after.booking("PENDING")

    with after.paused(f"/staff/bookings/{booking}/cancel") as cancellation:
        assert after.post("/payments/webhook", booking=booking).status == 200
        assert refused(cancellation.go_on()) == "IL07"

    assert after.holds(booking, "status = 'CONFIRMED' and payment_captured_at is not null")


# Race 3: room assignment against cancellation.


def test_race_3_before_the_assignment_undoes_the_cancellation(before: Hotel) -> None:
    booking, room = before.booking("CONFIRMED", is_paid=True), before.room()

    with before.paused(f"/desk/bookings/{booking}/assign-room", room=room) as assignment:
        assert before.post(f"/staff/bookings/{booking}/cancel").status == 200
        assert assignment.go_on().status == 200

    assert before.holds(booking, "status = 'CONFIRMED' and assigned_room_id is not null")
    assert before.is_occupied(room)


def test_race_3_before_the_room_stays_occupied_by_a_cancelled_booking(before: Hotel) -> None:
    booking, room = before.booking("CONFIRMED", is_paid=True), before.room()

    with before.paused(f"/staff/bookings/{booking}/cancel") as cancellation:
        assert before.post(f"/desk/bookings/{booking}/assign-room", room=room).status == 200
        assert cancellation.go_on().status == 200

    assert before.holds(booking, "status = 'CANCELLED'")
    assert before.is_occupied(room)


def test_race_3_after_the_assignment_is_refused_and_occupies_nothing(after: Hotel) -> None:
    booking, room = after.booking("CONFIRMED", is_paid=True), after.room()

    with after.paused(f"/desk/bookings/{booking}/assign-room", room=room) as assignment:
        assert after.post(f"/staff/bookings/{booking}/cancel").status == 200
        assert refused(assignment.go_on()) == "IL01"

    assert after.holds(booking, "status = 'CANCELLED' and assigned_room_id is null")
    assert not after.is_occupied(room)


# Room move against check-out: two services, both in transactions.


def test_before_a_move_reopens_a_finished_stay(before: Hotel) -> None:
    booking = before.booking("CHECKED_IN", room=before.room())

    with before.paused(f"/desk/bookings/{booking}/move-room", room=before.room()) as move:
        assert before.post(f"/desk/bookings/{booking}/check-out").status == 200
        assert move.go_on().status == 200

    assert before.holds(booking, "status = 'CHECKED_IN' and checked_out_at is null")


def test_after_a_move_does_not_reopen_a_finished_stay(after: Hotel) -> None:
    booking = after.booking("CHECKED_IN", room=after.room())
    room = after.room()

    with after.paused(f"/desk/bookings/{booking}/move-room", room=room) as move:
        assert after.post(f"/desk/bookings/{booking}/check-out").status == 200
        assert refused(move.go_on()) == "IL01"

    assert after.holds(booking, "status = 'CHECKED_OUT' and checked_out_at is not null")
    assert not after.is_occupied(room)
