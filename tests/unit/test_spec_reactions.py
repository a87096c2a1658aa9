"""What is wrong with a reaction is found in the spec alone, and said with its place."""

import pytest

from pginterlock.check import check
from pginterlock.errors import SpecError
from pginterlock.model import Machine
from pginterlock.rules import reaction
from pginterlock.spec import parse

# Line 16 is the first that a case may add.
SMALL = """\
interlock: 1
machines:
  stay:
    table: inn.stay
    state: status
    mode: enforce
    initial: [DRAFT, PENDING]
    final: [LEFT, CANCELLED]
    transitions:
      submit:  {from: DRAFT, to: PENDING}
      ask:     {from: PENDING, to: ASKED}
      confirm: {from: [PENDING, ASKED], to: CONFIRMED, guard: rate > 0}
      leave:   {from: CONFIRMED, to: LEFT}
      cancel:  {from: [PENDING, ASKED, CONFIRMED], to: CANCELLED}
      reopen:  {from: CONFIRMED, to: PENDING}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        parse(SMALL + text, "f.yaml")
    return list(refused.value.problems)


def machine(reactions: str, moves: str = "") -> Machine:
    text = SMALL + moves + "    reactions:\n      " + reactions + "\n"
    return parse(text, "f.yaml").machines[0]


@pytest.mark.parametrize(
    ("reactions", "expected"),
    [
        pytest.param(
            "{paid: {when: paid_at is not null, event: confrim}}",
            ["16:51: unknown event 'confrim'; did you mean 'confirm'?"],
            id="an unknown event",
        ),
        pytest.param(
            "{paid: {wen: paid_at is not null, event: confirm}}",
            [
                "16:17: key 'when' is missing",
                "16:24: unknown key 'wen'; did you mean 'when'?",
            ],
            id="an unknown key",
        ),
        pytest.param(
            "{Paid: {when: paid, event: confirm}}",
            [
                "16:17: 'Paid' is no name of a reaction: small letters, digits and _, at most 63"
                " bytes, for the history knows its actor by it"
            ],
            id="a name that is none",
        ),
        pytest.param(
            "{deadline: {when: paid, event: confirm}}",
            ["16:17: the actor interlock:deadline is another's: call it otherwise"],
            id="a name that is taken",
        ),
        pytest.param(
            "{paid: {when: status = 'ASKED', event: confirm}}",
            ["16:24: 'status' is the state column: the moves of the event say from where"],
            id="a condition on the state",
        ),
        pytest.param(
            "{paid: {when: 1 < 2, event: confirm}}",
            ["16:24: it reads no column, and so never becomes true"],
            id="a condition on nothing",
        ),
        pytest.param(
            "{paid: {when: paid_at >, event: confirm}}",
            ["16:38: expression 'paid_at >': the expression is not complete"],
            id="a condition that is none",
        ),
        pytest.param(
            "{paid: {when: paid_at < now(), event: confirm}}",
            [
                "16:40: expression 'paid_at < now()': now() depends on time, session or catalog:"
                " an expression may depend on the row alone"
            ],
            id="a condition on the time",
        ),
        pytest.param(
            "{a: {when: paid, event: confirm}, b: {when: paid, event: confirm}}",
            ["16:50: a says the same already"],
            id="the same twice",
        ),
        pytest.param(
            "{back: {when: paid, event: confirm}, again: {when: late, event: reopen}}",
            ["16:53: reactions lead round in a circle: CONFIRMED -> PENDING -> CONFIRMED"],
            id="a circle",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(reactions: str, expected: list[str]) -> None:
    found = problems(f"    reactions: {reactions}\n")

    assert [it.removeprefix("f.yaml:") for it in found] == expected


def test_an_event_that_leads_to_two_states_is_told() -> None:
    moves = "      end: [{from: ASKED, to: LEFT}, {from: ASKED, to: CANCELLED}]\n"

    found = problems(f"{moves}    reactions: {{r: {{when: paid, event: end}}}}\n")

    told = "end leads from ASKED to LEFT and CANCELLED: a reaction needs to know where to"
    assert found == [f"f.yaml:17:33: {told}"]


def test_a_circle_of_three_is_told_once() -> None:
    text = (
        "    reactions:\n"
        "      a: {when: paid, event: ask}\n"
        "      b: {when: rate > 1, event: confirm}\n"
        "      c: {when: late, event: reopen}\n"
    )

    assert len(problems(text)) == 1


@pytest.mark.parametrize(
    ("reactions", "expected"),
    [
        pytest.param(
            "{a: {when: paid, event: confirm}, b: {when: late, event: leave}}",
            [
                "f.yaml:16:50: a leads to CONFIRMED, where b goes on: but one reaction at most is"
                " made in a write [reaction-chain]"
            ],
            id="a chain",
        ),
        pytest.param(
            "{a: {when: room is null, event: confirm}}\n    states: {CONFIRMED: {require: [room]}}",
            [
                "f.yaml:16:21: a asks that room is null, but CONFIRMED requires it"
                " [reaction-contradicts-state]"
            ],
            id="a contradiction",
        ),
        pytest.param("{a: {when: paid, event: confirm}}", [], id="nothing"),
    ],
)
def test_what_check_finds(reactions: str, expected: list[str]) -> None:
    found = check(parse(f"{SMALL}    reactions: {reactions}\n", "f.yaml"))

    assert [f"{it.position}: {it.message} [{it.code}]" for it in found] == expected


# Which moves there are.


def test_a_step_leads_from_where_the_row_stood() -> None:
    found = reaction.steps(machine("a: {when: paid, event: confirm}"))

    assert [(it.move.from_state, it.move.to_state, it.beside) for it in found] == [
        ("PENDING", "CONFIRMED", ("ASKED",)),
        ("ASKED", "CONFIRMED", ()),
    ]


def test_one_goes_on_where_no_other_move_leads() -> None:
    [found] = reaction.throughs(machine("a: {when: paid, event: confirm}"))

    assert (found.origin, found.via, found.target) == ("DRAFT", "PENDING", "CONFIRMED")


@pytest.mark.parametrize(
    "moves",
    [
        "      jump: {from: DRAFT, to: CONFIRMED}\n",
        "      jump: {from: DRAFT, to: ASKED}\n",
    ],
    ids=["a move beside it", "another way"],
)
def test_none_goes_on_where_the_ends_do_not_tell_the_way(moves: str) -> None:
    found = reaction.throughs(machine("a: {when: paid, event: confirm}", moves))

    assert found == []


def test_a_reaction_in_observe_makes_no_move() -> None:
    text = SMALL.replace("enforce", "observe")
    observing = parse(f"{text}    reactions: {{a: {{when: paid, event: confirm}}}}\n", "f.yaml")

    assert reaction.steps(observing.machines[0]) == []


@pytest.mark.parametrize(
    ("when", "is_bare"),
    [("paid is not null and not late", True), ("rate > 1", False), ("a is distinct from b", False)],
)
def test_a_condition_that_a_search_path_could_change_is_told(when: str, *, is_bare: bool) -> None:
    read = machine(f"a: {{when: {when}, event: leave}}")

    assert reaction.is_bare_all(read) is is_bare
