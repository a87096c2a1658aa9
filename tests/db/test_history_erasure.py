"""Erasure: the values of one row go, the seal stays; nothing else passes the triggers."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.conftest import Build
from tests.db import sealing_parcels as parcels
from tests.servers import TestServer

from pginterlock import apply, erasure
from pginterlock.errors import EnvironmentFault, UsageError

Connect = Callable[..., psycopg.Connection]
KEY = ["4", "ß"]
VALUES = (
    'select id, statement, reason, actor, "old_Größe; é", "new_Größe; é", to_state, new_weight'
    " from interlock.parcel_audit where key_no = %s order by id"
)


@pytest.fixture
def db(make_database: Callable[[str, Build], str], connect: Connect) -> psycopg.Connection:
    """Nine parcels, sealed; and three that are not sealed yet."""
    session = connect(make_database("parcels", parcels.build), autocommit=True)
    parcels.send(session, 1, 9)
    parcels.seal(session)
    parcels.send(session, 10, 12)
    return session


@pytest.mark.parametrize("key", [KEY, ["11", "ß"]], ids=["sealed", "not sealed yet"])
def test_the_values_go_and_the_seal_stays(db: psycopg.Connection, key: list[str]) -> None:
    before = db.execute(VALUES, [key[0]]).fetchall()
    parcels.settle(db)

    done = erasure.erase(db, "parcel", key, reason="asked")

    after = db.execute(VALUES, [key[0]]).fetchall()
    assert (done.entries, done.kept) == (3, ())
    assert [row[1:6] for row in after] == [("(erased)", None, None, None, None)] * 3
    assert [(row[0], *row[6:]) for row in after] == [(row[0], *row[6:]) for row in before]
    parcels.seal(db)
    told = parcels.report(db)
    assert told.findings == []
    assert told.notes == ["seals: 3 entries of parcel_audit are erased"]


def test_an_entry_that_is_undecided_is_erased_and_sealed_later(
    db: psycopg.Connection, connect: Connect
) -> None:
    late = connect(db.info.dsn)
    late.execute("""insert into "Dépôt"."Colis €" (no, "part é", status) values (99, 'x', 'NEW')""")
    parcels.send(db, 20, 20)
    erasure.erase(db, "parcel", ["20", "ß"])
    sealed_before = db.execute(
        "select from interlock.seal_chunk where 40 = any(entry_ids)"
    ).fetchall()
    late.commit()
    parcels.seal(db)

    assert sealed_before == []
    told = parcels.report(db)
    assert (told.findings, told.notes) == ([], ["seals: 3 entries of parcel_audit are erased"])


def test_other_rows_keep_their_values(db: psycopg.Connection) -> None:
    before = db.execute(VALUES, [5]).fetchall()

    erasure.erase(db, "parcel", KEY)

    assert db.execute(VALUES, [5]).fetchall() == before


def test_the_salts_are_gone_and_those_of_others_are_not(db: psycopg.Connection) -> None:
    erasure.erase(db, "parcel", KEY)

    gone = db.execute(
        "select l.id from interlock.seal_chunk as c, unnest(c.entry_ids, c.salts) as l (id, salt)"
        " where c.relation_name = 'parcel_audit' and l.salt is null order by 1"
    ).fetchall()
    assert (
        gone
        == db.execute(
            "select id from interlock.parcel_audit where key_no = 4 order by 1"
        ).fetchall()
    )


def test_the_journal_keeps_that_it_was_done_and_not_the_key(db: psycopg.Connection) -> None:
    erasure.erase(db, "parcel", KEY, reason="asked")

    row = db.execute(
        "select machine_name, reason, detail from interlock.journal where event = 'erase'"
    ).fetchone()
    assert row == (
        "parcel",
        "asked",
        {
            "entries": 3,
            "violations": 0,
            "columns": ["actor", "new_Größe; é", "old_Größe; é", "reason", "statement"],
        },
    )


def test_erasing_twice_changes_nothing_more(db: psycopg.Connection) -> None:
    erasure.erase(db, "parcel", KEY)

    assert erasure.erase(db, "parcel", KEY).entries == 0
    assert erasure.look(db, "parcel", KEY).erased == 3


def test_an_erased_entry_cannot_be_changed_unseen(db: psycopg.Connection) -> None:
    erasure.erase(db, "parcel", KEY)
    parcels.unguarded(
        db, "parcel_audit", "update interlock.parcel_audit set reason = 'x' where key_no = 4"
    )

    [finding] = parcels.found(db)
    assert (finding.code, finding.samples[0]["no"]) == ("seal-changed", 4)


def test_an_erasure_without_erasing_hides_no_change(db: psycopg.Connection) -> None:
    db.execute(
        "insert into interlock.erasure (relation_name, entry_id, commitment, erased, journal_id)"
        " values ('parcel_audit', 4, 'x', '{reason}', 1)"
    )
    parcels.unguarded(
        db, "parcel_audit", "update interlock.parcel_audit set reason = null where id = 4"
    )

    assert parcels.codes(db) == {"seal-changed"}


def test_values_sealed_before_they_were_erasable_are_kept_and_named(db: psycopg.Connection) -> None:
    apply.install(db, parcels.parsed(parcels.SPEC.replace("actor]", "actor, weight]")))

    done = erasure.erase(db, "parcel", KEY)

    assert done.kept == ("new_weight", "old_weight")
    assert parcels.found(db) == []


def test_violations_of_the_key_are_erased(db: psycopg.Connection) -> None:
    apply.install(db, parcels.parsed(parcels.SPEC.replace("enforce", "observe")))
    for number in (4, 5):
        db.execute("""update "Dépôt"."Colis €" set status = 'NEW' where no = %s""", [number])

    assert erasure.erase(db, "parcel", KEY).violations == 1
    left = db.execute("select statement = '(erased)' from interlock.violation order by id")
    assert left.fetchall() == [(True,), (False,)]


FORGED = (
    "insert into interlock.erasure (relation_name, entry_id, commitment, erased, journal_id)"
    " values ('parcel_audit', 4, 'x', '{reason,statement}', 1)"
)


@pytest.mark.parametrize(
    "statement",
    [
        "update interlock.parcel_audit set reason = null, statement = '(erased)', to_state = 'WAY'"
        " where id = 4",
        "update interlock.parcel_audit set reason = 'x', statement = '(erased)' where id = 4",
        "update interlock.parcel_audit set reason = null, statement = '' where id = 4",
        "update interlock.parcel_audit set reason = null where id = 4",
        "update interlock.parcel_audit set reason = null, statement = '(erased)',"
        " new_weight = new_weight + 1e-15 where id = 4",
        "update interlock.parcel_audit set reason = null, statement = '(erased)'"
        " where id in (4, 5)",
        "delete from interlock.parcel_audit where id = 4",
        "update interlock.seal_chunk set salts[5] = null where relation_name = 'parcel_audit'",
        "update interlock.seal_chunk set salts[4] = 'x' where relation_name = 'parcel_audit'",
        "update interlock.seal_chunk set leaves[4] = 'x' where relation_name = 'parcel_audit'",
        "update interlock.seal_chunk set salts = salts[1:3] where relation_name = 'parcel_audit'",
        "delete from interlock.seal_chunk where relation_name = 'parcel_audit'",
    ],
)
def test_nothing_else_passes(db: psycopg.Connection, statement: str) -> None:
    db.execute("set extra_float_digits = -15")
    with db.transaction():
        db.execute(FORGED)
        with pytest.raises(errors.CheckViolation, match="written once"), db.transaction():
            db.execute(statement.encode())


def test_an_erasure_of_another_transaction_lets_nothing_pass(db: psycopg.Connection) -> None:
    db.execute(FORGED)

    with pytest.raises(errors.CheckViolation, match="written once"):
        db.execute(
            "update interlock.parcel_audit set reason = null, statement = '(erased)' where id = 4"
        )


def test_a_role_with_all_grants_cannot_erase(
    db: psycopg.Connection, server: TestServer, connect: Connect
) -> None:
    db.execute(
        "do $$ begin create role seal_granted login;"
        " exception when duplicate_object or unique_violation then null; end $$"
    )
    db.execute("grant all on all tables in schema interlock to seal_granted")
    app = connect(server.dsn(db.info.dbname, "seal_granted"), autocommit=True)

    with app.transaction():
        app.execute(FORGED)
        with pytest.raises(errors.CheckViolation, match="written once"), app.transaction():
            app.execute(
                "update interlock.parcel_audit set reason = null, statement = '(erased)'"
                " where id = 4"
            )
    with pytest.raises(EnvironmentFault):
        erasure.erase(app, "parcel", KEY)


@pytest.mark.parametrize(
    ("machine", "key", "message"),
    [
        ("letter", ["1"], "no machine 'letter'"),
        ("parcel", ["1"], "has 2 parts"),
        ("parcel", ["one", "ß"], "is no key of parcel"),
    ],
)
def test_what_cannot_be_gets_one_message(
    db: psycopg.Connection, machine: str, key: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        erasure.look(db, machine, key)
