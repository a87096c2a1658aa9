"""IL11, known state: the state column holds one of the machine's states."""

from pginterlock.errors import UnknownState
from pginterlock.rules.parts import Render, RowPredicate, Writing, is_state, listing

ERROR = UnknownState
CODE = UnknownState.code
NAME = "known_state"


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
            hint=f"Known states: {listing(machine.states)}",
            in_state=lambda render, state: "true",  # noqa: ARG005 - known by being looked up
        )
    ]
