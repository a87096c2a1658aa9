"""Machines in Alembic: operations, autogenerate, and what keeps ours from being dropped."""
