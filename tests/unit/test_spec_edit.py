"""One mode of a spec is changed, and no other character of the file."""

import pytest

from pginterlock.choices import Mode
from pginterlock.errors import UsageError
from pginterlock.spec import parse
from pginterlock.spec_edit import edit_mode

TEXT = """\
# Ours, since 2019.
interlock: 1

machines:
  parcel:   # in the depot
    table: depot.parcel
    state: status      # the column
    mode:  observe     # tried since May
    initial: [PACKED]
    final:   [SENT]
    transitions:
      send:   {from: PACKED,   to: SENT}
    stamps: {sent_at: SENT}
    invariants:
      it's heavy, or not: weight > 0

  other: {table: d.other, state: status, initial: A, final: B, transitions: {go: {from: A, to: B}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "machine", "rule"),
    [
        pytest.param("mode:  observe ", "mode:  ratchet ", "parcel", "", id="the machine"),
        pytest.param(
            "state: status, initial", "state: status, mode: ratchet, initial", "other", "",
            id="a machine in one line, without a mode",
        ),
        pytest.param(
            "# tried since May\n", "# tried since May\n    modes: {stamp: ratchet}\n", "parcel",
            "stamp", id="the first rule",
        ),
        pytest.param(
            "# tried since May\n",
            "# tried since May\n    modes: {'invariant.it''s heavy, or not': ratchet}\n", "parcel",
            "invariant.it's heavy, or not", id="a rule whose name needs quotes",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_nothing_else_is_touched(old: str, new: str, machine: str, rule: str, ending: str) -> None:
    text = TEXT.replace("\n", ending)

    edited = edit_mode(text, "f.yaml", machine, Mode.RATCHET, rule)

    assert edited == TEXT.replace(old, new).replace("\n", ending)
    [found] = [it for it in parse(edited, "f.yaml").machines if it.name == machine]
    assert found.mode_of(*rule.split(".", 1) if rule else ("birth",)) is Mode.RATCHET


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("{stamp: observe}", "{stamp: ratchet}", id="it is there"),
        pytest.param("{IL12: observe}", "{IL12: ratchet}", id="by its code"),
        pytest.param("{'stamp': 'observe'}", "{'stamp': ratchet}", id="in quotes"),
        pytest.param("{}", "{stamp: ratchet}", id="an empty mapping"),
        pytest.param("{birth: enforce}", "{birth: enforce, stamp: ratchet}", id="beside another"),
        pytest.param(
            "\n      # tried\n      birth: enforce  # it is\n",
            "\n      # tried\n      birth: enforce  # it is\n      stamp: ratchet\n",
            id="below another",
        ),
        pytest.param(
            "\n      stamp: observe # so\n      birth: enforce\n",
            "\n      stamp: ratchet # so\n      birth: enforce\n",
            id="above another",
        ),
    ],
)
def test_a_rule_in_modes_that_are_there(before: str, after: str) -> None:
    text = TEXT.replace("# tried since May\n", f"# tried since May\n    modes: {before}\n")

    edited = edit_mode(text, "f.yaml", "parcel", Mode.RATCHET, "stamp")

    assert edited == text.replace(f"modes: {before}", f"modes: {after}")


def test_a_mode_that_is_there_already_changes_nothing() -> None:
    assert edit_mode(TEXT, "f.yaml", "parcel", Mode.OBSERVE) == TEXT


def test_a_machine_at_the_end_of_a_file_without_a_newline() -> None:
    text = "interlock: 1\nmachines:\n  a:\n    initial: A\n    final: B\n"
    text += "    transitions: {go: {from: A, to: B}}\n    table: a\n    state: s"

    edited = edit_mode(text, "f.yaml", "a", Mode.ENFORCE)

    assert edited == f"{text}\n    mode: enforce\n"


def test_what_cannot_be_changed_alone_is_left_to_its_author() -> None:
    text = TEXT.replace("mode:  observe", "mode: &m observe")
    text = text.replace("state: status, ", "state: status, mode: *m, ")

    with pytest.raises(UsageError, match="only its author can change") as refused:
        edit_mode(text, "f.yaml", "parcel", Mode.RATCHET)
    assert "Write `mode: ratchet` there" in (refused.value.remedy or "")


def test_a_mode_that_comes_by_a_merge_is_written_beside_it() -> None:
    text = TEXT.replace("    mode:  observe     # tried since May\n", "    <<: {mode: observe}\n")

    edited = edit_mode(text, "f.yaml", "parcel", Mode.RATCHET)

    assert "    state: status      # the column\n    mode: ratchet\n" in edited
    assert parse(edited, "f.yaml").machines[0].mode is Mode.RATCHET
