"""A state integrity layer that lives in PostgreSQL."""

from pginterlock.firing import machine, retrying
from pginterlock.refused import refusal

__all__ = ["machine", "refusal", "retrying"]
