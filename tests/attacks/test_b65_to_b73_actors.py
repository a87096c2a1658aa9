"""B65 and B67 to B73: acting as somebody else, where the spec asks for signed actors.

The application holds the token of one request; the secret that makes tokens it never sees. On a
server of the test's own, for some grants reach past one database.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors, sql
from tests.attacks.conftest import Connect
from tests.attacks.hotel import APP, SPEC, Attacked, build, spec_in
from tests.servers import TestServer, binaries

from pginterlock import actor_keys, apply, embedded, tokens
from pginterlock import spec as specs
from pginterlock.compiler import Attempt
from pginterlock.verify import probes

SECRET = b"known to the authentication service alone"
KEY = "2026-11"
PLAIN = "    audit:\n"
TEXT = SPEC.read_text(encoding="utf-8")
SIGNED = specs.parse(TEXT.replace(PLAIN, f"{PLAIN}      actor: signed\n"), SPEC.name)
REQUIRED = specs.parse(TEXT.replace(PLAIN, f"{PLAIN}      actor: required\n"), SPEC.name)
# Of the roles that these attacks need.
HARMLESS = {"writes-all-data"}
CONFIRM = "update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id = 1"
CANCEL = "update hotel.room_booking set status = 'CANCELLED' where id = 2"


@pytest.fixture(scope="module")
def private(server: TestServer) -> Iterator[embedded.Server]:
    """A server that nobody else uses, with a hotel that then asked for signed actors."""
    with embedded.running(bin_dir=binaries(server.major)) as started:
        with psycopg.connect(started.dsn(), autocommit=True) as root:
            root.execute("create database signed")
        with psycopg.connect(started.dsn("signed"), autocommit=True) as session:
            build(session, spec_in("checks: function"))
            apply.install(session, SIGNED)
            actor_keys.add(session, KEY, SECRET)
            session.execute(_ROLES)
        yield started


@pytest.fixture
def attacked(private: embedded.Server, server: TestServer, connect: Connect) -> Attacked:
    """The hotel, where actors are signed."""
    with psycopg.connect(private.dsn(), autocommit=True) as root:
        root.execute("drop database if exists attacked with (force)")
        root.execute("create database attacked template signed")
    dsn = private.dsn("attacked")
    return Attacked(dsn, SIGNED, connect, connect(dsn, autocommit=True), server)


def challenge(session: psycopg.Connection, scope: str = "transaction") -> str:
    row = session.execute("select interlock.challenge(%s)", [scope]).fetchone()
    assert row
    return str(row[0])


def token(
    session: psycopg.Connection,
    actor: str = "user:1",
    *,
    scope: str = "transaction",
    seconds: int = 60,
    secret: bytes = SECRET,
    key: str = KEY,
) -> str:
    """Return what the authentication service makes for the transaction that *session* is in."""
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    return tokens.sign(secret, actor, challenge(session, scope), expires, key)


def act(session: psycopg.Connection, signed: str) -> object:
    row = session.execute("select interlock.act_as_signed(%s)", [signed]).fetchone()
    return row and row[0]


def last_entry(attacked: Attacked) -> tuple[object, ...] | None:
    return attacked.admin.execute(
        "select actor, signed_by, session_role, set_role from interlock.booking_audit"
        " order by id desc limit 1"
    ).fetchone()


def is_no_token(attacked: Attacked) -> AbstractContextManager[None]:
    return attacked.refused("IL06", "attribution")


def set_behind(session: psycopg.Connection, signed: str) -> None:
    """Put a token where act_as_signed keeps it, past its judgement."""
    session.execute("select set_config('interlock.token', %s, true)", [signed])


@pytest.mark.slow
def test_b71_a_valid_token_is_believed(attacked: Attacked, app: psycopg.Connection) -> None:
    with app.transaction():
        assert act(app, token(app, "user:1 \N{LATIN SMALL LETTER U WITH DIAERESIS}: 'x'")) == (
            "user:1 \N{LATIN SMALL LETTER U WITH DIAERESIS}: 'x'"
        )
        app.execute(CONFIRM)

    expected = ("user:1 \N{LATIN SMALL LETTER U WITH DIAERESIS}: 'x'", KEY, APP, None)
    assert last_entry(attacked) == expected
    assert attacked.found() == HARMLESS


def test_b72_a_token_that_came_with_the_write_is_not_kept_in_the_history(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        signed = token(app)
        app.execute(f"select interlock.act_as_signed('{signed}'); {CONFIRM}".encode())

    kept = attacked.admin.execute(
        "select statement from interlock.booking_audit order by id desc limit 1"
    ).fetchone()
    assert kept == ("(not repeated: long and kept with its first record, or it held a token)",)


@pytest.mark.parametrize(
    "statement",
    [
        CONFIRM,
        "insert into hotel.room_booking (id) values (50)",
        "delete from hotel.room_booking where id = 1",
    ],
)
def test_b67_without_a_token_nothing_is_written(
    attacked: Attacked, app: psycopg.Connection, statement: str
) -> None:
    for name in ("interlock.actor", "app.actor"):
        with is_no_token(attacked), app.transaction():
            app.execute("select set_config(%s, 'admin', true)", [name])
            app.execute(statement.encode())


def test_b67_a_claim_beside_a_token_changes_nothing(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        act(app, token(app))
        app.execute("select interlock.act_as('admin')")
        app.execute("set local interlock.actor = 'admin'")
        app.execute(CONFIRM)

    assert last_entry(attacked) == ("user:1", KEY, APP, None)


def test_b68_a_token_is_not_believed_on_another_connection(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    thief = attacked.session(APP)
    with app.transaction():
        stolen = token(app)
        with is_no_token(attacked), thief.transaction():
            act_is_refused(thief, stolen, "another transaction or connection")
            set_behind(thief, stolen)
            thief.execute(CONFIRM)


def test_b68_nor_is_one_of_a_whole_connection(attacked: Attacked, app: psycopg.Connection) -> None:
    let_see_connections(attacked)
    thief = attacked.session(APP)
    stolen = token(app, scope="connection")

    with is_no_token(attacked), thief.transaction():
        act_is_refused(thief, stolen, "another transaction or connection")
        set_behind(thief, stolen)
        thief.execute(CONFIRM)


def test_b69_an_expired_token(attacked: Attacked, app: psycopg.Connection) -> None:
    with is_no_token(attacked), app.transaction():
        expired = token(app, seconds=-1)
        act_is_refused(app, expired, "expired")
        set_behind(app, expired)
        app.execute(CONFIRM)


def test_b69_a_token_that_expires_on_the_way(attacked: Attacked, app: psycopg.Connection) -> None:
    with is_no_token(attacked), app.transaction():
        act(app, token(app, seconds=2))
        app.execute("select pg_sleep(2.1)")
        app.execute(CONFIRM)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(5, "admin", id="actor"),
        pytest.param(2, "4000000000", id="expiry"),
        pytest.param(1, "other", id="key"),
        pytest.param(4, "0" * 64, id="mac"),
        pytest.param(0, "il2", id="form"),
    ],
)
def test_b70_a_token_with_one_part_changed(
    attacked: Attacked, app: psycopg.Connection, place: int, value: str
) -> None:
    with is_no_token(attacked), app.transaction():
        parts = token(app).split(":", 5)
        parts[place] = value
        changed = ":".join(parts)
        with pytest.raises(errors.CheckViolation), app.transaction():
            act(app, changed)
        set_behind(app, changed)
        app.execute(CONFIRM)


def test_b70_a_challenge_put_into_the_token_of_another_transaction(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        parts = token(app).split(":", 5)
    with is_no_token(attacked), app.transaction():
        parts[3] = challenge(app)
        set_behind(app, ":".join(parts))
        app.execute(CONFIRM)


def test_b70_a_key_of_ones_own(attacked: Attacked, app: psycopg.Connection) -> None:
    with is_no_token(attacked), app.transaction():
        set_behind(app, token(app, secret=b"known to the attacker, and nobody else"))
        app.execute(CONFIRM)


def test_b72_a_token_is_not_believed_in_a_later_transaction(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        used = token(app)
        act(app, used)
        app.execute(CONFIRM)

    with is_no_token(attacked), app.transaction():
        act_is_refused(app, used, "another transaction or connection")
        set_behind(app, used)
        app.execute(CANCEL)


def test_b72_one_of_a_connection_is_until_it_expires(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    """As documented: prefer tokens of a transaction."""
    let_see_connections(attacked)
    used = token(app, scope="connection", seconds=3)
    with app.transaction():
        act(app, used)
        app.execute(CONFIRM)

    with app.transaction():
        set_behind(app, used)
        app.execute(CANCEL)
    assert last_entry(attacked) == ("user:1", KEY, APP, None)

    app.execute("select pg_sleep(3)")
    with is_no_token(attacked), app.transaction():
        set_behind(app, used)
        app.execute("update hotel.room_booking set status = 'CANCELLED' where id = 7")


def test_a_retired_key_signs_nothing(attacked: Attacked, app: psycopg.Connection) -> None:
    actor_keys.add(attacked.admin, "next", SECRET[::-1])
    with is_no_token(attacked), app.transaction():
        signed = token(app)
        act(app, signed)
        actor_keys.retire(attacked.admin, KEY)
        act_is_refused(app, signed, "retired")
        app.execute(CONFIRM)

    with app.transaction():
        act(app, token(app, secret=SECRET[::-1], key="next"))
        app.execute(CONFIRM)
    assert last_entry(attacked) == ("user:1", "next", APP, None)


def test_b73_set_role_does_not_hide_who_came(attacked: Attacked, app: psycopg.Connection) -> None:
    attacked.admin.execute("grant attack_owner to attack_app")
    try:
        with app.transaction():
            act(app, token(app))
            app.execute("set local role attack_owner")
            app.execute(CONFIRM)
    finally:
        attacked.admin.execute("revoke attack_owner from attack_app")

    assert last_entry(attacked) == ("user:1", KEY, APP, "attack_owner")


@pytest.mark.parametrize(
    "statement",
    [
        "set role attack_owner",
        "set session authorization attack_owner",
        "set local session_authorization = 'attack_owner'",
    ],
)
def test_b73_nobody_becomes_another(
    attacked: Attacked, app: psycopg.Connection, statement: str
) -> None:
    with attacked.denied():
        app.execute(statement.encode())


def test_b73_the_facts_of_a_session_are_no_settings(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        act(app, token(app))
        app.execute("set local application_name = 'admin console'")
        for name in ("interlock.session_role", "interlock.signed_by", "interlock.client_address"):
            app.execute(sql.SQL("set local {} = 'admin'").format(sql.Identifier(*name.split("."))))
        app.execute(CONFIRM)

    entry = attacked.admin.execute(
        "select session_role, signed_by, client_address, backend_pid from interlock.booking_audit"
        " order by id desc limit 1"
    ).fetchone()
    assert entry == (APP, KEY, None, app.info.backend_pid)


def test_b65_a_role_that_reads_all_data_sees_no_key(attacked: Attacked) -> None:
    reader = attacked.session("attack_reader")
    queries = (
        "select * from interlock.actor_key",
        "select count(*) from interlock.actor_key",
        "copy interlock.actor_key to stdout",
        "select most_common_vals::text from pg_stats where tablename = 'actor_key'",
    )
    attacked.admin.execute("analyze interlock.actor_key")

    assert reader.execute("select count(*) > 0 from interlock.booking_audit").fetchone() == (True,)
    for query in queries[:2]:
        assert reader.execute(query.encode()).fetchall() in ([], [(0,)])
    with reader.cursor().copy(queries[2].encode()) as copied:
        assert list(copied) == []
    assert reader.execute(queries[3].encode()).fetchall() == []
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute("set row_security = off; table interlock.actor_key")


def test_b65_a_role_that_writes_all_data_adds_no_key(attacked: Attacked) -> None:
    writer = attacked.session("attack_writer")

    for statement in (
        "insert into interlock.actor_key (key_id, inner_pad, outer_pad)"
        " values ('mine', decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex'))",
        "update interlock.actor_key set inner_pad = outer_pad",
        "delete from interlock.actor_key",
    ):
        with attacked.unchanged():
            try:
                assert writer.execute(statement.encode()).rowcount == 0
            except errors.InsufficientPrivilege:
                continue
    assert [it.key_id for it in actor_keys.keys(attacked.admin)] == [KEY]


@pytest.mark.parametrize(
    "statement",
    [
        "table interlock.actor_key",
        "select interlock.read_token('x')",
        "insert into interlock.actor_key (key_id) values ('x')",
    ],
)
def test_b65_the_application_reaches_no_key(
    attacked: Attacked, app: psycopg.Connection, statement: str
) -> None:
    with attacked.denied():
        app.execute(statement.encode())


def test_a_key_table_that_was_opened_is_found(attacked: Attacked) -> None:
    attacked.admin.execute("alter table interlock.actor_key disable row level security")

    assert attacked.found() == HARMLESS | {"actor-keys-open"}


@pytest.mark.parametrize(("code", "expected"), [("IL01", True), ("IL06", False)])
def test_a_probe_that_is_stopped_by_attribution_has_come_past_its_rule(
    attacked: Attacked, code: str, expected: bool
) -> None:
    """A probe cannot sign; but attribution is judged last, and no other rule stops this one."""
    legal = Attempt(code, "a legal move", CANCEL)

    assert probes.went_through(attacked.admin, legal) is expected


def test_observing_records_what_is_not_signed(attacked: Attacked, app: psycopg.Connection) -> None:
    text = TEXT.replace(PLAIN, f"{PLAIN}      actor: signed\n").replace("enforce", "observe")
    apply.install(attacked.admin, specs.parse(text, SPEC.name))

    with app.transaction():
        app.execute("select interlock.act_as('user:7')")
        app.execute(CONFIRM)

    assert last_entry(attacked) == ("user:7", None, APP, None)
    assert attacked.admin.execute("select code, message from interlock.violation").fetchall() == [
        ("IL06", "booking 1: the actor is not signed: no token is given")
    ]


def act_is_refused(session: psycopg.Connection, signed: str, why: str) -> None:
    """Demand that a token is not taken; the transaction goes on."""
    with pytest.raises(errors.CheckViolation, match=why), session.transaction():
        act(session, signed)


def let_see_connections(attacked: Attacked) -> None:
    """Let the owner of the schema see when a connection began."""
    attacked.admin.execute("grant pg_read_all_stats to interlock_owner")


_ROLES = """
create role attack_reader login in role pg_read_all_data;
create role attack_writer login in role pg_write_all_data
"""
