"""Four eyes: a move that needs approvals is made once they stand, and takes them (IL05)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors
from tests.conftest import Build
from tests.db import approval_depot
from tests.db.approval_depot import REFUND, SPEC, WANTED, Connect, Login, approve, logins, state
from tests.servers import TestServer

import pginterlock
from pginterlock import actor_keys, apply, audit, bypasses, refusal, spec, steps, tokens, uninstall
from pginterlock.__main__ import main
from pginterlock.bypasses import Wish, duration
from pginterlock.errors import NotAuthorised, SpecError
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

SECRET = b"known to the authentication service alone"


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    return make_database("approval_depot", approval_depot.build)


@pytest.fixture
def login(server: TestServer, dsn: str, connect: Connect) -> Login:
    return logins(server, dsn, connect)


@pytest.fixture
def admin(login: Login) -> psycopg.Connection:
    return login("")


@contextmanager
def refused(code: str = "IL05", rule: str = "approval") -> Iterator[dict[str, object]]:
    told: dict[str, object] = {}
    with pytest.raises(errors.CheckViolation) as caught:
        yield told
    diag = caught.value.diag
    told.update(json.loads(diag.message_detail or "{}"))
    told.update(message=diag.message_primary, hint=diag.message_hint, error=caught.value)
    assert (told["code"], diag.constraint_name) == (code, f"parcel.{rule}")


def move(session: psycopg.Connection, key: int = 1) -> None:
    session.execute(REFUND.format(key).encode())


def changed(old: str, new: str, text: str = SPEC) -> Spec:
    assert old in text
    return spec.parse(text.replace(old, new), "spec.yaml")


def test_two_others_approve_and_then_the_move_is_made(login: Login) -> None:
    app = login("app")
    with refused() as told:
        move(app)
    assert told["message"] == "parcel 1: SENT -> BACK needs 2 approvals, and 2 are missing"
    assert told["hint"] == (
        "refund is approved by others than who makes the move:"
        " select interlock.approve('parcel', '1', 'refund', reason => WHY)"
    )
    assert (told["missing"], told["event"], told["key"]) == (["approval"], "refund", {"id": 1})

    assert approve(login("ann"), 1) == (1, 1)
    with refused() as told:
        move(app)
    assert told["message"] == "parcel 1: SENT -> BACK needs 2 approvals, and 1 is missing"
    assert approve(login("bob"), 1) == (2, 0)
    move(app)

    assert state(app, 1) == "BACK"


def test_the_refusal_is_typed(login: Login) -> None:
    with pytest.raises(errors.CheckViolation) as caught:
        move(login("app"))

    told = refusal(caught.value)
    assert isinstance(told, NotAuthorised)
    assert (told.rule, told.missing) == ("approval", ("approval",))


def test_what_is_taken_names_its_move_and_the_move_what_it_took(
    login: Login, admin: psycopg.Connection
) -> None:
    login("ann").execute("select interlock.approve('parcel', 1, 'refund', reason => 'was ill')")
    approve(login("bob"), 1)
    move(login("app"))

    kept = admin.execute(
        "select a.session_role, a.reason, a.consumed_transaction = e.transaction_id,"
        " a.consumed_at is not null, a.entry_id < e.id, a.approval_id = any(e.approvals)"
        " from interlock.approval as a join interlock.parcel_audit as e"
        " on e.key_id = (a.key ->> 'id')::bigint and e.event = a.event order by a.approval_id"
    ).fetchall()
    assert kept == [
        ("approval_ann", "was ill", True, True, True, True),
        ("approval_bob", None, True, True, True, True),
    ]
    [*_, last] = audit.history(admin, "parcel", ["1"])
    assert [(it.person, it.reason) for it in last.approvals] == [
        ("approval_ann", "was ill"),
        ("approval_bob", None),
    ]


def test_history_shows_who_approved(
    login: Login,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    login("ann").execute("select interlock.approve('parcel', 1, 'refund', reason => 'was ill')")
    approve(login("bob"), 1)
    move(login("app"))
    monkeypatch.setenv("INTERLOCK_DSN", dsn)
    monkeypatch.setenv("COLUMNS", "200")

    def printed(*options: str) -> str:
        monkeypatch.setattr("sys.argv", ["interlock", "history", "parcel", "1", *options])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 0
        return capsys.readouterr().out

    text, found = printed(), json.loads(printed("--format", "json"))

    assert "approved by approval_ann (was ill)" in text
    assert "approved by approval_bob" in text
    assert [it["session_role"] for it in found[-1]["approvals"]] == [
        "approval_ann",
        "approval_bob",
    ]
    assert "approvals" not in found[0]


def test_who_may_not_read_approvals_sees_their_numbers(
    login: Login, admin: psycopg.Connection
) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    move(login("app"))
    admin.execute("grant usage on schema interlock to approval_eye")
    admin.execute("grant select on interlock.parcel_audit, interlock.machine to approval_eye")

    [*_, last] = audit.history(login("eye"), "parcel", ["1"])

    assert [it.person for it in last.approvals] == ["approval 1", "approval 2"]


def test_fire_asks_for_them_too(login: Login) -> None:
    app, parcel = login("app"), pginterlock.machine("parcel")
    parcel.approve(login("ann"), 1, "refund", reason="was ill")

    tried = parcel.fire(app, 1, "refund", dry_run=True)
    assert isinstance(tried.refusal, NotAuthorised)
    with pytest.raises(NotAuthorised):
        parcel.fire(app, 1, "refund")
    told = parcel.approve(login("bob"), 1, "refund")
    assert (told.from_state, told.approvals, told.missing) == ("SENT", 2, 0)
    assert parcel.fire(app, 1, "refund", dry_run=True).refusal is None
    assert parcel.fire(app, 1, "refund").to_state == "BACK"


def test_allowed_says_how_many_are_missing(login: Login) -> None:
    def said(who: str) -> list[object]:
        found = pginterlock.machine("parcel").allowed(login(who), 1)
        return [(it.missing, it.needs) for it in found if it.event == "refund"]

    assert said("app") == [(("approval",), ("2 more approvals",))]
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    assert said("app") == [((), ())]
    assert said("bob") == [(("approval",), ("1 more approval",))]


def test_the_same_person_counts_once_and_may_say_so_twice(login: Login) -> None:
    ann = login("ann")

    assert [approve(ann, 1), approve(ann, 1), approve(login("ann"), 1)] == [(1, 1)] * 3
    with refused():
        move(login("app"))


def test_who_moves_is_none_of_the_approvers(login: Login) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)

    with refused() as told:
        move(login("bob"))
    assert told["message"] == "parcel 1: SENT -> BACK needs 2 approvals, and 1 is missing"
    assert approve(login("cid"), 1) == (3, 0)
    move(login("bob"))


def test_what_need_not_be_distinct_is_approved_by_the_mover(login: Login) -> None:
    app = login("app")

    assert [approve(app, 1, "write_off"), approve(app, 1, "write_off")] == [(1, 1), (2, 0)]
    app.execute("update depot.parcel set status = 'LOST' where id = 1")


def test_approvals_are_of_one_event(login: Login) -> None:
    app = login("app")
    approve(login("ann"), 1)
    approve(login("bob"), 1)

    with refused():
        app.execute("update depot.parcel set status = 'LOST' where id = 1")


def test_a_move_that_is_rolled_back_gives_them_back(login: Login) -> None:
    app = login("app")
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    with app.transaction():
        move(app)
        raise psycopg.Rollback

    move(app)


def test_they_are_taken_once(login: Login) -> None:
    app = login("app")
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    with refused():
        app.execute("update depot.parcel set status = 'BACK' where id in (1, 2)")
    move(app)

    with refused():
        move(app, 2)


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(
            "update depot.parcel set status = 'PACKED' where id = 1;"
            "update depot.parcel set status = 'SENT' where id = 1",
            id="left and came back",
        ),
        pytest.param("update depot.parcel set amount = 6 where id = 1", id="a recorded column"),
        pytest.param(
            "update depot.parcel set amount = 6 where id = 1;"
            "update depot.parcel set amount = 5 where id = 1",
            id="and back again",
        ),
    ],
)
def test_they_lapse_with_the_next_entry_of_the_history(login: Login, meanwhile: str) -> None:
    app = login("app")
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    app.execute(meanwhile.encode())

    with refused() as told:
        move(app)
    assert "2 are missing" in str(told["message"])
    assert approve(login("ann"), 1) == (1, 1)
    assert approve(login("bob"), 1) == (2, 0)
    move(app)


def test_what_is_not_recorded_changes_nothing(login: Login) -> None:
    app = login("app")
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    app.execute("update depot.parcel set note = 'x' where id = 1")

    move(app)


def test_a_row_that_was_there_before_the_machine(login: Login) -> None:
    app = login("app")
    approve(login("ann"), 100)
    approve(login("bob"), 100)
    app.execute("update depot.parcel set status = 'PACKED' where id = 100")
    app.execute("update depot.parcel set status = 'SENT' where id = 100")
    with refused():
        move(app, 100)
    approve(login("ann"), 100)
    approve(login("bob"), 100)

    move(app, 100)


def test_withdrawn_is_as_never_given(login: Login) -> None:
    ann, parcel = login("ann"), pginterlock.machine("parcel")
    approve(ann, 1)
    approve(login("bob"), 1)

    assert parcel.withdraw(login("cid"), 1, "refund") == 0
    assert parcel.withdraw(ann, 1, "refund") == 1
    assert parcel.withdraw(ann, 1, "refund") == 0
    with refused():
        move(login("app"))
    assert approve(ann, 1) == (2, 0)
    move(login("app"))
    assert parcel.withdraw(ann, 1, "refund") == 0


def test_approvals_for_members_of_roles(login: Login) -> None:
    admin, cid, ann = login(""), login("cid"), login("ann")
    admin.execute("update depot.parcel set status = 'PACKED' where id = 1")

    with refused() as told:
        approve(cid, 1, "scrap")
    assert told["message"] == "parcel 1: approvals of scrap are not by approval_cid"
    assert (told["hint"], told["missing"]) == (
        "They are by members of approval_boss",
        ["role"],
    )
    ann.execute("set role approval_cid")
    with refused():
        approve(ann, 1, "scrap")
    ann.execute("reset role")
    assert approve(ann, 1, "scrap") == (1, 0)
    with refused() as told:
        ann.execute("update depot.parcel set status = 'LOST' where id = 1")
    assert str(told["hint"]).startswith(
        "scrap is approved by members of approval_boss, not by who makes the move:"
    )
    cid.execute("update depot.parcel set status = 'LOST' where id = 1")


@pytest.mark.parametrize(
    ("call", "error", "message", "hint"),
    [
        ("'parcl', 1, 'refund'", errors.InvalidParameterValue, "no machine 'parcl'", "'parcel'?"),
        ("'parcel', 1, 'refnd'", errors.InvalidParameterValue, "no event 'refnd'", "'refund'?"),
        (
            "'parcel', 1, 'recall'",
            errors.InvalidParameterValue,
            "recall from SENT needs no approval",
            "refund from SENT, write_off from SENT, scrap from PACKED",
        ),
        ("'parcel', 1, 'scrap'", errors.CheckViolation, "no scrap from SENT", "Events from SENT"),
        ("'parcel', 77, 'refund'", errors.CheckViolation, "no such row", "was never there"),
    ],
)
def test_what_cannot_be_approved(
    login: Login, call: str, error: type[psycopg.Error], message: str, hint: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        login("ann").execute(f"select interlock.approve({call})".encode())
    assert hint in str(caught.value.diag.message_hint)


def test_a_machine_without_such_moves(admin: psycopg.Connection) -> None:
    apply.install(admin, spec.parse(without_approvals(), "spec.yaml"))

    with pytest.raises(errors.InvalidParameterValue, match="no event of parcel needs approvals"):
        approve(admin, 1)


def without_approvals() -> str:
    text = SPEC.replace(", approvals: {count: 2, distinct: true}", "")
    text = text.replace(", approvals: {count: 2, distinct: false}", "")
    return text.replace(", approvals: {count: 1, by: approval_boss}", "")


def test_who_may_only_read_may_approve(login: Login) -> None:
    assert approve(login("eye"), 1) == (1, 1)


def test_who_may_not_read_the_row_may_not_approve(login: Login, admin: psycopg.Connection) -> None:
    admin.execute("revoke select on depot.parcel from public")

    with pytest.raises(errors.InsufficientPrivilege):
        approve(login("eye"), 1)


def test_keys_are_the_same_however_they_are_told(login: Login) -> None:
    ann, bob = login("ann"), login("bob")
    ann.execute("""select interlock.approve('parcel', '{"id": 1}'::jsonb, 'refund')""")
    bob.execute("select interlock.approve('parcel', '001', 'refund')")

    move(login("app"))


def test_observe_records_the_move_that_lacks_them(login: Login, admin: psycopg.Connection) -> None:
    apply.install(admin, changed("mode: enforce", "mode: observe"))
    approve(login("ann"), 1)

    move(login("app"))
    approve(login("ann"), 2)
    approve(login("bob"), 2)
    move(login("app"), 2)

    found = admin.execute("select code, rule_name, key from interlock.violation").fetchall()
    assert found == [("IL05", "approval", {"id": 1})]
    entries = admin.execute(
        "select key_id, event, approvals from interlock.parcel_audit where to_state = 'BACK'"
    ).fetchall()
    assert entries == [(1, "refund", None), (2, "refund", [2, 3])]


def test_the_rule_has_a_mode_of_its_own(login: Login, admin: psycopg.Connection) -> None:
    apply.install(admin, spec.parse(f"{SPEC}    modes: {{approval: observe}}\n", "spec.yaml"))

    move(login("app"))

    found = admin.execute("select code, rule_name from interlock.violation").fetchall()
    assert found == [("IL05", "approval")]
    with pytest.raises(SpecError, match="'approval' is no rule"):
        spec.parse(f"{without_approvals()}    modes: {{approval: observe}}\n", "spec.yaml")


@pytest.mark.parametrize("rule", ["guard", "authority"])
def test_a_guard_or_a_role_that_is_only_observed_opens_no_move_to_the_unapproved(
    login: Login, admin: psycopg.Connection, rule: str
) -> None:
    more = "guard: amount > 100" if rule == "guard" else "by: approval_boss"
    text = SPEC.replace("to: BACK,", f"to: BACK, {more},")
    apply.install(admin, spec.parse(f"{text}    modes: {{{rule}: observe}}\n", "spec.yaml"))

    with refused():
        move(login("app"))
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    move(login("app"))

    found = admin.execute("select rule_name from interlock.violation").fetchall()
    assert found == [(rule,)]


def test_a_guard_or_a_role_is_told_first(login: Login, admin: psycopg.Connection) -> None:
    apply.install(admin, changed("to: BACK,", "to: BACK, guard: amount > 9, by: approval_boss,"))
    ann = login("ann")

    with refused("IL04", "guard"):
        move(ann)
    admin.execute("update depot.parcel set amount = 10")
    with refused("IL05", "authority"):
        move(login("app"))
    with refused():
        move(ann)


def test_another_event_of_the_same_move_needs_none(login: Login, admin: psycopg.Connection) -> None:
    more = "      audited: {from: SENT, to: BACK, guard: amount = 0}\n"
    apply.install(admin, changed("      write_off", f"{more}      write_off"))
    app = login("app")
    app.execute("update depot.parcel set amount = 0 where id = 1")

    with refused():
        app.execute("select interlock.fire('parcel', 1, 'refund')")
    move(app)
    with refused():
        move(app, 2)
    approve(login("ann"), 2)
    approve(login("bob"), 2)
    move(app, 2)

    told = admin.execute(
        "select key_id, event, approvals from interlock.parcel_audit"
        " where to_state = 'BACK' order by id"
    ).fetchall()
    assert told == [(1, "audited", None), (2, "refund", [1, 2])]


def test_a_bypass_lifts_it(login: Login, admin: psycopg.Connection) -> None:
    wish = Wish("parcel", "both are ill", duration("30m"), role="approval_app")
    bypasses.open_one(admin, wish)

    move(login("app"))

    told = admin.execute("select kind, event, approvals from interlock.parcel_audit where id > 18")
    assert told.fetchall() == [("bypass", "refund", None)]
    kept = admin.execute("select code, rule_name, bypass_id is not null from interlock.violation")
    assert kept.fetchall() == [("IL05", "approval", True)]


def findings(session: psycopg.Connection, wanted: Spec = WANTED) -> list[str]:
    report = verify(session, wanted, scope=Scope(probes=False))
    return [it.code for it in report.findings if it.severity == "error"]


def test_verify_is_content_and_a_second_plan_empty(login: Login, admin: psycopg.Connection) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    move(login("app"))

    assert findings(admin) == []
    assert steps.make_plan(admin, WANTED).is_empty


@pytest.mark.parametrize(
    "damage",
    [
        "create or replace function interlock.parcel_approval(p_key jsonb, p_event text,"
        " p_state text, p_verb text, p_reason text) returns jsonb language sql as"
        " 'select null::jsonb'",
        "drop function interlock.parcel_approve",
        "alter table interlock.approval disable trigger interlock_10_once",
        "alter table interlock.approval enable trigger interlock_20_once",
        "grant insert on interlock.approval to approval_app",
        "grant execute on function interlock.give_approval to approval_app",
        "create or replace function interlock.take_approvals(p_machine text, p_key jsonb,"
        " p_event text, p_from text, p_entry bigint, p_count integer, p_is_distinct boolean,"
        " p_is_signed boolean) returns bigint[] language sql as 'select array[1,2]::bigint[]'",
    ],
)
def test_verify_finds_what_disarms_it(admin: psycopg.Connection, damage: str) -> None:
    admin.execute(damage.encode())

    assert findings(admin) != []


def test_a_change_of_the_count_counts_those_that_stand(
    login: Login, admin: psycopg.Connection
) -> None:
    approve(login("ann"), 1)
    raised = changed("count: 2, distinct: true", "count: 3, distinct: true")
    apply.install(admin, raised)
    approve(login("bob"), 1)
    with refused() as told:
        move(login("app"))
    assert "needs 3 approvals, and 1 is missing" in str(told["message"])
    apply.install(admin, WANTED)

    move(login("app"))


@pytest.mark.parametrize("between", ["renamed", "removed", "not asked for", "taken off"])
def test_what_the_machine_did_not_ask_for_in_between_counts_no_more(
    login: Login, admin: psycopg.Connection, between: str
) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    line = "      refund: {from: SENT, to: BACK, approvals: {count: 2, distinct: true}}\n"
    match between:
        case "renamed":
            apply.install(admin, changed("      refund:", "      pay_back:"))
        case "removed":
            text = "      close: {from: SENT, to: BACK, guard: amount > 99}\n"
            apply.install(admin, changed(line, text))
        case "not asked for":
            apply.install(admin, spec.parse(without_approvals(), "spec.yaml"))
        case _:
            uninstall.take_off(admin, ["parcel"], drop_history=True)
            admin.execute("drop schema if exists interlock cascade")
    if between == "renamed":
        with refused() as told:
            move(login("app"))
        assert "2 are missing" in str(told["message"])
    apply.install(admin, WANTED)

    with refused() as told:
        move(login("app"))
    assert "2 are missing" in str(told["message"])


def test_a_machine_that_was_taken_off_takes_its_functions_along(
    login: Login, admin: psycopg.Connection
) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    uninstall.take_off(admin, ["parcel"], drop_history=False)

    left = admin.execute("select proname from pg_proc where proname ~ '^parcel_'").fetchall()
    assert left == []
    apply.install(admin, WANTED)
    with refused():
        move(login("app"))


def test_a_renamed_state_lets_them_lapse(login: Login, admin: psycopg.Connection) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    text = SPEC.replace("SENT", "ON_THE_WAY")
    text += "    states: {ON_THE_WAY: {renamed_from: SENT}}\n"
    apply.install(admin, spec.parse(text, "spec.yaml"))
    assert state(admin, 1) == "ON_THE_WAY"

    with refused() as told:
        move(login("app"))
    assert "2 are missing" in str(told["message"])
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    move(login("app"))


def sign(session: psycopg.Connection, actor: str) -> None:
    row = session.execute("select interlock.challenge('transaction')").fetchone()
    assert row
    token = tokens.sign(SECRET, actor, str(row[0]), datetime.now(UTC) + timedelta(minutes=1), "k1")
    session.execute("select interlock.act_as_signed(%s)", [token])


def test_signed_actors_are_persons_behind_one_login(
    login: Login, admin: psycopg.Connection
) -> None:
    signed = changed("audit: {columns: [amount]}", "audit: {columns: [amount], actor: signed}")
    apply.install(admin, signed)
    actor_keys.add(admin, "k1", SECRET)
    app = login("app")

    with refused("IL06", "attribution"):
        approve(app, 1)
    told = []
    for actor in ("ann", "ann", "bob"):
        with app.transaction():
            sign(app, actor)
            told.append(approve(app, 1))
    assert told == [(1, 1), (1, 1), (2, 0)]
    with refused(), app.transaction():
        sign(app, "bob")
        move(app)
    with app.transaction():
        sign(app, "cid")
        move(app)
    [*_, last] = audit.history(admin, "parcel", ["1"])
    assert [it.person for it in last.approvals] == ["ann", "bob"]
    assert findings(admin, signed) == []


def test_one_signed_actor_at_two_logins_is_one_person(
    login: Login, admin: psycopg.Connection
) -> None:
    apply.install(
        admin, changed("audit: {columns: [amount]}", "audit: {columns: [amount], actor: signed}")
    )
    actor_keys.add(admin, "k1", SECRET)
    told = []
    for who in ("ann", "bob"):
        session = login(who)
        with session.transaction():
            sign(session, "user:1")
            told.append(approve(session, 1))

    assert told == [(1, 1), (1, 1)]


def test_what_was_approved_unsigned_counts_no_more_once_actors_are_signed(
    login: Login, admin: psycopg.Connection
) -> None:
    approve(login("ann"), 1)
    approve(login("bob"), 1)
    apply.install(
        admin, changed("audit: {columns: [amount]}", "audit: {columns: [amount], actor: signed}")
    )
    actor_keys.add(admin, "k1", SECRET)
    app = login("app")

    with refused() as told, app.transaction():
        sign(app, "cid")
        move(app)
    assert "2 are missing" in str(told["message"])


def test_those_of_a_month_that_was_retained_count_no_more(
    login: Login, admin: psycopg.Connection
) -> None:
    """For what came after them may have gone with it."""
    approve(login("ann"), 100)
    approve(login("bob"), 100)
    admin.execute(
        "insert into interlock.retained (relation_name, month, entry_count, upto_id, journal_id)"
        " values ('parcel_audit', date_trunc('month', now() at time zone 'UTC'), 1, 1, 1)"
    )

    with refused():
        move(login("app"), 100)


WIDE = """
create type stage as enum ('OPEN', 'DONE');
create table "Room No" (
    hotel uuid, "nr'" char(4), stage stage not null, primary key (hotel, "nr'")
) partition by hash (hotel);
create table room_0 partition of "Room No" for values with (modulus 2, remainder 0);
create table room_1 partition of "Room No" for values with (modulus 2, remainder 1);
"""
WIDE_SPEC = """
interlock: 1
machines:
  room:
    table: '"Room No"'
    state: stage
    mode: enforce
    initial: [OPEN]
    final: [DONE]
    transitions:
      "close it's": {from: OPEN, to: DONE, approvals: {count: 1}}
"""


def test_a_key_of_two_columns_an_enum_and_partitions(
    empty: str, connect: Connect, server: TestServer
) -> None:
    admin = connect(empty, autocommit=True)
    admin.execute(approval_depot.ROLES.encode())
    admin.execute(WIDE.encode())
    apply.install(admin, spec.parse(WIDE_SPEC, "spec.yaml"))
    key = {"hotel": "00000000-0000-0000-0000-000000000007", "nr'": "12"}
    admin.execute("insert into \"Room No\" values (%s, %s, 'OPEN')", list(key.values()))
    admin.execute('grant select on "Room No" to public')
    room, ann = pginterlock.machine("room"), logins(server, empty, connect)("ann")

    with pytest.raises(NotAuthorised) as caught:
        room.fire(admin, key, "close it's")
    hint = caught.value.hint.partition(": ")[2].replace("WHY", "'it is time'")
    ann.execute(hint.encode())

    assert room.fire(admin, key, "close it's").to_state == "DONE"
    assert room.allowed(admin, key) == []
