"""Tests from a spec: they pass on the sound machine, and each disarmed one fails them."""

from pathlib import Path

import pytest
from tests.db.generating import Making, ran
from tests.servers import ROOT, TestServer

from pginterlock.generate import Generated

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


@pytest.mark.slow
@pytest.mark.parametrize("group", ["disarmed", "of another spec"])
def test_the_sound_machine_passes_and_each_disarmed_one_fails(
    made: Making, server: TestServer, tmp_path: Path, group: str
) -> None:
    found, built = made(TABLES, SPEC)
    machines = "fixtures/machines.sql"
    variants = {"sound": built.machines}
    if group == "disarmed":
        variants |= {it: f"{built.machines}\n{more}\n" for it, more in DISARMED.items()}
        for name, (old, new) in REWRITTEN.items():
            assert old in built.machines
            variants[name] = built.machines.replace(old, new)
    else:
        for name, (old, new) in SPECS.items():
            assert old in SPEC
            variants[name] = made.machines(TABLES, SPEC.replace(old, new))
    for name, text in variants.items():
        Generated({**found.files, machines: text}, 0, ()).write(tmp_path / name.replace(" ", "_"))

    passed: dict[str, bool] = {}
    told: dict[str, list[str]] = {}
    for result in ran(tmp_path, server):
        name = result.file.parent.name
        passed[name] = passed.get(name, True) and result.has_passed
        told.setdefault(name, []).extend(result.failing_lines)

    assert found.tests > 120
    assert {it.why for it in found.not_tried} == {
        "the column is frozen there",
        "no row that the other rules allow is so",
    }
    assert told["sound"] == []
    assert {name for name, has_passed in passed.items() if has_passed} == {"sound"}


DEPOT = """
create schema depot;
create table depot.parcel (id bigint primary key, status text not null, amount integer not null);
"""
DEPOT_SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [SENT]
    final: [BACK, LOST, KEPT]
    transitions:
      refund: {from: SENT, to: BACK, approvals: {count: 2}}
      keep: {from: SENT, to: KEPT, approvals: {count: 1, by: generated_boss}}
      write_off: {from: SENT, to: LOST, approvals: {count: 2, distinct: false}}
"""
FEWER = {
    "one of two": ("to: BACK, approvals: {count: 2}", "to: BACK, approvals: {count: 1}"),
    "the mover too": ("to: BACK, approvals: {count: 2}",
                      "to: BACK, approvals: {count: 2, distinct: false}"),
    "nobody": (", approvals: {count: 1, by: generated_boss}", ""),
    "one is enough": ("{count: 2, distinct: false}", "{count: 1, distinct: false}"),
    "too many": ("{count: 2, distinct: false}", "{count: 3, distinct: false}"),
}  # fmt: skip


@pytest.mark.slow
def test_moves_that_need_approvals_are_tried_with_too_few_and_with_all(
    made: Making, server: TestServer, tmp_path: Path
) -> None:
    found, built = made(DEPOT, DEPOT_SPEC)
    again, _ = made(DEPOT, DEPOT_SPEC)
    variants = {"sound": built.machines}
    for name, (old, new) in FEWER.items():
        assert DEPOT_SPEC.count(old) == 1
        variants[name] = made.machines(DEPOT, DEPOT_SPEC.replace(old, new))
    for name, text in variants.items():
        whole = {**found.files, "fixtures/machines.sql": text}
        Generated(whole, 0, ()).write(tmp_path / name.replace(" ", "_"))

    failing: dict[str, list[str]] = {name.replace(" ", "_"): [] for name in variants}
    for result in ran(tmp_path, server):
        failing[result.file.parent.name] += result.failing_lines

    assert again == found
    assert found.not_tried == ()
    assert failing["sound"] == []
    assert [name for name, lines in failing.items() if not lines] == ["sound"]


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
    made: Making, server: TestServer, tmp_path: Path
) -> None:
    found, _ = made(HARD, HARD_SPEC)
    found.write(tmp_path)

    assert [line for it in ran(tmp_path, server) for line in it.failing_lines] == []
    assert found.not_tried == ()
    assert found.tests > 20


SHOP = """
create schema shop;
create table shop.customer (
    id uuid primary key default gen_random_uuid(),
    email text not null unique,
    parent uuid references shop.customer,
    country char(2) not null
);
create table shop.warehouse (
    region int, code varchar(4), label text not null, primary key (region, code)
);
create domain shop.positive as numeric(10, 2) check (value > 0);
create table shop.orders (
    id bigint generated always as identity primary key,
    "Status" varchar(30) not null default 'new',
    customer_id uuid not null references shop.customer,
    region int not null,
    wcode varchar(4) not null,
    total shop.positive not null,
    net numeric generated always as (total * 0.8) stored,
    tax numeric(3, 2) not null,
    opens time not null,
    tags text[] not null default '{}',
    meta jsonb not null,
    ref text not null unique check (ref ~ '^R-[0-9]+$'),
    parent_id bigint references shop.orders,
    placed_on date not null,
    ship_on date,
    "select" int,
    paid_at timestamptz,
    shipped_at timestamptz,
    done_at timestamptz,
    foreign key (region, wcode) references shop.warehouse,
    check (ship_on is null or ship_on > placed_on)
);
"""
SHOP_SPEC = r"""
interlock: 1
machines:
  orders:
    table: shop.orders
    state: Status
    mode: enforce
    initial: [new]
    final: [done, "it's \\ $try$ :x gone"]
    transitions:
      pay:
        from: new
        to: paid
        guard: paid_at is not null and total >= 10 and opens < '10:00'
      ship:   {from: paid, to: shipped, guard: ship_on is not null}
      finish: {from: shipped, to: done}
      drop:   {from: [new, paid], to: "it's \\ $try$ :x gone", reason: required}
    stamps: {shipped_at: shipped, done_at: {state: done, fill: never}}
    states:
      paid:    {freeze: [tags]}
      shipped: {require: [ship_on], freeze: [wcode, meta, parent_id]}
      done:    {require: [parent_id], freeze: "*"}
    invariants:
      sane: {check: '"select" between 3 and 7 or "select" is null'}
      cheap: total < 100000
      in_order: shipped_at is null or shipped_at > paid_at
    claims:
      slot: {resource: [region], during: "tstzrange(paid_at, shipped_at)", in: [shipped]}
      code: {resource: [customer_id], in: [paid, shipped]}
    audit: {columns: [total], actor: required}
"""


@pytest.mark.slow
def test_what_no_value_is_known_for_is_listed_and_tried_with_a_sample(
    made: Making, server: TestServer, tmp_path: Path
) -> None:
    without, _ = made(SHOP, SHOP_SPEC)
    found, _ = made(SHOP, SHOP_SPEC, {"shop.orders": {"ref": "R-{n}"}})
    found.write(tmp_path)

    assert {it.why for it in without.not_tried} == {
        "no value was found for which: (ref ~ '^R-[0-9]+$'::text)"
    }
    assert len(without.not_tried) > 40
    assert [line for it in ran(tmp_path, server) for line in it.failing_lines] == []
    # In shipped the row asks for ship_on itself, so the guard is never alone in refusing.
    assert [it.name for it in found.not_tried] == [
        "orders: ship from paid without its guard is refused",
        "orders: slot is not held without beginning or end in shipped",
    ]
    assert found.tests > 80
