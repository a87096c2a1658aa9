"""Seals: every entry is sealed once, a changed history is found, and nothing else is."""

import hashlib
import subprocess
import threading
from collections.abc import Callable

import psycopg
import pytest
from psycopg import conninfo
from tests.conftest import wait_until_blocked
from tests.db import sealing_parcels as parcels
from tests.servers import TestServer, binaries

from pginterlock import apply, chain, sealed, sealing
from pginterlock.errors import EnvironmentFault, UsageError

Connect = Callable[..., psycopg.Connection]
AUDIT = "parcel_audit"


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    return make_database("parcels", parcels.build)


@pytest.fixture
def db(dsn: str, connect: Connect) -> psycopg.Connection:
    return connect(dsn, autocommit=True)


@pytest.fixture
def sent(db: psycopg.Connection) -> psycopg.Connection:
    """Nine parcels, 27 entries, sealed in parts of ten."""
    parcels.send(db, 1, 9)
    parcels.seal(db, batch=10)
    return db


def sealed_ids(session: psycopg.Connection, relation: str = AUDIT) -> list[int]:
    return [
        row[0]
        for row in session.execute(
            "select unnest(entry_ids) from interlock.seal_chunk where relation_name = %s"
            " order by number, place",
            [relation],
        )
    ]


def ids(session: psycopg.Connection) -> list[int]:
    return [r[0] for r in session.execute("select id from interlock.parcel_audit order by id")]


def test_every_entry_is_sealed_once_in_parts(sent: psycopg.Connection) -> None:
    assert sealed_ids(sent) == ids(sent)
    assert len(sealed.seals(sent)) == 3
    assert sealed_ids(sent, "journal") == [1]
    assert parcels.found(sent) == []


def test_a_second_run_has_nothing_to_do(sent: psycopg.Connection) -> None:
    before = sealed.seals(sent)

    assert parcels.seal(sent) == sealing.Sealing((), 0)
    assert sealed.seals(sent) == before


def test_what_is_written_later_goes_into_the_next_seal(sent: psycopg.Connection) -> None:
    parcels.send(sent, 10, 12)

    assert parcels.found(sent) == []
    assert parcels.seal(sent).entry_count == 9
    assert sealed_ids(sent) == ids(sent)
    assert parcels.found(sent) == []


def test_young_entries_wait(db: psycopg.Connection) -> None:
    """The entry of the journal may be old already: its database is made once for many tests."""
    parcels.send(db, 1, 2)

    made = sealing.seal(db)

    assert made.entry_count + made.waiting == 7
    assert made.entry_count <= 1
    assert parcels.seal(db).waiting == 0


def test_entries_behind_an_open_transaction_wait_and_are_not_lost(
    db: psycopg.Connection, dsn: str, connect: Connect
) -> None:
    late = connect(dsn)
    late.execute("""insert into "Dépôt"."Colis €" (no, "part é", status) values (99, 'x', 'NEW')""")
    parcels.send(db, 1, 2)

    assert sealing.seal(db, older_than="0").waiting >= 6
    late.commit()
    parcels.send(db, 3, 3)
    parcels.seal(db)

    assert sorted(sealed_ids(db)) == ids(db)
    assert parcels.found(db) == []


def test_two_at_once_are_one_after_the_other(
    sent: psycopg.Connection, dsn: str, connect: Connect
) -> None:
    parcels.send(sent, 10, 20)
    parcels.settle(sent)
    holder, second, watcher = connect(dsn), connect(dsn, autocommit=True), sent
    with holder.transaction():
        sealed.begin_alone(holder)
        said: list[str] = []
        thread = threading.Thread(
            target=lambda: sealing.seal(second, older_than="0", progress=said.append)
        )
        thread.start()
        wait_until_blocked(watcher, second)
    thread.join(30)

    assert said[0] == "waited for another that was sealing"
    assert sealed_ids(sent) == ids(sent)


@pytest.mark.parametrize(
    ("statement", "code", "what"),
    [
        pytest.param(
            "update interlock.parcel_audit set actor = 'x' where id = 11",
            "seal-changed",
            {"seal": 2, "entry": 11, "no": 2, "part é": "ß"},
            id="an actor, which is erasable",
        ),
        pytest.param(
            "update interlock.parcel_audit set to_state = 'DONE' where id = 11",
            "seal-changed",
            {"seal": 2, "entry": 11, "no": 2, "part é": "ß"},
            id="a state",
        ),
        pytest.param(
            "update interlock.parcel_audit set new_weight = new_weight + 1e-15 where id > 22",
            "seal-changed",
            {"seal": 3, "entry": 23, "no": 5, "part é": "ß"},
            id="the last digit of a float",
        ),
        pytest.param(
            "delete from interlock.parcel_audit where id in (7, 12)",
            "seal-missing",
            {"seal": 1, "entry": 7},
            id="deleted",
        ),
        pytest.param(
            'insert into interlock.parcel_audit (key_no, "key_part é", kind, transaction_id)'
            " values (77, 'y', 'move', '5')",
            "seal-added",
            {"entry": 28, "no": 77, "part é": "y"},
            id="inserted, as of long ago",
        ),
    ],
)
def test_an_owner_changes_entries(
    sent: psycopg.Connection, statement: str, code: str, what: dict[str, object]
) -> None:
    parcels.unguarded(sent, AUDIT, statement)

    [finding] = parcels.found(sent)
    assert (finding.code, finding.machine) == (code, "parcel")
    assert finding.samples[0] == what


def test_an_entry_of_another_month_is_found(sent: psycopg.Connection) -> None:
    parcels.unguarded(
        sent, AUDIT, "update interlock.parcel_audit set at = '2019-05-05' where id = 4"
    )

    told = {it.code: it.samples[0]["entry"] for it in parcels.found(sent)}
    assert told == {"seal-missing": 4, "seal-added": 4}


def test_a_dropped_partition_and_a_detached_one_are_found(sent: psycopg.Connection) -> None:
    month = sent.execute(
        "select tableoid::regclass::text from interlock.parcel_audit limit 1"
    ).fetchone()
    assert month
    sent.execute(f"alter table interlock.parcel_audit detach partition {month[0]}".encode())
    [detached] = parcels.found(sent)
    sent.execute(f"drop table {month[0]}".encode())
    [dropped] = parcels.found(sent)

    assert detached.code == dropped.code == "seal-missing"
    assert (dropped.count, dropped.samples[0]) == (27, {"seal": 1, "entry": 1})


def test_a_truncated_history_is_found(sent: psycopg.Connection) -> None:
    month = sent.execute("select tableoid::regclass::text from interlock.parcel_audit").fetchone()
    assert month
    sent.execute(f"alter table {month[0]} disable trigger user".encode())
    sent.execute(f"truncate {month[0]}".encode())

    assert parcels.codes(sent) == {"seal-missing"}


def test_a_changed_journal_is_found(sent: psycopg.Connection) -> None:
    parcels.unguarded(sent, "journal", "update interlock.journal set event = 'mode'")

    [finding] = parcels.found(sent)
    assert finding.code == "seal-changed"
    assert finding.subject == "interlock.journal"


@pytest.mark.parametrize(
    ("table", "statement", "code"),
    [
        ("seal", "update interlock.seal set root = sha256('x') where number = 2", "seal-broken"),
        ("seal", "update interlock.seal set sealed_at = '2020-01-01'", "seal-broken"),
        ("seal", "delete from interlock.seal where number = 2", "seal-broken"),
        ("seal", "delete from interlock.seal where number = 3", "seal-broken"),
        ("seal", "update interlock.seal set upto_xid = '999999' where number = 3", "seal-broken"),
        ("seal_tree", "update interlock.seal_tree set root = sha256('x')", "seal-broken"),
        ("seal_tree", "update interlock.seal_tree set erasable = '{}'", "seal-broken"),
        ("seal_tree", "delete from interlock.seal_tree where number = 2", "seal-broken"),
        ("seal_chunk", "delete from interlock.seal_chunk where number = 2", "seal-broken"),
        ("seal_chunk", "update interlock.seal_chunk set salts[2] = null", "seal-changed"),
        ("seal_chunk", "update interlock.seal_chunk set salts = '{}'", "seal-broken"),
        ("seal_chunk", "update interlock.seal_chunk set leaves[2] = sha256('x')", "seal-broken"),
        ("seal_chunk", "update interlock.seal_chunk set leaves = null", "seal-broken"),
        ("seal_chunk", "alter table interlock.seal_chunk drop column salts", "seal-unreadable"),
        ("seal_chunk", "alter table interlock.seal_chunk drop column hash", "seal-unreadable"),
        (AUDIT, "alter table interlock.parcel_audit drop column reason", "seal-unreadable"),
    ],
)
def test_changed_seals_are_found(
    sent: psycopg.Connection, table: str, statement: str, code: str
) -> None:
    if "null" in statement and "leaves" in statement:
        sent.execute("alter table interlock.seal_chunk alter column leaves drop not null")
    parcels.unguarded(sent, table, statement)

    assert code in parcels.codes(sent)


@pytest.mark.parametrize("table", ["seal", "seal_tree", "seal_chunk", "erasure", AUDIT])
def test_a_table_that_is_gone_is_a_finding(sent: psycopg.Connection, table: str) -> None:
    sent.execute(f"drop table interlock.{table} cascade".encode())

    assert parcels.codes(sent) & {"seal-unreadable", "seal-missing"}


@pytest.mark.parametrize("table", ["seal", "seal_tree", "seal_chunk"])
@pytest.mark.parametrize(
    "statement", ["update {} set number = number", "delete from {}", "truncate {}"]
)
def test_seals_are_written_once(sent: psycopg.Connection, table: str, statement: str) -> None:
    if table == "seal_chunk" and statement.startswith("update"):
        statement = "update {} set number = number + 1"
    with pytest.raises(psycopg.errors.CheckViolation, match="written once"):
        sent.execute(statement.format(f"interlock.{table}").encode())


SETTINGS = [
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'sql_standard'",
    "extra_float_digits = -15",
    "bytea_output = 'escape'",
    "client_encoding = 'LATIN9'",
    "standard_conforming_strings = off",
    "search_path = 'Dépôt'",
    "default_transaction_isolation = 'repeatable read'",
    "quote_all_identifiers = on",
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_a_session_shows_in_a_hash(sent: psycopg.Connection, setting: str) -> None:
    sent.execute(f"set {setting}".encode())

    assert parcels.found(sent) == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_nor_of_the_one_that_seals(dsn: str, connect: Connect, setting: str) -> None:
    odd, plain = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    parcels.send(plain, 1, 3)
    odd.execute(f"set {setting}".encode())
    parcels.seal(odd)

    assert sealed_ids(plain) == ids(plain)
    assert parcels.found(plain) == []


def test_a_column_that_the_spec_adds_changes_no_hash(sent: psycopg.Connection) -> None:
    sent.execute("""alter table "Dépôt"."Colis €" add column zone text""")
    wider = parcels.parsed(parcels.SPEC.replace("columns: [", "columns: [zone, "))
    apply.install(sent, wider)
    before = parcels.found(sent)
    parcels.send(sent, 20, 21)
    parcels.seal(sent)

    assert before == parcels.found(sent) == []
    parcels.unguarded(sent, AUDIT, "update interlock.parcel_audit set new_zone = 'x' where id = 3")
    assert parcels.found(sent)[0].samples[0]["entry"] == 3


def test_erasable_columns_that_change_leave_old_seals_right(sent: psycopg.Connection) -> None:
    apply.install(sent, parcels.parsed(parcels.SPEC.replace("actor]", "actor, weight]")))
    parcels.send(sent, 20, 21)
    parcels.seal(sent)

    assert len({it.erasable for it in sealed.trees(sent) if it.relation == AUDIT}) == 2
    assert parcels.found(sent) == []


def test_a_leaf_is_what_the_docs_say(sent: psycopg.Connection) -> None:
    """Computed here from the values of one entry, by the description alone."""
    with sent.transaction():
        sealed.pin(sent)
        found = sent.execute(
            "select (jsonb_each_text(to_jsonb(a))).* from interlock.parcel_audit as a where id = 11"
        )
        row = {name: value for name, value in found if value is not None}
        for name in ("at", "clock_at", "old_due", "new_due"):
            if name in row:
                text = sent.execute(
                    f"select {name}::text from interlock.parcel_audit where id = 11".encode()
                ).fetchone()
                row[name] = text[0] if text else ""
        numbers = {
            r[0]
            for r in sent.execute(
                "select attname::text from pg_attribute where attnum > 0 and"
                " attrelid = 'interlock.parcel_audit'::regclass and format_type(atttypid, null)"
                " not in ('text', 'bytea', 'interval', 'text[]')"
            )
        }
    tree = next(it for it in sealed.trees(sent) if it.number == 2 and it.relation == AUDIT)
    found_leaf = sent.execute(
        "select l.salt, l.leaf from interlock.seal_chunk as c,"
        " unnest(c.entry_ids, c.salts, c.leaves) as l (id, salt, leaf)"
        " where c.relation_name = %s and l.id = 11",
        [AUDIT],
    ).fetchone()
    assert found_leaf is not None

    def hashed(names: set[str]) -> bytes:
        return "".join(
            f"{len(n)}:{n}{row[n]};" if n in numbers else f"{len(n)}:{n}{len(row[n])}:{row[n]}"
            for n in sorted(names & set(row))
        ).encode()

    apart = hashlib.sha256(found_leaf[0] + hashed(set(tree.erasable))).digest()
    fixed = hashed(set(row) - set(tree.erasable))
    assert hashlib.sha256(chain.LEAF + fixed + apart).digest() == found_leaf[1]


def test_a_dump_and_restore_keeps_the_seal(
    sent: psycopg.Connection, server: TestServer, empty: str, connect: Connect
) -> None:
    other = restore(sent, server, empty, connect)

    assert parcels.found(other) == []
    parcels.send(other, 30, 31)
    assert parcels.seal(other).entry_count == 6
    assert sealed_ids(other) == ids(other)
    assert parcels.found(other) == []


def test_a_restore_on_another_server_loses_no_entry(
    sent: psycopg.Connection, server: TestServer, empty: str, connect: Connect
) -> None:
    """Where ids of transactions begin anew: here the old ones are made to look far ahead."""
    parcels.send(sent, 30, 31)
    other = restore(sent, server, empty, connect)
    for table in ("seal", "seal_tree"):
        other.execute(f"alter table interlock.{table} disable trigger user".encode())
    parcels.unguarded(
        other,
        AUDIT,
        "update interlock.parcel_audit set transaction_id = '99999999' where id > 27",
    )
    other.execute("update interlock.seal set cluster = '1'")
    parcels.send(other, 32, 33)
    notes = [it for it in parcels.report(other).notes if "another server" in it]
    parcels.seal(other, batch=4)

    assert len(notes) == 1
    assert sorted(sealed_ids(other)) == ids(other)
    parcels.send(other, 34, 34)
    parcels.seal(other)
    assert sorted(sealed_ids(other)) == ids(other)
    assert {it.code for it in parcels.found(other)} == {"seal-broken"}  # cluster, changed above


def restore(
    session: psycopg.Connection, server: TestServer, empty: str, connect: Connect
) -> psycopg.Connection:
    """Restore what *session* sees into the database *empty*, by the server's own programs."""
    folder = binaries(server.major)
    name = session.info.dbname
    dump = subprocess.run(
        [folder / "pg_dump", "-d", server.dsn(name)], check=True, capture_output=True
    ).stdout
    psql = folder / "psql"
    subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", empty],
        input=dump,
        check=True,
        capture_output=True,
    )
    return connect(empty, autocommit=True)


def test_history_dropped_with_its_machine_is_no_forgery(sent: psycopg.Connection) -> None:
    from pginterlock.uninstall import take_off  # noqa: PLC0415 - for this test alone

    other = parcels.SPEC.replace("parcel:", "letter:").replace("status", "status2")
    sent.execute("""alter table "Dépôt"."Colis €" add column status2 text""")
    apply.install(sent, parcels.parsed(other.replace("mode: enforce", "mode: observe")))
    parcels.seal(sent)
    take_off(sent, ["parcel"], drop_history=True)
    gone = [it for it in parcels.found(sent) if it.machine == "parcel"]
    apply.install(sent, parcels.parsed())
    parcels.send(sent, 50, 51)
    parcels.seal(sent)

    assert gone == []
    assert parcels.found(sent) == []


def test_the_wrong_length_of_time_gets_one_message(db: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="no length of time"):
        sealing.seal(db, older_than="soon")


def test_without_the_schema_it_says_so(empty: str, connect: Connect) -> None:
    with pytest.raises(EnvironmentFault, match="not installed"):
        sealing.seal(connect(empty, autocommit=True))


def test_an_application_seals_nothing(
    server: TestServer, sent: psycopg.Connection, connect: Connect
) -> None:
    sent.execute("do $$ begin create role seal_app login; exception when others then null; end $$")
    name = conninfo.conninfo_to_dict(sent.info.dsn)["dbname"]
    app = connect(server.dsn(str(name), "seal_app"), autocommit=True)

    with pytest.raises(EnvironmentFault, match="no right"):
        sealing.seal(app)


def test_an_entry_that_was_written_before_a_seal_and_committed_after_is_in_the_next(
    db: psycopg.Connection, connect: Connect
) -> None:
    parcels.send(db, 1, 2)
    writer = connect(db.info.dsn)
    writer.execute("""update "Dépôt"."Colis €" set weight = 5 where no = 1""")
    done = sealing.seal(db, older_than="0")
    writer.commit()

    parcels.seal(db)

    left = db.execute(
        "select count(*) from interlock.parcel_audit as a where not exists ("
        "select from interlock.seal_chunk as c where c.relation_name = 'parcel_audit'"
        " and a.id = any(c.entry_ids))"
    ).fetchone()
    assert done.entry_count > 0
    assert left == (0,)
    assert parcels.found(db) == []
