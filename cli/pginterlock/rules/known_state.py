"""IL11, known state: the state column holds one of the machine's states."""

from pginterlock.choices import Mode
from pginterlock.errors import UnknownState
from pginterlock.names import literal
from pginterlock.rules.parts import (
    Render,
    RowPredicate,
    RowRepair,
    Writing,
    is_state,
    listing,
    new,
    renamed,
    row_refusal,
)
from pginterlock.table import Kind

ERROR = UnknownState
CODE = UnknownState.code
NAME = "known_state"


def first_of_all(writing: Writing) -> str:
    """Return the refusal of an unknown state, for before a move to it is called illegal.

    Nothing where a CHECK says so before any trigger, or where nothing is refused.
    """
    if writing.machine.mode_of(NAME) is not Mode.ENFORCE or writing.is_checked(NAME):
        return ""
    predicate = row_predicates(writing)[0]
    broken = f"({is_state('v_to', writing.machine.states)}) is not true"
    return writing.write(row_refusal(predicate, broken), new, origin="null")


def row_predicates(writing: Writing) -> list[RowPredicate]:
    """Return the one predicate: the state is known, and not null."""
    machine = writing.machine

    def known(render: Render) -> str:
        return is_state(writing.state_sql(render), machine.states)

    return [
        RowPredicate(
            CODE,
            NAME,
            NAME,
            machine.state,
            (machine.state,),
            known,
            message=f"{machine.state} is not a state of this machine",
            hint=f"Known states: {listing(machine.states)}{renamed(machine, *machine.states)}",
            in_state=lambda render, state: "true",  # noqa: ARG005 - known by being looked up
        )
    ]


def repairs(writing: Writing) -> list[RowRepair]:
    """Return the one proposal: a state that is written otherwise (case, blanks) is that state."""
    machine = writing.machine
    plain = [state.strip().upper() for state in machine.states]
    once = {
        word: s for word, s in zip(plain, machine.states, strict=True) if plain.count(word) == 1
    }
    if writing.column(machine.state).kind is not Kind.TEXT or not once:
        return []

    def written(render: Render) -> str:
        return f"upper(btrim({render(machine.state)}))"

    def when(render: Render) -> str:
        unknown = f"({is_state(writing.state_sql(render), machine.states)}) is not true"
        return f"{unknown} and {is_state(written(render), tuple(once))}"

    def meant(render: Render) -> str:
        arms = " ".join(f"when {literal(word)} then {literal(s)}" for word, s in once.items())
        return f"case {written(render)} {arms} end"

    return [
        RowRepair(
            CODE,
            NAME,
            f"{machine.state}_spelled",
            when,
            ((machine.state, meant),),
            f"{machine.state} spelled as the machine spells it",
            stage="spelling",
        )
    ]
