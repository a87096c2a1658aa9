"""``module:Base`` in the place of a spec file."""

from pathlib import Path

from pginterlock.declared import imported
from pginterlock.errors import UsageError
from pginterlock.integrations.sqlalchemy.collecting import spec_of
from pginterlock.model import Spec


def read_named(place: Path) -> Spec:
    """Return the spec of the mapped classes that *place* names, as ``module:Base``.

    Raises UsageError where it cannot be imported or has none, SpecError with all that is wrong.
    """
    found = spec_of(imported(str(place)))
    if not found.machines:
        raise UsageError(
            f"no mapped class of {place} declares a machine",
            remedy="Declare one: __interlock__ = pginterlock.sqlalchemy.Machine(...), in a class"
            " whose module is imported there.",
        )
    return found
