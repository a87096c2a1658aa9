"""What a machine refuses arrives as an answer, an error of a form, a message of the admin."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.forms import modelform_factory
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone
from tests.integrations.django_project.stays.forms import BookingForm
from tests.integrations.django_project.stays.models import Booking, GuardedBooking, Room

from pginterlock import errors
from pginterlock.django.claiming import acting
from pginterlock.django.forms import add_refusal
from pginterlock.refused import refusal

PAID = datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())
DAYS = {"arrives": date(2026, 3, 1), "leaves": date(2026, 3, 3)}


@pytest.fixture
def booking(site: str) -> Booking:
    """A booking in PENDING, not paid."""
    return Booking.objects.create(**DAYS)


def put(booking: Booking, path: str = "autocommit", **headers: str) -> Any:
    return Client().post(
        f"/{path}/{booking.pk}",
        '{"status": "CHECKED_IN"}',
        content_type="application/json",
        headers=headers,
    )


@pytest.mark.parametrize("path", ["autocommit", "atomic", "later"])
def test_a_refusal_is_answered_with_409_and_what_it_says(booking: Booking, path: str) -> None:
    response = put(booking, path)

    assert response.status_code == 409
    told = response.json()
    assert told["message"] == f"booking {booking.pk}: PENDING -> CHECKED_IN is not allowed"
    assert told["hint"] == "Allowed from PENDING: CONFIRMED, CANCELLED"
    assert {name: told[name] for name in ("code", "machine", "from", "to", "allowed")} == {
        "code": "IL01",
        "machine": "booking",
        "from": "PENDING",
        "to": "CHECKED_IN",
        "allowed": ["CONFIRMED", "CANCELLED"],
    }


def test_a_browser_gets_a_page(booking: Booking) -> None:
    response = put(booking, Accept="text/html,application/xhtml+xml,*/*;q=0.8")

    assert response.status_code == 409
    assert response["Content-Type"].startswith("text/html")
    assert "PENDING -&gt; CHECKED_IN is not allowed" in response.content.decode()


def test_the_status_can_be_chosen(booking: Booking) -> None:
    with override_settings(INTERLOCK_STATUS={"IL01": 422}):
        assert put(booking).status_code == 422


def test_what_is_no_refusal_goes_on_its_way(site: str) -> None:
    with pytest.raises(IntegrityError, match="null value"):
        Client().post(
            f"/autocommit/{Booking.objects.create(**DAYS).pk}",
            '{"guests": null}',
            content_type="application/json",
        )


def test_a_form_shows_the_refusal_on_its_field(booking: Booking) -> None:
    form = BookingForm({"status": "CONFIRMED", "guests": 2, **DAYS}, instance=booking)

    assert form.is_valid()
    with transaction.atomic():
        assert form.save_or_refuse() is None
        assert Booking.objects.count() == 1  # the transaction is still good

    [error] = form.errors["paid_at"].as_data()
    assert error.code == "IL04"
    assert error.messages == [
        f"Booking {booking.pk}: PENDING -> CONFIRMED needs paid_at is not null."
        " confirm is allowed once this holds: paid_at is not null"
    ]
    assert isinstance(error.refused, errors.GuardFailed)


def test_a_field_that_the_form_does_not_have_is_the_form_s_error(booking: Booking) -> None:
    kind = modelform_factory(Booking, fields=("status",))
    form = kind({"status": "CONFIRMED"}, instance=booking)

    assert form.is_valid()
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        form.save()
    refused = refusal(caught.value)
    assert refused
    add_refusal(form, refused)

    assert form.non_field_errors().as_data()[0].code == "IL04"


def test_an_invariant_is_the_form_s_error(booking: Booking) -> None:
    form = BookingForm(
        {"status": "PENDING", "guests": 2, "arrives": "2026-03-03", "leaves": "2026-03-01"},
        instance=booking,
    )

    assert form.is_valid()
    assert form.save_or_refuse() is None
    assert [it.code for it in form.errors.as_data().popitem()[1]] == ["IL14"]


def test_a_form_that_passes_is_saved(booking: Booking) -> None:
    form = BookingForm(
        {"status": "CONFIRMED", "guests": 2, "paid_at": PAID, **DAYS}, instance=booking
    )

    assert form.is_valid()
    assert form.save_or_refuse() == booking
    assert Booking.objects.get().status == "CONFIRMED"


@pytest.mark.parametrize(
    ("state", "shown"), [("CHECKED_IN", "is not allowed"), ("CONFIRMED", "needs paid_at")]
)
def test_a_view_shows_its_form_again(booking: Booking, state: str, shown: str) -> None:
    response = Client().post(f"/state/{booking.pk}", {"status": state})

    assert response.status_code == 200
    assert shown in response.content.decode()


def test_a_view_whose_form_passes_goes_on(booking: Booking) -> None:
    Booking.objects.update(paid_at=PAID)

    response = Client().post(f"/state/{booking.pk}", {"status": "CONFIRMED"})

    assert (response.status_code, response["Location"]) == (302, "/done")


def admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_the_admin_shows_a_refused_change_on_its_field(booking: Booking) -> None:
    client = admin()
    fields = {"status": "CHECKED_IN", "guests": 7, **DAYS}

    response = client.post(f"/admin/stays/booking/{booking.pk}/change/", fields)

    assert response.status_code == 200
    page = response.content.decode()
    below_status = page[page.index("field-status") :].partition("<select")[0]
    assert "PENDING -&gt; CHECKED_IN is not allowed" in below_status
    assert 'value="7"' in page
    assert Booking.objects.get().guests == 2


def test_the_admin_saves_what_is_allowed(booking: Booking) -> None:
    fields = {"status": "PENDING", "guests": 7, **DAYS}

    response = admin().post(f"/admin/stays/booking/{booking.pk}/change/", fields)

    assert response.status_code == 302
    assert Booking.objects.get().guests == 7


def test_the_admin_says_what_may_not_be_deleted(booking: Booking) -> None:
    Booking.objects.update(paid_at=PAID)
    Booking.objects.update(status="CONFIRMED")

    response = admin().post(
        f"/admin/stays/booking/{booking.pk}/delete/", {"post": "yes"}, follow=True
    )

    assert "may not be deleted" in response.content.decode()
    assert Booking.objects.count() == 1


def test_the_admin_says_what_an_action_was_refused(booking: Booking) -> None:
    response = admin().post(
        "/admin/stays/booking/",
        {"action": "check_in", "_selected_action": [booking.pk]},
        follow=True,
    )

    assert "PENDING -&gt; CHECKED_IN is not allowed" in response.content.decode()


def test_the_admin_says_what_was_refused_in_its_list(booking: Booking) -> None:
    form = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "_save": "Save",
        "form-0-id": booking.pk,
        "form-0-status": "CHECKED_OUT",
    }

    response = admin().post("/admin/stays/booking/", form, follow=True)

    assert "PENDING -&gt; CHECKED_OUT is not allowed" in response.content.decode()


def rest(method: str, path: str, **fields: object) -> Any:
    send = getattr(Client(), method)
    return send(f"/rest/bookings/{path}", json.dumps(fields), content_type="application/json")


@pytest.mark.parametrize("is_atomic", [False, True])
def test_the_rest_framework_answers_a_refusal(booking: Booking, is_atomic: bool) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = is_atomic
    try:
        response = rest("patch", f"{booking.pk}/", status="CONFIRMED", guests=9)
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False

    assert response.status_code == 409
    told = response.json()
    assert (told["code"], told["event"], told["missing"]) == ("IL04", "confirm", ["paid_at"])
    assert told["hint"]
    assert Booking.objects.get().guests == 2


def test_the_rest_framework_answers_the_rest_as_before(booking: Booking) -> None:
    assert rest("patch", f"{booking.pk}/", guests="many").status_code == 400
    assert rest("patch", f"{booking.pk}/", guests=9).status_code == 200
    assert rest("patch", "4711/", guests=9).status_code == 404


@pytest.fixture
def guarded(booking: Booking) -> GuardedBooking:
    """The same booking, confirmed, as a `GuardedBooking`."""
    Booking.objects.update(paid_at=PAID)
    Booking.objects.update(status="CONFIRMED")
    return GuardedBooking.objects.get()


def test_fire_moves_the_row_and_the_instance_has_its_values(guarded: GuardedBooking) -> None:
    room = Room.objects.create(number="101")

    fired = guarded.fire("check_in", set={"room": room}, expect="CONFIRMED")

    assert (fired.from_state, fired.to_state) == ("CONFIRMED", "CHECKED_IN")
    assert guarded.status == "CHECKED_IN"
    assert guarded.room == room
    assert guarded.checked_in_at is not None


def test_save_brings_back_what_the_machine_stamped(guarded: GuardedBooking) -> None:
    guarded.room = Room.objects.create(number="101")
    guarded.status = "CHECKED_IN"
    guarded.save()

    assert guarded.checked_in_at == GuardedBooking.objects.get().checked_in_at is not None


def test_a_plain_model_does_not_have_them(guarded: GuardedBooking) -> None:
    plain = Booking.objects.get()
    plain.room = Room.objects.create(number="101")
    plain.status = "CHECKED_IN"
    plain.save()

    assert plain.checked_in_at is None
    with pytest.raises(IntegrityError, match="checked_in_at"):
        plain.save()  # it writes the old null back


def test_fields_that_were_not_loaded_stay_so(guarded: GuardedBooking) -> None:
    found = GuardedBooking.objects.only("guests").get()
    found.guests = 4
    found.save()

    assert "status" in found.get_deferred_fields()


def test_what_is_refused_to_fire_is_typed_and_leaves_the_transaction_good(
    guarded: GuardedBooking,
) -> None:
    with transaction.atomic():
        with pytest.raises(errors.StateRowBroken) as caught:
            guarded.fire("check_in")
        assert Booking.objects.count() == 1

    assert caught.value.missing == ("room_id",)
    assert guarded.status == "CONFIRMED"


def test_allowed_says_what_is_possible(guarded: GuardedBooking) -> None:
    told = {it.event: it.missing for it in guarded.allowed()}

    assert set(told) == {"check_in", "cancel"}


def test_a_dry_run_changes_nothing(guarded: GuardedBooking) -> None:
    fired = guarded.fire("check_in", dry_run=True)

    assert isinstance(fired.refusal, errors.StateRowBroken)
    assert GuardedBooking.objects.get().status == "CONFIRMED"


def test_fire_is_attributed_by_who_acts(guarded: GuardedBooking) -> None:
    with acting("user:3", reason="phoned"):
        guarded.fire("cancel")

    with connection.cursor() as cursor:
        cursor.execute("select actor, reason from interlock.booking_audit order by id desc limit 1")
        assert cursor.fetchone() == ("user:3", "phoned")


def test_a_model_without_a_machine_says_so(guarded: GuardedBooking) -> None:
    guarded.interlock_machine = ""  # type: ignore[misc]

    with pytest.raises(errors.UsageError, match="names no machine"):
        guarded.allowed()
