"""IL05, authority: who may make a move.

What counts is the role that the session acts as: that of `set role` where one is set, else the one
that logged in. Both are the session's own, and no `security definer` function lends another:
`current_user` is our owner while we judge, and may be anybody's while others write.
"""

from pginterlock.elements import Transition
from pginterlock.errors import NotAuthorised
from pginterlock.names import array, ident, literal
from pginterlock.rules.parts import Verdict, Writing, new

ERROR = NotAuthorised
CODE = NotAuthorised.code
NAME = "authority"

ACTING = "coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)"


def may(move: Transition) -> str:
    """Return SQL that is true when the session may make *move*; not true where a role is gone."""
    return is_member(move.by)


def is_member(roles: tuple[str, ...]) -> str:
    """Return SQL that is true when the session acts as a member of one of *roles*.

    Looked up by name, for roles belong to the server and a dump does not bring them.
    """
    return "\n    or ".join(
        f"pg_catalog.pg_has_role({ACTING}::pg_catalog.name,"
        f" pg_catalog.to_regrole({literal(ident(role))}), 'member') is true"
        for role in roles
    )


def is_reader(relation: str) -> str:
    """Return SQL that is true when the session acts as one who may read any of *relation*.

    As a member too of a role that may, with `inherit` or without.
    """
    return (
        "exists (\n        select from pg_catalog.pg_roles as r\n        where\n"
        f"            pg_catalog.pg_has_role({ACTING}::pg_catalog.name, r.oid, 'member')\n"
        "            and pg_catalog.has_any_column_privilege("
        f"r.oid, {literal(relation)}, 'select')\n    )"
    )


def refusal(writing: Writing, moves: list[Transition]) -> str:
    """Return the refusal of *moves*, one state to another, none of which the session may make."""
    move = moves[0]
    roles = list(dict.fromkeys(role for m in moves for role in m.by))
    verdict = Verdict(
        "true",
        CODE,
        NAME,
        f"pg_catalog.concat({literal(f': {move.from_state} -> {move.to_state} is not for ')},"
        f" {ACTING})",
        literal(f"{move.event} is for members of {', '.join(roles)}"),
        writing.machine.state,
        array(writing.machine.targets(move.from_state)),
        missing=("role",),
        event=literal(move.event),
        is_liftable=True,
    )
    return writing.write(verdict, new)
