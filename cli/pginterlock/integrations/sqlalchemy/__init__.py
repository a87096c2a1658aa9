"""SQLAlchemy: who acts, machines on mapped classes, and objects that are never stale."""
