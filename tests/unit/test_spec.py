"""Reading a spec: all of the format, and for every fault one message with its place."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pginterlock.choices import ActorNeed, Checks, Continuity, Fill, Mode, Need
from pginterlock.elements import (
    Audit,
    Claim,
    Deadline,
    Expression,
    Invariant,
    Mirror,
    Outbox,
    Reaction,
    Repair,
    Stamp,
    StateRow,
    TableName,
    Transition,
)
from pginterlock.errors import SpecError
from pginterlock.model import Machine, Position
from pginterlock.spec import json_schema, load, parse

ROOT = Path(__file__).parents[2]
# Line 12 is the first that a case may add.
SMALL = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: PENDING
    final: [DONE]
    transitions:
      confirm: {from: PENDING, to: CONFIRMED}
      finish:
        {from: [PENDING, CONFIRMED], to: DONE}
"""
WHOLE = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    key: [hotel_id, id]
    mode: enforce
    initial: [PENDING]
    final: [CHECKED_OUT, CANCELLED]
    transitions:
      confirm:   {from: PENDING, to: CONFIRMED, guard: paid_at is not null}
      check_in:  {from: [CONFIRMED], to: CHECKED_IN, by: [front_desk]}
      check_out: {from: CHECKED_IN, to: CHECKED_OUT}
      cancel:
        - {from: [PENDING, CONFIRMED], to: CANCELLED, reason: required}
        - {from: CHECKED_IN, to: CANCELLED, reason: optional}
    stamps:
      checked_in_at: CHECKED_IN
      ended_at: [CHECKED_OUT, CANCELLED]
      cancelled_at: {state: CANCELLED, fill: never}
    states:
      CHECKED_IN: {require: room_id, forbid: [fee]}
      CHECKED_OUT: {freeze: "*"}
      CANCELLED: {clear: [room_id], freeze: ["*"]}
    invariants:
      nights: check_out > check_in
      deposit: {check: deposit > 0, in: CHECKED_IN}
    claims:
      room: {resource: [hotel_id, room_id], during: "daterange(check_in, check_out)", in: CONFIRMED}
    mirrors:
      occupied: {table: hotel.room, key: room_id, column: is_occupied, in: [CHECKED_IN]}
    reactions:
      paid: {when: paid_at is not null, event: confirm}
    deadlines:
      PENDING: 15 minutes
      CONFIRMED: {after: 2 days 3 hours, then: cancel}
    deletion: {from: [CANCELLED]}
    audit: {columns: [room_id], actor: required, retain: 7 years}
    outbox: {channel: booking}
    repairs:
      late: {when: checked_in_at is null, set: {checked_in_at: "coalesce(updated_at, made_at)"}}
    checks: native
    continuity: online
    funnel: true
"""


def machine(text: str) -> Machine:
    return parse(text, "f.yaml").machines[0]


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        parse(text, "f.yaml")
    return list(refused.value.problems)


def test_the_whole_format_becomes_a_machine() -> None:
    read = machine(WHOLE)

    assert read == Machine(
        name="booking",
        table=TableName("hotel", "room_booking"),
        state="status",
        key=("hotel_id", "id"),
        mode=Mode.ENFORCE,
        initial=("PENDING",),
        final=("CHECKED_OUT", "CANCELLED"),
        transitions=(
            Transition(
                "confirm", "PENDING", "CONFIRMED", Expression("paid_at is not null", ("paid_at",))
            ),
            Transition("check_in", "CONFIRMED", "CHECKED_IN", by=("front_desk",)),
            Transition("check_out", "CHECKED_IN", "CHECKED_OUT"),
            Transition("cancel", "PENDING", "CANCELLED", reason=Need.REQUIRED),
            Transition("cancel", "CONFIRMED", "CANCELLED", reason=Need.REQUIRED),
            Transition("cancel", "CHECKED_IN", "CANCELLED"),
        ),
        stamps=(
            Stamp("checked_in_at", ("CHECKED_IN",)),
            Stamp("ended_at", ("CHECKED_OUT", "CANCELLED")),
            Stamp("cancelled_at", ("CANCELLED",), Fill.NEVER),
        ),
        rows=(
            StateRow("CHECKED_IN", require=("room_id",), forbid=("fee",)),
            StateRow("CHECKED_OUT", freeze=("*",)),
            StateRow("CANCELLED", clear=("room_id",), freeze=("*",)),
        ),
        invariants=(
            Invariant("nights", Expression("check_out > check_in", ("check_out", "check_in"))),
            Invariant("deposit", Expression("deposit > 0", ("deposit",)), ("CHECKED_IN",)),
        ),
        claims=(
            Claim(
                "room",
                ("hotel_id", "room_id"),
                ("CONFIRMED",),
                Expression(
                    "daterange(check_in, check_out)", ("check_in", "check_out"), ("daterange",)
                ),
            ),
        ),
        reactions=(Reaction("paid", Expression("paid_at is not null", ("paid_at",)), "confirm"),),
        deadlines=(
            Deadline("PENDING", "15 minutes"),
            Deadline("CONFIRMED", "2 days 3 hours", "cancel"),
        ),
        deletion=("CANCELLED",),
        audit=Audit(("room_id",), ActorNeed.REQUIRED, "7 years"),
        outbox=Outbox("booking"),
        checks=Checks.NATIVE,
        continuity=Continuity.ONLINE,
        repairs=(
            Repair(
                "late",
                Expression("checked_in_at is null", ("checked_in_at",)),
                (
                    (
                        "checked_in_at",
                        Expression("coalesce(updated_at, made_at)", ("updated_at", "made_at")),
                    ),
                ),
            ),
        ),
        mirrors=(
            Mirror(
                "occupied",
                TableName("hotel", "room"),
                "room_id",
                "is_occupied",
                ("CHECKED_IN",),
            ),
        ),
        funnel=("status", "checked_in_at", "ended_at", "cancelled_at", "hotel_id", "room_id"),
    )


def test_what_is_not_said_has_its_default() -> None:
    read = machine(SMALL)

    assert (read.key, read.mode, read.checks) == ((), Mode.OBSERVE, Checks.FUNCTION)
    assert (read.continuity, read.deletion, read.audit) == (Continuity.VERIFY, (), Audit())
    assert (read.stamps, read.rows, read.invariants, read.unenforced) == ((), (), (), ())


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param(("machines", "booking"), (3, 3), id="a machine"),
        pytest.param(("machines", "booking", "key", 1), (6, 21), id="an item of a list"),
        pytest.param(("machines", "booking", "stamps", "ended_at"), (19, 7), id="a key"),
        pytest.param(
            ("machines", "booking", "transitions", "cancel", 1, "to"), (16, 30), id="in a list"
        ),
        pytest.param(
            ("machines", "booking", "states", "CANCELLED", "clear", 0), (24, 27), id="in a flow"
        ),
        pytest.param(
            ("machines", "booking", "stamps", "checked_in_at", "state", 0),
            (18, 7),
            id="what is not written out stands where its parent does",
        ),
    ],
)
def test_every_part_has_its_place(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    assert parse(WHOLE, "f.yaml").locate(path) == Position("f.yaml", *place)


def test_two_specs_that_say_the_same_are_equal() -> None:
    flow = json.dumps(YAML(typ="safe").load(WHOLE))

    assert parse(flow, "g.json") == parse(WHOLE, "f.yaml")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param("booking", TableName("public", "booking"), id="without a schema"),
        pytest.param("Hotel.Booking", TableName("Hotel", "Booking"), id="as it is stored"),
        pytest.param('"\\"My Hotel\\".\\"a.b\\""', TableName("My Hotel", "a.b"), id="quoted"),
        pytest.param('\'"a""b".größe\'', TableName('a"b', "größe"), id="a quote in it"),
        pytest.param(f"{'s' * 63}.{'t' * 63}", TableName("s" * 63, "t" * 63), id="just short"),
    ],
)
def test_tables(table: str, expected: TableName) -> None:
    assert machine(SMALL.replace("hotel.room_booking", table)).table == expected


@pytest.mark.parametrize(
    "table",
    ["a.b.c", "my table", '""', ".a", "a.", "'\"a'", "interlock.machine", "pg_catalog.pg_class"],
)
def test_what_is_no_table_of_the_user(table: str) -> None:
    quoted = table if table.startswith("'") else f"'{table}'"

    assert "table" in problems(SMALL.replace("hotel.room_booking", quoted))[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("    hue: red", ["12:5: unknown key 'hue'"], id="unknown key"),
        pytest.param(
            "    mod: enforce", ["12:5: unknown key 'mod'; did you mean 'mode'?"], id="misspelt key"
        ),
        pytest.param(
            "    states: {DONE: {requires: x}}",
            ["12:21: unknown key 'requires'; did you mean 'require'?"],
            id="misspelt key further down",
        ),
        pytest.param(
            "    deletion: {form: DONE}",
            ["12:16: unknown key 'form'; did you mean 'from'?"],
            id="misspelt key of a single part",
        ),
        pytest.param(
            "    mode: enfroce",
            ["12:5: 'enfroce' is not one of 'observe', 'ratchet' or 'enforce'; did you mean"
             " 'enforce'?"],
            id="misspelt word",
        ),
        pytest.param(
            "    stamps: {a: DOEN}",
            ["12:14: unknown state 'DOEN'; did you mean 'DONE'?"],
            id="unknown state of a stamp",
        ),
        pytest.param(
            "    stamps: {a: {state: [DONE, DOEN]}}",
            ["12:32: unknown state 'DOEN'; did you mean 'DONE'?"],
            id="unknown state in a list",
        ),
        pytest.param("    states: {X: {}}", ["12:14: unknown state 'X'"], id="of a state row"),
        pytest.param(
            "    invariants: {i: {check: a, in: X}}", ["12:32: unknown state 'X'"], id="invariant"
        ),
        pytest.param(
            "    claims: {c: {resource: a, in: [X]}}", ["12:36: unknown state 'X'"], id="claim"
        ),
        pytest.param(
            "    mirrors: {m: {table: t, key: k, column: c, in: [X]}}",
            ["12:53: unknown state 'X'"],
            id="mirror",
        ),
        pytest.param("    deadlines: {X: 1 day}", ["12:17: unknown state 'X'"], id="deadline"),
        pytest.param("    deletion: {from: [X]}", ["12:23: unknown state 'X'"], id="deletion"),
        pytest.param(
            "    reactions: {r: {when: a, event: confrim}}",
            ["12:30: unknown event 'confrim'; did you mean 'confirm'?"],
            id="unknown event",
        ),
        pytest.param(
            "    deadlines: {DONE: soon}",
            ["12:17: 'soon' is no length of time: write it as 15 minutes or 7 years"],
            id="no length of time",
        ),
        pytest.param(
            "    deadlines: {PENDING: {after: 1 day, then: confrim}}",
            ["12:41: unknown event 'confrim'; did you mean 'confirm'?"],
            id="deadline with an unknown event",
        ),
        pytest.param(
            "    deadlines: {DONE: {after: 1 day, then: confirm}}",
            ["12:38: confirm does not leave DONE"],
            id="deadline with an event from elsewhere",
        ),
        pytest.param(
            "    audit: {retain: 7}", ["12:13: 7 is not text: write it in quotes"], id="a number"
        ),
        pytest.param(
            "    stamps: {a: [1, true, 2024-01-01, ~]}",
            [
                "12:18: 1 is not text: write it in quotes",
                "12:21: true is not text: write it in quotes",
                "12:27: 2024-01-01 is not text: write it in quotes",
                "12:39: text is missing; inside {} a comma ends what is not in quotes",
            ],
            id="states that are not text",
        ),
        pytest.param(
            "    stamps: {a: 1}",
            ["12:14: 1 is not text: write it in quotes"],
            id="one state that is not text",
        ),
        pytest.param(
            "    states: {1: {require: x}, DONE: {require: y}}",
            ["12:14: 1 is not text: write it in quotes"],
            id="a key that is not text",
        ),
        pytest.param(
            "    stamps: [a, b]", ["12:5: must be a mapping"], id="a list for a mapping"
        ),
        pytest.param("    key: {a: b}", ["12:5: must be a name, or a list of names"], id="reverse"),
        pytest.param("    key: [[a]]", ["12:11: must be text"], id="a list in a list"),
        pytest.param("    funnel: 1", ["12:5: must be true or false"], id="no boolean"),
        pytest.param("    key: [id, id]", ["12:15: 'id' is there twice"], id="a column twice"),
        pytest.param(
            "    key: [id, status]",
            ["12:5: the state column 'status' cannot be part of the key"],
            id="the state in the key",
        ),
        pytest.param(
            "    states: {DONE: {freeze: status}}",
            ["12:21: the state column moves by transitions; a state says nothing of it"],
            id="the state in a state row",
        ),
        pytest.param(
            "    states: {DONE: {require: '*'}}",
            ["12:21: '*' stands for all columns in freeze only"],
            id="all columns required",
        ),
        pytest.param("    key: ['']", ["12:11: a column needs a name"], id="column without name"),
        pytest.param("    stamps: {a: ''}", ["12:14: a state needs a name"], id="state without"),
        pytest.param(
            "    audit: {columns: [a, " + "ä" * 32 + "]}",
            ["12:26: '" + "ä" * 32 + "' is longer than 63 bytes, PostgreSQL's limit"],
            id="a long name of a column, in bytes",
        ),
        pytest.param(
            '    key: "a\\0b"',
            ["12:5: a character that PostgreSQL cannot store"],
            id="a null character",
        ),
        pytest.param(
            '    stamps: {"\\ud800": DONE}',
            ["12:14: a character that PostgreSQL cannot store"],
            id="half a surrogate",
        ),
        pytest.param(
            "    claims: {c: {in: DONE}}", ["12:14: key 'resource' is missing"], id="missing key"
        ),
        pytest.param(
            "    claims: {c: {resource: [], in: []}}",
            ["12:18: no column names the resource: name one at least",
             "12:32: held in no state: name one at least"],
            id="a claim of nothing",
        ),
        pytest.param(
            "    claims: {c: {resource: status, in: DONE}}",
            ["12:18: the state column is no resource"],
            id="a claim of the state",
        ),
        pytest.param(
            "    claims: {Room: {resource: a, in: DONE}}",
            ["12:14: 'Room' is no name of a claim: small letters, digits and _, without 'claim_',"
             " for its index is called after it"],
            id="a name of a claim that an index cannot have",
        ),
        pytest.param(
            "    claims: {" + "r" * 36 + ": {resource: a, in: DONE}}",
            ["12:14: '" + "r" * 36 + "' is too long: beside machine booking a claim has at most 34"
             " bytes, for the name of its index holds both"],
            id="a name of a claim that is too long",
        ),
        pytest.param(
            "    state: other", ["12:5: key 'state' is there twice"], id="a key that is there twice"
        ),
        pytest.param(
            "    states: {DONE: {require: a}, DONE: {forbid: a}}",
            ["12:34: key 'DONE' is there twice"],
            id="a state that is there twice",
        ),
        pytest.param(
            "    claims:\n      c: {resource: a, in: DONE, during: 'a >'}\n"
            "    mirrors: {m: {table: a.b.c, key: k, column: c, in: DONE}}\n"
            "    repairs: {r: {when: a or or b, set: {c: d e}}}",
            [
                "13:45: expression 'a >': the expression is not complete",
                "14:19: 'a.b.c' is no table: write schema.name",
                "15:30: expression 'a or or b': syntax error at or near \"or\"",
                "15:47: expression 'd e': 'e' does not belong after an expression",
            ],
            id="what stands between rows",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(line: str, expected: list[str]) -> None:
    assert problems(f"{SMALL}{line}\n") == [f"f.yaml:{it}" for it in expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "interlock: 1\n", "", ["1:1: key 'interlock' is missing"], id="no version"
        ),
        pytest.param("interlock: 1", "interlock: 2",
                     ["1:1: 2 is no known version: this one reads `interlock: 1`"],
                     id="another version"),
        pytest.param("interlock: 1", "interlock: true",
                     ["1:1: 'true' is no known version: this one reads `interlock: 1`"],
                     id="true is not 1"),
        pytest.param("  booking:", "  Booking-1:",
                     ["3:3: 'Booking-1' is no name of a machine: small letters, digits and _, at"
                      " most 40 bytes, for the names of its objects begin with it"],
                     id="no name of a machine"),
        pytest.param("initial: PENDING", "initial: []",
                     ["6:5: no state is initial: no row could begin"], id="nothing initial"),
        pytest.param("final: [DONE]", "final: [DONE, DONE]",
                     ["7:19: 'DONE' is there twice"], id="a state twice"),
        pytest.param("from: PENDING,", "from: '*',",
                     ["9:17: '*' is no state: name each"], id="from anywhere"),
        pytest.param("from: PENDING,", "from: [],",
                     ["9:17: no state is left: name one at least"], id="from nowhere"),
        pytest.param("from: PENDING,", "from: [PENDING, CONFIRMED],",
                     ["9:45: confirm leads from CONFIRMED to itself, which is no move"],
                     id="a move to itself"),
        pytest.param("{from: [PENDING, CONFIRMED], to: DONE}",
                     "[{from: PENDING, to: DONE}, {from: [CONFIRMED, PENDING], to: DONE}]",
                     ["11:37: finish PENDING -> DONE is there twice"], id="a move twice"),
        pytest.param("{from: PENDING, to: CONFIRMED}", "[]",
                     ["9:7: there is no move in it"], id="an event without a move"),
        pytest.param("confirm: {", "'': {",
                     ["9:7: an event needs a name"], id="an event without a name"),
        pytest.param(", to: CONFIRMED}", "}",
                     ["9:7: key 'to' is missing"], id="nowhere to go"),
        pytest.param("    state: status\n", "",
                     ["3:3: key 'state' is missing"], id="no state column"),
    ],
)  # fmt: skip
def test_a_fault_of_what_must_be_there(old: str, new: str, expected: list[str]) -> None:
    assert problems(SMALL.replace(old, new)) == [f"f.yaml:{it}" for it in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "1:1: the file is empty", id="empty"),
        pytest.param("# nothing\n", "1:1: the file is empty", id="a comment"),
        pytest.param("- a\n", "1:1: a spec is a mapping that begins with", id="list"),
        pytest.param("word", "1:1: a spec is a mapping that begins with", id="word"),
        pytest.param("interlock: 1\nmachines:\n", "2:1: must be a mapping", id="no value"),
        pytest.param("interlock: 1\nmachines: []\n", "2:1: must be a mapping", id="a list in it"),
        pytest.param("interlock: 1\nmachines: {}\n", "2:1: there is no machine in it", id="none"),
        pytest.param("interlock: 1\nmachines: {a: }\n", "2:12: must be a mapping", id="no machine"),
        pytest.param("interlock: 1\n", "1:1: key 'machines' is missing", id="no machines"),
        pytest.param("a: [b\n", "2:1: not YAML: while parsing a flow sequence", id="unclosed"),
        pytest.param("a: 1\n\tb: 2\n", "2:1: not YAML: while scanning", id="tab"),
        pytest.param("a: ä\nb: \x01\n", "2:4: not YAML: special characters", id="control"),
        pytest.param("a: 1\n---\nb: 2\n", "2:1: not YAML: expected a single document", id="two"),
        pytest.param("[" * 5000, "1:1: not YAML: nested too deeply", id="nested"),
        pytest.param("a: *b\n", "1:4: not YAML: found undefined alias 'b'", id="unknown alias"),
        pytest.param("a: &a [*a]\n", "1:1: key 'interlock' is missing", id="alias of itself"),
        pytest.param(
            "interlock: 1\nmachines:\n" + "".join(
                f"  {chr(98 + i)}: &{chr(98 + i)} {'x' if not i else [f'*{chr(97 + i)}'] * 9}\n"
                for i in range(9)
            ).replace("'", ""),
            "too many parts: do aliases repeat each other?",
            id="aliases that grow",
        ),
    ],
)  # fmt: skip
def test_what_is_no_spec_at_all(text: str, expected: str) -> None:
    assert expected in problems(text)[0]


def test_all_faults_come_at_once_and_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("table: hotel.room_booking", "tabel: hotel.room_booking")
        + "    stamps: {at: DOEN}\n    mode: 3\n    invariants: {i: a or or b, j: f(}\n"
        + "  Other: {}\n"
    )

    places = [it.split(" ")[0] for it in problems(text)]

    assert places == [
        f"f.yaml:{it}:"
        for it in ("3:3", "4:5", "12:14", "13:5", "14:26", "14:36", *["15:3"] * 5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "place"),
    [
        pytest.param("paid and or b", (13, 19), id="plain"),
        pytest.param("  paid and or b  ", (13, 21), id="with space around it"),
        pytest.param("'paid = ''x'' or or b'", (13, 27), id="single quotes, doubled inside"),
        pytest.param('"paid = \\"x\\" or or b"', (13, 27), id="double quotes, escaped inside"),
        pytest.param('"\\u00e4 = \\x41 or or b"', (13, 28), id="double quotes, long escapes"),
        pytest.param("größe and or b", (13, 20), id="not ASCII"),
        pytest.param("|\n        paid\n          and or b", (15, 15), id="block"),
        pytest.param("|\n\n        paid\n        and or b", (16, 13), id="block with a blank line"),
        pytest.param(">\n        paid\n        and or b", (15, 13), id="folded block"),
        pytest.param("paid\n        and or b", (14, 13), id="plain over two lines"),
        pytest.param("'paid\n        and or b'", (14, 13), id="quoted over two lines"),
        pytest.param("&a paid and or b", (13, 10), id="with an anchor: where it begins"),
        pytest.param("{check: paid and or b}", (13, 27), id="inside a mapping"),
    ],
)
def test_the_fault_of_an_expression_is_found_inside_its_scalar(
    written: str, place: tuple[int, int]
) -> None:
    [told] = problems(f"{SMALL}    invariants:\n      i: {written}\n")

    assert told.startswith(f"f.yaml:{place[0]}:{place[1]}: expression")


def test_the_space_around_an_expression_is_no_part_of_it() -> None:
    read = machine(SMALL + "    invariants:\n      i: |\n        a\n        and b\n")

    assert read.invariants[0].check.text == "a\nand b"


def test_a_long_expression_is_shown_in_part() -> None:
    [told] = problems(f"{SMALL}    invariants: {{i: '{'a and ' * 50}'}}\n")

    assert "..." in told
    assert len(told) < 200


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_endings_and_byte_order_marks_change_nothing(ending: str, start: str) -> None:
    text = start + (SMALL + "    invariants:\n      i: 'a or or b'\n").replace("\n", ending)

    assert problems(text)[0].startswith("f.yaml:13:16: expression")


def test_anchors_and_merges_are_read() -> None:
    text = SMALL.replace("  booking:", "  booking: &shared") + (
        "  other:\n    <<: *shared\n    state: phase\n    mode: enforce\n"
    )

    first, second = parse(text, "f.yaml").machines

    assert (second.table, second.transitions) == (first.table, first.transitions)
    assert (second.state, second.mode) == ("phase", Mode.ENFORCE)


def test_a_fault_of_what_is_merged_is_told() -> None:
    text = SMALL.replace("  booking:", "  booking: &shared").replace("final: [DONE]", "final: 7")

    assert "f.yaml:7:5: 7 is not text: write it in quotes" in problems(
        text + "  other: {<<: *shared, state: phase}\n"
    )


def test_a_state_is_text_where_yaml_says_so() -> None:
    read = machine(SMALL.replace("[DONE]", '[DONE, NO, "1", !!str 2]'))

    assert read.final == ("DONE", "NO", "1", "2")


def test_one_column_has_one_machine() -> None:
    twin = SMALL.split("machines:\n")[1].replace("  booking:", "  twin:")

    assert problems(SMALL + twin) == [
        "f.yaml:14:5: machine 'booking' has this column of hotel.room_booking already"
    ]


def test_two_columns_of_one_table_have_a_machine_each() -> None:
    twin = SMALL.split("machines:\n")[1].replace("  booking:", "  twin:")

    read = parse(SMALL + twin.replace("status", "phase"), "f.yaml")

    assert [it.name for it in read.machines] == ["booking", "twin"]


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    other = SMALL.replace("booking:", "stay:").replace("room_booking", "stay")
    (tmp_path / "b.yml").write_text(other, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no spec", encoding="utf-8")

    read = load(tmp_path)

    assert [it.name for it in read.machines] == ["booking", "stay"]
    place = read.locate(("machines", "stay", "final", 0))
    assert place == Position(str(tmp_path / "b.yml"), 7, 13)


def test_the_faults_of_all_files_of_a_folder_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "c.yaml").write_text("", encoding="utf-8")
    other = SMALL.replace("booking:", "stay:", 1)
    (tmp_path / "d.yaml").write_text(other, encoding="utf-8")

    with pytest.raises(SpecError) as refused:
        load(tmp_path)

    assert refused.value.problems == (
        f"{tmp_path / 'c.yaml'}:1:1: the file is empty",
        f"{tmp_path / 'b.yaml'}:3:3: machine 'booking' is declared at {tmp_path / 'a.yaml'}:3:3"
        " already",
        f"{tmp_path / 'd.yaml'}:5:5: machine 'booking' has this column of hotel.room_booking"
        " already",
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"interlock: 1 # \xe4\n")
    (tmp_path / "none").mkdir()

    for name, told in {
        "latin.yaml": "latin.yaml:1:1: not UTF-8 text (byte 15)",
        "none": "holds no .yaml file",
        "missing.yaml": "no spec at",
    }.items():
        with pytest.raises(SpecError) as refused:
            load(tmp_path / name)
        assert told in refused.value.problems[0]


WORDS = [
    "interlock",
    "machines",
    "from",
    "to",
    "PENDING",
    "DONE",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "-",
]
WORDS += [
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "1",
    "~",
    "true",
    "'",
    '"',
    "*a",
    "&a",
    "|",
    "#",
    "!!str",
    "ß",
]


@given(
    at=st.integers(0, len(WHOLE)),
    length=st.integers(0, 12),
    words=st.lists(st.sampled_from(WORDS), max_size=4),
)
def test_however_a_spec_is_spoilt_it_is_read_or_refused(
    at: int, length: int, words: list[str]
) -> None:
    text = WHOLE[:at] + " ".join(words) + WHOLE[at + length :]
    told: tuple[str, ...] = ("f.yaml:1:1: ",)
    try:
        parse(text, "f.yaml")
    except SpecError as error:
        told = error.problems

    assert told
    lines = text.count("\n") + 1
    for each in told:
        _, line, column, message = each.split(":", 3)
        assert 1 <= int(line) <= lines + 1
        assert int(column) >= 1
        assert message.startswith(" ")


EXAMPLES = [
    pytest.param((ROOT / path).read_text(encoding="utf-8"), id=path)
    for path in ("examples/hotel/interlock.yaml", "examples/seed-as-printed.yaml")
]


@pytest.mark.parametrize("text", [pytest.param(WHOLE, id="all of the format"), *EXAMPLES])
def test_the_schema_takes_what_we_take(text: str) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())

    assert [it.message for it in validator.iter_errors(YAML(typ="safe").load(text))] == []


@pytest.mark.parametrize(
    "line",
    [
        "mood: good",
        "mode: enfroce",
        "stamps: {a: 1}",
        "states: {DONE: {requires: x}}",
        "claims: {c: {in: DONE}}",
        "funnel: 1",
        "deletion: {form: DONE}",
        "outbox: {}",
    ],
)
def test_the_schema_refuses_what_we_refuse(line: str) -> None:
    text = f"{SMALL}    {line}\n"
    validator = jsonschema.Draft202012Validator(json_schema())

    assert problems(text)
    assert list(validator.iter_errors(YAML(typ="safe").load(text)))


def test_the_schema_describes_every_key_and_names_only_what_it_has() -> None:
    schema = json_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    for name, part in schema["$defs"].items():
        assert part["description"], name
        for key, value in part.get("properties", {}).items():
            described = value if "description" in value else _target(schema, value)
            assert described["description"], f"{name}.{key}"
    assert set(_references(schema)) <= {f"#/$defs/{it}" for it in schema["$defs"]}


def _target(schema: dict[str, Any], value: dict[str, str]) -> dict[str, str]:
    target: dict[str, str] = schema["$defs"][value["$ref"].rpartition("/")[2]]
    return target


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [it for value in node.values() for it in _references(value)]
    return [it for value in node for it in _references(value)] if isinstance(node, list) else []
