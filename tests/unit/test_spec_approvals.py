"""Approvals of a move, as a spec asks for them; and what the registry keeps of that."""

import json

import pytest

from pginterlock.check import check
from pginterlock.compiler.registry import definition
from pginterlock.definition import machine_of
from pginterlock.difference import difference
from pginterlock.elements import Approvals
from pginterlock.errors import SpecError, UsageError
from pginterlock.fit import no_such_roles
from pginterlock.spec import parse
from pginterlock.spec_modes import rule_of

SPEC = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: PENDING
    final: [DONE, GONE]
    transitions:
      refund: {from: PENDING, to: DONE, approvals: {ASKED}}
      lose:   {from: PENDING, to: GONE}
"""


def with_asked(asked: str, more: str = "") -> str:
    return SPEC.replace("ASKED", asked) + more


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("count: 2", Approvals(2)),
        ("count: 2, distinct: true", Approvals(2, distinct=True)),
        ("count: 1, distinct: false", Approvals(1, distinct=False)),
        ("count: 3, by: clerk", Approvals(3, by=("clerk",))),
        ("count: 2, by: [clerk, boss]", Approvals(2, by=("clerk", "boss"))),
    ],
)
def test_what_is_asked_for(asked: str, expected: Approvals) -> None:
    [machine] = parse(with_asked(asked), "f.yaml").machines

    assert [it.approvals for it in machine.transitions] == [expected, None]
    assert machine_of(json.loads(definition(machine))) == machine
    assert check(parse(with_asked(asked), "f.yaml")) == []


def test_without_approvals_a_definition_is_as_it_was_before_there_were_any() -> None:
    [machine] = parse(SPEC.replace(", approvals: {ASKED}", ""), "f.yaml").machines

    assert "approvals" not in definition(machine)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("count: 0", "9:53: 0 approvals are none: one at least, two for four eyes"),
        ("count: -1", "9:53: -1 approvals are none"),
        ("count: two", "9:53: must be a whole number"),
        ("count: true", "9:53: must be a whole number"),
        ("count: 2.5", "9:53: must be a whole number"),
        ("distinct: true", "9:41: key 'count' is missing"),
        ("count: 2, distinct: maybe", "must be true or false"),
        ("cuont: 2", "unknown key 'cuont'; did you mean 'count'?"),
        ("count: 2, distincts: true", "unknown key 'distincts'; did you mean 'distinct'?"),
        ("count: 2, by: [a, a]", "'a' is there twice"),
        ("count: 2, by: public", "'public' is no role: without `by`, anybody may approve"),
    ],
)
def test_what_cannot_be_asked_for(asked: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(with_asked(asked), "f.yaml")

    assert message in str(refused.value)


def test_a_row_that_begins_is_approved_by_nobody() -> None:
    text = with_asked("count: 2").replace("from: PENDING, to: DONE", "from: [], to: DONE")

    with pytest.raises(SpecError, match=r"9:\d+: no state is left"):
        parse(text, "f.yaml")


def test_one_event_of_one_state_has_one_kind_of_approvals() -> None:
    other = """\
      refund:
        - {from: PENDING, to: DONE, approvals: {count: 2}}
        - {from: PENDING, to: GONE, approvals: {count: 3}}
"""
    text = with_asked("count: 2").replace(
        "      refund: {from: PENDING, to: DONE, approvals: {count: 2}}\n", other
    )

    with pytest.raises(SpecError, match="one event of one state has one kind"):
        parse(text, "f.yaml")
    parse(text.replace("count: 3", "count: 2"), "f.yaml")


def test_a_role_that_is_not_there_is_found_where_it_stands() -> None:
    [machine] = parse(with_asked("count: 2, by: bos"), "f.yaml").machines

    [problem] = no_such_roles(machine, ["boss", "clerk"])

    assert problem.path == ("machines", "booking", "transitions", "refund", "approvals", "by")
    assert problem.message == "role 'bos' does not exist; did you mean 'boss'?"


def test_a_move_that_needs_approvals_shadows_no_other() -> None:
    more = "      close: {from: PENDING, to: DONE}\n"

    assert check(parse(with_asked("count: 2", more), "f.yaml")) == []


def test_the_rule_has_a_name_where_a_machine_has_it() -> None:
    [machine] = parse(with_asked("count: 2"), "f.yaml").machines
    [plain] = parse(SPEC.replace(", approvals: {ASKED}", ""), "f.yaml").machines

    assert rule_of(machine, "approval") == "approval"
    with pytest.raises(UsageError, match="'approval' is no rule of booking"):
        rule_of(plain, "approval")


def test_a_change_of_approvals_is_told() -> None:
    was = parse(with_asked("count: 2, by: clerk"), "f.yaml").machines[0]
    now = parse(with_asked("count: 3, distinct: false"), "f.yaml").machines[0]

    [found] = difference(was, now)

    assert (found.what, found.effect) == (
        "approvals of a move changed",
        "2 distinct by clerk -> 3",
    )


def test_a_reaction_makes_no_move_that_needs_approvals() -> None:
    more = "    reactions: {paid: {when: paid, event: EVENT}}\n"

    with pytest.raises(
        SpecError, match=r"11:\d+: refund needs approvals, and a reaction waits for"
    ):
        parse(with_asked("count: 2", more.replace("EVENT", "refund")), "f.yaml")
    parse(with_asked("count: 2", more.replace("EVENT", "lose")), "f.yaml")
