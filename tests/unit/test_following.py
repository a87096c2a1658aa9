"""What of a machine can follow a rename: what the compiler proves, and what it does not."""

from dataclasses import replace

import pytest

from pginterlock import following
from pginterlock.choices import Mode
from pginterlock.compiler import compile_machine
from pginterlock.elements import (
    Audit,
    Expression,
    Invariant,
    Mirror,
    Stamp,
    StateRow,
    TableName,
    Transition,
)
from pginterlock.following import Renamed
from pginterlock.model import Machine
from pginterlock.rules.parts import Writing
from pginterlock.table import Column, Kind, Table


def column(number: int, name: str, type_: str, kind: Kind = Kind.OTHER) -> Column:
    return Column(name, number, type_, type_, kind, is_not_null=number < 3, is_comparable=True)


TABLE = Table(
    TableName("mill", "sack"),
    1,
    "owner",
    (
        column(1, "id", "bigint"),
        column(2, "status", "text", Kind.TEXT),
        column(3, "weight", "integer"),
        column(4, "miller", "text", Kind.TEXT),
        column(5, "opened_at", "timestamp with time zone", Kind.MOMENT),
        column(6, "open", "boolean"),
    ),
    primary_key=("id",),
)
MACHINE = Machine(
    "sack",
    TABLE.name,
    "status",
    (),
    Mode.ENFORCE,
    ("FULL",),
    ("OPEN",),
    (Transition("open", "FULL", "OPEN", Expression("weight > 0", ("weight",))),),
    stamps=(Stamp("opened_at", ("OPEN",)),),
    rows=(StateRow("OPEN", require=("miller",)),),
    invariants=(Invariant("is_shut", Expression("open is not null", ("open",))),),
)


def followed(**changes: object) -> set[str]:
    machine = replace(MACHINE, **changes)  # type: ignore[arg-type]
    return set(following.columns(Writing(machine, TABLE)))


def test_columns_of_rules_follow() -> None:
    assert followed() == {"status", "weight", "miller", "opened_at"}


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"audit": Audit(columns=("miller",))}, "miller"),
        ({"key": ("weight",)}, "weight"),
        ({"final": ("status",), "transitions": (Transition("open", "FULL", "status"),)}, "status"),
        ({"name": "weight"}, "weight"),
    ],
    ids=["audited", "of the key", "called like a state", "called like the machine"],
)
def test_a_column_that_is_told_by_no_text_does_not(changes: dict[str, object], left: str) -> None:
    assert left in followed()
    assert left not in followed(**changes)


def test_nothing_of_a_machine_with_a_funnel_does() -> None:
    assert followed(funnel=("status",)) == set()


def test_a_table_follows_and_one_that_is_its_own_mirror_does_not() -> None:
    assert following.of_table(Writing(MACHINE, TABLE)) == "name schema"
    odd = replace(TABLE, name=TableName("mill", "Sack"))
    assert following.of_table(Writing(replace(MACHINE, table=odd.name), odd)) == ""
    own = Mirror("shut", TABLE.name, "weight", "open", ("OPEN",))
    assert following.of_table(Writing(replace(MACHINE, mirrors=(own,)), TABLE)) == ""


def test_what_was_before_renames_is_what_was_compiled_then() -> None:
    renames = [
        Renamed("column", "weight", "kilos"),
        Renamed("column", "kilos", "mass"),
        Renamed("table", "mill.sack", "barn.bag"),
    ]
    machine = replace(
        MACHINE,
        table=TableName("barn", "bag"),
        transitions=(Transition("open", "FULL", "OPEN", Expression("mass > 0", ("mass",))),),
    )
    columns = tuple(replace(it, name="mass") if it.name == "weight" else it for it in TABLE.columns)
    now = Writing(machine, replace(TABLE, name=machine.table, columns=columns))

    assert following.under_old_names(now, renames) == compile_machine(MACHINE, TABLE)
    assert following.first_name(renames, "column", "mass") == "weight"
    assert following.first_name(renames, "column", "miller") == "miller"
