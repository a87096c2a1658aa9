"""Tests from a spec find each rule that is taken out of a machine: none is there for show."""

import itertools
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.db.generated_loans import LOAN_SPEC, LOAN_TABLES, ROLES, VOTE_SPEC, VOTE_TABLES
from tests.db.generating import Making, ran
from tests.servers import TestServer

from pginterlock import assets
from pginterlock.generate import Generated
from pginterlock.rules import RULES

MACHINES = "fixtures/machines.sql"
# What refuses in the compiled functions: the first line of a function, or of a refusal in it.
REFUSAL = re.compile(
    r"(?m)^-- create .*$"
    r"|(?:perform|v_kind :=) interlock\.refuse(?:_unless_lifted)?\(\n"
    r"\s*p_code => 'IL\d\d', p_machine => '(?P<machine>\w+)', p_rule => '(?P<rule>\w+)',"
    r"(?P<rest>(?s:.*?))\n\s*\);"
)
# Rule, machine, and the function and the words of the refusals that are taken out: of moves, rows,
# of who acts.
MOVES = {
    "transition": ("transition", "loan", "", ""),
    "transition of votes": ("transition", "vote", "", ""),
    "birth": ("birth", "loan", "", "may not begin"),
    "birth: a key again": ("birth", "loan", "", "used before"),
    "death": ("death", "loan", "", ""),
    "stale": ("stale", "loan", "", ""),
    "guard": ("guard", "loan", "", ""),
    "authority": ("authority", "loan", "", ""),
    "approval": ("approval", "loan", "loan_change", ""),
    "approval: who may approve": ("approval", "loan", "loan_approval", ""),
    "approval: by whom, not proved": ("attribution", "vote", "vote_approval", ""),
    "continuity": ("continuity", "loan", "", ""),
    "freeze: a part of the key": ("freeze", "loan", "", "the key part"),
    "freeze: another part of the key": ("freeze", "loan", "", "the key id"),
    "freeze: a stamp": ("freeze", "loan", "", "changes only when its state"),
    "freeze: a column": ("freeze", "loan", "", "borrower may not change in OUT"),
    "freeze: all columns, the last one": ("freeze", "loan", "", "paid_at may not change in CLOSED"),
}
ROWS = {
    "known_state": ("known_state", "loan", "", ""),
    "stamp": ("stamp", "loan", "", ""),
    "state_row: require": ("state_row", "loan", "", "OUT requires"),
    "state_row: forbid": ("state_row", "loan", "", "LOST forbids"),
    "state_row: clear": ("state_row", "loan", "", "DROPPED forbids"),
    "invariant": ("invariant", "loan", "", "amount_is_there"),
    "invariant in a state": ("invariant", "loan", "", "loss_is_told"),
    "claim: without an end": ("claim", "loan", "", "without beginning"),
    "mirror: written by others": ("mirror", "loan", "loan_mirror_is_out", ""),
}
ACTING = {
    "attribution: a birth": ("attribution", "loan", "loan_birth", "no actor"),
    "attribution: a write": ("attribution", "loan", "loan_change", "no actor"),
    "attribution: a death": ("attribution", "loan", "loan_death", "no actor"),
    "attribution: the reason": ("attribution", "loan", "", "needs a reason"),
    "attribution: the database's name": ("attribution", "loan", "", "nobody acts as"),
    "attribution: a birth, signed": ("attribution", "vote", "vote_birth", "not signed"),
    "attribution: a write, signed": ("attribution", "vote", "vote_change", "not signed"),
    "attribution: a death, signed": ("attribution", "vote", "vote_death", "not signed"),
}
# Machine, what the compiled SQL says, and what it says otherwise.
REWRITTEN = {
    "guard on another table": ("loan", "return found;\nend;", "return true;\nend;"),
    "guard on the row": ("loan", "(new.amount > 5) is true", "true"),
    "state_row: nothing is cleared": ("loan", "new.book := null;", "null;"),
    "stamp: what is given is kept": (
        "loan", "(new.back_at is not null and (", "(new.back_at is not null or (",
    ),
    "stamp: nothing is filled": ("loan", "new.out_at := pg_catalog.now();", "null;"),
    "reaction": ("loan", "new.status := 'CLOSED';", "null;"),
    "reaction by nobody": ("loan", "'interlock:' || v_reaction", "'somebody'"),
    "event": ("vote", "v_event := 'send';", "v_event := 'sent';"),
}  # fmt: skip
# Machine, and what is done after the machine is made.
DISARMED = {
    "claim": ("loan", "drop index depot.interlock_loan_claim_book;"),
    "claim of a time": (
        "loan",
        "alter table depot.loan drop constraint interlock_loan_claim_visit;",
    ),
    "check": ("loan", "alter table depot.loan drop constraint interlock_loan_row;"),
    "death: truncate": ("loan", "drop trigger interlock_90_loan_truncate on depot.loan;"),
    "mirror": ("loan", "drop trigger interlock_50_loan_mirror_is_out on depot.book;"),
    "mirror: truncate": ("loan", "drop trigger interlock_90_loan_mirror_is_out on depot.book;"),
    "funnel": ("loan", "grant update on depot.loan to interlock_try_application;"),
    "funnel: no way": (
        "loan",
        "revoke all on function depot.interlock_loan_fire(jsonb, text, jsonb, text)"
        " from interlock_try_application;",
    ),
    "history": ("vote", "drop trigger interlock_10_once on interlock.vote_audit;"),
    "history: truncate": (
        "vote",
        # Each month has its own.
        "do $$ declare v_on regclass; begin for v_on in select t.tgrelid::regclass"
        " from pg_trigger as t where t.tgname = 'interlock_20_once'"
        " and t.tgrelid::regclass::text like 'interlock.vote_audit%' loop"
        " execute format('drop trigger interlock_20_once on %s', v_on); end loop; end $$;",
    ),
}
# Functions of the schema: machine, file, what it says, and what it says otherwise.
RUNTIME = {
    "token: the signature": (
        "vote", "read_token", "is distinct from decode(v_part[5], 'hex')", "is null",
    ),
    "token: the key": ("vote", "read_token", "if v_not_after <= clock_timestamp()", "if false"),
    "token: the time": (
        "vote", "read_token",
        "if v_part[3]::bigint <= date_part('epoch', clock_timestamp())", "if false",
    ),
    "token: the transaction": (
        "vote", "read_token",
        "v_part[4] = concat('transaction.', pg_backend_pid(), '.', pg_current_xact_id())",
        "v_part[4] like 'transaction.%'",
    ),
    "token: the connection": (
        "vote", "read_token",
        "v_part[4] not like 'connection.%' or v_part[4] <> interlock.challenge('connection')",
        "v_part[4] not like 'connection.%'",
    ),
    "token: no connection": (
        "vote", "read_token", "'connection.%' or", "'connection.%' or true or",
    ),
    "token: who acts": (
        "vote", "read_token", "substr(p_token, length(v_head) + 67)", "substr('tester', 1)",
    ),
    "token: told at once": ("vote", "act_as_signed", "v_signed[3] is not null", "false"),
    "approvals: of another stay": (
        "loan", "standing_approvals", "and p.entry_id = p_entry", "",
    ),
    "approvals: withdrawn": ("loan", "standing_approvals", "and p.withdrawn_at is null", ""),
    "approvals: the mover's": (
        "loan", "standing_approvals", "(not p_is_distinct or a.person <> p_mover)", "true",
    ),
}  # fmt: skip


def without(text: str, how: tuple[str, str, str, str]) -> str:
    """Return *text* without some refusals: rule, machine, function (or all), and what they say."""
    rule, machine, function, said = how
    place, count, parts, end = "", 0, [], 0
    for it in REFUSAL.finditer(text):
        if it["rule"] is None:
            place = it[0]
            continue
        is_there = not function or place.endswith(f".{function}")
        if (it["machine"], it["rule"]) == (machine, rule) and is_there and said in it["rest"]:
            parts += [text[end : it.start()], "null;"]
            end, count = it.end(), count + 1
    assert count, how
    return "".join([*parts, text[end:]])


def rewritten(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def followed(text: str, by: str) -> str:
    return f"{text}\n{by}\n"


def replaced(text: str, file: str, old: str, new: str) -> str:
    """Return *text*, and after it one function of the schema otherwise than it is."""
    return followed(text, rewritten(assets.read("sql", "runtime", f"{file}.sql"), old, new))


# These are missed by the matrix of moves, all others by the attacks on rules.
OF_MOVES = {
    "transition",
    "transition of votes",
    "birth",
    "birth: a key again",
    "death",
    "death: truncate",
    "known_state",
    "event",
    "stamp: nothing is filled",
}
SOUND = ("sound moves", "sound rules")

Change = Callable[[str], str]  # of the compiled SQL of a machine
GROUPS: dict[str, dict[str, tuple[str, Change]]] = {
    "moves": {it: (how[1], partial(without, how=how)) for it, how in MOVES.items()},
    "rows": {it: (how[1], partial(without, how=how)) for it, how in ROWS.items()},
    "who acts": {it: (how[1], partial(without, how=how)) for it, how in ACTING.items()},
    "rewritten": {
        it: (machine, partial(rewritten, old=old, new=new))
        for it, (machine, old, new) in REWRITTEN.items()
    },
    "disarmed": {it: (how[0], partial(followed, by=how[1])) for it, how in DISARMED.items()},
    "runtime": {
        it: (machine, partial(replaced, file=file, old=old, new=new))
        for it, (machine, file, old, new) in RUNTIME.items()
    },
}


_KEPT: pytest.StashKey[dict[int, dict[str, Generated]]] = pytest.StashKey()


@pytest.fixture
def generated(
    made: Making, server: TestServer, pytestconfig: pytest.Config
) -> dict[str, Generated]:
    """The tests of both machines; made once for each server."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        for role in ROLES:  # else each file makes them, and waits for those before it
            named = f"if to_regrole('{role}') is null then create role {role} nologin; end if"
            admin.execute(f"do $$ begin {named}; end $$".encode())
    kept = pytestconfig.stash.setdefault(_KEPT, {})
    if server.major not in kept:
        kept[server.major] = {
            "loan": made(LOAN_TABLES, LOAN_SPEC)[0],
            "vote": made(VOTE_TABLES, VOTE_SPEC)[0],
        }
    return kept[server.major]


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_each_rule_that_is_taken_out_is_missed(
    generated: dict[str, Generated], server: TestServer, tmp_path: Path, group: str
) -> None:
    variants: dict[str, tuple[str, Change]] = {
        f"{it} of {machine}": (machine, str) for it in SOUND for machine in generated
    }
    variants |= GROUPS[group]
    for name, (machine, change) in variants.items():
        files = dict(generated[machine].files)
        left = "rules" if name in OF_MOVES or "moves" in name.split() else "moves"
        del files[f"{machine}_{left}.sql"]
        files[MACHINES] = change(files[MACHINES])
        Generated(files, 0, ()).write(tmp_path / folder(name))

    failing: dict[str, list[str]] = {folder(name): [] for name in variants}
    for result in ran(tmp_path, server):
        failing[result.file.parent.name] += result.failing_lines

    passing = {name for name, lines in failing.items() if not lines}
    sound = {folder(f"{it} of {machine}") for it in SOUND for machine in generated}
    assert {name: failing[name] for name in sound} == {name: [] for name in sound}
    assert passing == sound


def test_all_that_the_spec_asks_for_is_tried(generated: dict[str, Generated]) -> None:
    left = {it.name: it.why for found in generated.values() for it in found.not_tried}

    assert left == {
        "loan: deadline of OUT": "a deadline refuses nothing: verify and overdue report it",
        "loan: channel loan": "it wakes listeners at a commit, and the tests roll back",
    }


@pytest.mark.parametrize("rule", [it for it in RULES if getattr(it, "REFUSES", True)])
def test_no_rule_is_without_such_a_machine(rule: object) -> None:
    name: str = rule.NAME  # type: ignore[attr-defined]

    assert any(it.partition(":")[0].split()[0] == name for it in itertools.chain(*GROUPS.values()))


def folder(name: str) -> str:
    return re.sub(r"\W+", "_", name)
