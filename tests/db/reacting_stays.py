"""A table of stays, whose payment confirms them: what the tests of reactions share."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors

from pginterlock import apply, spec
from pginterlock.findings import Finding, Severity
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

TABLE = """
create schema inn;
create table inn.stay (
    id          integer primary key,
    status      text not null,
    paid_at     timestamptz,
    vouched_by  text,
    rate        numeric,
    room        integer,
    note        text,
    asked_at    timestamptz,
    confirmed_at timestamptz,
    cancelled_at timestamptz
);
grant usage on schema inn to public;
grant select, insert, update on inn.stay to public;
"""
SPEC = """
interlock: 1
machines:
  stay:
    table: inn.stay
    state: status
    mode: enforce
    initial: [DRAFT, PENDING]
    final: [LEFT, CANCELLED]
    transitions:
      submit:  {from: DRAFT, to: PENDING}
      ask:     {from: PENDING, to: ASKED}
      confirm:
        from: [PENDING, ASKED]
        to: CONFIRMED
        guard: rate is not null
        by: [pg_monitor]
        reason: required
      leave:   {from: CONFIRMED, to: LEFT}
      cancel:  {from: [DRAFT, PENDING, ASKED, CONFIRMED], to: CANCELLED}
    stamps:
      asked_at:     ASKED
      confirmed_at: CONFIRMED
      cancelled_at: CANCELLED
    states:
      CONFIRMED: {freeze: [paid_at]}
      LEFT:      {require: [room]}
    reactions:
      payment_confirms: {when: paid_at is not null, event: confirm}
    audit: {columns: [paid_at]}
"""
PAY = "update inn.stay set paid_at = now() where id = 1"
ACTOR = "interlock:payment_confirms"
CAUSE = "payment_confirms: paid_at is not null"
HISTORY = """
select kind, event, from_state, to_state, actor, reason, cause, claimed_actor
from interlock.stay_audit order by id
"""


def wanted(*changes: tuple[str, str]) -> Spec:
    """Return the spec, with the first of each pair replaced by the second."""
    text = SPEC
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return spec.parse(text, "interlock.yaml")


# Make a database with the machine on it: ``make(name, machine, before)`` returns a session.
Make = Callable[..., psycopg.Connection]


def builder(machine: Spec | None = None, before: str = "") -> Callable[[psycopg.Connection], None]:
    """Return what makes the table, runs the SQL *before*, and puts the machine on it."""

    def build(session: psycopg.Connection) -> None:
        session.execute(TABLE)
        session.execute(before.encode() or b"select 1")
        apply.install(session, machine or wanted())

    return build


def put(session: psycopg.Connection, state: str = "PENDING", rate: int | None = 90) -> None:
    """Insert stay 1, and bring it to *state* without a payment."""
    session.execute("insert into inn.stay (id, status, rate) values (1, 'PENDING', %s)", [rate])
    if state == "ASKED":
        session.execute("update inn.stay set status = 'ASKED' where id = 1")


def state(session: psycopg.Connection, stay: int = 1) -> str:
    """Return the state of a stay."""
    row = session.execute("select status from inn.stay where id = %s", [stay]).fetchone()
    assert row
    return str(row[0])


def entries(session: psycopg.Connection) -> list[tuple[object, ...]]:
    """Return the history, oldest first."""
    return session.execute(HISTORY.encode()).fetchall()


def last(session: psycopg.Connection) -> tuple[object, ...]:
    """Return the newest entry."""
    return entries(session)[-1]


def found(session: psycopg.Connection, machine: Spec | None = None) -> list[Finding]:
    """Return what `verify` finds, but for what it says of a single role for all."""
    report = verify(session, machine or wanted(), scope=Scope(seals=True))
    return [it for it in report.findings if it.code != "weak-roles"]


def wrong(session: psycopg.Connection, machine: Spec | None = None) -> list[str]:
    """Return what of it is an error."""
    return [it.message for it in found(session, machine) if it.severity is Severity.ERROR]


@contextmanager
def refused(code: str) -> Iterator[dict[str, object]]:
    """Expect the refusal *code*; what it told is in the mapping afterwards."""
    told: dict[str, object] = {}
    with pytest.raises(errors.CheckViolation) as caught:
        yield told
    told.update(json.loads(caught.value.diag.message_detail or "{}"))
    told.update(message=caught.value.diag.message_primary, hint=caught.value.diag.message_hint)
    assert told["code"] == code, told
