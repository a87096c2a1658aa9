"""A state integrity layer that lives in PostgreSQL."""
