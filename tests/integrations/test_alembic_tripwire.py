"""Revisions and scripts where the tripwire is on: they pass it, and it watches what they made."""

from pathlib import Path

import psycopg
import pytest
from tests.integrations.alembic_depot import (
    FORMS,
    Depot,
    is_sound,
    only_machine,
    run_psql,
    shaped,
)

import pginterlock
from pginterlock import apply, embedded, spec
from pginterlock.database import connect
from pginterlock.model import Spec
from pginterlock.tripwire import Mode
from pginterlock.tripwire_setting import ask_for
from pginterlock.verify import verify

_SWITCHED_OFF = "alter table depot.parcel disable trigger interlock_50_parcel_change"
_NAMES = "select machine_name from interlock.machine"
_WATCHED = "select count(*) > 0 from interlock.guarded where kind = 'trigger'"


@pytest.fixture
def wired(depot: Depot) -> Depot:
    """A database with its first machine, and the tripwire, which refuses."""
    wire(depot.dsn)
    return depot


def wire(dsn: str, mode: Mode = Mode.REFUSE) -> None:
    """Put a tripwire of *mode* on the database *dsn*, with schema interlock where it is missing."""
    with connect(dsn) as connection:
        apply.install(connection, Spec(()))
        ask_for(connection, mode)


def run(psql: Path, dsn: str, script: str) -> None:
    """Run *script* to its end."""
    ran = run_psql(psql, dsn, script)
    assert ran.returncode == 0, ran.stderr


def is_watched(depot: Depot) -> None:
    """Hold the database against the spec: all is there, and the tripwire knows it."""
    is_sound(depot)
    with connect(depot.dsn) as connection:
        found = verify(connection, spec.load(depot.folder / "interlock.yaml"))
    assert [it.message for it in found.findings if it.code.startswith("tripwire")] == []
    assert depot.ask(_WATCHED) == [(True,)]


def is_guarded(depot: Depot) -> None:
    """Try to disarm the machine, which is watched."""
    is_watched(depot)
    for attack in ("drop trigger interlock_50_parcel_change on depot.parcel", _SWITCHED_OFF):
        with pytest.raises(psycopg.IntegrityError) as caught:
            depot.ask(attack)
        refusal = pginterlock.refusal(caught.value)
        assert refusal is not None
        assert refusal.code == "IL17"


def more(depot: Depot) -> None:
    """Write a revision: a state has a new name, another one comes, a claim has another index."""
    depot.change(
        "interlock.yaml",
        ("final: [SENT]", "final: [SENT, LOST]"),
        ("PACKED", "BOXED"),
        ("BOXED, to: SENT}", "BOXED, to: SENT}\n      lose: {from: BOXED, to: LOST}"),
        ("in: [BOXED]", "in: [BOXED, LOST]"),
    )
    with (depot.folder / "interlock.yaml").open("a", encoding="utf-8") as file:
        file.write("    states: {BOXED: {renamed_from: PACKED}}\n")
    depot.revision("more")


@pytest.mark.parametrize("form", FORMS)
def test_a_script_puts_a_machine_on_and_takes_it_off(
    empty_depot: Depot, other_database: str, psql: Path, form: str
) -> None:
    depot = shaped(empty_depot, form)
    depot.revision("first")
    script = depot.sql("head")
    there = Depot(depot.folder, other_database)
    is_sound_there = is_watched if "observe" in form else is_guarded  # what observes refuses none
    wire(other_database)

    run(psql, other_database, script)
    is_sound_there(there)
    run(psql, other_database, only_machine(script))
    is_sound_there(there)

    run(psql, other_database, depot.sql("head:base", down=True))
    assert there.ask(_NAMES) == []
    assert there.ask("select * from interlock.guarded") == []


def test_a_script_changes_a_machine_and_changes_it_back(wired: Depot, psql: Path) -> None:
    before = (wired.folder / "interlock.yaml").read_text(encoding="utf-8")
    wired.ask("insert into depot.parcel (id, status, weight) values (1, 'NEW', 1)")
    wired.ask("update depot.parcel set status = 'PACKED', dock = 1")
    more(wired)

    run(psql, wired.dsn, wired.sql("0001:head"))
    is_guarded(wired)
    assert wired.ask("select status from depot.parcel") == [("BOXED",)]

    run(psql, wired.dsn, wired.sql("head:0001", down=True))
    wired.write("interlock.yaml", before)
    is_guarded(wired)
    assert wired.ask("select status from depot.parcel") == [("PACKED",)]


def test_a_script_takes_a_machine_off_and_puts_it_on_around_a_column(
    wired: Depot, psql: Path
) -> None:
    wired.change("models.py", ('"weight", sa.Integer', '"weight", sa.BigInteger'))
    assert "interlock_drop" in wired.revision("wider")

    run(psql, wired.dsn, wired.sql("0001:head"))

    is_guarded(wired)


def test_with_a_database_at_hand(wired: Depot) -> None:
    before = (wired.folder / "interlock.yaml").read_text(encoding="utf-8")
    more(wired)

    wired.upgrade()
    is_guarded(wired)
    wired.downgrade()
    wired.write("interlock.yaml", before)
    is_guarded(wired)
    wired.downgrade()
    assert wired.ask(_NAMES) == []
    wired.upgrade("0001")

    is_guarded(wired)


@pytest.mark.parametrize(
    ("mode", "watched"),
    [(Mode.REFUSE, True), (Mode.RECORD, True), (Mode.OFF, False), (None, False)],
)
def test_the_same_script_asks_what_it_meets(
    depot: Depot, psql: Path, mode: Mode | None, watched: bool
) -> None:
    more(depot)
    script = depot.sql("0001:head")
    if mode:
        wire(depot.dsn, mode)

    run(psql, depot.dsn, script)

    is_sound(depot)
    assert depot.ask(_WATCHED) == [(watched,)]
    assert depot.ask("select * from interlock.ddl_pass") == []
    assert depot.ask("select * from interlock.journal where event = 'disarmed'") == []


def test_a_tripwire_that_was_set_to_nothing_is_left_alone(depot: Depot, psql: Path) -> None:
    """Its event triggers are there: whoever set it had no right to take them away."""
    wire(depot.dsn)
    depot.ask("select interlock.set_tripwire('off')")
    depot.ask("delete from interlock.guarded")
    more(depot)

    run(psql, depot.dsn, depot.sql("0001:head"))

    is_sound(depot)
    assert depot.ask(_WATCHED) == [(False,)]


def test_a_script_that_leaves_its_machine_broken_is_refused_at_its_commit(
    wired: Depot, psql: Path
) -> None:
    standing = (wired.folder / "interlock.yaml").read_text(encoding="utf-8")
    before = wired.ask("select version, definition from interlock.machine")
    more(wired)
    head, commit, rest = wired.sql("0001:head").rpartition("COMMIT;")
    assert commit

    ran = run_psql(psql, wired.dsn, f"{head}{_SWITCHED_OFF};\nselect 'so far';\n{commit}{rest}")

    assert "so far" in ran.stdout
    assert "parcel: COMMIT would disarm the machine: trigger interlock_50" in ran.stderr
    assert ran.returncode != 0
    assert wired.ask("select version, definition from interlock.machine") == before
    wired.write("interlock.yaml", standing)
    is_guarded(wired)


def test_a_script_without_its_pass_is_refused(wired: Depot, psql: Path) -> None:
    more(wired)
    script = wired.sql("0001:head")
    call = "select interlock.let_through(''parcel'');"
    assert script.count(call) == 1

    ran = run_psql(psql, wired.dsn, script.replace(call, "select 1;"))

    assert "would disarm the machine" in ran.stderr
    assert ran.returncode != 0


def test_a_role_that_is_no_superuser_runs_it(
    empty_depot: Depot, psql: Path, migrators_server: embedded.Server
) -> None:
    depot = empty_depot
    depot.revision("first")
    dsn, mine = migrators_server.dsn(), migrators_server.dsn(user="depot_migrator")
    there = Depot(depot.folder, dsn)
    run(psql, mine, depot.sql("head"))
    wire(dsn)

    run(psql, mine, only_machine(depot.sql("head")))
    is_guarded(there)
    run(psql, mine, depot.sql("head:base", down=True))

    assert there.ask(_NAMES) == []
