"""Whatever way a row is written, it leaves its entries, in the order of the writes."""

from collections.abc import Callable

import psycopg
import pytest

from pginterlock import apply, spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]

SCHEMA = """
create table crate (id int primary key);
create table parcel (
    id int, region text not null default 'north', status text not null default 'PACKED',
    carrier text, crate_id int references crate on delete cascade, primary key (id, region)
) partition by list (region);
create table parcel_north partition of parcel for values in ('north');
create table parcel_south partition of parcel for values in ('south');
create view open_parcel as select * from parcel where status <> 'HERE';
create function send(p_id int) returns void language sql as
'update parcel set status = ''SENT'' where id = p_id';
"""
SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, key: [id, region], mode: enforce, initial: [PACKED],
     final: [HERE],
     transitions: {send: {from: PACKED, to: SENT}, arrive: {from: SENT, to: HERE}},
     audit: {columns: [carrier]}, deletion: {from: [PACKED, HERE]}}
"""
ENTRIES = """
select kind, event, key_id, from_state, to_state from interlock.parcel_audit
where id > %s order by id
"""


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """Parcels 1 to 3, packed, the third in a crate."""
    session = connect(empty, autocommit=True)
    session.execute(SCHEMA)
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into crate values (1)")
    session.execute("insert into parcel (id, crate_id) values (1, null), (2, null), (3, 1)")
    return session


def last_entry(session: psycopg.Connection) -> int:
    row = session.execute("select max(id) from interlock.parcel_audit").fetchone()
    return int(row[0]) if row else 0


def birth(key: int) -> tuple[object, ...]:
    return ("birth", None, key, None, "PACKED")


def death(key: int, state: str = "PACKED") -> tuple[object, ...]:
    return ("death", None, key, state, None)


def sent(key: int) -> tuple[object, ...]:
    return ("move", "send", key, "PACKED", "SENT")


def here(key: int) -> tuple[object, ...]:
    return ("move", "arrive", key, "SENT", "HERE")


def changed(key: int, state: str = "PACKED") -> tuple[object, ...]:
    return ("change", None, key, state, state)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("insert into parcel (id) values (8), (9)", [birth(8), birth(9)], id="insert"),
        pytest.param(
            "update parcel set status = 'SENT' where id < 3", [sent(1), sent(2)], id="update"
        ),
        pytest.param(
            "update parcel set carrier = 'train' where id = 1", [changed(1)], id="audited column"
        ),
        pytest.param("update parcel set crate_id = 1 where id = 1", [], id="free column"),
        pytest.param("update parcel set status = status", [], id="nothing new"),
        pytest.param("delete from parcel where id = 1", [death(1)], id="delete"),
        pytest.param("delete from crate", [death(3)], id="cascade"),
        pytest.param("select send(2)", [sent(2)], id="function"),
        pytest.param(
            "update open_parcel set status = 'SENT' where id = 1", [sent(1)], id="updatable view"
        ),
        pytest.param("update parcel_north set status = 'SENT' where id = 1", [sent(1)],
                     id="partition named"),
        pytest.param(
            "with s as (update parcel set status = 'SENT' where id = 1 returning id)"
            " insert into parcel (id) select id + 10 from s",
            [sent(1), birth(11)],
            id="writes in a WITH",
        ),
        pytest.param(
            "insert into parcel (id, status) values (1, 'PACKED'), (7, 'PACKED')"
            " on conflict (id, region) do update set status = 'SENT'",
            [sent(1), birth(7)],
            id="upsert",
        ),
        pytest.param(
            "do $$ begin update parcel set status = 'SENT' where id = 1;"
            " update parcel set status = 'HERE' where id = 1;"
            " delete from parcel where id = 1; end $$",
            [sent(1), here(1), death(1, "HERE")],
            id="a life in one statement",
        ),
        pytest.param(
            "do $$ begin begin update parcel set status = 'SENT' where id = 1;"
            " raise exception 'no'; exception when others then null; end;"
            " update parcel set carrier = 'ship' where id = 1; end $$",
            [changed(1)],
            id="what was rolled back is not there",
        ),
    ],
)  # fmt: skip
def test_a_write_leaves_its_entries(
    parcels: psycopg.Connection, statement: str, expected: list[tuple[object, ...]]
) -> None:
    before = last_entry(parcels)

    parcels.execute(statement.encode())

    found = parcels.execute(ENTRIES, [before]).fetchall()
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert [it for it in found if it[2] == 1] == [it for it in expected if it[2] == 1]
    assert sound(parcels)


def test_a_copy_leaves_a_birth_for_each_row(parcels: psycopg.Connection) -> None:
    before = last_entry(parcels)

    with parcels.cursor().copy("copy parcel (id, region) from stdin") as copy:
        for key in (21, 22, 23):
            copy.write_row((key, "south"))

    assert parcels.execute(ENTRIES, [before]).fetchall() == [birth(21), birth(22), birth(23)]


def test_a_merge_leaves_what_each_branch_does(parcels: psycopg.Connection) -> None:
    before = last_entry(parcels)

    parcels.execute(
        "merge into parcel as p using (values (1), (2), (30)) as s (id) on p.id = s.id"
        " when matched and s.id = 1 then update set status = 'SENT'"
        " when matched then delete when not matched then insert (id) values (s.id)"
    )

    assert parcels.execute(ENTRIES, [before]).fetchall() == [sent(1), death(2), birth(30)]


def test_a_move_to_another_partition_is_a_life_of_its_key(parcels: psycopg.Connection) -> None:
    parcels.execute("update parcel set status = 'SENT' where id = 1")
    before = last_entry(parcels)

    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        parcels.execute("update parcel set region = 'south' where id = 1")

    assert refused.value.diag.constraint_name in ("parcel.freeze", "parcel.birth", "parcel.death")
    assert last_entry(parcels) == before


def test_entries_of_a_transaction_keep_their_order(parcels: psycopg.Connection) -> None:
    before = last_entry(parcels)

    with parcels.transaction():
        parcels.execute("update parcel set status = 'SENT' where id = 2")
        parcels.execute("insert into parcel (id) values (40)")
        with parcels.transaction(force_rollback=True):
            parcels.execute("update parcel set status = 'HERE' where id = 2")
        parcels.execute("update parcel set status = 'HERE', carrier = 'ship' where id = 2")

    assert parcels.execute(ENTRIES, [before]).fetchall() == [sent(2), birth(40), here(2)]


def sound(session: psycopg.Connection) -> bool:
    report = verify(session, spec.parse(SPEC, "spec.yaml"), scope=Scope(rows=False, probes=False))
    return not [it for it in report.findings if it.code == "IL10"]
