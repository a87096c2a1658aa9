"""The locks of a plan: measured on a copy, the same as expected, and the table is never touched."""

import itertools
from collections.abc import Callable, Iterator

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC
from tests.servers import TestServer

from pginterlock import apply, measuring, plan, spec, steps
from pginterlock.model import Spec
from pginterlock.objects import Lock, ObjectKind

Connect = Callable[..., psycopg.Connection]
Measure = Callable[[psycopg.Connection, Spec], plan.Plan]


def form(mode: str = "enforce", checks: str = "function", more: str = "") -> Spec:
    text = HOTEL_SPEC.read_text().replace("mode: enforce", f"mode: {mode}\n    checks: {checks}")
    return spec.parse(text + more, "form.yaml")


class Shared(measuring.Copying):
    """A server for copies that serves all tests here, with a database for each."""

    def dsn(self) -> str:
        with psycopg.connect(self.server().dsn(), autocommit=True) as admin:
            name = f"copy_{next(_count)}"
            admin.execute(f"create database {name}".encode())
        return self.server().dsn(name)


_count = itertools.count()


@pytest.fixture(scope="module")
def shared() -> Iterator[dict[int, Shared]]:
    places: dict[int, Shared] = {}
    yield places
    for place in places.values():
        place.end()


@pytest.fixture
def measure(server: TestServer, shared: dict[int, Shared]) -> Measure:
    if server.major not in shared:
        shared[server.major] = Shared(server.major)
    place = shared[server.major]

    def measured(session: psycopg.Connection, wanted: Spec) -> plan.Plan:
        return measuring.measured(session, steps.make_plan(session, wanted), place)

    return measured


def demand_as_expected(made: plan.Plan, family: set[str]) -> None:
    """Fail where a step took another lock on its table, or one on a table that is no partition.

    What builds an index beside writers is no transaction that could be looked into at its end.
    """
    for step in made.steps:
        if step.part is plan.Part.PREPARE:
            assert step.lock in (Lock.NONE, Lock.SHARE_UPDATE_EXCLUSIVE), step.title
            continue
        assert step.measured is not None, (step.title, made.locks)
        on_its_own = [held.lock for held in step.measured if held.table == step.table]
        assert on_its_own == ([] if step.lock is Lock.NONE else [step.lock]), step.title
        others = {held.table for held in step.measured} - {step.table}
        assert others <= family, step.title


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
def test_a_live_install_takes_the_locks_that_are_expected(
    bare_hotel: str, connect: Connect, measure: Measure, checks: str
) -> None:
    session = connect(bare_hotel, autocommit=True)

    made = measure(session, form(checks=checks))

    assert made.locks == f"measured on a copy of the tables, PostgreSQL {_major(session)}"
    demand_as_expected(made, set())
    assert session.execute("select to_regnamespace('interlock')").fetchone() == (None,)


CHANGES = {
    "a mode": ("mode: enforce", "mode: ratchet"),
    "a guard": (
        "{from: PENDING, to: PENDING_APPROVAL}",
        "{from: PENDING, to: PENDING_APPROVAL, guard: adults > 0}",
    ),
    "an invariant": ("check_out > check_in", "check_out > check_in and check_out < check_in + 90"),
    "an invariant on a column more": (
        "check_out > check_in",
        "check_out > check_in and adults > 0",
    ),
    "an audited column": ("[assigned_room_id,", "[adults, assigned_room_id,"),
}


@pytest.mark.slow
@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_live_change_takes_the_locks_that_are_expected(
    bare_hotel: str, connect: Connect, measure: Measure, checks: str, change: str
) -> None:
    session = connect(bare_hotel, autocommit=True)
    text = HOTEL_SPEC.read_text().replace("mode: enforce", f"mode: enforce\n    checks: {checks}")
    apply.install(session, spec.parse(text, "before.yaml"))
    changed = text.replace(*CHANGES[change])
    assert changed != text

    made = measure(session, spec.parse(changed, "after.yaml"))

    demand_as_expected(made, _partitions(session))
    if change == "a guard" or (checks != "native" and change == "an invariant"):
        assert {held.lock for step in made.steps for held in step.locks} == {
            Lock.SHARE_ROW_EXCLUSIVE
        }


def test_live_locks_on_partitions_are_measured_too(
    empty: str, connect: Connect, measure: Measure
) -> None:
    session = connect(empty, autocommit=True)
    session.execute(
        "create type mood as enum ('NEW', 'OLD'); create domain name as text check (value <> '');"
        " create table parcel (id bigint, state mood not null, label name, primary key (id))"
        " partition by range (id);"
        " create table parcel_1 partition of parcel for values from (1) to (100);"
        " create table parcel_2 partition of parcel for values from (100) to (200);"
        " create function touch() returns trigger language plpgsql as"
        " 'begin new.label := coalesce(new.label, ''x''); return new; end';"
        " create trigger touch before update on parcel for each row execute function touch()"
    )
    wanted = spec.parse(
        "interlock: 1\nmachines:\n  parcel:\n    table: public.parcel\n    state: state\n"
        "    mode: enforce\n    initial: [NEW]\n    final: [OLD]\n"
        "    transitions:\n      age: {from: NEW, to: OLD}\n",
        "parcel.yaml",
    )

    made = measure(session, wanted)

    assert made.locks.startswith("measured")
    demand_as_expected(made, {"public.parcel_1", "public.parcel_2"})
    check = next(s for s in made.steps if s.title.startswith(f"create {ObjectKind.CHECK}"))
    assert [str(held) for held in check.locks] == [
        "AccessExclusive on public.parcel",
        "AccessExclusive on public.parcel_1",
        "AccessExclusive on public.parcel_2",
    ]


def test_live_locks_that_cannot_be_measured_are_said_to_be_expected(
    bare_hotel: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = connect(bare_hotel, autocommit=True)
    monkeypatch.setenv("INTERLOCK_PG_BIN", "/nonexistent")

    with measuring.copying(session) as place:
        made = measuring.measured(session, steps.make_plan(session, form()), place)

    assert made.locks.startswith("expected, not measured: INTERLOCK_PG_BIN is /nonexistent")
    assert all(step.measured is None for step in made.steps)


def test_a_plan_keeps_live_locks_in_its_file(bare_hotel: str, connect: Connect) -> None:
    session = connect(bare_hotel, autocommit=True)
    with measuring.copying(session) as place:
        made = measuring.measured(session, steps.make_plan(session, form()), place)

    again = plan.read(plan.write(made), "plan.sql")

    assert again.locks == made.locks
    assert [step.measured for step in again.steps] == [step.measured for step in made.steps]


def _major(session: psycopg.Connection) -> int:
    return session.info.server_version // 10000


def _partitions(session: psycopg.Connection) -> set[str]:
    return {
        row[0]
        for row in session.execute(
            "select format('interlock.%s', c.relname) from pg_class as c"
            " where c.relispartition and c.relnamespace = 'interlock'::regnamespace"
        )
    }
