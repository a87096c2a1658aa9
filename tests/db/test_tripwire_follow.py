"""Renames under the tripwire: what is followed, what that leaves, and what is refused instead."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import conninfo, errors
from tests.conftest import HOTEL_SCHEMA, HOTEL_SPEC, Build

from pginterlock import apply, bypasses, migrate, spec, steps, tripwire
from pginterlock.errors import SpecError
from pginterlock.model import Spec
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]

ROLE = "follow_owner"
TABLES = f"""
do $$ begin
    create role {ROLE} login;
exception when duplicate_object or unique_violation then null;
end $$;
create schema mill authorization {ROLE};
create schema barn authorization {ROLE};
set role {ROLE};
create table mill.sack (
    id bigint primary key, status text not null, weight integer, miller text,
    opened_at timestamptz, sold_at timestamptz
);
create table mill.cart (
    id bigint, status text not null, day date, primary key (id, day)
) partition by range (day);
create table mill.cart_1 partition of mill.cart for values from ('2026-01-01') to ('2026-02-01');
reset role;
"""
SPEC = """
interlock: 1
machines:
  sack:
    table: mill.sack
    state: status
    mode: enforce
    initial: [FULL]
    final: [SOLD]
    transitions:
      open: {from: FULL, to: OPEN, guard: weight > 0}
      sell: {from: OPEN, to: SOLD}
    stamps: {opened_at: OPEN, sold_at: SOLD}
    states: {SOLD: {require: [miller]}}
    invariants: {not_heavy: weight < 100}
    claims: {one_open: {resource: [miller], in: [OPEN]}}
  cart:
    table: mill.cart
    state: status
    mode: enforce
    initial: [EMPTY]
    final: [GONE]
    transitions: {leave: {from: EMPTY, to: GONE}}
"""
SHORT = {
    "lock mill.sack",
    "rows of mill.sack that break a rule",
    "judge the rows of mill.sack",
    "let the tripwire pass what changes sack",
    "mend check interlock_sack_row",
    "mend index interlock_sack_claim_one_open",
    "replace function mill.interlock_sack_row",
    "watch sack by the tripwire",
}


def machines(*changes: tuple[str, str]) -> Spec:
    """Return the spec with each second word for the first one."""
    text = SPEC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return spec.parse(text, "mill.yaml")


def build_bare(session: psycopg.Connection) -> None:
    """Make the mill before any machine."""
    session.execute(TABLES.encode())


def build(session: psycopg.Connection) -> None:
    """Make the mill under its machines and a tripwire, by a superuser."""
    build_bare(session)
    apply.install(session, machines(), makes_tripwire=True)
    session.execute("insert into mill.sack (id, status, weight, miller) values (1, 'FULL', 9, 'A')")


@pytest.fixture
def mill(make_database: Callable[[str, Build], str]) -> str:
    """A database with the mill under its machines and the tripwire."""
    return make_database("followed_mill", build)


@pytest.fixture
def admin(mill: str, connect: Connect) -> psycopg.Connection:
    """A superuser's session."""
    return connect(mill, autocommit=True)


@pytest.fixture
def owner(mill: str, connect: Connect) -> psycopg.Connection:
    """A session of the owner of the tables, who owns nothing of ours."""
    return connect(conninfo.make_conninfo(mill, user=ROLE), autocommit=True)


def codes(session: psycopg.Connection, wanted: Spec) -> set[str]:
    """Return the codes of what was found, but for who owns the tables."""
    return {it.code for it in verify(session, wanted).findings} - {"owner-can-login"}


def titles(session: psycopg.Connection, wanted: Spec) -> set[str]:
    """Return what a plan would do."""
    return {it.title for it in steps.make_plan(session, wanted).steps}


def refuse(session: psycopg.Connection, *statements: str) -> None:
    """Demand that each statement is refused by a rule or by the tripwire."""
    for statement in statements:
        with pytest.raises(errors.CheckViolation):
            session.execute(statement.encode())


COLUMNS = [
    (
        "status",
        "state",
        [("    table: mill.sack\n    state: status", "    table: mill.sack\n    state: state")],
    ),
    (
        "status",
        "open",
        [("    table: mill.sack\n    state: status", "    table: mill.sack\n    state: open")],
    ),
    (
        "weight",
        "kilos",
        [("guard: weight", "guard: kilos"), ("not_heavy: weight", "not_heavy: kilos")],
    ),
    ("opened_at", "open_since", [("{opened_at: OPEN", "{open_since: OPEN")]),
    ("miller", "from_whom", [("[miller]", "[from_whom]")]),
]


@pytest.mark.parametrize(
    ("old", "new", "changes"), COLUMNS, ids=[f"{a} {b}" for a, b, _ in COLUMNS]
)
def test_a_renamed_column_is_followed(
    admin: psycopg.Connection,
    owner: psycopg.Connection,
    old: str,
    new: str,
    changes: list[tuple[str, str]],
) -> None:
    state = new if old == "status" else "status"
    weight = new if old == "weight" else "weight"
    owner.execute(f"alter table mill.sack rename column {old} to {new}".encode())

    refuse(
        owner,
        f"update mill.sack set {state} = 'SOLD' where id = 1",
        f"insert into mill.sack (id, {state}) values (2, 'OPEN')",
        f"update mill.sack set {weight} = 200 where id = 1",
        f"update mill.sack set {weight} = 0, {state} = 'OPEN' where id = 1",
        "alter table mill.sack disable trigger user",
        f"alter table mill.sack add column {old} text",
    )
    owner.execute(f"update mill.sack set {state} = 'OPEN' where id = 1".encode())
    history = admin.execute("select event, to_state from interlock.sack_audit order by id")
    assert history.fetchall() == [(None, "FULL"), ("open", "OPEN")]
    with pytest.raises(SpecError, match=f"column {old} of mill.sack was renamed to {new}"):
        verify(admin, machines())
    wanted = machines(*changes)
    assert codes(admin, wanted) <= {"name-behind"}
    assert titles(admin, wanted) <= SHORT
    apply.install(admin, wanted)
    assert codes(admin, wanted) == set()
    assert titles(admin, wanted) == set()
    owner.execute(f"alter table mill.sack add column {old} text".encode())


TABLES_NOW = [
    ("alter table mill.sack rename to bag", "mill.bag"),
    ("alter table mill.sack set schema barn", "barn.sack"),
    ("alter schema mill rename to plant", "plant.sack"),
]


@pytest.mark.parametrize(("statement", "now"), TABLES_NOW, ids=[it[1] for it in TABLES_NOW])
def test_a_renamed_table_is_followed(
    admin: psycopg.Connection, owner: psycopg.Connection, statement: str, now: str
) -> None:
    (admin if "schema mill" in statement else owner).execute(statement.encode())

    refuse(
        owner,
        f"update {now} set status = 'SOLD' where id = 1",
        f"insert into {now} (id, status) values (2, 'OPEN')",
        f"alter table {now} disable trigger user",
        f"truncate {now}",
    )
    owner.execute(f"update {now} set status = 'OPEN' where id = 1".encode())
    with pytest.raises(SpecError, match=f"table mill.sack was renamed to {now}"):
        steps.make_plan(admin, machines())
    wanted = (
        machines(("mill.", f"{now.partition('.')[0]}."))
        if "plant" in now
        else machines(("mill.sack", now))
    )
    assert codes(admin, wanted) == {"name-behind"}
    assert len(titles(admin, wanted)) <= 12
    apply.install(admin, wanted)
    assert codes(admin, wanted) == set()
    assert titles(admin, wanted) == set()
    left = admin.execute("select count(*) from pg_proc where proname = 'interlock_sack_row'")
    assert left.fetchone() == (1,)


def test_the_refusal_names_the_new_table_where_the_schema_is_all_ours(
    make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    """One role for all: every function may be written, and nothing is left behind."""

    def one_role(session: psycopg.Connection) -> None:
        build_bare(session)
        session.execute(
            f"create schema interlock authorization {ROLE};"
            " grant usage on schema interlock to public"
        )
        apply.install(session, machines(), makes_tripwire=True)

    dsn = make_database("followed_alone", one_role)
    admin = connect(dsn, autocommit=True)
    owner = connect(conninfo.make_conninfo(dsn, user=ROLE), autocommit=True)
    owner.execute("alter table mill.sack rename to bag")

    with pytest.raises(errors.CheckViolation) as caught:
        owner.execute("insert into mill.bag (id, status, weight) values (1, 'FULL', 500)")
    assert (caught.value.diag.schema_name, caught.value.diag.table_name) == ("mill", "bag")
    wanted = machines(("mill.sack", "mill.bag"))
    assert codes(admin, wanted) <= {"owner-member"}
    assert titles(admin, wanted) == {"watch sack by the tripwire"}


def test_names_go_there_and_back(admin: psycopg.Connection, owner: psycopg.Connection) -> None:
    for statement in (
        "alter table mill.sack rename column weight to kilos",
        "alter table mill.sack rename column kilos to mass",
        "alter table mill.sack rename to bag",
        "alter table mill.bag rename to sack",
        "alter table mill.sack rename to bag",
        "alter table mill.bag rename to sack",
        "alter table mill.sack rename column mass to weight",
        "alter table mill.sack rename column weight to kilos",
        "alter table mill.sack rename column kilos to weight",
    ):
        owner.execute(statement.encode())
        refuse(
            owner, f"update mill.{'bag' if 'to bag' in statement else 'sack'} set status = 'SOLD'"
        )

    assert codes(admin, machines()) == set()
    apply.install(admin, machines())
    assert titles(admin, machines()) == set()


def test_a_name_that_was_in_use_is_followed_once(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    """`open` is an event too: from then on the text no longer tells which word is the column."""
    owner.execute("alter table mill.sack rename column weight to open")
    with pytest.raises(errors.CheckViolation, match="column open is now called kilos") as caught:
        owner.execute("alter table mill.sack rename column open to kilos")
    assert "This name is not followed" in (caught.value.diag.message_hint or "")
    wanted = machines(("guard: weight", "guard: open"), ("not_heavy: weight", "not_heavy: open"))
    apply.install(admin, wanted)

    assert codes(admin, wanted) == set()
    refuse(owner, "alter table mill.sack rename column open to kilos")


@pytest.mark.parametrize(
    "statement",
    [
        "alter table mill.sack rename column id to number",  # the history has a column of that name
        'alter table mill.sack rename column weight to "Weight"',
        'alter table mill.sack rename column weight to "order"',
        'alter table mill.sack rename to "Sack"',
        "alter table mill.cart rename column day to d",
    ],
)
def test_what_cannot_be_followed_for_certain_is_refused(
    admin: psycopg.Connection, owner: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(errors.CheckViolation, match="is now") as caught:
        owner.execute(statement.encode())

    assert "This name is not followed: `interlock bypass open" in str(
        caught.value.diag.message_hint
    )
    assert codes(admin, machines()) == set()
    assert titles(admin, machines()) == set()


def test_a_rename_covers_up_nothing_that_was_lost_before(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    """What was changed while the tripwire was off is no less a loss when a name follows."""
    names = list(tripwire.TRIGGERS)
    for name in names:
        admin.execute(f"alter event trigger {name} disable")
    admin.execute(
        "do $$ begin execute replace(pg_get_functiondef('interlock.sack_change()'::regprocedure),"
        " 'v_event := ', 'v_event := null; v_event := '); end $$"
    )
    owner.execute("drop index mill.interlock_sack_claim_one_open")
    owner.execute("create unique index interlock_sack_claim_one_open on mill.sack (id, miller)")
    for name in names:
        admin.execute(f"alter event trigger {name} enable always")

    refuse(
        owner,
        "alter table mill.sack rename to bag",
        "alter table mill.sack rename column weight to kilos",
    )
    assert {"function-changed", "index-changed"} & codes(admin, machines())


def test_a_savepoint_that_is_rolled_back_takes_the_new_name_along(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    with owner.transaction():
        with owner.transaction(force_rollback=True):
            owner.execute("alter table mill.sack rename column weight to kilos")
        with owner.transaction():
            owner.execute("alter table mill.sack rename to bag")
        with owner.transaction():
            owner.execute("alter table mill.bag rename column miller to from_whom")
    refuse(owner, "update mill.bag set status = 'SOLD' where id = 1")
    owner.execute("update mill.bag set status = 'OPEN' where id = 1")

    left = admin.execute("select count(*) from interlock.ddl_pass").fetchone()
    assert left == (0,)
    wanted = machines(("mill.sack", "mill.bag"), ("[miller]", "[from_whom]"))
    assert codes(admin, wanted) == {"name-behind"}


def test_following_lets_nothing_else_through_in_its_transaction(owner: psycopg.Connection) -> None:
    owner.execute("begin")
    owner.execute("alter table mill.sack rename to bag")
    with pytest.raises(errors.CheckViolation, match="disarm"):
        owner.execute("alter table mill.bag disable trigger user")


def test_a_writer_who_waits_for_the_rename_is_judged_after_it(
    mill: str, owner: psycopg.Connection, connect: Connect
) -> None:
    """A session with compiled functions in its cache goes on by the new text, without a break."""
    writer = connect(conninfo.make_conninfo(mill, user=ROLE), autocommit=True)
    writer.execute("insert into mill.sack (id, status, weight) values (5, 'FULL', 1)")
    writer.execute("update mill.sack set weight = 2 where id = 5")
    owner.execute("alter table mill.sack rename column weight to kilos")

    refuse(writer, "update mill.sack set status = 'SOLD' where id = 5")
    writer.execute("update mill.sack set status = 'OPEN', kilos = 3 where id = 5")


@pytest.mark.slow
def test_the_hotel_is_followed(
    make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    """A machine with all that a spec can say: the state column and the table get other names."""
    text = HOTEL_SPEC.read_text(encoding="utf-8")

    def hotel(session: psycopg.Connection) -> None:
        session.execute(HOTEL_SCHEMA.read_bytes())
        apply.install(session, spec.parse(text, "hotel.yaml"), makes_tripwire=True)

    admin = connect(make_database("followed_hotel", hotel), autocommit=True)
    admin.execute("alter table hotel.room_booking rename to stay")
    admin.execute("alter table hotel.stay rename column checked_in_at to came_at")
    renamed = text.replace("hotel.room_booking", "hotel.stay").replace("checked_in_at", "came_at")
    wanted = spec.parse(renamed, "hotel.yaml")

    found = {it.code for it in verify(admin, wanted).findings if it.severity == "error"}
    assert found == set()
    apply.install(admin, wanted)
    assert steps.make_plan(admin, wanted).is_empty


def test_a_schema_of_the_version_before_is_looked_at_and_brought_up_to_date(
    admin: psycopg.Connection, owner: psycopg.Connection
) -> None:
    """Before this revision no rename was followed, and nothing was recorded of one."""
    admin.execute(migrate.downgrade_sql("0017", "0016").encode())

    assert "schema-outdated" in codes(admin, machines())
    apply.install(admin, machines(("final: [GONE]", "final: [GONE]\n    continuity: online")))
    owner.execute("alter table mill.cart rename to wagon")
    refuse(owner, "insert into mill.wagon values (1, 'GONE', '2026-01-05')")


@pytest.mark.parametrize("has_rows", [True, False])
def test_a_concurrent_detach_is_refused_at_its_end(
    admin: psycopg.Connection, owner: psycopg.Connection, has_rows: bool
) -> None:
    """Its first half is committed before an event trigger fires: it stays, and is still judged."""
    if has_rows:
        owner.execute("insert into mill.cart values (1, 'EMPTY', '2026-01-05')")
    detach = "alter table mill.cart detach partition mill.cart_1"
    if not has_rows:
        owner.execute(f"{detach} concurrently".encode())
        assert codes(admin, machines()) == set()
        return

    refuse(owner, f"{detach} concurrently", f"{detach} finalize", "drop table mill.cart_1")
    refuse(owner, "update mill.cart_1 set status = 'LOST'")
    assert {"IL10", "tripwire-stale"} <= codes(admin, machines())
    bypasses.open_one(admin, bypasses.Wish("cart", "detach", bypasses.duration("5m"), ROLE))
    owner.execute(f"{detach} finalize".encode())
    bypasses.close(admin, "cart")
    assert "tripwire-stale" not in codes(admin, machines())
