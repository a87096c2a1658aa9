"""Objects of a session hold what triggers made of their rows, and what that costs is counted."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from tests.conftest import Build
from tests.integrations.refusing_stays import url

import pginterlock
from pginterlock import apply, spec
from pginterlock.sqlalchemy import Machine, attach, spec_of


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visit"
    __interlock__ = Machine(
        state="status",
        mode="enforce",
        initial="NEW",
        final=["OUT", "LOST"],
        transitions={
            "pay": {"from": "NEW", "to": "PAID"},
            "enter": {"from": "PAID", "to": "IN"},
            "leave": {"from": "IN", "to": "OUT"},
            "lose": {"from": ["NEW", "PAID"], "to": "LOST"},
        },
        stamps={"came": "IN"},
        states={"LOST": {"clear": ["room"]}},
        reactions={"paid": {"when": "paid_at is not null", "event": "pay"}},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="NEW")
    room: Mapped[int | None]
    paid_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    came: Mapped[datetime | None] = mapped_column("came_at", sa.DateTime(timezone=True))
    note: Mapped[str | None]
    __table_args__ = ({"comment": "its attribute came is the column came_at"},)


class OtherBase(DeclarativeBase):
    pass


class Guest(OtherBase):
    """The same table, whose machine stands in a file."""

    __tablename__ = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="NEW")
    room: Mapped[int | None]
    paid_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    came_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))


FILE = """
interlock: 1
machines:
  visit:
    {table: public.visit, state: status, mode: enforce, initial: NEW, final: [OUT, LOST],
     transitions: {pay: {from: NEW, to: PAID}, enter: {from: PAID, to: IN},
                   leave: {from: IN, to: OUT}, lose: {from: [NEW, PAID], to: LOST}},
     stamps: {came_at: IN}, states: {LOST: {clear: [room]}},
     reactions: {paid: {when: paid_at is not null, event: pay}}}
"""


def build(session: psycopg.Connection) -> None:
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(session.info.dsn)
    )
    Base.metadata.create_all(engine)
    engine.dispose()
    apply.install(session, spec_of(Base))


@pytest.fixture
def visits(make_database: Callable[[str, Build], str]) -> str:
    """An empty table under the machine of its class."""
    return make_database("fresh_visits", build)


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*told: Any) -> None:
        said.append(told[2].split(None, 1)[0])

    sa.event.listen(engine, "before_cursor_execute", note)
    yield said
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def engine(visits: str) -> Iterator[sa.Engine]:
    """An engine on it."""
    made = sa.create_engine(url(visits, "psycopg"))
    yield made
    made.dispose()


NOW = datetime.fromisoformat("2026-01-01T12:00:00+00:00")


def test_a_stamp_a_reaction_and_a_cleared_column_are_there_at_once(engine: sa.Engine) -> None:
    with Session(engine) as session:
        visit = Visit(id=1, room=7)
        session.add(visit)
        session.flush()
        with counted(engine) as said:
            visit.paid_at = NOW
            session.flush()
            assert visit.status == "PAID"
            visit.status = "IN"
            session.flush()
            assert visit.came is not None
            assert visit.room == 7
        assert said == ["UPDATE", "SELECT", "UPDATE", "SELECT"]

        lost = Visit(id=2, room=8)
        session.add(lost)
        session.flush()
        lost.status = "LOST"
        session.flush()
        assert (lost.room, session.is_modified(lost)) == (None, False)


def test_a_flush_costs_one_select_whatever_its_rows(engine: sa.Engine) -> None:
    with Session(engine) as session, counted(engine) as said:
        visits = [Visit(id=number) for number in range(1, 51)]
        session.add_all(visits)
        session.flush()
        assert said == ["INSERT", "SELECT"]
        said.clear()
        for it in visits:
            it.paid_at = NOW
        session.flush()
        assert {it.status for it in visits} == {"PAID"}
        assert said == ["UPDATE", "SELECT"]
        said.clear()
        visits[0].status = "PAID"
        session.flush()
        assert said == []


def test_what_is_not_flushed_yet_is_kept(engine: sa.Engine) -> None:
    with Session(engine, autoflush=False) as session:
        visits = [Visit(id=number) for number in (1, 2)]
        session.add_all(visits)
        session.flush()
        visits[1].status = "LOST"
        session.execute(sa.update(Visit).where(Visit.id == 1).values(paid_at=NOW))
        assert [it.status for it in visits] == ["PAID", "LOST"]
        session.flush()
        assert [it.status for it in visits] == ["PAID", "LOST"]


def test_what_is_refused_leaves_a_session_that_can_go_on(engine: sa.Engine) -> None:
    with Session(engine) as session:
        visit = Visit(id=1)
        session.add(visit)
        session.commit()
        visit.status = "OUT"
        with pytest.raises(sa.exc.IntegrityError) as caught:
            session.flush()
        session.rollback()
        assert pginterlock.refusal(caught.value) is not None
        assert visit.status == "NEW"


def test_an_asynchronous_session_loads_nothing_by_surprise(visits: str) -> None:
    async def run(driver: str, number: int) -> None:
        engine = create_async_engine(url(visits, driver), poolclass=sa.NullPool)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            visit = Visit(id=number)
            session.add(visit)
            await session.flush()
            visit.paid_at = NOW
            await session.flush()
            assert visit.status == "PAID"
            visit.status = "IN"
            await session.commit()
            assert visit.came is not None

    asyncio.run(run("asyncpg", 1))
    asyncio.run(run("psycopg", 2))


def test_a_class_whose_machine_stands_in_a_file_is_fresh_once_attached(engine: sa.Engine) -> None:
    def paid(session: Session, number: int) -> str:
        guest = Guest(id=number)
        session.add(guest)
        session.flush()
        guest.paid_at = NOW
        session.flush()
        return guest.status

    with Session(engine) as session:
        assert paid(session, 1) == "NEW"  # the control: without it is stale
    attach(OtherBase, spec.parse(FILE, "interlock.yaml"))
    with Session(engine) as session:
        assert paid(session, 2) == "PAID"


def test_other_classes_cost_nothing(engine: sa.Engine) -> None:
    class Plain(DeclarativeBase):
        pass

    class Note(Plain):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)

    Plain.metadata.create_all(engine)
    with Session(engine) as session, counted(engine) as said:
        session.add(Note(id=1))
        session.flush()
    assert said == ["INSERT"]
