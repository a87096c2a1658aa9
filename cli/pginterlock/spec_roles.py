"""Who may move a row, and who must approve: roles in a spec, and the columns of a funnel.

Pure: data in, data out.
"""

from collections.abc import Callable, Sequence

from pginterlock.elements import Approvals, Transition
from pginterlock.model import SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import ApprovalsPart, MachinePart

_Add = Callable[[SpecPath, str], None]


def check_roles(
    path: SpecPath, roles: Sequence[str], add: _Add, *, may: str = "make the move"
) -> None:
    """Call *add* with what is wrong with the names of *roles*, who *may* do something."""
    for number, role in enumerate(roles):
        where = (*path, number)
        if role in roles[:number]:
            add(where, f"{role!r} is there twice")
        elif not role.strip():
            add(where, "a role needs a name")
        elif role.lower() in ("public", "none"):
            add(where, f"{role!r} is no role: without `by`, anybody may {may}")
        elif len(role.encode()) > MAX_BYTES:
            add(where, f"{role!r} is longer than {MAX_BYTES} bytes, PostgreSQL's limit")


def read_approvals(path: SpecPath, part: ApprovalsPart | None, add: _Add) -> Approvals | None:
    """Return how many must approve of a move; call *add* with what is wrong with that."""
    if part is None:
        return None
    if part.count < 1:
        add((*path, "count"), f"{part.count} approvals are none: one at least, two for four eyes")
    check_roles((*path, "by"), part.by, add, may="approve")
    return Approvals(part.count, part.distinct, tuple(part.by))


def check_approvals(moves: Sequence[Transition], add: _Add) -> None:
    """Call *add* where one event asks for two kinds of approvals in one state.

    Who approves names an event, and not where it leads.
    """
    first: dict[tuple[str, str], Approvals] = {}
    for it in moves:
        if it.approvals is None:
            continue
        if first.setdefault((it.event, it.from_state), it.approvals) != it.approvals:
            told = f"{it.event} asks for other approvals from {it.from_state} above"
            add(("transitions", it.event), f"{told}: one event of one state has one kind")


def funnelled(part: MachinePart) -> tuple[str, ...]:
    """Return the columns that a funnel shuts: state, stamps and what is claimed; none without."""
    if not part.funnel:
        return ()
    claimed = [column for claim in part.claims.values() for column in claim.resource]
    return tuple(dict.fromkeys([part.state, *part.stamps, *claimed]))
