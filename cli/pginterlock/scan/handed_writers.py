"""Calls that write a dict by a lambda which they are handed beside it. Pure.

``insert_rows(conn, lambda batch: insert(orders).values(batch), rows)``, where the function calls
what it is handed with the rows, or executes with them what that gives.
"""

import ast
from collections.abc import Iterator

from pginterlock.scan.factories import Written
from pginterlock.scan.givings import givings
from pginterlock.scan.holding import holds
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Function
from pginterlock.scan.modules import Module, arguments
from pginterlock.scan.opening import calls_of
from pginterlock.scan.project import called_name
from pginterlock.scan.sinks import MAPPINGS, of_core, takes_dict
from pginterlock.scan.wanted import Wanted


def written_by(
    reader: Reader, wanted: Wanted, call: ast.Call, held: ast.AST, module: Module, stmt: ast.AST
) -> Written | None:
    """Return by which construct *call*, or a lambda that it is handed, writes the dict *held*."""
    if found := takes_dict(reader, wanted, call, held, module, stmt):
        return found
    given = [*call.args, *(it.value for it in call.keywords)]
    whole = next((it for it in given if holds(it, held)), None)
    for it in given if whole is not None else ():
        for builder in _lambdas(reader, it, module, stmt) if it is not whole else ():
            for kind in reader.expression(call.func, module, stmt):
                if not isinstance(kind, Callee):
                    continue
                build, rows = parameter_of(kind, call, it), parameter_of(kind, call, whole)
                taken = set(_taken(kind.of, build, rows)) if build and rows else set()
                if found := _by(reader, wanted, builder, taken, module, stmt):
                    return found
    return None


def parameter_of(callee: Callee, call: ast.Call, held: ast.AST | None) -> str | None:
    """Return the parameter of a function to which a call hands *held*; None where to none."""
    node = callee.of.node
    plain = [*node.args.posonlyargs, *node.args.args]
    if callee.of.owner is not None and callee.bound is not None:
        plain = plain[1:]
    for number, it in enumerate(call.args):
        if it is held and number < len(plain):
            return plain[number].arg
    for keyword in call.keywords:
        if keyword.value is held:
            if keyword.arg is None:
                return node.args.kwarg.arg if node.args.kwarg else None
            if any(it.arg == keyword.arg for it in arguments(node)):
                return keyword.arg
    return None


def _lambdas(reader: Reader, node: ast.AST, module: Module, stmt: ast.AST) -> list[ast.Lambda]:
    """Return the lambdas that an argument is, at once or by its name."""
    told: list[ast.AST | None] = [node]
    if isinstance(node, ast.Name):
        told = [it.value for it, where in givings(reader, node, module, stmt) if where is module]
    return [it for it in told if isinstance(it, ast.Lambda)]


def _taken(runner: Function, build: str, rows: str) -> Iterator[int | None]:
    """Yield the place at which a function hands its *rows* to *build*; None: to what that gives."""
    for call, _ in calls_of(runner):
        match call:
            case ast.Call(func=ast.Name(id=name), args=args) if name == build:
                yield from (n for n, it in enumerate(args) if _is_name(it, rows))
            case ast.Call(args=[ast.Call(func=ast.Name(id=name)), *rest]) if name == build:
                if called_name(call) in MAPPINGS and any(_is_name(it, rows) for it in rest):
                    yield None


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _by(
    reader: Reader,
    wanted: Wanted,
    builder: ast.Lambda,
    taken: set[int | None],
    module: Module,
    stmt: ast.AST,
) -> Written | None:
    """Return how a lambda writes what it takes at a place, or its statement what it is given."""
    names = [it.arg for it in (*builder.args.posonlyargs, *builder.args.args)]
    for place in taken:
        if place is None:
            for kind in reader.expression(builder.body, module, stmt):
                if found := of_core(reader, wanted, kind):
                    return found
            continue
        for call in ast.walk(builder.body) if place < len(names) else ():
            if isinstance(call, ast.Call):
                for it in (*call.args, *(one.value for one in call.keywords)):
                    if _is_name(it, names[place]) and (
                        found := takes_dict(reader, wanted, call, it, module, stmt)
                    ):
                        return found
    return None
