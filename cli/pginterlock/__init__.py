"""A state integrity layer that lives in PostgreSQL."""

from pginterlock.translation import refusal

__all__ = ["refusal"]
