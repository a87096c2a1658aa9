"""The machines that an environment declares."""

from pginterlock.integrations.alembic.settings import Settings
from pginterlock.model import Spec


def spec_of(metadata: object, settings: Settings) -> Spec:
    """Return the spec that goes with *metadata*.

    The seam for machines that are declared on mapped classes: they would be read from *metadata*
    here, beside those of the file.
    """
    del metadata
    return settings.spec
