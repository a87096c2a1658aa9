"""Tests from a spec: they pass on the sound machine, and each disarmed one fails them."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.servers import ROOT, TestServer

from pginterlock import generate, pgtap, spec
from pginterlock.generate import Generated, copying

PLACE = ROOT / "pgtests" / "fixtures"
TABLES = (PLACE / "tables.sql").read_text(encoding="utf-8")
SPEC = (PLACE / "booking.yaml").read_text(encoding="utf-8")
ROOM = "hotel.room_booking"
DISARMED = {
    "change": f"alter table {ROOM} disable trigger interlock_50_booking_change;",
    "birth": f"drop trigger interlock_50_booking_birth on {ROOM};",
    "death": f"drop trigger interlock_50_booking_death on {ROOM};",
    "truncate": f"drop trigger interlock_90_booking_truncate on {ROOM};",
    "fill": f"drop trigger interlock_10_booking_premove on {ROOM};",
    "check": f"alter table {ROOM} drop constraint interlock_booking_row;",
    "claim": f"alter table {ROOM} drop constraint interlock_booking_claim_room;",
    "replica": f"alter table {ROOM} enable trigger interlock_50_booking_change,"
    " enable trigger interlock_10_booking_premove;",
}
# What is written otherwise in the SQL of the machine.
REWRITTEN = {
    "guard emptied": ("(new.paid_at is not null) is true", "true"),
    "event forgotten": ("elsif v_to = 'CANCELLED' then", "elsif v_to = 'ELSEWHERE' then"),
}
# What is said otherwise in the spec, while the tests are those of the true one.
SPECS = {
    "invariant": ("      stay_has_nights: check_out > check_in\n", ""),
    "stamp": ("      checked_in_at:  CHECKED_IN\n", ""),
    "freeze": (", freeze: [room_id, check_in, check_out]", ""),
    "forbid": ("      PENDING:     {forbid: [room_id]}\n", ""),
    "require": ("CHECKED_IN:  {require: [room_id]}", "CHECKED_IN:  {}"),
    "deletion": ("deletion: {from: [PENDING]}", "deletion: {from: [PENDING, CONFIRMED]}"),
    "guard": (", guard: paid_at is not null", ""),
    "extra move": ("{from: [PENDING, CONFIRMED], to", "{from: [PENDING, CHECKED_IN], to"),
}

Made = Callable[[str, str], tuple[Generated, copying.Copy]]


@pytest.fixture
def made(make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]) -> Made:
    """Generate the tests of a spec on some tables: ``made(tables, spec)``."""

    def make(tables: str, text: str) -> tuple[Generated, copying.Copy]:
        source = connect(make_database("empty", lambda _: None), autocommit=True)
        source.execute(tables.encode())
        wanted = spec.parse(text, "interlock.yaml")
        ddl = copying.definition(source, wanted)
        copy = connect(make_database("empty", lambda _: None), autocommit=True)
        built = copying.build(copy, ddl, wanted)
        return generate.generate(copy, built, wanted, {}), built

    return make


def ran(folder: Path, server: TestServer) -> list[pgtap.Result]:
    """Run what lies in *folder*."""
    psql = pgtap.find_psql(server.bin_dir)
    with pgtap.template(server.dsn(), folder=ROOT) as name:
        place = pgtap.Server(server.dsn(), name, psql)
        return pgtap.run_files(pgtap.find_files([folder]), place, jobs=2)


def test_the_sound_machine_passes_and_each_disarmed_one_fails(
    made: Made, server: TestServer, tmp_path: Path
) -> None:
    found, built = made(TABLES, SPEC)
    again, _ = made(TABLES, SPEC)
    machines = "fixtures/machines.sql"
    variants = {"sound": built.machines}
    variants |= {it: f"{built.machines}\n{more}\n" for it, more in DISARMED.items()}
    for name, (old, new) in REWRITTEN.items():
        assert old in built.machines
        variants[name] = built.machines.replace(old, new)
    for name, (old, new) in SPECS.items():
        assert old in SPEC
        variants[name] = made(TABLES, SPEC.replace(old, new))[1].machines
    for name, text in variants.items():
        Generated({**found.files, machines: text}, 0, ()).write(tmp_path / name.replace(" ", "_"))

    passed: dict[str, bool] = {}
    told: dict[str, list[str]] = {}
    for result in ran(tmp_path, server):
        name = result.file.parent.name
        passed[name] = passed.get(name, True) and result.has_passed
        told.setdefault(name, []).extend(result.failing_lines)

    assert again == found
    assert found.tests > 80
    assert [it.why for it in found.not_tried] == ["the column is frozen there"]
    assert told["sound"] == []
    assert {name for name, has_passed in passed.items() if has_passed} == {"sound"}


HARD = """
create type public."a state" as enum ('NEW', 'Done''s', 'OLD', 'OTHER');
create domain public.code as text;
create table public.account (id uuid primary key, name varchar(3) not null unique);
create table public."Odd table" (
    "a key" integer not null,
    part integer not null,
    "the state" public."a state" not null,
    code public.code not null,
    account uuid not null references public.account,
    amount numeric(8, 2) not null check (amount between 10 and 20),
    "from" date not null,
    till date not null check (till >= "from" + 2),
    kind text not null check (kind in ('one', 'two')),
    primary key (part, "a key", kind)
) partition by list (kind);
create table public.odd_one partition of public."Odd table" for values in ('one');
"""
HARD_SPEC = """
interlock: 1
machines:
  odd:
    table: public."Odd table"
    state: the state
    mode: enforce
    initial: [NEW]
    final: [OLD]
    transitions:
      do it:
        from: NEW
        to: "Done's"
        guard: amount > 15 and (code like 'a%' or kind = 'one')
      age: {from: "Done's", to: OLD}
    invariants: {short: till < "from" + 9}
"""


def test_quoted_names_enums_domains_and_partitions_are_tried(
    made: Made, server: TestServer, tmp_path: Path
) -> None:
    found, _ = made(HARD, HARD_SPEC)
    found.write(tmp_path)

    assert [line for it in ran(tmp_path, server) for line in it.failing_lines] == []
    assert found.not_tried == ()
    assert found.tests > 20
