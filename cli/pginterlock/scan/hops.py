"""How a call comes to a write in the functions of a project, and what opens a transaction there.

Pure.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock.scan.handing import Handing, Runs, holding
from pginterlock.scan.kinds import Function
from pginterlock.scan.modules import Module, ancestors, function_of
from pginterlock.scan.opening import Opening
from pginterlock.scan.units import begins, commits, executing

_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Hop:
    """A statement, and the call in it that leads on; None where the statement writes.

    Of a function that is handed to another one to run it, that is the call which this makes.
    """

    module: Module
    stmt: ast.stmt
    call: ast.Call | None


def opened_by(hops: Sequence[Hop], opening: Opening, handing: Handing) -> str:
    """Return what opens a transaction on the way to a write; empty where nothing does."""
    for it in hops:
        function = function_of(it.module, it.stmt)
        if told := opening.around(it.module, it.stmt):
            return told
        if function and begins(function, it.stmt.lineno):
            return "the function begins one before it"
        if function and commits(function) and _does_more(function):
            return "the function commits what it did"
        if run_in_one(it, handing):
            return f"line {it.stmt.lineno} has it run in one"
    return ""


def _does_more(function: Function) -> bool:
    """Say whether a function that commits does more than to execute one statement once.

    One that commits what it is handed, statement by statement, protects nothing.
    """
    them = [stmt for _, stmt in executing(function)]
    return len(them) != 1 or any(
        isinstance(it, _LOOPS) for stmt in them for it in ancestors(function.module, stmt)
    )


def run_in_one(it: Hop, handing: Handing) -> bool:
    """Say whether a hop hands over the function that leads on, to be run in a transaction."""
    outer = holding(it.call.func, it.stmt) if it.call else None
    if outer is None or it.call is None:
        return False
    return handing.runs(outer, it.call.func, it.module, it.stmt) is Runs.IN_ONE
