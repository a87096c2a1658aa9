"""How the trigger judges a claim that no index holds: by a look for another row, at the write.

In observe what is found is recorded. Two writers who do not see each other yet both pass: nothing
is refused there, and `verify` lists them. In a ratchet a row that begins to hold what another holds
is refused, and there writers of one resource take turns, so that the second sees the first.

Pure: model and table in, SQL text out.
"""

import zlib

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.elements import Claim
from pginterlock.names import cut, ident, literal
from pginterlock.rules.claim_terms import (
    NAME,
    clashes,
    columns,
    is_judged,
    keys,
    other,
)
from pginterlock.rules.parts import Render, Verdict, Writing, block, is_state, new, old
from pginterlock.template import fill

_HINT = "Another row holds it: take another, or wait until that row lets go"


def turn_name(machine: str) -> str:
    """Return the name of the table by which writers take turns."""
    return cut(f"{machine}_turn")


def takes_turns(writing: Writing, claim: Claim) -> bool:
    """Whether writers that claim the same take turns."""
    return is_judged(writing, claim) and _mode(writing, claim) is Mode.RATCHET


def slot(claim: Claim, render: Render) -> str:
    """Return SQL for the place in that table: the same for all that claim the same.

    By the types' own hash, so that what is equal has one place, whatever it is spelled like.
    """
    held = ", ".join(render(column) for column in claim.resource)
    return f"pg_catalog.hash_record_extended(row({held}), {zlib.crc32(claim.name.encode())})"


def read_columns(writing: Writing) -> list[str]:
    """Return the columns whose change the trigger has to judge, but the state."""
    state = writing.machine.state
    return [c for claim in _judged(writing) for c in columns(writing, claim) if c != state]


def at_birth(writing: Writing, code: str) -> list[str]:
    """Return the judgement of an insert."""
    return [_judgement(writing, claim, code, is_change=False) for claim in _judged(writing)]


def at_change(writing: Writing, code: str) -> list[str]:
    """Return the judgement of an update that changes what the row holds, or when."""
    return [_judgement(writing, claim, code, is_change=True) for claim in _judged(writing)]


def _mode(writing: Writing, claim: Claim) -> Mode:
    return writing.machine.mode_of(NAME, claim.name)


def _judged(writing: Writing) -> list[Claim]:
    return [it for it in writing.machine.claims if is_judged(writing, it)]


def _judgement(writing: Writing, claim: Claim, code: str, *, is_change: bool) -> str:
    held = [is_state("v_to", claim.states), *(f"{new(c)} is not null" for c in claim.resource)]
    asked = " and ".join(held)
    if is_change:
        was = is_state("v_from", claim.states)
        changed = [
            writing.differs(c) for c in columns(writing, claim) if c != writing.machine.state
        ]
        asked += "\n    and (" + "\n        or ".join([f"({was}) is not true", *changed]) + ")"
    body = _seen(writing, claim, code)
    if takes_turns(writing, claim):
        body = _ratchet(writing, claim, code, is_change=is_change)
    return fill(
        assets.read("sql", "templates", "claim_seek.plpgsql"),
        {"asked": asked, "body": block(body, 2)},
    )


def _seen(writing: Writing, claim: Claim, code: str) -> list[str]:
    """Return what records that another row holds the same."""
    found = _find(writing, _claims_now(writing, claim))
    return [found, writing.write(_verdict(claim, code, "v_other"), new, mode=Mode.OBSERVE)]


def _ratchet(writing: Writing, claim: Claim, code: str, *, is_change: bool) -> list[str]:
    """Return what refuses a new overlap, and records the touch of one that was there."""
    turn = fill(
        assets.read("sql", "templates", "claim_turn.plpgsql"),
        {"relation_name": turn_name(writing.machine.name), "slot": slot(claim, new)},
    )
    fresh = _claims_now(writing, claim)
    if is_change:
        was = f"{is_state('v_from', claim.states)} and {clashes(writing, claim, old)}"
        fresh += f"\n    and ({was}) is not true"
    refused = writing.write(_verdict(claim, code, _told(writing)), new, mode=Mode.RATCHET)
    body = [turn, _find(writing, fresh), refused]
    return [*body, *_seen(writing, claim, code)] if is_change else body


def _claims_now(writing: Writing, claim: Claim) -> str:
    """Return SQL that is true of another row that holds what the row holds after the write."""
    return f"{clashes(writing, claim, new)}\n    and {keys(writing, other)} <> {keys(writing, new)}"


def _find(writing: Writing, condition: str) -> str:
    table = writing.table.name
    return fill(
        assets.read("sql", "templates", "claim_find.plpgsql"),
        {
            "key_text": writing.key_text(other),
            "relation": f"{ident(table.schema)}.{ident(table.name)}",
            "is_clash": condition,
        },
    )


def _told(writing: Writing) -> str:
    """Return SQL for the other row's key, to whoever may read the table, and else for no key."""
    table = writing.table.name
    role = "coalesce(nullif(current_setting('role', true), 'none'), session_user)"
    relation = literal(f"{ident(table.schema)}.{ident(table.name)}")
    may_read = f"pg_catalog.has_table_privilege({role}, {relation}, 'select')"
    return f"case when {may_read} then v_other else 'another row' end"


def _verdict(claim: Claim, code: str, told: str) -> Verdict:
    return Verdict(
        "v_other is not null",
        code,
        NAME,
        f"pg_catalog.concat({literal(f': {claim.name} is held by ')}, {told})",
        literal(_HINT),
        claim.resource[-1],
        missing=claim.resource,
        item=claim.name,
    )
