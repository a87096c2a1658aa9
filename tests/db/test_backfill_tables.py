"""Backfill on tables of all kinds: awkward names and keys, enums, partitions, online heads."""

from collections.abc import Callable

import psycopg
import pytest

from pginterlock import apply, backfill, spec
from pginterlock.backfill import Choice, Pace, Purpose
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]

TABLE = """
create schema "Dépôt";
create type "Dépôt".phase as enum ('NEW', 'it''s "GONE"');
create domain "Dépôt".phases as "Dépôt".phase;
create table "Dépôt"."Colis €" (
    "nö %" text, made timestamptz, part char(3), "état" {type}, gone_at date,
    "Größe; é" numeric(6, 2) default 1, raw json,
    updated_at timestamptz default '2026-02-02 12:00+00',
    primary key ("nö %", made, part)
) {partition};
{more}
insert into "Dépôt"."Colis €" ("nö %", made, part, "état", gone_at, "Größe; é", raw)
select
    case n % 3 when 0 then 'it''s' when 1 then 'a"b' else 'ü%s' end || n % 10,
    timestamptz '2026-01-01 00:00:00.123456+00' + make_interval(hours => n), 'p' || n % 7,
    (case when n % 2 = 0 then 'NEW' else 'it''s "GONE"' end)::{type},
    case when n % 2 = 1 and n % 10 <> 1 then date '2026-01-05' end, n / 8.0, '{{"a": 1}}'
from generate_series(1, 200) as n;
"""
SPEC = """
interlock: 1
machines:
  parcel:
    table: '"Dépôt"."Colis €"'
    state: état
    mode: observe
    {more}
    initial: [NEW]
    final: ["it's \\"GONE\\""]
    transitions: {{go: {{from: NEW, to: "it's \\"GONE\\""}}}}
    stamps: {{gone_at: "it's \\"GONE\\""}}
    audit: {{columns: ["Größe; é", raw]}}
    outbox: {{channel: parcel}}
    repairs:
      "heavy 100 %":
        when: '"Größe; é" > 20 and "Größe; é" % 1 = 0.5'
        set: {{"Größe; é": 'round("Größe; é")', raw: null}}
"""
KINDS = [
    pytest.param('"Dépôt".phase', "", "", "", id="enum"),
    pytest.param('"Dépôt".phases', "", "", "", id="domain over enum"),
    pytest.param("text", "", "", "continuity: online", id="text, heads online"),
    pytest.param(
        "varchar(20)",
        "partition by range (made)",
        'create table "Dépôt".early partition of "Dépôt"."Colis €"'
        " for values from (minvalue) to ('2026-01-05');"
        ' create table "Dépôt".late partition of "Dépôt"."Colis €" default;',
        "",
        id="partitions",
    ),
]


@pytest.mark.parametrize(("kind", "partition", "more", "option"), KINDS)
def test_a_backfill_on(
    empty: str, connect: Connect, kind: str, partition: str, more: str, option: str
) -> None:
    session = connect(empty, autocommit=True)
    session.execute(TABLE.format(type=kind, partition=partition, more=more).encode())
    wanted = spec.parse(SPEC.format(more=option), "spec.yaml")
    apply.install(session, wanted)
    session.execute("listen parcel")
    asked = backfill.prepare(session, wanted, "parcel", Choice())
    found = backfill.look(session, asked)

    parts = [backfill.run(session, asked, Pace(max_rows=7))]
    while not parts[-1].is_whole:
        parts.append(backfill.run(session, asked, Pace(max_rows=7)))

    told = session.execute(
        "select count(*) filter (where gone_at is null and \"état\"::text <> 'NEW'),"
        ' count(*) filter (where "Größe; é" > 20 and "Größe; é" % 1 = 0.5),'
        " count(*) filter (where raw is null),"
        ' (select count(*) from interlock.parcel_audit) from "Dépôt"."Colis €"'
    ).fetchone()
    # 20 lost times, 5 heavy ones; n = 164, 172, ... are heavy, and none of them has lost its time.
    assert found.repaired == 25
    assert told == (0, 0, 5, 25)
    assert sum(it.repaired for it in parts) == 25
    assert len({it.job.id for it in parts}) == 1
    woken = [it.channel for it in session.notifies(timeout=2, stop_after=len(parts))]
    assert woken == ["parcel"] * len([it for it in parts if it.repaired])
    assert backfill.run(session, asked, purpose=Purpose.HISTORY).repaired > 0
    scope = Scope(probes=False)
    codes = {it.code for it in verify(session, wanted, scope=scope).findings}
    assert codes & {"IL10", "IL11", "IL12", "IL13", "IL14"} == set()
