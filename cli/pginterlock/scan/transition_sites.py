"""Writes by methods that django-fsm makes transitions of: it sets their field. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan import constants
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.constant_groups import group
from pginterlock.scan.definitions import last_name
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Foreign, Instance
from pginterlock.scan.modules import Module, scope_of
from pginterlock.scan.wanted import Wanted, fits

_CHOSEN = frozenset(["RETURN_VALUE", "GET_STATE"])  # of what the method returns, or is told
_ANY, _ANY_OTHER = "*", "+"


def of_transition(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``@transition(field=status, source="new", target="paid")`` of a method of a model."""
    method, owner = it.stmt, scope_of(module, it.stmt)
    if it.call is None or not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return
    if not isinstance(owner, ClassDef) or not _is_of_fsm(reader, it.call, module, method):
        return
    values = tuple(_targets(reader, it, it.call, module))
    if values and fits(reader, wanted, frozenset([Instance(owner)])):
        yield Draft(
            wanted,
            wanted.names[it.name],
            "fsm_transition",
            module,
            it.call,
            method.body[0],
            tuple(dict.fromkeys(values)),
            sources=_sources(reader, wanted, it, module),
            row="self",
            call=it.call,
            reason=f"a transition of {wanted.shown}, which sets it when {method.name} has run",
        )


def _is_of_fsm(reader: Reader, call: ast.Call, module: Module, at: ast.AST) -> bool:
    found = reader.expression(call.func, module, at)
    return any(isinstance(it, Foreign) and "fsm" in it.name for it in found)


def _targets(reader: Reader, it: Candidate, call: ast.Call, module: Module) -> Iterator[str | None]:
    """Yield the states that a transition may set; none where it only asks whether it may."""
    failed = [one.value for one in call.keywords if one.arg == "on_error"]
    for value in (it.value, *failed):
        match value:
            case None | ast.Constant(value=None):
                continue
            case ast.Call(args=args) if last_name(value) in _CHOSEN:
                told = [one for arg in args for one in _states(reader, arg, module, it.stmt)]
                yield from told or (None,)
            case _:
                yield from constants.values(reader, value, module, it.stmt)


def _states(reader: Reader, node: ast.AST, module: Module, at: ast.AST) -> tuple[str | None, ...]:
    """Return the states that an expression names, one or several."""
    held = group(reader, node, module, at)
    return held if held is not None else constants.values(reader, node, module, at)


def _sources(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> tuple[str, ...]:
    """Return the states from which a transition runs; empty where these are not told."""
    if it.receiver is None:
        return ()
    told = _states(reader, it.receiver, module, it.stmt)
    known = tuple(one for one in told if one is not None)
    if len(known) < len(told) or _ANY in known:
        return ()
    if _ANY_OTHER in known:
        targets = _states(reader, it.value, module, it.stmt) if it.value is not None else ()
        return tuple(one for one in wanted.target.states if one not in targets)
    return known
