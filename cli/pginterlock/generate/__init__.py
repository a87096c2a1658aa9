"""Tests from a spec: pgTAP files that try every move of states x states, and attack every rule.

``copying`` makes a throwaway copy of the tables under the machine that the spec compiles to,
``values`` and ``solving`` find what a row may hold, ``rows`` brings rows to their states along
``ways``, ``elsewhere`` makes those that they refer to, and ``acting`` says who acts and approves.
``moves`` writes the matrix; ``attacks`` goes through the rules, a module for each kind of attack;
``files`` writes what was found. What is expected comes from the spec, never from what the copy did;
the copy only tells which rows can be made.
"""

from pginterlock.generate.files import Generated, generate

__all__ = ["Generated", "generate"]
