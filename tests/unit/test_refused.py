"""The exceptions of drivers and of what wraps them become typed refusals; others do not."""

import json
from types import SimpleNamespace

import pytest

import pginterlock
from pginterlock.errors import GuardFailed, IllegalTransition, Refused

DETAIL = {
    "code": "IL01", "machine": "booking", "rule": "transition", "key": {"id": 42},
    "from": "PENDING", "to": "CHECKED_OUT", "event": None,
    "allowed": ["CONFIRMED", "CANCELLED"], "missing": [],
}  # fmt: skip
MESSAGE = "booking 42: PENDING -> CHECKED_OUT is not allowed"
HINT = "Allowed from PENDING: CONFIRMED, CANCELLED"


class Driver(Exception):
    """What a driver raises; the server's fields are attributes."""

    def __init__(self, **fields: object) -> None:
        super().__init__(MESSAGE)
        for name, value in fields.items():
            setattr(self, name, value)


def psycopg_like(**changed: object) -> Driver:
    fields = {
        "message_detail": json.dumps(DETAIL),
        "message_hint": HINT,
        "message_primary": MESSAGE,
        "sqlstate": "23514",
        "constraint_name": "booking.transition",
        "schema_name": "hotel",
        "table_name": "room_booking",
    }
    return Driver(diag=SimpleNamespace(**{**fields, **changed}))


def asyncpg_like() -> Driver:
    return Driver(
        detail=json.dumps(DETAIL),
        hint=HINT,
        message=MESSAGE,
        sqlstate="23514",
        constraint_name="booking.transition",
        schema_name="hotel",
        table_name="room_booking",
    )


def wrapped_as_orig() -> Exception:
    return Driver(orig=asyncpg_like())


def caused() -> Exception:
    try:
        try:
            raise psycopg_like()
        except Driver as error:
            raise RuntimeError("integrity") from error
    except RuntimeError as error:
        return error


def followed() -> Exception:
    try:
        try:
            raise psycopg_like()
        except Driver:
            raise RuntimeError("while handling it")  # noqa: B904 - that is what is tried
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    "make",
    [psycopg_like, asyncpg_like, wrapped_as_orig, caused, followed],
    ids=lambda it: it.__name__,
)
def test_a_refusal_is_found_with_all_it_says(make: object) -> None:
    found = pginterlock.refusal(make())  # type: ignore[operator]

    assert type(found) is IllegalTransition
    assert (found.code, found.machine, found.rule) == ("IL01", "booking", "transition")
    assert (found.key, found.from_state, found.to_state) == ({"id": 42}, "PENDING", "CHECKED_OUT")
    assert (found.event, found.allowed, found.missing) == (None, ("CONFIRMED", "CANCELLED"), ())
    assert (str(found), found.hint) == (MESSAGE, HINT)
    assert (found.sqlstate, found.constraint) == ("23514", "booking.transition")
    assert found.table == "hotel.room_booking"
    assert isinstance(found.__cause__, Driver)


def test_the_class_tells_the_rule() -> None:
    guard = json.dumps({**DETAIL, "code": "IL04", "rule": "guard", "missing": ["paid_at"]})

    found = pginterlock.refusal(psycopg_like(message_detail=guard))

    assert type(found) is GuardFailed
    assert found.missing == ("paid_at",)


def test_a_refusal_is_itself() -> None:
    found = pginterlock.refusal(psycopg_like())
    assert found is not None

    assert pginterlock.refusal(found) is found


@pytest.mark.parametrize(
    "detail",
    [
        None, "", "Failing row contains (1, PENDING).", "{not json", "[]", "{}", '{"code": "IL01"}',
        '{"code": "IL99", "machine": "booking"}', '{"code": ["IL01"], "machine": "booking"}', "{1}",
        b"{}", 7,
    ],
)  # fmt: skip
def test_what_is_not_ours_is_none(detail: object) -> None:
    assert pginterlock.refusal(psycopg_like(message_detail=detail)) is None


def test_an_error_without_fields_is_none() -> None:
    assert pginterlock.refusal(ValueError("x")) is None


def test_what_was_raised_from_none_hides_what_came_before() -> None:
    told = RuntimeError("told in other words")
    told.__context__ = psycopg_like()
    assert pginterlock.refusal(told) is not None

    told.__suppress_context__ = True  # what `from None` does

    assert pginterlock.refusal(told) is None


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first

    assert pginterlock.refusal(first) is None


def test_every_code_has_its_class() -> None:
    for code, kind in Refused.by_code.items():
        found = pginterlock.refusal(
            psycopg_like(message_detail=json.dumps({**DETAIL, "code": code}))
        )
        assert type(found) is kind
