"""A state integrity layer that lives in PostgreSQL."""

from pginterlock.refused import refusal

__all__ = ["refusal"]
