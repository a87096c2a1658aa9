"""Mirrors, and guards on other tables, in a spec: what they become, and what is wrong with them."""

import json

import pytest

from pginterlock import spec
from pginterlock.compiler.registry import definition
from pginterlock.definition import machine_of
from pginterlock.difference import difference
from pginterlock.elements import Expression, Mirror, TableName, TargetGuard
from pginterlock.errors import SpecError
from pginterlock.model import Machine

SPEC = """\
interlock: 1
machines:
  booking:
    table: inn.booking
    state: status
    initial: [NEW]
    final: [OUT]
    transitions:
      enter: {from: NEW, to: IN, guard: GUARD}
      leave: {from: IN, to: OUT}
    mirrors:
      taken: {table: inn.room, key: room_id, column: is_taken, in: [IN]}
"""
PLAIN = SPEC.replace("GUARD", "a").split("    mirrors:")[0]
ROOM = TableName("inn", "room")


def read(guard: str = "room_id is not null", extra: str = "") -> Machine:
    return spec.parse(SPEC.replace("GUARD", guard) + extra, "f.yaml").machines[0]


def problems(guard: str = "room_id is not null", extra: str = "") -> list[str]:
    with pytest.raises(SpecError) as refused:
        read(guard, extra)
    return list(refused.value.problems)


def test_a_mirror_is_read() -> None:
    machine = read()

    assert machine.mirrors == (Mirror("taken", ROOM, "room_id", "is_taken", ("IN",)),)
    assert machine.unenforced == ()


@pytest.mark.parametrize(
    "guard",
    [
        pytest.param("{on: inn.room, check: not broken}", id="by the key of the mirror"),
        pytest.param("{on: inn.room, check: not broken, key: room_id}", id="by a key of its own"),
    ],
)
def test_a_guard_on_another_table_is_read(guard: str) -> None:
    move = read(guard).transitions[0]

    assert move.guard is None
    assert move.guard_on == TargetGuard(ROOM, "room_id", Expression("not broken", ("broken",)))
    assert move.guard_text == "not broken (on inn.room)"


def test_a_guard_on_the_row_itself_may_be_written_long() -> None:
    assert read("{check: room_id > 1}") == read("room_id > 1")


@pytest.mark.parametrize(
    ("guard", "extra", "expected"),
    [
        pytest.param("{on: inn.room, chek: a}", "",
            ["9:34: key 'check' is missing", "9:56: unknown key 'chek'; did you mean 'check'?"],
            id="misspelt"),
        pytest.param("{on: inn.floor, check: a}", "",
            ["9:42: by which column of ours? no mirror names one: add `key:`"], id="no key"),
        pytest.param("{check: a, key: room_id}", "",
            ["9:52: a key without `on`: name the table that it leads to"], id="a key to nowhere"),
        pytest.param("{on: inn.room, check: a >}", "",
            ["9:65: expression 'a >': the expression is not complete"], id="no expression"),
        pytest.param("{on: inn.room, check: a}",
            "      other: {table: inn.room, key: next_id, column: is_next, in: IN}\n",
            ["9:42: by which column of ours? mirrors reach it by several: add `key:`"],
            id="two ways there"),
        pytest.param("a", "      two: {table: inn.room, key: room_id, column: is_taken, in: IN}\n",
            ["13:44: mirror taken writes this column of inn.room already"], id="one column twice"),
        pytest.param("a", "      two: {table: inn.booking, key: room_id, column: c, in: IN}\n",
            ["13:13: inn.booking is the table of the machine: a mirror is on another"],
            id="itself"),
        pytest.param("a", "      two: {table: inn.room, key: [a, b], column: c, in: IN}\n",
            ["13:30: one column names the row there: name one"], id="two columns"),
        pytest.param("a", "      two: {table: inn.room, key: a, column: c, in: []}\n",
            ["13:49: true in no state: name one at least"], id="no state"),
        pytest.param("a", "      Two: {table: inn.room, key: a, column: c, in: IN}\n",
            ["13:7: 'Two' is no name of a mirror: small letters, digits and _, for its objects are"
             " called after it"], id="a name"),
        pytest.param("a", f"      {'x' * 29}: {{table: inn.room, key: a, column: c, in: IN}}\n",
            [f"13:7: '{'x' * 29}' is too long: beside machine booking a mirror has at most 28"
             " bytes, for the name of its index holds both"], id="a long name"),
        pytest.param("{on: inn.room, check: a}",
            "    reactions: {r: {when: room_id > 1, event: enter}}\n",
            ["13:40: enter has a guard on another table, and no reaction can ask it"],
            id="a reaction"),
        pytest.param("a", "    claims: {mirror_taken: {resource: a, in: IN}}\n",
            ["12:7: claim mirror_taken has the name of its index: give one another name"],
            id="the name of a claim"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(guard: str, extra: str, expected: list[str]) -> None:
    assert problems(guard, extra) == [f"f.yaml:{it}" for it in expected]


def test_two_machines_do_not_write_one_column() -> None:
    second = SPEC[SPEC.index("  booking:") :].replace("booking", "stay").replace("GUARD", "a")

    with pytest.raises(SpecError) as refused:
        spec.parse(SPEC.replace("GUARD", "a") + second, "f.yaml")

    told = "mirror taken of machine 'booking' writes this column of inn.room already"
    assert list(refused.value.problems) == [f"f.yaml:22:7: {told}"]


def test_what_was_written_is_read_back() -> None:
    machine = read("{on: inn.room, check: not broken}")

    assert machine_of(json.loads(definition(machine))) == machine


def test_a_machine_without_either_is_written_as_before() -> None:
    told = definition(spec.parse(PLAIN, "f.yaml").machines[0])

    assert "mirror" not in told
    assert "guard_on" not in told


def test_a_change_is_told() -> None:
    after = read("{on: inn.room, check: not broken}")
    before = spec.parse(PLAIN, "f.yaml").machines[0]

    assert [it.text for it in difference(before, after)] == [
        "booking: guard changed enter: NEW -> IN; a -> not broken (on inn.room)",
        "booking: mirror added taken: inn.room.is_taken by room_id",
    ]
    assert difference(after, before)[-1].text.startswith("booking: mirror removed taken; inn.room")
