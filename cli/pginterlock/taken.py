"""What a server says when an index holds a claim, to the detail of a refusal.

The server refuses by itself, in its own words: machine and claim stand in the name of the index,
the rest in DETAIL, ``Key (room, id)=(1, 9) conflicts with existing key (room, id)=(1, 5).``, in the
language of the server. Pure: text in, data out.
"""

import re
from collections.abc import Mapping

_INDEX = re.compile(r"interlock_(?P<machine>[a-z_][a-z0-9_]*)_claim_(?P<claim>[a-z_][a-z0-9_]*)\Z")
_QUOTED = re.compile(r"interlock_[a-z0-9_]+_claim_[a-z0-9_]+")
_UNIQUE, _EXCLUSION = "23505", "23P01"
_FORM = ")=("


def detail_of(detail: str, fields: Mapping[str, str]) -> dict[str, object] | None:
    """Return the detail of the refusal of a claim; None where the error is none.

    *fields* are the server's. Where the log kept no SQLSTATE or constraint, its message has both.
    """
    if fields.get("sqlstate", "") not in ("", _UNIQUE, _EXCLUSION):
        return None
    quoted = _QUOTED.search(fields.get("message", ""))
    name = fields.get("constraint") or (quoted[0] if quoted else "")
    found = _INDEX.match(name)
    if found is None:
        return None
    wanted, holder = _keys(detail)
    return {
        "code": "IL15",
        "machine": found["machine"],
        "rule": "claim",
        "claim": found["claim"],
        "key": None,
        "from": None,
        "to": None,
        "event": None,
        "allowed": [],
        "missing": [],
        "wanted": wanted,
        "holder": holder,
    }


def _keys(detail: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the row asks for, and what the row holds that has it, by column."""
    start, end = detail.find("("), detail.find(_FORM)
    if not 0 <= start < end:
        return {}, {}
    columns = detail[start + 1 : end]
    _, *values = detail.split(f"({columns}{_FORM}")
    names = _parts(columns)
    keys = [_named(names, value[: value.rfind(")")]) for value in values]
    return keys[0] if keys else {}, keys[1] if len(keys) > 1 else {}


def _named(names: list[str], values: str) -> dict[str, str]:
    """Return *values* by name; nothing where a text holds a comma, so that none can be told."""
    found = values.split(", ")
    return dict(zip(names, found, strict=True)) if len(found) == len(names) else {}


def _parts(columns: str) -> list[str]:
    """Return the columns of a list, of which an expression may hold commas."""
    found, depth = [""], 0
    for character in columns:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return [it.strip() for it in found]
