"""The machines that an environment declares: in its spec, and on mapped classes."""

from pginterlock.integrations.alembic.settings import Settings
from pginterlock.integrations.sqlalchemy.collecting import spec_of as spec_of_classes
from pginterlock.model import Spec
from pginterlock.spec import beside


def spec_of(metadata: object, settings: Settings) -> Spec:
    """Return the spec that goes with *metadata*, ``target_metadata`` of env.py.

    Where its classes declare machines no file is needed, and one that is there goes beside them.
    Raises SpecError with all that is wrong, and where a machine is declared in both, and not alike.
    """
    declared = Spec(()) if metadata is None else spec_of_classes(metadata)
    if declared.machines and not settings.has_spec:
        return declared
    return beside(settings.spec, declared)
