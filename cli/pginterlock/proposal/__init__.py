"""A first spec for a table that is there: what was seen of it, what that suggests, and its text.

Pure: evidence in, text out.
"""

from pginterlock.proposal.evidence import Evidence, Move, Overlap, StateCount
from pginterlock.proposal.judgement import Proposal, judge
from pginterlock.proposal.text import machine_name, write

__all__ = [
    "Evidence",
    "Move",
    "Overlap",
    "Proposal",
    "StateCount",
    "judge",
    "machine_name",
    "write",
]
