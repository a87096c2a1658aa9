"""Which site a write belongs to that was seen: by its tags, by its statement, or by none."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from tests.scan_sites import beside, seventeen, site
from tests.servers import ROOT

from pginterlock import spec
from pginterlock.scan.judged import Judged, judged
from pginterlock.scan.matching import observe
from pginterlock.scan.observed import Sight
from pginterlock.scan.routes import routes_of, view_of
from pginterlock.scan.shapes import Style, read_shape
from pginterlock.scan.site import Site
from pginterlock.write_sites import site_of
from pginterlock.writers import Writer

HOTEL = spec.load(ROOT / "examples" / "hotel" / "interlock.yaml").machines
URLS = (ROOT / "examples" / "hotel" / "before" / "urls.py").read_text(encoding="utf-8")
EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


def seen(
    statement: str, event: str = "", count: int = 0, *, refused: int = 0, at: datetime = EARLY
) -> Writer:
    """Return what the history says of who sent *statement*."""
    made = Writer(
        site_of(statement, "hotel"), "hotel_app", at, at, Counter({event: count} if event else {})
    )
    made.entries, made.refused = count, refused
    return made


def tagged(**tags: str) -> str:
    """Return a statement with sqlcommenter tags."""
    told = ",".join(f"{name.replace('__', '.')}='{value}'" for name, value in tags.items())
    return f"update hotel.room_booking set status = 'X' /*{told}*/"


def fits(sites: list[Site], *writers: Writer) -> tuple[list[str], list[str]]:
    """Return the functions that were seen, and who fits none."""
    found, foreign = observe(judged(sites, HOTEL), {"booking": writers}, routes_of([URLS]))
    names = [it.site.enclosing for it in found if _was_seen(it)]
    return names, [it.by for it in foreign]


def _was_seen(it: Judged) -> bool:
    return it.observed is not None and it.observed.sight is not Sight.NEVER


@pytest.mark.parametrize(
    ("statement", "event", "names"),
    [
        pytest.param(
            tagged(file="hotel/before/guest_cancellation.py", func="execute"), "cancel",
            ["GuestCancellationService.execute"], id="file and function",
        ),
        pytest.param(
            tagged(file="/srv/app/examples/hotel/before/booking_management.py", line="13"),
            "cancel", ["cancel_booking"], id="file and line",
        ),
        pytest.param(
            tagged(file="guest_cancellation.py"), "cancel", ["GuestCancellationService.execute"],
            id="file alone",
        ),
        pytest.param(
            tagged(file="elsewhere.py", func="execute"), "cancel", [], id="another file",
        ),
        pytest.param(
            tagged(file="booking_management.py", func="other"), "cancel", [], id="another function",
        ),
        pytest.param(
            tagged(controller="StaffBookingCancelView"), "cancel", ["StaffBookingCancelView.post"],
            id="controller",
        ),
        pytest.param(
            tagged(controller="examples.hotel.before.staff_views.StaffBookingCancelView"),
            "cancel", ["StaffBookingCancelView.post"], id="controller with its module",
        ),
        pytest.param(
            tagged(controller="staff_booking_cancel_view"), "cancel",
            ["StaffBookingCancelView.post"], id="controller in other letters",
        ),
        pytest.param(
            tagged(route="^staff/bookings/<int:booking_id>/cancel"), "cancel",
            ["StaffBookingCancelView.post"], id="route",
        ),
        pytest.param(
            tagged(func="cancel_booking"), "cancel", ["cancel_booking"], id="function alone",
        ),
        pytest.param(
            tagged(controller="DeskCheckOutView"), "check_out", ["CheckoutService.execute"],
            id="a view that goes through the one service that makes the move",
        ),
        pytest.param(
            tagged(controller="PartnerCancelView"), "check_out", [], id="a view of other code"
        ),
        pytest.param(tagged(application="x"), "cancel", [], id="tags that say no place"),
        pytest.param(
            'UPDATE "hotel"."room_booking" SET "status" = \'CHECKED_OUT\','
            ' "checked_in_at" = null, "checked_out_at" = now(), "assigned_room_id" = 3,'
            ' "cancelled_at" = null WHERE "hotel"."room_booking"."id" = 4',
            "check_out", ["CheckoutService.execute"], id="the save of an ORM",
        ),
        pytest.param(
            'UPDATE "room_booking" SET "nightly_rate" = 3 WHERE "room_booking"."id" = 4',
            "change", [], id="an ORM that writes something else",
        ),
        pytest.param(
            "update hotel.room_booking set status = 'CANCELLED' where id = 4", "cancel", [],
            id="typed by hand, and no site is SQL",
        ),
        pytest.param("call hotel.clean_up()", "cancel", [], id="a procedure"),
    ],
)  # fmt: skip
def test_a_write_belongs_to_a_site(statement: str, event: str, names: list[str]) -> None:
    found, foreign = fits(seventeen(), seen(statement, event, 3))

    assert found == names
    assert bool(foreign) == (not names)


NIGHT = site(
    "status", "NO_SHOW", file="jobs/night.sql", construct="sql_update", enclosing="",
    beside=beside("cancelled_at"),
)  # fmt: skip
DAY = site("status", "NO_SHOW", construct="raw_sql", enclosing="sweep")
MAKE = site("status", "PENDING", construct="sql_insert", is_new=True, enclosing="make")


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("update room_booking set status = 'NO_SHOW' where id = 4", ["sweep"]),
        ("update only hotel.room_booking as b set status = 'NO_SHOW' where id in (4)", ["sweep"]),
        ("update room_booking set status = 'NO_SHOW', cancelled_at = now()", [""]),
        ("update room_booking set (status, cancelled_at) = ('NO_SHOW', now())", [""]),
        ("update room_booking set note = 'x'", []),
    ],
)
def test_a_statement_that_somebody_wrote_belongs_to_the_site_with_its_columns(
    statement: str, names: list[str]
) -> None:
    assert fits([NIGHT, DAY, MAKE], seen(statement, "no_show", 2))[0] == names


def test_an_insert_belongs_to_a_site_that_makes_rows() -> None:
    insert = "insert into hotel.room_booking (status, adults) values ('PENDING', 2)"

    assert fits([NIGHT, DAY, MAKE], seen(insert, "birth", 2))[0] == ["make"]


def test_what_was_seen_of_a_site_is_counted_together_with_its_refusals() -> None:
    send = tagged(controller="StaffBookingCancelView")
    found, foreign = observe(
        judged(seventeen(), HOTEL),
        {"booking": [seen(send, "cancel", 5), seen(send, refused=2, at=LATE)]},
    )

    [it] = [one.observed for one in found if _was_seen(one)]
    assert it
    assert (it.sight, it.entries, it.refused, it.last_at) == (Sight.SEEN, 5, 2, LATE)
    assert it.by == ("controller=StaffBookingCancelView",)
    assert foreign == []


def test_where_several_sites_fit_each_is_seen_perhaps() -> None:
    found, _ = observe(
        judged(seventeen(), HOTEL),
        {"booking": [seen(tagged(file="booking_management.py"), "cancel", 5)]},
    )

    sights = {one.site.enclosing: one.observed.sight for one in found if one.observed}
    assert [name for name, it in sights.items() if it is Sight.PERHAPS] == [
        "cancel_booking", "cancel_booking_and_refund",
    ]  # fmt: skip
    assert Sight.SEEN not in sights.values()


def test_who_is_not_in_the_code_is_told_once_with_refusals() -> None:
    found, foreign = observe(
        judged(seventeen(), HOTEL),
        {
            "booking": [
                seen("update t set a = 1", "cancel", 5),
                seen("update t set a = 2", refused=1),
            ]
        },
    )

    [it] = foreign
    assert (it.by, it.entries, it.refused, it.events) == (
        "hotel: update t set a = ?", 5, 1, ("cancel",),
    )  # fmt: skip
    assert not any(map(_was_seen, found))


def test_a_machine_that_nobody_asked_about_is_left_alone() -> None:
    found, foreign = observe(judged(seventeen(), HOTEL), {})

    assert [it.observed for it in found] == [None] * 17
    assert foreign == []


@pytest.mark.parametrize(
    ("shape", "table", "columns", "is_insert", "style"),
    [
        ("update t set a = ?, b = coalesce(c, d) where id = ?", "t", "a b", False, Style.TEXT),
        ('UPDATE "s"."T x" SET "a" = ? WHERE "s"."T x"."id" = ?', "T x", "a", False, Style.ORM),
        ("UPDATE t SET a=? WHERE t.id = ?", "t", "a", False, Style.ORM),
        ("update t x set a = ? from y where x.id = y.id", "t", "a", False, Style.TEXT),
        ("with y as (select ?) update t set a = ? from y", "t", "a", False, Style.TEXT),
        ("insert into s.t (a, b) values (?)", "t", "a b", True, Style.TEXT),
        ("INSERT INTO t (a) VALUES (?) RETURNING t.id", "t", "a", True, Style.ORM),
        ('INSERT INTO "t" ("a", "b") VALUES (?)', "t", "a b", True, Style.ORM),
    ],
)
def test_a_shape(shape: str, table: str, columns: str, is_insert: bool, style: Style) -> None:
    found = read_shape(shape)

    assert found
    assert (found.table, found.columns) == (table, frozenset(columns.split()))
    assert (found.is_insert, found.style) == (is_insert, style)


@pytest.mark.parametrize("shape", ["", "select ?", "delete from t where id = ?", "update"])
def test_what_writes_no_column_has_no_shape(shape: str) -> None:
    assert read_shape(shape) is None


def test_routes_lead_to_views() -> None:
    routes = routes_of(
        [
            "urlpatterns = [path('pay/<int:n>', views.PayView.as_view(), name='pay'),"
            " path('api/', include('api.urls')), re_path(r'^go$', login(going)), path('x')]",
            "this is no Python",
        ]
    )

    assert routes == {"pay/<int:n>": "PayView", "pay": "PayView", "^go$": "going"}
    assert view_of("^shop/pay/<int:n>$", routes) == "PayView"
    assert view_of("shop/repay/<int:n>", routes) == ""
    assert view_of("pay", routes) == "PayView"


def test_urls_that_cannot_be_read_lead_nowhere() -> None:
    good = "urlpatterns = [path('pay/', views.pay)]\ntry: x\nexcept A, B: y\n"

    assert routes_of(["path('no/', ", "x = " + "-" * 100_000 + "1", "\0", good]) == {"pay/": "pay"}
