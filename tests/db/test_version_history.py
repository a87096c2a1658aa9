"""Every entry is judged by the version in force then: across renames, removals, other rights."""

from collections.abc import Callable

import psycopg
import pytest
from tests import version_parcels as parcels

from pginterlock import apply, steps
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
HISTORY = Scope(rows=False, probes=False)
# PACKED leads to SENT no more; whoever was sent may still be lost.
WITHOUT_SENDING = """
interlock: 1
machines:
  parcel:
    table: parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [HERE, LOST]
    transitions:
      fetch: {from: PACKED, to: HERE}
      lose:  {from: PACKED, to: LOST, reason: required}
    deletion: {from: [HERE]}
    audit: {columns: [carrier]}
"""


@pytest.fixture
def session(empty: str, connect: Connect) -> psycopg.Connection:
    """Seven lives, under five versions, the last of which knows neither SENT nor ON_THE_WAY."""
    opened = connect(empty, autocommit=True)
    parcels.make(opened)
    opened.execute(
        "insert into parcel (id, status) select n, 'PACKED' from generate_series(4, 7) as n"
    )
    parcels.send(opened, 1, 2, 4)
    opened.execute("update parcel set status = 'HERE' where id = 4")
    apply.install(opened, parcels.renamed())
    parcels.send(opened, 5)
    parcels.send(opened, 6, to="ON_THE_WAY")
    opened.execute("update parcel set status = 'HERE' where id in (1, 5)")
    drop_old_names(opened)
    parcels.send(opened, 7, to="ON_THE_WAY")
    opened.execute("update parcel set status = 'HERE' where status = 'ON_THE_WAY'")
    with opened.transaction():
        opened.execute("select interlock.act_as('clerk', reason => 'fell off')")
        opened.execute("insert into parcel (id, status) values (8, 'PACKED')")
        opened.execute("update parcel set status = 'LOST' where id = 8")
    opened.execute("delete from parcel where id = 8")
    apply.install(opened, last())
    opened.execute("update parcel set status = 'HERE' where id = 3")
    opened.execute("delete from parcel where id = 3")
    return opened


def last() -> Spec:
    return parcels.of(WITHOUT_SENDING)


def drop_old_names(session: psycopg.Connection) -> None:
    apply.run(session, steps.make_plan(session, parcels.renamed(), drop_old_names=True))


def told(session: psycopg.Connection) -> list[tuple[str, int | None]]:
    findings = verify(session, last(), scope=HISTORY).findings
    return [(it.message.removeprefix("continuity: "), it.count) for it in findings]


ILLEGAL = "the machine that was in force did not allow what an entry says"


def test_a_true_history_across_versions_has_no_finding(session: psycopg.Connection) -> None:
    assert session.execute("select count(*) from interlock.machine_version").fetchone() == (4,)
    assert told(session) == []


def test_what_was_allowed_is_read_from_the_version_and_not_from_the_spec_of_today(
    session: psycopg.Connection,
) -> None:
    """The last spec knows no `send`, no SENT and no rename, and yet they were legal."""
    events = session.execute("select distinct event from interlock.parcel_audit")

    assert {name for (name,) in events if name} == {
        "send",
        "arrive",
        "lose",
        "fetch",
        "interlock:rename",
    }
    assert {t.event for t in last().machines[0].transitions} == {"fetch", "lose"}


@pytest.mark.slow
def test_the_versions_say_what_was_legal_when(session: psycopg.Connection) -> None:
    rows = session.execute(
        "select v.version, exists (select from jsonb_array_elements(v.definition -> 'transitions')"
        " as t where t ->> 'event' = 'interlock:rename'), v.definition -> 'initial' from"
        " interlock.machine_version as v order by v.version"
    ).fetchall()

    assert [(number, renames) for number, renames, _ in rows] == [
        (1, False),
        (2, True),
        (3, False),
        (4, False),
    ]


@pytest.mark.parametrize(
    ("where", "change"),
    [
        pytest.param(
            "key_id = 4 and event = 'send'",
            "event = 'interlock:rename'",
            id="a rename before there was one",
        ),
        pytest.param(
            "key_id = 1 and event = 'interlock:rename'",
            "event = 'send'",
            id="a rename that calls itself a move of the machine",
        ),
        pytest.param(
            "key_id = 3 and event = 'fetch'",
            "event = 'arrive'",
            id="an event that the last version has no more",
        ),
    ],
)
def test_an_entry_that_was_legal_under_another_version_only_is_found(
    session: psycopg.Connection, where: str, change: str
) -> None:
    as_owner_of_history(
        session,
        f"update interlock.parcel_audit set {change} where {where}",
    )

    assert told(session) == [(ILLEGAL, 1)]


def test_a_way_back_to_the_old_name_is_found(session: psycopg.Connection) -> None:
    as_owner_of_history(
        session,
        "update interlock.parcel_audit set from_state = to_state, to_state = from_state"
        " where key_id = 2 and event = 'interlock:rename'",
    )

    assert told(session) == [
        ("an entry does not begin in the state where the one before it ended", 2)
    ]


def as_owner_of_history(session: psycopg.Connection, statement: str) -> None:
    """Change the history as only its owner can: its triggers off, and on again as they were."""
    parts = session.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'interlock.parcel_audit'::regclass"
    ).fetchall()
    names = ["interlock.parcel_audit", *(name for (name,) in parts)]
    for name in names:
        session.execute(f"alter table {name} disable trigger all".encode())
    session.execute(statement.encode())
    for name in names:
        triggers = session.execute(
            "select tgname from pg_trigger where tgrelid = %s::regclass and not tgisinternal",
            [name],
        ).fetchall()
        for (trigger,) in triggers:
            session.execute(f"alter table {name} enable always trigger {trigger}".encode())
