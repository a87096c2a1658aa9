"""Migrations against a spec: what in them would disarm or break a machine, without a database.

Readers (`read_sql`, `read_alembic`, `read_django`) turn text into `actions`, in the order in which
they run; `judge` holds them against what a spec guards. Pure: text and spec in, findings out.
"""
