"""Machines as migrations hold them: frozen, as the registry keeps them, without what is empty.

The definition of a machine can be read back by later versions of this package (`definition`), so
that a migration does in two years what it did on the day, whatever the spec says by then.
"""

import json
from collections.abc import Iterable, Mapping

from pginterlock.compiler.registry import definition
from pginterlock.definition import machine_of
from pginterlock.errors import SpecError
from pginterlock.model import Machine, Spec

Frozen = Mapping[str, object]


def freeze(machine: Machine) -> dict[str, object]:
    """Return *machine* as plain data that `thaw` reads back."""
    whole = json.loads(definition(machine))
    short = _without_empty(whole)
    if isinstance(short, dict) and _reads_back(short, machine):
        return short
    found: dict[str, object] = whole
    return found


def thaw(frozen: Frozen, where: str) -> Machine:
    """Return the machine that *frozen*, which stands in *where*, holds; raise SpecError if none."""
    try:
        return machine_of(frozen)
    except ValueError as error:
        told = f"{where} holds no machine as interlock writes them: was it edited by hand?"
        raise SpecError((told,), remedy="Take it from version control, or write it anew.") from (
            error
        )


def spec_of(machines: Iterable[Machine]) -> Spec:
    """Return a spec of *machines*, which stand in no file."""
    return Spec(tuple(machines))


def _reads_back(short: dict[str, object], machine: Machine) -> bool:
    try:
        return definition(machine_of(short)) == definition(machine)
    except ValueError:
        return False


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        parts = {name: _without_empty(it) for name, it in value.items()}
        return {name: it for name, it in parts.items() if it not in (None, [], {})}
    if isinstance(value, list):
        return [_without_empty(it) for it in value]
    return value
