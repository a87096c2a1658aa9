"""Replay: what is changed in a history, or behind it, is found, with the entry that shows it."""

from collections.abc import Callable, Mapping

import psycopg
import pytest

from pginterlock import apply, spec
from pginterlock.findings import Finding
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: MODE, initial: [PACKED], final: [HERE, LOST],
     transitions: {TRANSITIONS, lose: {from: [PACKED, SENT], to: LOST}},
     stamps: {sent_at: SENT}, deletion: {from: [LOST]}}
"""
WAYS = "send: {from: PACKED, to: SENT}, arrive: {from: SENT, to: HERE}"
HISTORY = Scope(rows=False, probes=False)


def wanted(transitions: str = WAYS, mode: str = "enforce") -> Spec:
    text = SPEC.replace("TRANSITIONS", transitions).replace("MODE", mode)
    return spec.parse(text, "spec.yaml")


@pytest.fixture
def parcels(empty: str, connect: Connect) -> psycopg.Connection:
    """Three parcels with a life each, two that were there before, and one that died."""
    session = connect(empty, autocommit=True)
    session.execute(
        "create table parcel (id int primary key, status text not null, sent_at timestamptz)"
    )
    session.execute("insert into parcel values (91, 'PACKED'), (92, 'PACKED')")
    apply.install(session, wanted())
    session.execute("insert into parcel values (1, 'PACKED'), (2, 'PACKED'), (3, 'PACKED')")
    session.execute("update parcel set status = 'SENT' where id in (1, 2, 91)")
    session.execute("update parcel set status = 'HERE' where id = 1")
    session.execute("insert into parcel values (4, 'PACKED')")
    session.execute("update parcel set status = 'LOST' where id = 4")
    session.execute("delete from parcel where id = 4")
    return session


def found(session: psycopg.Connection, of: Spec | None = None) -> list[Finding]:
    report = verify(session, of or wanted(), scope=HISTORY)
    return [it for it in report.findings if it.code == "IL10"]


def told(session: psycopg.Connection) -> list[tuple[str, tuple[Mapping[str, object], ...]]]:
    return [(it.message.removeprefix("continuity: "), it.samples) for it in found(session)]


def as_owner_of_history(session: psycopg.Connection, statement: str) -> None:
    """Change the history as only its owner can: its triggers off, and on again as they were."""
    names = ["parcel_audit", *(name for (name,) in session.execute(PARTITIONS).fetchall())]
    for name in names:
        session.execute(f"alter table interlock.{name} disable trigger all".encode())
    session.execute(statement.encode())
    for name in names:
        for (trigger,) in session.execute(TRIGGERS, [name]).fetchall():
            session.execute(
                f"alter table interlock.{name} enable always trigger {trigger}".encode()
            )


PARTITIONS = """
select c.relname from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
where i.inhparent = 'interlock.parcel_audit'::regclass
"""
TRIGGERS = """
select tgname from pg_trigger
where tgrelid = ('interlock.' || %s)::regclass and not tgisinternal
"""


def test_a_true_history_has_no_finding(parcels: psycopg.Connection) -> None:
    assert found(parcels) == []


SECOND_MOVE = "(select id from interlock.parcel_audit where key_id = 1 and event = 'arrive')"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(
            "delete from interlock.parcel_audit where key_id = 1 and from_state = 'PACKED'",
            "an entry does not begin in the state where the one before it ended",
            id="an entry deleted in the middle",
        ),
        pytest.param(
            f"delete from interlock.parcel_audit where id = {SECOND_MOVE}",
            "the row is not in the state where its history ended",
            id="the last entry deleted",
        ),
        pytest.param(
            "delete from interlock.parcel_audit where key_id = 3",
            "1 rows are there without a birth in the history",
            id="a whole life deleted",
        ),
        pytest.param(
            "delete from interlock.parcel_audit where key_id = 4 and kind = 'death'",
            "the row is gone, and its history does not say so",
            id="a death deleted",
        ),
        pytest.param(
            f"update interlock.parcel_audit set to_state = 'LOST' where id = {SECOND_MOVE}",
            "the row is not in the state where its history ended",
            id="an entry edited",
        ),
        pytest.param(
            f"update interlock.parcel_audit set event = 'lose' where id = {SECOND_MOVE}",
            "the machine that was in force did not allow what an entry says",
            id="the event of an entry edited",
        ),
        pytest.param(
            "update interlock.parcel_audit set kind = 'import' where key_id = 3",
            "the machine that was in force did not allow what an entry says",
            id="an entry of no known kind",
        ),
        pytest.param(
            "insert into interlock.parcel_audit (key_id, kind, event, from_state, to_state)"
            " values (3, 'move', 'send', 'PACKED', 'SENT')",
            "the row is not in the state where its history ended",
            id="an entry inserted",
        ),
        pytest.param(
            "insert into interlock.parcel_audit (key_id, kind, event, from_state, to_state)"
            " values (77, 'birth', null, null, 'PACKED')",
            "the row is gone, and its history does not say so",
            id="a life inserted",
        ),
        pytest.param(
            "update interlock.parcel_audit as a set from_state = b.from_state,"
            " to_state = b.to_state, event = b.event from interlock.parcel_audit as b"
            " where a.key_id = 1 and b.key_id = 1 and a.kind = 'move' and b.kind = 'move'"
            " and a.id <> b.id",
            "an entry does not begin in the state where the one before it ended",
            id="two entries reordered",
        ),
        pytest.param(
            "insert into interlock.parcel_audit (key_id, kind, to_state)"
            " values (2, 'birth', 'PACKED')",
            "a key was born twice",
            id="a key used again",
        ),
        pytest.param(
            "insert into interlock.parcel_audit (key_id, kind, event, from_state, to_state)"
            " values (4, 'move', 'send', 'PACKED', 'SENT')",
            "an entry follows a row's death",
            id="an entry after a death",
        ),
    ],
)
def test_a_changed_history_is_found(
    parcels: psycopg.Connection, statement: str, message: str
) -> None:
    as_owner_of_history(parcels, statement)

    assert message in [it for it, _ in told(parcels)]


def test_the_finding_names_the_key_and_the_entry(parcels: psycopg.Connection) -> None:
    (entry,) = parcels.execute(f"select id from {SECOND_MOVE} as s (id)".encode()).fetchone() or (
        None,
    )
    as_owner_of_history(
        parcels, "delete from interlock.parcel_audit where key_id = 1 and from_state = 'PACKED'"
    )

    assert told(parcels)[0][1] == ({"id": 1, "entry": entry},)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        pytest.param(
            ["update parcel set status = 'HERE' where id = 2"],
            "the row is not in the state where its history ended",
            id="a move",
        ),
        pytest.param(
            ["delete from parcel where id = 2"],
            "the row is gone, and its history does not say so",
            id="a deletion",
        ),
        pytest.param(
            ["insert into parcel values (4, 'PACKED')"],
            "the history says that the row is dead, but it is there",
            id="a dead row come back",
        ),
        pytest.param(
            ["insert into parcel values (8, 'PACKED')"],
            "1 rows are there without a birth in the history",
            id="a birth",
        ),
    ],
)
@pytest.mark.parametrize("way", ["disabled trigger", "plain trigger under replica"])
def test_a_write_behind_the_triggers_is_found(
    parcels: psycopg.Connection, statements: list[str], message: str, way: str
) -> None:
    names = [name for (name,) in parcels.execute(ON_PARCEL).fetchall()]
    if way == "disabled trigger":
        parcels.execute("alter table parcel disable trigger all")
    else:
        for name in names:
            parcels.execute(f"alter table parcel enable trigger {name}".encode())
        parcels.execute("set session_replication_role = replica")
    for statement in statements:
        parcels.execute(statement.encode())
    parcels.execute("reset session_replication_role")
    for name in names:
        parcels.execute(f"alter table parcel enable always trigger {name}".encode())

    assert [it for it, _ in told(parcels)] == [message]


ON_PARCEL = """
select tgname from pg_trigger where tgrelid = 'parcel'::regclass and not tgisinternal
"""


def test_a_move_is_judged_by_the_version_then_in_force(parcels: psycopg.Connection) -> None:
    narrower = wanted("send: {from: PACKED, to: SENT}, found: {from: SENT, to: HERE}")

    apply.install(parcels, narrower)
    parcels.execute("update parcel set status = 'HERE' where id = 2")

    assert found(parcels, narrower) == []


def test_a_move_that_only_a_later_version_allows_is_found(parcels: psycopg.Connection) -> None:
    wider = wanted(f"{WAYS}, skip: {{from: PACKED, to: HERE}}")
    apply.install(parcels, wider)
    as_owner_of_history(
        parcels,
        "with gone as (delete from interlock.parcel_audit where key_id = 1"
        " and from_state = 'PACKED') update interlock.parcel_audit"
        f" set from_state = 'PACKED', event = 'skip' where id = {SECOND_MOVE}",
    )

    assert [it.message for it in found(parcels, wider)] == [
        "continuity: the machine that was in force did not allow what an entry says"
    ]


def test_what_was_let_through_by_observe_is_no_finding(parcels: psycopg.Connection) -> None:
    seen, held = wanted(mode="observe"), wanted()
    apply.install(parcels, seen)
    parcels.execute("update parcel set status = 'HERE', sent_at = now() where id = 3")

    apply.install(parcels, held)

    assert found(parcels, held) == []


def test_a_version_that_was_rewritten_is_found(parcels: psycopg.Connection) -> None:
    parcels.execute("alter table interlock.machine_version disable trigger all")

    parcels.execute(
        "update interlock.machine_version set definition ="
        " jsonb_set(definition, '{initial}', '[\"HERE\"]')"
    )

    assert "version 1 of the machine is not the one that was installed" in [
        it for it, _ in told(parcels)
    ]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("alter table interlock.parcel_audit drop column event", id="a column"),
        pytest.param(
            "alter table interlock.parcel_audit alter column to_state type bytea using null",
            id="a type",
        ),
        pytest.param("alter table interlock.parcel_audit drop column kind cascade", id="kinds"),
    ],
)
def test_a_history_that_cannot_be_read_is_a_finding(
    parcels: psycopg.Connection, statement: str
) -> None:
    parcels.execute(statement.encode())

    assert [it.message.split(":")[1].strip() for it in found(parcels)] == [
        "the history cannot be read"
    ]


def test_every_version_and_mode_is_in_the_journal(parcels: psycopg.Connection) -> None:
    apply.install(parcels, wanted(mode="observe"))
    parcels.execute("truncate parcel")
    apply.install(parcels, wanted())

    rows = parcels.execute(
        "select event, detail ->> 'version', detail ->> 'mode' from interlock.journal order by id"
    ).fetchall()

    assert rows == [
        ("install", "1", "enforce"),
        ("mode", "2", "observe"),
        ("truncate", None, None),
        ("mode", "3", "enforce"),
    ]


@pytest.mark.parametrize("statement", ["update {} set {} = null", "delete from {}", "truncate {}"])
@pytest.mark.parametrize(
    ("table", "column"), [("journal", "detail"), ("machine_version", "definition")]
)
def test_journal_and_versions_are_written_once(
    parcels: psycopg.Connection, statement: str, table: str, column: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="written once"):
        parcels.execute(statement.format(f"interlock.{table}", column).encode())
