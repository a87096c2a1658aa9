"""Who may move a row: names of database roles in a spec, and the columns of a funnel.

Pure: data in, data out.
"""

from collections.abc import Callable, Sequence

from pginterlock.model import SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import MachinePart


def check_roles(path: SpecPath, roles: Sequence[str], add: Callable[[SpecPath, str], None]) -> None:
    """Call *add* with what is wrong with the names of *roles*."""
    for number, role in enumerate(roles):
        where = (*path, number)
        if role in roles[:number]:
            add(where, f"{role!r} is there twice")
        elif not role.strip():
            add(where, "a role needs a name")
        elif role.lower() in ("public", "none"):
            add(where, f"{role!r} is no role: without `by`, anybody may make the move")
        elif len(role.encode()) > MAX_BYTES:
            add(where, f"{role!r} is longer than {MAX_BYTES} bytes, PostgreSQL's limit")


def funnelled(part: MachinePart) -> tuple[str, ...]:
    """Return the columns that a funnel shuts: state, stamps and what is claimed; none without."""
    if not part.funnel:
        return ()
    claimed = [column for claim in part.claims.values() for column in claim.resource]
    return tuple(dict.fromkeys([part.state, *part.stamps, *claimed]))
