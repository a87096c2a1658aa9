"""A state integrity layer that lives in PostgreSQL."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.firing import machine, retrying
    from pginterlock.integrations.acting import acting
    from pginterlock.refused import refusal

__all__ = ["acting", "machine", "refusal", "retrying"]

_HOMES = {
    "acting": "pginterlock.integrations.acting",
    "machine": "pginterlock.firing",
    "refusal": "pginterlock.refused",
    "retrying": "pginterlock.firing",
}


def __getattr__(name: str) -> object:
    """Import what is asked for: the command line asks for none of it, and starts at once."""
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
