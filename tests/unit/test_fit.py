"""Whether a machine fits its table: each misfit has its message, and a place in the spec."""

from dataclasses import replace

import pytest

from pginterlock.choices import Mode
from pginterlock.elements import (
    Audit,
    Expression,
    Invariant,
    Stamp,
    StateRow,
    TableName,
    Transition,
)
from pginterlock.fit import fit, no_such_table
from pginterlock.model import Machine
from pginterlock.table import Column, Kind, Table


def column(name: str, type_: str = "text", kind: Kind = Kind.TEXT, **facts: object) -> Column:
    known = {"is_not_null": False, "is_comparable": True, **facts}
    return Column(name, 1, type_, type_, kind, **known)  # type: ignore[arg-type]


TABLE = Table(
    TableName("hotel", "room_booking"),
    1,
    "owner",
    (
        column("id", "bigint", Kind.OTHER, is_not_null=True),
        column("status"),
        column("room_id", "integer", Kind.OTHER),
        column("checked_in_at", "timestamp with time zone", Kind.MOMENT),
        column("code", is_not_null=True),
    ),
    primary_key=("id",),
)
MACHINE = Machine(
    "booking",
    TABLE.name,
    "status",
    (),
    Mode.ENFORCE,
    ("NEW",),
    ("DONE",),
    (Transition("finish", "NEW", "DONE"),),
)


def messages(machine: Machine, table: Table = TABLE) -> list[str]:
    return [problem.message for problem in fit(machine, table)]


def test_a_machine_that_fits_has_no_problem() -> None:
    assert messages(MACHINE) == []


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        pytest.param(
            {"state": "statsu"},
            ("state",),
            "no column 'statsu'; did you mean 'status'?",
            id="state column",
        ),
        pytest.param({"key": ("uid",)}, ("key",), "no column 'uid'", id="key column"),
        pytest.param(
            {"stamps": (Stamp("checked_in", ("DONE",)),)},
            ("stamps", "checked_in"),
            "did you mean 'checked_in_at'?",
            id="stamp column",
        ),
        pytest.param(
            {"rows": (StateRow("DONE", require=("room",)),)},
            ("states", "DONE", "require", 0),
            "did you mean 'room_id'?",
            id="state row",
        ),
        pytest.param(
            {"invariants": (Invariant("x", Expression("a > 1", ("a",))),)},
            ("invariants", "x"),
            "no column 'a'",
            id="invariant",
        ),
        pytest.param(
            {"audit": Audit(("nothing",))},
            ("audit", "columns", 0),
            "no column 'nothing'",
            id="audit column",
        ),
        pytest.param({"state": "room_id"}, ("state",), "a state is text", id="type of the state"),
        pytest.param({"key": ("code",)}, ("key",), "no primary key and no unique key", id="no key"),
        pytest.param(
            {"stamps": (Stamp("code", ("DONE",)),)},
            ("stamps", "code"),
            "a stamp is timestamptz",
            id="type of a stamp",
        ),
        pytest.param(
            {"rows": (StateRow("DONE", clear=("code",)),)},
            ("states", "DONE", "clear", 0),
            "it cannot be cleared",
            id="clear not null",
        ),
    ],
)
def test_misfits(change: dict[str, object], path: tuple[str | int, ...], message: str) -> None:
    problems = fit(replace(MACHINE, **change), TABLE)  # type: ignore[arg-type]

    assert [it.path for it in problems] == [("machines", "booking", *path)]
    assert message in problems[0].message


def test_a_table_without_primary_key_is_refused() -> None:
    assert "has no primary key" in messages(MACHINE, replace(TABLE, primary_key=()))[0]


def test_a_view_is_refused() -> None:
    assert "is a view" in messages(MACHINE, replace(TABLE, relation_kind="v"))[0]


def test_a_label_that_the_enum_lacks_is_named() -> None:
    status = column("status", "mood", Kind.ENUM, labels=("NEW", "DONNE"))
    table = replace(TABLE, columns=(TABLE.columns[0], status))

    assert messages(MACHINE, table) == ["mood has no label 'DONE'; did you mean 'DONNE'?"]


def test_a_table_that_does_not_exist_is_guessed() -> None:
    problem = no_such_table(MACHINE, [TableName("hotel", "room_bookings")])

    assert problem.message == (
        "table hotel.room_booking does not exist; did you mean 'hotel.room_bookings'?"
    )
