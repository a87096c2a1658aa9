"""The Python of "Read refusals in a client" does what it says, on a real server."""

import re
from contextlib import suppress

import psycopg
import pytest
from tests.docs.pages import ROOT

from pginterlock.refusals import Sink
from pginterlock.sqlalchemy import spec_of

HOW_TO = ROOT / "docs" / "how-to"
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


def snippet(name: str, page: str = "read-refusals.md") -> dict[str, object]:
    """Run one block of the page and return what it defines."""
    found = re.search(
        rf"<!-- python: {name} -->\n```python\n(.*?)```",
        (HOW_TO / page).read_text(encoding="utf-8"),
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
        assert move(connection, 1, "PENDING_APPROVAL") is None


def test_sqlalchemy(booking: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    move = snippet("sqlalchemy")["move"]
    assert callable(move)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(booking)
    )

    refusal = move(engine, 1, "CHECKED_IN")
    assert {key: refusal[key] for key in REFUSED} == REFUSED
    assert move(engine, 1, "PENDING_APPROVAL") is None
    engine.dispose()


def test_django(booking: str) -> None:
    django = pytest.importorskip("django", reason="Django comes with the extra [bench]")
    settings = pytest.importorskip("django.conf").settings
    found = psycopg.conninfo.conninfo_to_dict(booking)
    if not settings.configured:
        settings.configure(DATABASES={})
    django.setup()
    connections = pytest.importorskip("django.db").connections
    before = connections.settings  # of a project that other tests have set up here
    with suppress(AttributeError):
        del connections["default"]
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
        assert move(1, "PENDING_APPROVAL") is None
    finally:
        connections["default"].close()
        del connections["default"]
        connections.settings = before


def test_a_sink_keeps_what_psycopg_is_refused(booking: str) -> None:
    move = snippet("sink", "keep-refusals.md")["move"]
    assert callable(move)

    with psycopg.connect(booking, autocommit=True) as connection:
        with Sink(booking, synchronous=True) as sink, pytest.raises(psycopg.IntegrityError):
            move(connection, sink, 1, "CHECKED_IN")
        assert kept(connection) == [("IL01", "user:42")]


def test_a_sink_keeps_what_an_engine_is_refused(booking: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    keep_refusals = snippet("sink-sqlalchemy", "keep-refusals.md")["keep_refusals"]
    assert callable(keep_refusals)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(booking)
    )
    jump = sqlalchemy.text("update room_booking set status = 'CHECKED_IN' where id = 1")

    with Sink(booking, synchronous=True) as sink:
        keep_refusals(engine, sink)
        with pytest.raises(sqlalchemy.exc.IntegrityError), engine.begin() as connection:
            connection.execute(jump)
    engine.dispose()

    with psycopg.connect(booking, autocommit=True) as session:
        assert kept(session) == [("IL01", None)]


def kept(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute("select code, actor from interlock.refusal").fetchall()


def test_a_machine_on_a_class() -> None:
    base = snippet("class", "sqlalchemy.md")["Base"]

    (found,) = spec_of(base).machines

    assert (found.name, str(found.table), found.states) == (
        "order", "shop.order", ("NEW", "PAID", "SENT"),
    )  # fmt: skip
