"""The Django application: put ``"pginterlock.django"`` into INSTALLED_APPS.

It has no models and no migrations of its own. Each part is imported by who uses it: `middleware`,
`operations`, `forms`, `admin`, `rest`, `models`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.django.claiming import act_as, acting

__all__ = ["act_as", "acting"]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: Django imports us before it is set up."""
    if name in __all__:
        return getattr(import_module("pginterlock.django.claiming"), name)
    raise AttributeError(name)
