"""The Python of "Read refusals in a client" does what it says, on a real server."""

import re

import psycopg
import pytest
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "how-to" / "read-refusals.md"
REFUSED = {"code": "IL01", "from": "PENDING", "to": "CHECKED_IN", "machine": "booking"}


@pytest.fixture
def booking(hotel: str) -> str:
    """A database where `room_booking` is the guarded table, with booking 1 in PENDING."""
    dsn = f"{hotel} options='-c search_path=hotel'"
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(
            "insert into room_booking (id, hotel_id, status, room_type, check_in, check_out,"
            " nightly_rate) values (1, 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90)"
        )
    return dsn


def snippet(name: str) -> dict[str, object]:
    """Run one block of the page and return what it defines."""
    found = re.search(
        rf"<!-- python: {name} -->\n```python\n(.*?)```",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    assert found, f"the page has no block {name!r}"
    defined: dict[str, object] = {}
    exec(found[1], defined)  # noqa: S102 - the page is ours
    return defined


def test_psycopg(booking: str) -> None:
    move = snippet("psycopg")["move"]
    assert callable(move)

    with psycopg.connect(booking, autocommit=True) as connection:
        refusal = move(connection, 1, "CHECKED_IN")
        assert {key: refusal[key] for key in REFUSED} == REFUSED
        assert move(connection, 1, "CANCELLED") is None


def test_sqlalchemy(booking: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    move = snippet("sqlalchemy")["move"]
    assert callable(move)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(booking)
    )

    refusal = move(engine, 1, "CHECKED_IN")
    assert {key: refusal[key] for key in REFUSED} == REFUSED
    assert move(engine, 1, "CANCELLED") is None
    engine.dispose()


def test_django(booking: str) -> None:
    django = pytest.importorskip("django", reason="Django comes with the extra [bench]")
    settings = pytest.importorskip("django.conf").settings
    found = psycopg.conninfo.conninfo_to_dict(booking)
    if not settings.configured:
        settings.configure(DATABASES={})
    django.setup()
    connections = pytest.importorskip("django.db").connections
    connections.settings = connections.configure_settings(
        {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": found["dbname"],
                "HOST": found["host"],
                "PORT": found["port"],
                "USER": found["user"],
                "OPTIONS": {"options": found["options"]},
            }
        }
    )
    try:
        move = snippet("django")["move"]
        assert callable(move)
        refusal = move(1, "CHECKED_IN")
        assert {key: refusal[key] for key in REFUSED} == REFUSED
        assert move(1, "CANCELLED") is None
    finally:
        connections["default"].close()
        del connections["default"]
