"""Retention: whole months go once they are sealed, and the seal says so and stays valid."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from psycopg import errors, sql
from tests.conftest import Build
from tests.db import sealing_parcels as parcels

from pginterlock import retention
from pginterlock.errors import EnvironmentFault, UnsafeError
from pginterlock.verify import Scope, verify
from pginterlock.waiting import Waiting

Connect = Callable[..., psycopg.Connection]

OLD = """
create table interlock.parcel_audit_2026_02 partition of interlock.parcel_audit
    for values from ('2026-02-01 00:00+00') to ('2026-03-01 00:00+00');
alter table interlock.parcel_audit disable trigger user;
alter table interlock.parcel_audit_2026_02 disable trigger user;
update interlock.parcel_audit set at = '2026-02-28 23:59:59+00' where key_no <= 3;
update interlock.parcel_audit set at = '2026-01-15' where key_no = 4;
update interlock.machine_version set applied_at = '2020-01-01';
alter table interlock.parcel_audit_2026_02 enable trigger user;
alter table interlock.parcel_audit enable always trigger interlock_10_once;
alter table interlock.parcel_audit enable always trigger interlock_20_once;
"""
OLD = OLD.replace(
    "update interlock.machine_version",
    "alter table interlock.machine_version disable trigger user;\nupdate interlock.machine_version",
).replace(
    "'2020-01-01';",
    "'2020-01-01';\nalter table interlock.machine_version enable always trigger interlock_10_once;",
)


@pytest.fixture
def db(make_database: Callable[[str, Build], str], connect: Connect) -> psycopg.Connection:
    """Three parcels of February in a partition, one of January in the default one, two of now."""
    session = connect(make_database("parcels", parcels.build), autocommit=True)
    parcels.send(session, 1, 6)
    session.execute(OLD.encode())
    return session


def entries(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute(
        "select distinct key_no from interlock.parcel_audit order by 1"
    ).fetchall()


def test_months_past_their_retention_are_listed(db: psycopg.Connection) -> None:
    found = retention.past(db)

    assert [(it.month, it.entry_count, it.partition) for it in found] == [
        (date(2026, 1, 1), 3, None),
        (date(2026, 2, 1), 9, "parcel_audit_2026_02"),
    ]


def test_what_is_not_sealed_is_not_dropped(db: psycopg.Connection) -> None:
    with pytest.raises(UnsafeError, match="3 entries that are not sealed") as refusal:
        retention.drop(db, retention.past(db))

    assert "interlock seal" in (refusal.value.remedy or "")
    assert len(entries(db)) == 6


def test_they_are_dropped_and_the_seal_stays(db: psycopg.Connection) -> None:
    parcels.seal(db)
    retention.drop(db, retention.past(db))

    assert entries(db) == [(5,), (6,)]
    assert db.execute("select to_regclass('interlock.parcel_audit_2026_02')").fetchone() == (None,)
    assert retention.past(db) == []
    assert parcels.found(db) == []
    parcels.seal(db)
    assert parcels.found(db) == []
    kept = db.execute(
        "select detail ->> 'month', detail -> 'entries', detail -> 'upto_entry',"
        " jsonb_array_length(detail -> 'tree_roots') from interlock.journal"
        " where event = 'retain' order by id"
    ).fetchall()
    assert kept == [("2026-01-01", 3, 18, 1), ("2026-02-01", 9, 15, 1)] or kept[0][:2] == (
        "2026-01-01",
        3,
    )


def test_a_month_that_was_tampered_with_is_kept_as_evidence(db: psycopg.Connection) -> None:
    parcels.seal(db)
    db.execute("alter table interlock.parcel_audit_2026_02 disable trigger user")
    db.execute("update interlock.parcel_audit set actor = 'x' where id = 2")
    [_, month] = retention.past(db)

    with pytest.raises(UnsafeError, match="not as it was sealed"):
        retention.drop(db, [month])
    assert len(entries(db)) == 6


def test_a_month_that_was_just_dropped_is_found(db: psycopg.Connection) -> None:
    parcels.seal(db)
    db.execute("drop table interlock.parcel_audit_2026_02")

    assert parcels.codes(db) == {"seal-missing"}


def test_a_retention_that_the_journal_does_not_know_is_found(db: psycopg.Connection) -> None:
    parcels.seal(db)
    db.execute(
        "drop table interlock.parcel_audit_2026_02;"
        "insert into interlock.retained (relation_name, month, entry_count, upto_id, journal_id)"
        " values ('parcel_audit', '2026-02-01', 9, 15, 1)"
    )

    assert parcels.codes(db) == {"seal-retention"}


def test_a_retention_before_its_time_is_found(db: psycopg.Connection) -> None:
    parcels.seal(db)
    [_, month] = retention.past(db)
    db.execute("alter table interlock.machine_version disable trigger user")
    db.execute(
        "update interlock.machine_version"
        " set definition = jsonb_set(definition, '{audit,retain}', '\"1 month\"')"
    )
    retention.drop(db, retention.past(db)[:1])
    db.execute(
        "update interlock.machine_version"
        " set definition = jsonb_set(definition, '{audit,retain}', '\"30 years\"')"
    )

    [finding] = parcels.found(db)
    assert finding.code == "seal-retention"
    assert "before its retention" in finding.message
    assert month.entry_count == 9


def test_entries_in_a_month_that_is_gone_are_found(db: psycopg.Connection) -> None:
    parcels.seal(db)
    retention.drop(db, retention.past(db))
    db.execute(
        'insert into interlock.parcel_audit (key_no, "key_part é", kind, at, transaction_id)'
        " values (1, 'ß', 'move', '2026-02-05', '5')"
    )

    assert parcels.codes(db) == {"seal-added"}


def test_only_entries_of_that_month_may_be_deleted(db: psycopg.Connection) -> None:
    with db.transaction():
        db.execute(
            "insert into interlock.retained"
            " (relation_name, month, entry_count, upto_id, journal_id)"
            " values ('parcel_audit', '2026-01-01', 3, 1, 1)"
        )
        with pytest.raises(errors.CheckViolation, match="written once"), db.transaction():
            db.execute("delete from interlock.parcel_audit where key_no in (4, 5)")


def test_a_writer_that_keeps_the_table_is_waited_for_and_then_named(
    db: psycopg.Connection, connect: Connect
) -> None:
    parcels.seal(db)
    writer = connect(db.info.dsn)
    writer.execute("select 1 from interlock.parcel_audit limit 1")

    with pytest.raises(EnvironmentFault, match="lock was not granted"):
        retention.drop(db, retention.past(db), waiting=Waiting(20, 0.2))
    assert len(entries(db)) == 6
    writer.commit()
    retention.drop(db, retention.past(db))
    assert len(entries(db)) == 2


def test_the_replay_holds_what_is_left_after_a_month_is_gone(db: psycopg.Connection) -> None:
    parcels.seal(db)
    before = replayed(db)
    for month in retention.past(db):
        retention.drop(db, [month])

    assert (before, replayed(db)) == ([], [])
    kept = db.execute("select adopted_rows from interlock.machine").fetchone()
    assert kept == (4,)


def test_a_row_put_in_behind_the_triggers_is_found_after_a_month_is_gone(
    db: psycopg.Connection,
) -> None:
    parcels.seal(db)
    retention.drop(db, retention.past(db))
    table = sql.Identifier("Dépôt", "Colis €")
    db.execute(sql.SQL("alter table {} disable trigger all").format(table))
    db.execute(sql.SQL("delete from {} where no = 1").format(table))

    assert replayed(db) == [
        "continuity: 1 rows that were there before the machine are gone without an entry"
    ]


def test_a_history_that_does_not_fit_its_rows_is_not_shortened(db: psycopg.Connection) -> None:
    parcels.seal(db)
    table = sql.Identifier("Dépôt", "Colis €")
    db.execute(sql.SQL("alter table {} disable trigger all").format(table))
    db.execute(sql.SQL("update {} set status = 'WAY' where no = 5").format(table))

    with pytest.raises(UnsafeError, match="history and rows do not agree"):
        retention.drop(db, retention.past(db))
    assert len(entries(db)) == 6


def replayed(session: psycopg.Connection) -> list[str]:
    """Return what the replay finds."""
    scope = Scope(rows=False, probes=False)
    report = verify(session, parcels.parsed(), scope=scope)
    return [it.message for it in report.findings if it.code == "IL10"]
