"""The hotel that is attacked, and how the tests hold it before and after an attack together.

Bookings, all of them moved legally: 1 PENDING, 2 CONFIRMED and paid, 3 CHECKED_IN in room 1,
4 CHECKED_OUT of room 2, 5 CANCELLED, 6 NO_SHOW, 7 PENDING. Booking 8 was CONFIRMED before there
was a machine. Payments: 1 of booking 2, 2 of booking 3.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import conninfo, errors, sql
from tests.servers import ROOT, TestServer

from pginterlock import apply, verify
from pginterlock import spec as specs
from pginterlock.findings import Finding
from pginterlock.model import Spec

APP = "attack_app"
OWNER = "attack_owner"
SPEC = ROOT / "pgtests" / "fixtures" / "booking.yaml"
TABLES = ROOT / "pgtests" / "fixtures" / "tables.sql"

# What `verify` says of the hotel as it is: nothing wrong, three things that could be better.
QUIET = frozenset({"owner-can-login", "state-nullable"})

ROLES = """
do $$
declare
    v_role text;
begin
    foreach v_role in array array['attack_app', 'attack_owner'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            execute format('create role %I login', v_role);
        end if;
    end loop;
end;
$$
"""
_GRANTS = """
alter schema hotel owner to attack_owner;
alter table hotel.room owner to attack_owner;
alter table hotel.room_booking owner to attack_owner;
alter table hotel.payment owner to attack_owner;
grant usage on schema hotel to attack_app;
grant select, insert, update, delete on all tables in schema hotel to attack_app;
grant create on schema public to attack_app, attack_owner;
"""
_ADOPTED = "insert into hotel.room_booking (id, status, paid_at) values (8, 'CONFIRMED', now())"
_LIVES = """
insert into hotel.room_booking (id) select generate_series(1, 7);
update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id in (2, 3, 4, 6);
update hotel.room_booking set status = 'CHECKED_IN', room_id = id - 2 where id in (3, 4);
update hotel.room_booking set status = 'CHECKED_OUT' where id = 4;
update hotel.room_booking set status = 'CANCELLED' where id = 5;
update hotel.room_booking set status = 'NO_SHOW' where id = 6;
insert into hotel.payment values (1, 2, 90), (2, 3, 90);
"""
_EVERYTHING = """
select
    (select array_agg(b::text order by b::text) from hotel.room_booking as b),
    (select array_agg(p::text order by p::text) from hotel.payment as p),
    (select array_agg(a::text order by a.id) from interlock.booking_audit as a)
"""


def spec_in(form: str) -> Spec:
    """Return the spec with the line of *form* (``checks: native``) in place of its own."""
    key, _, value = form.partition(": ")
    lines = SPEC.read_text(encoding="utf-8").split("\n")
    changed = [f"    {key}: {value}" if it.startswith(f"    {key}: ") else it for it in lines]
    return specs.parse("\n".join(changed), SPEC.name)


def build_bare(session: psycopg.Connection) -> None:
    """Make the hotel before any machine."""
    session.execute(TABLES.read_bytes())
    session.execute(ROLES.encode())
    session.execute(_GRANTS.encode())


def build(session: psycopg.Connection, spec: Spec, *, has_tripwire: bool = False) -> None:
    """Make the hotel under its machine; without a tripwire, as a role that may not make one."""
    build_bare(session)
    session.execute(_ADOPTED.encode())
    apply.install(session, spec, makes_tripwire=has_tripwire)
    session.execute(_LIVES.encode())


@dataclass(frozen=True, slots=True)
class Attacked:
    """One hotel; *admin* is a superuser's session that looks and prepares."""

    dsn: str
    spec: Spec
    connect: Callable[..., psycopg.Connection]
    admin: psycopg.Connection
    server: TestServer

    def session(self, role: str) -> psycopg.Connection:
        """Open a session of *role*, in autocommit."""
        return self.connect(conninfo.make_conninfo(self.dsn, user=role), autocommit=True)

    def grant_all(self) -> None:
        """Grant the application what careless migrations grant: TRIGGER and TRUNCATE too."""
        self.admin.execute("grant all on all tables in schema hotel to attack_app")

    def value(self, column: str, booking: int) -> object:
        """Return *column* of one booking."""
        query = sql.SQL("select {} from hotel.room_booking where id = %s")
        row = self.admin.execute(query.format(sql.Identifier(column)), [booking]).fetchone()
        return row[0] if row else None

    def state(self, booking: int) -> object:
        """Return where one booking stands; None where it is gone."""
        return self.value("status", booking)

    def history(self, booking: int) -> list[tuple[object, ...]]:
        """Return the moves of one booking: kind, from, to."""
        query = (
            "select kind, from_state, to_state from interlock.booking_audit where key_id = %s"
            " order by id"
        )
        return self.admin.execute(query, [booking]).fetchall()

    def everything(self) -> object:
        """Return all bookings, payments and the whole history."""
        return self.admin.execute(_EVERYTHING).fetchone()

    def findings(self) -> list[Finding]:
        """Return what `verify` finds, as a superuser in a new session."""
        with psycopg.connect(self.dsn, autocommit=True) as session:
            return list(verify.verify(session, self.spec).findings)

    def found(self) -> set[str]:
        """Return the codes of what `verify` finds that was not so before."""
        return {it.code for it in self.findings()} - QUIET

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Demand that nothing is stored by the block."""
        before = self.everything()
        yield
        assert self.everything() == before

    @contextmanager
    def refused(self, code: str, rule: str) -> Iterator[None]:
        """Demand that the block ends in the refusal of a rule, and nothing is stored."""
        with self.unchanged(), pytest.raises(errors.CheckViolation) as caught:
            yield
        said = caught.value.diag
        assert json.loads(said.message_detail or "{}")["code"] == code
        assert said.constraint_name == f"booking.{rule}"

    @contextmanager
    def denied(self) -> Iterator[None]:
        """Demand that PostgreSQL itself denies the block, and nothing is stored."""
        with self.unchanged(), pytest.raises(errors.InsufficientPrivilege):
            yield


class Later:
    """A statement that runs beside the test, and how it ended."""

    def __init__(
        self, session: psycopg.Connection, statement: str, *, commit: bool = False
    ) -> None:
        self._error: psycopg.Error | None = None
        self._thread = threading.Thread(target=self._run, args=(session, statement, commit))
        self._thread.start()

    def _run(self, session: psycopg.Connection, statement: str, commit: bool) -> None:
        try:
            session.execute(statement.encode())
            if commit:
                session.commit()
        except psycopg.Error as error:
            self._error = error

    def error(self) -> psycopg.Error | None:
        """Return what it ended in, or None where it went through."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self._error
