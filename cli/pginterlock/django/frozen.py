"""Machines as migrations hold them: the text of a spec of one machine, and a digest of it.

What `interlock: 1` means is kept by later versions of this package, so that a migration does in
two years what it did on the day, whatever the spec says by then.
"""

import textwrap
from dataclasses import replace

from pginterlock.compiler.registry import definition
from pginterlock.digests import digest
from pginterlock.errors import SpecError, UnsafeError
from pginterlock.model import Machine
from pginterlock.renaming import resolved
from pginterlock.spec import parse
from pginterlock.spec_write import write

_BY_HAND = (
    "A migration is not edited: change the spec, and write the next one with manage.py interlock"
    " makemigrations."
)


def freeze(machine: Machine) -> str:
    """Return *machine* as the text of a spec that `thaw` reads back."""
    return write([replace(machine, services=())])


def thaw(text: str, where: str, told: str | None = None) -> Machine:
    """Return the machine that *text*, which stands in *where*, holds.

    Raises UnsafeError where it is no spec of one machine, or not what the digest *told* is of.
    """
    try:
        found = parse(textwrap.dedent(text).strip() + "\n", where).machines
    except SpecError as error:
        raise UnsafeError(
            f"{where}: the machine in it cannot be read:\n{error.message}", remedy=_BY_HAND
        ) from error
    if len(found) != 1:
        raise UnsafeError(f"{where} holds {len(found)} machines, not one", remedy=_BY_HAND)
    if told is not None and (now := digest(found[0])) != told:
        raise UnsafeError(
            f"{where}: the machine is not what the migration was written with",
            remedy=f'{_BY_HAND} If the change is meant, and it ran nowhere yet: digest="{now}".',
        )
    return found[0]


def is_same(wanted: Machine, in_force: Machine) -> bool:
    """Whether *in_force* is *wanted*, its old names of states accepted or given up."""
    plain = replace(resolved(wanted, in_force, drop_old_names=False), unenforced=())
    return definition(plain) == definition(replace(in_force, unenforced=()))
