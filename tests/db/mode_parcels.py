"""Parcels under machines of any mode, for tests of modes: their spec, sound and broken rows."""

import psycopg
from tests.servers import ROOT

from pginterlock import apply, spec
from pginterlock.model import Spec

TABLE = ROOT / "tests" / "golden" / "table.sql"
_SPEC = """
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: {mode}
    checks: {checks}
    modes: {{{modes}}}
    initial: [PACKED]
    final: [DELIVERED, LOST]
    transitions:
      send:    {{from: PACKED, to: SENT, guard: paid_at is not null}}
      deliver: {{from: SENT, to: DELIVERED}}
      lose:    {{from: [PACKED, SENT], to: LOST, reason: required}}
    stamps:
      sent_at: SENT
      delivered_at: {{state: DELIVERED, fill: never}}
    states:
      SENT:      {{require: [carrier]}}
      DELIVERED: {{require: [carrier], freeze: [carrier]}}
      LOST:      {{clear: [carrier]}}
    invariants:
      weight_is_positive: weight > 0
      heavy_is_insured: {{check: weight < 30 or insured, in: [SENT]}}
    deletion: {{from: [LOST]}}
    audit: {{columns: [carrier]}}
"""
CODES = "select code from interlock.violation order by id"


def build(session: psycopg.Connection) -> None:
    """Make the table and the role of an application, and nothing of ours."""
    session.execute(TABLE.read_bytes())
    session.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'hotel_app') then"
        " create role hotel_app login; end if; end $$"
    )


def parcel_spec(mode: str = "enforce", modes: str = "", checks: str = "function") -> Spec:
    """Return the machine in *mode*, with *modes* of single rules as a spec writes them."""
    return spec.parse(parcel_text(mode, modes, checks), "parcel.yaml")


def parcel_text(mode: str = "enforce", modes: str = "", checks: str = "function") -> str:
    """Return its text."""
    return _SPEC.format(mode=mode, modes=modes, checks=checks)


def install(
    session: psycopg.Connection, mode: str, modes: str = "", checks: str = "function"
) -> None:
    """Bring the database to the machine in *mode*."""
    apply.install(session, parcel_spec(mode, modes, checks))


def codes(session: psycopg.Connection) -> list[str]:
    """Return the codes of what was recorded, and forget it."""
    found = [code for (code,) in session.execute(CODES)]
    session.execute("delete from interlock.violation")
    return found


def refusal(session: psycopg.Connection, write: str) -> str | None:
    """Return the code of the rule that refuses *write*; None where it goes through."""
    try:
        session.execute(write.encode())
    except psycopg.errors.CheckViolation as error:
        detail = error.diag.message_detail or ""
        return detail.split('"code": "')[1][:4]
    return None


def add(session: psycopg.Connection, number: int, state: str = "PACKED", **columns: object) -> None:
    """Add a row behind the triggers, as it was there before any machine."""
    values = {"id": number, "status": state, "weight": 1, **columns}
    names = ", ".join(values)
    slots = ", ".join(["%s"] * len(values))
    behind(session, f"insert into depot.parcel ({names}) values ({slots})", list(values.values()))


def behind(session: psycopg.Connection, write: str, values: list[object] | None = None) -> None:
    """Write as nobody may: with triggers off, which no CHECK minds in observe and ratchet."""
    session.execute("alter table depot.parcel disable trigger user")
    session.execute(write.encode(), values)
    session.execute(
        "do $$ declare t text; begin for t in select tgname from pg_trigger"
        " where tgrelid = 'depot.parcel'::regclass and not tgisinternal loop"
        " execute format('alter table depot.parcel enable always trigger %I', t);"
        " end loop; end $$"
    )
