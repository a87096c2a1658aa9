"""Repair the rows that were there before a machine: looked at first, in batches, all recorded."""

from pginterlock.backfill.ask import Asked, Choice, prepare
from pginterlock.backfill.batches import Done, Pace, run
from pginterlock.backfill.jobs import Job, Purpose, quarantine
from pginterlock.backfill.mirrors import Mirrored, disagreeing
from pginterlock.backfill.mirrors import run as set_mirrors
from pginterlock.backfill.outlook import Kind, Outlook, demand_harmless, look

__all__ = [
    "Asked",
    "Choice",
    "Done",
    "Job",
    "Kind",
    "Mirrored",
    "Outlook",
    "Pace",
    "Purpose",
    "demand_harmless",
    "disagreeing",
    "look",
    "prepare",
    "quarantine",
    "run",
    "set_mirrors",
]
