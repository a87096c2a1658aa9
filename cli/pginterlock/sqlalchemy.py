"""Machines in SQLAlchemy: who acts in a session, and machines on mapped classes.

See docs/how-to/sqlalchemy.md.
"""

from pginterlock.integrations.sqlalchemy.claiming import act_as, install

__all__ = ["act_as", "install"]
