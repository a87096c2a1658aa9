"""What is wrong with a machine itself is found without a database, and said with its place."""

import re
from pathlib import Path

import pytest

from pginterlock.check import CHECKS, check
from pginterlock.findings import Finding, Severity
from pginterlock.spec import load, parse

ROOT = Path(__file__).parents[2]
# Line 16 is the first that a case may add.
SMALL = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: [PENDING]
    final: [CHECKED_OUT, CANCELLED]
    transitions:
      confirm: {from: PENDING, to: CONFIRMED}
      check_in: {from: CONFIRMED, to: CHECKED_IN}
      check_out: {from: CHECKED_IN, to: CHECKED_OUT}
      cancel: {from: [PENDING, CONFIRMED], to: CANCELLED}
    stamps:
      checked_in_at: CHECKED_IN
      checked_out_at: CHECKED_OUT
"""


def findings(text: str) -> list[Finding]:
    return check(parse(text, "f.yaml"))


def told(text: str) -> list[str]:
    return [f"{it.position}: {it.message} [{it.code}]" for it in findings(text)]


def test_nothing_is_found_in_a_sound_machine() -> None:
    assert findings(SMALL) == []


@pytest.mark.parametrize("path", ["examples/hotel/interlock.yaml", "bench/interlock.yaml"])
def test_nothing_is_found_in_our_own(path: str) -> None:
    assert check(load(ROOT / path)) == []


def test_the_printed_transitions_cannot_reach_no_show() -> None:
    path = ROOT / "examples" / "seed-as-printed.yaml"
    line = path.read_text().splitlines().index("      - NO_SHOW") + 1

    [found] = check(load(path))

    assert found.code == "unreachable-state"
    assert found.message == "state NO_SHOW cannot be reached: no transition leads to it"
    assert str(found.position) == f"{path}:{line}:9"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "CANCELLED]\n    tr", "CANCELLED, NO_SHOW]\n    tr",
            ["7:37: state NO_SHOW cannot be reached: no transition leads to it"
             " [unreachable-state]"],
            id="a final state that nothing leads to",
        ),
        pytest.param(
            "      cancel:", "      a: {from: X, to: Y}\n      b: {from: Y, to: X}\n      cancel:",
            ["12:7: state X cannot be reached: only from Y, which cannot be reached either"
             " [unreachable-state]",
             "12:7: state Y cannot be reached: only from X, which cannot be reached either"
             " [unreachable-state]",
             "12:7: no final state can be reached from X [dead-end]",
             "12:7: no final state can be reached from Y [dead-end]"],
            id="two states that lead to each other only",
        ),
        pytest.param(
            "      cancel:", "      hold: {from: CONFIRMED, to: HELD}\n      cancel:",
            ["12:7: no transition leaves HELD, and it is not final [dead-end]"],
            id="a state that nothing leaves",
        ),
        pytest.param(
            "      cancel:",
            "      a: {from: CONFIRMED, to: X}\n      b: {from: X, to: Y}\n"
            "      c: {from: Y, to: X}\n      cancel:",
            ["12:7: no final state can be reached from X [dead-end]",
             "13:7: no final state can be reached from Y [dead-end]"],
            id="a circle without a way out",
        ),
        pytest.param(
            "      cancel:", "      back: {from: CHECKED_OUT, to: PENDING}\n      cancel:",
            ["12:7: back leaves CHECKED_OUT, which is final [final-with-moves]"],
            id="a move out of a final state",
        ),
        pytest.param(
            "confirm: {from: PENDING, to: CONFIRMED}",
            "confirm: {from: PENDING, to: CONFIRMED, guard: checked_in_at is not null and a > 1}",
            ["9:47: the guard of confirm asks that checked_in_at is not null, but CONFIRMED forbids"
             " it [guard-contradicts-state]"],
            id="a guard that asks for a stamp too early",
        ),
        pytest.param(
            "to: CHECKED_IN}", "to: CHECKED_IN, guard: checked_in_at is null}",
            ["10:51: the guard of check_in asks that checked_in_at is null, but CHECKED_IN requires"
             " it [guard-contradicts-state]"],
            id="a guard that asks for no stamp too late",
        ),
        pytest.param(
            "to: CHECKED_IN}", "to: CHECKED_IN, guard: a is null and b and a > 1}",
            ["10:51: the guard of check_in asks that a is null and that it is not"
             " [guard-contradicts-state]"],
            id="a guard that contradicts itself",
        ),
        pytest.param(
            "      cancel:", "      approve: {from: PENDING, to: CONFIRMED}\n      cancel:",
            ["12:7: approve is never the name of PENDING -> CONFIRMED: confirm makes the same move,"
             " comes before, and has no guard [shadowed-move]"],
            id="two events for one move",
        ),
    ],
)  # fmt: skip
def test_faults_of_moves(old: str, new: str, expected: list[str]) -> None:
    assert told(SMALL.replace(old, new)) == [f"f.yaml:{it}" for it in expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "    states: {CANCELLED: {require: [a, b], clear: b}}",
            ["16:39: CANCELLED requires b, and forbids or clears it [state-contradicts-itself]"],
            id="required and cleared",
        ),
        pytest.param(
            "    states: {CANCELLED: {require: a, forbid: a}}",
            ["16:26: CANCELLED requires a, and forbids or clears it [state-contradicts-itself]"],
            id="required and forbidden",
        ),
        pytest.param(
            "    states: {CHECKED_OUT: {clear: checked_in_at}}",
            ["16:14: CHECKED_OUT forbids or clears checked_in_at, but every way there sets it"
             " [stamp-contradicts-state]"],
            id="a stamp cleared that must be there",
        ),
        pytest.param(
            "    states: {CANCELLED: {require: checked_in_at}}",
            ["16:14: CANCELLED requires checked_in_at, but no way there sets it"
             " [stamp-contradicts-state]"],
            id="a stamp required that cannot be there",
        ),
        pytest.param(
            "    invariants: {i: checked_out_at < checked_in_at}",
            ["16:18: i asks that checked_out_at is not null, but PENDING, CONFIRMED, CHECKED_IN and"
             " CANCELLED forbid it [invariant-contradicts-state]",
             "16:18: i asks that checked_in_at is not null, but PENDING, CONFIRMED and CANCELLED"
             " forbid it [invariant-contradicts-state]",
             "16:18: i puts checked_out_at before checked_in_at, but CHECKED_IN always comes"
             " before CHECKED_OUT [stamps-out-of-order]"],
            id="stamps out of order",
        ),
        pytest.param(
            "    invariants: {i: {check: checked_in_at > checked_out_at, in: CHECKED_OUT}}",
            ["16:18: i puts checked_out_at before checked_in_at, but CHECKED_IN always comes"
             " before CHECKED_OUT [stamps-out-of-order]"],
            id="stamps out of order, in the state that has both",
        ),
        pytest.param(
            "    invariants: {i: {check: checked_in_at <= checked_out_at, in: CHECKED_OUT}}",
            [],
            id="stamps in order",
        ),
        pytest.param(
            "    states: {CHECKED_IN: {forbid: fee}}\n"
            "    invariants: {i: {check: fee > 0, in: [CHECKED_IN, CHECKED_OUT]}}",
            ["17:18: i asks that fee is not null, but CHECKED_IN forbids it"
             " [invariant-contradicts-state]"],
            id="an invariant over what its state forbids",
        ),
        pytest.param(
            "    states: {CHECKED_IN: {forbid: fee}}\n    invariants: {i: fee > 0 or fee is null}",
            [],
            id="an invariant that allows for null",
        ),
        pytest.param(
            "      status: CANCELLED",
            ["16:7: status is the state column; it cannot be a stamp [stamp-of-state-column]"],
            id="the state column as a stamp",
        ),
        pytest.param(
            "      made_at: {state: PENDING, fill: never}",
            ["16:7: a row may begin as PENDING, which requires made_at, and fill is never"
             " [never-filled]"],
            id="a stamp of birth that nothing fills",
        ),
        pytest.param(
            "    deadlines: {CHECKED_OUT: 1 day}",
            ["16:17: CHECKED_OUT is final: every row in it will pass the deadline of 1 day"
             " [deadline-of-final-state]"],
            id="a deadline of a final state",
        ),
        pytest.param("    states: {CHECKED_IN: {freeze: checked_in_at}}", [], id="a frozen stamp"),
    ],
)  # fmt: skip
def test_faults_of_rows(line: str, expected: list[str]) -> None:
    assert told(f"{SMALL}{line}\n") == [f"f.yaml:{it}" for it in expected]


def test_a_misspelt_state_is_guessed_at() -> None:
    hints = [it.hint for it in findings(SMALL.replace("[PENDING]", "[PENDNG]"))]

    assert "Add a transition out of PENDNG, or add it to final; or is PENDING meant?" in hints
    assert "Add a transition to PENDING, or take the state out; or is PENDNG meant?" in hints


def test_only_what_may_be_meant_so_is_a_warning() -> None:
    text = SMALL.replace("CANCELLED]\n    tr", "CANCELLED, NO_SHOW]\n    tr")
    extra = "      made_at: {state: PENDING, fill: never}\n"

    severities = {it.code: it.severity for it in findings(text + extra)}

    assert severities == {
        "unreachable-state": Severity.ERROR,
        "never-filled": Severity.WARNING,
    }


def test_each_machine_is_checked_and_named() -> None:
    twin = SMALL.split("machines:\n")[1].replace("  booking:", "  twin:").replace("status", "phase")
    text = SMALL + twin.replace("CANCELLED]\n", "CANCELLED, NO_SHOW]\n", 1)

    [found] = findings(text)

    assert (found.machine, found.subject) == ("twin", "hotel.room_booking")
    assert str(found.position) == "f.yaml:20:37"


def test_every_code_has_its_part_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "check.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^### `(.+)`$", page, re.MULTILINE)) == set(CHECKS)
