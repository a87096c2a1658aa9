"""The section ``claims`` of one machine of a spec to the model.

Pure: data in, data out.
"""

import re
from collections.abc import Callable, Mapping

from pginterlock.elements import Claim, Expression
from pginterlock.model import SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import ClaimPart

_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
# What stands around the names in `interlock_<machine>_claim_<claim>_next`, the longest there is.
_AROUND = len("interlock__claim__next")
# A refusal names index or constraint alone: machine and claim are read out of it again.
_SPLIT = "claim_"

Express = Callable[[SpecPath, str], Expression]
Tell = Callable[[SpecPath, str], None]


def read_claims(
    machine: str, state: str, parts: Mapping[str, ClaimPart], express: Express, tell: Tell
) -> tuple[Claim, ...]:
    """Return the claims of *machine*; *tell* hears what is wrong with them."""
    found = []
    for name, part in parts.items():
        path: SpecPath = ("claims", name)
        _check_name(machine, name, path, tell)
        if not part.resource:
            tell((*path, "resource"), "no column names the resource: name one at least")
        if not part.in_:
            tell((*path, "in"), "held in no state: name one at least")
        for number, column in enumerate(part.resource):
            if column == state:
                tell((*path, "resource", number), "the state column is no resource")
        during = None if part.during is None else express((*path, "during"), part.during)
        found.append(Claim(name, tuple(part.resource), tuple(part.in_), during))
    return tuple(found)


def _check_name(machine: str, name: str, path: SpecPath, tell: Tell) -> None:
    longest = MAX_BYTES - _AROUND - len(machine.encode())
    if not _NAME.match(name) or _SPLIT in name:
        tell(
            path,
            f"{name!r} is no name of a claim: small letters, digits and _, without {_SPLIT!r}, for"
            " its index is called after it",
        )
    elif len(name.encode()) > longest:
        tell(
            path,
            f"{name!r} is too long: beside machine {machine} a claim has at most {longest} bytes,"
            " for the name of its index holds both",
        )
