"""Machines in SQLAlchemy: on mapped classes, in sessions that say who acts and are never stale.

See docs/how-to/sqlalchemy.md.
"""

from pginterlock.integrations.sqlalchemy.attaching import attach
from pginterlock.integrations.sqlalchemy.claiming import act_as, install
from pginterlock.integrations.sqlalchemy.collecting import spec_of
from pginterlock.integrations.sqlalchemy.machine import Machine

__all__ = ["Machine", "act_as", "attach", "install", "spec_of"]
