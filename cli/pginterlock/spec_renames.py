"""What a spec says of states that were called otherwise before, and of names kept for us.

Pure: data in, data out.
"""

from collections.abc import Callable, Sequence

from pginterlock.elements import Rename
from pginterlock.model import SpecPath
from pginterlock.spec_format import MachinePart

_OURS = "interlock:"


def read_renames(
    part: MachinePart, states: Sequence[str], add: Callable[[SpecPath, str], None]
) -> tuple[Rename, ...]:
    """Return the renames of a machine with *states*; what is wrong goes to *add*."""
    for event in part.transitions:
        if event.startswith(_OURS):
            add(("transitions", event), f"events that begin with {_OURS!r} are ours")
    found: list[Rename] = []
    for state, row in part.states.items():
        if row.renamed_from is None:
            continue
        if wrong := _wrong(row.renamed_from, states, found):
            add(("states", state, "renamed_from"), wrong)
        else:
            found.append(Rename(state, row.renamed_from))
    return tuple(found)


def _wrong(was: str, states: Sequence[str], found: Sequence[Rename]) -> str:
    if not was.strip():
        return "a state needs a name"
    if was in states:
        return f"{was!r} is a state of this machine still; a name that is left is none any more"
    other = next((it.state for it in found if it.was == was), None)
    return f"{was!r} is what {other} was called already" if other else ""
