"""Writes by a dict that a call is given: at once, or by way of names and functions. Pure."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from pginterlock.scan import constants, sources
from pginterlock.scan.admitted import texts_at
from pginterlock.scan.attribute_sites import is_row, of_attribute, of_own_dict
from pginterlock.scan.bindings import own_expressions
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.flows import (
    Sink,
    destinations,
    handed_on,
    leaves_out,
    passed_on,
    sinks,
)
from pginterlock.scan.handed_writers import parameter_of, written_by
from pginterlock.scan.holding import holds
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee
from pginterlock.scan.modules import Module, function_of
from pginterlock.scan.project import called_name
from pginterlock.scan.same_values import still_has
from pginterlock.scan.sinks import takes_columns
from pginterlock.scan.site import Confidence
from pginterlock.scan.wanted import Wanted, fits

_TAKING_COLUMNS = frozenset(["update", "values", "ordered_values", "on_conflict_do_update"])


def of_pairs(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``{"status": x}``, where a call writes the dict."""
    held = it.receiver
    if held is None:
        return
    for part in own_expressions(it.stmt):
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and node is not held:
                if found := written_by(reader, wanted, node, held, module, it.stmt):
                    said = sources.of_query(reader, wanted, node, module, it.stmt)
                    by = called_name(node) or "the call"
                    yield drafted(
                        reader,
                        wanted,
                        it,
                        module,
                        found[0],
                        is_new=found[1],
                        call=node,
                        sources=said,
                        reason=f"a dict that {by} writes to {wanted.shown}",
                    )
                    return
                match node.func:
                    case ast.Attribute(
                        value=ast.Name(id=name), attr="update" | "append" | "setdefault"
                    ) if held in node.args:
                        yield from flow(reader, wanted, name, it, module)
                        return
                    case ast.Attribute(value=own, attr="update") if held in node.args:
                        yield from of_own_dict(reader, wanted, it, own, module)
                yield from _handed(reader, wanted, it, node, held, module)
    yield from _kept(reader, wanted, it, held, module)


def of_comprehension(
    reader: Reader, wanted: Wanted, it: Candidate, module: Module
) -> Iterator[Draft]:
    """Yield ``{it: data[it] for it in FIELDS}``, where the code says what the keys may be."""
    if isinstance(it.receiver, ast.DictComp):
        found = destinations(reader, wanted, it.receiver, it.stmt, module)
        if it.name in texts_at(reader, it.receiver.key, module, it.stmt):
            yield from (of_sink(wanted, it, sink, (None,)) for sink in found)


def _kept(
    reader: Reader, wanted: Wanted, it: Candidate, held: ast.AST, module: Module
) -> Iterator[Draft]:
    """Yield the writes of a dict that a statement gives a name, or that a function gives back."""
    match it.stmt:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if holds(value, held):
            yield from flow(reader, wanted, name, it, module)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.AST() as value) if holds(
            value, held
        ):
            yield from flow(reader, wanted, name, it, module)
        case ast.AugAssign(target=ast.Name(id=name), op=ast.BitOr(), value=value) if holds(
            value, held
        ):
            yield from flow(reader, wanted, name, it, module)
        case ast.Return() | ast.Expr(value=ast.Yield() | ast.YieldFrom()) | ast.For():
            found = passed_on(reader, wanted, held, it.stmt, module)
            yield from _flowing(reader, wanted, found, it, module, "dict")


def _handed(
    reader: Reader,
    wanted: Wanted,
    it: Candidate,
    call: ast.Call,
    held: ast.AST,
    module: Module,
) -> Iterator[Draft]:
    """Yield the writes of a function that is handed the dict."""
    given = [*call.args, *(one.value for one in call.keywords)]
    whole = next((one for one in given if holds(one, held)), None)
    if whole is None:
        return
    said = constants.values(reader, it.value, module, it.stmt)
    for kind in reader.expression(call.func, module, it.stmt):
        if isinstance(kind, Callee) and (into := parameter_of(kind, call, whole)):
            for sink in handed_on(reader, wanted, kind, into, call, it.stmt, module, 0):
                yield of_sink(wanted, it, sink, said)


def of_key(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``values["status"] = x``, where a call writes the dict, or it is a row itself."""
    if it.receiver is not None and is_row(reader, wanted, it.receiver, module, it.stmt):
        yield from of_attribute(reader, wanted, replace(it, how="setattr"), module)
    elif isinstance(it.receiver, ast.Name):
        yield from flow(reader, wanted, it.receiver.id, it, module)
    elif it.receiver is not None:
        yield from of_own_dict(reader, wanted, it, it.receiver, module)


def flow(
    reader: Reader, wanted: Wanted, name: str, it: Candidate, module: Module
) -> Iterator[Draft]:
    """Yield a key that is put into a dict, and the calls that write it."""
    found = [
        sink
        for sink in sinks(reader, wanted, name, module, function_of(module, it.stmt))
        if sink.module is not module or still_has(name, it.stmt, module, sink.call, sink.stmt)
    ]
    yield from _flowing(reader, wanted, found, it, module, f"dict {name}")


def _flowing(
    reader: Reader, wanted: Wanted, found: Iterable[Sink], it: Candidate, module: Module, row: str
) -> Iterator[Draft]:
    is_first = True
    for sink in found:
        if leaves_out(reader, sink, it.name):
            continue
        if is_first:
            yield drafted(
                reader,
                wanted,
                it,
                module,
                "dict_then_splat",
                is_new=sink.is_new,
                confidence=Confidence.MEDIUM,
                reason=f"line {sink.stmt.lineno} writes the dict",
                row=row,
            )
            is_first = False
        said = constants.values(reader, it.value, module, it.stmt)
        yield of_sink(wanted, it, sink, said)


def of_sink(wanted: Wanted, it: Candidate, sink: Sink, said: tuple[str | None, ...]) -> Draft:
    """Return the write of a call that is given the dict which a candidate puts a column into."""
    return Draft(
        wanted,
        wanted.names[it.name],
        sink.construct,
        sink.module,
        sink.call,
        sink.stmt,
        said,
        is_new=sink.is_new,
        confidence=Confidence.MEDIUM,
        call=sink.call,
        inside=sink.inside,
        reason=f"it writes what a dict holds, {it.name} of line {it.stmt.lineno} among it",
    )


def of_columns(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``{Order.status: x}``, the keys of which are columns of a class."""
    if not is_column(reader, wanted, it, module):
        return
    for part in own_expressions(it.stmt):
        for node in ast.walk(part):
            if _takes_columns(node) and _is_given(node, it.node):
                said = sources.of_query(reader, wanted, node, module, it.stmt)
                construct, is_new = takes_columns(reader, wanted, node, module, it.stmt)
                yield drafted(
                    reader,
                    wanted,
                    it,
                    module,
                    construct,
                    is_new=is_new,
                    call=node,
                    sources=said,
                    reason=f"columns of {wanted.shown}",
                )
                return
    yield from of_pairs(reader, wanted, it, module)


def of_column_key(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``values[Order.status] = x``, where a call writes the dict."""
    if is_column(reader, wanted, it, module):
        yield from of_key(reader, wanted, it, module)


def is_column(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> bool:
    """Say whether a key is a column of what is wanted."""
    owner = it.owner
    if isinstance(owner, ast.Attribute) and owner.attr in ("c", "columns"):
        owner = owner.value
    return owner is not None and fits(reader, wanted, reader.expression(owner, module, it.stmt))


def _takes_columns(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and called_name(node) in _TAKING_COLUMNS


def _is_given(call: ast.Call, node: ast.AST) -> bool:
    given = [*call.args, *(it.value for it in call.keywords)]
    return any(node in ast.walk(it) for it in given)
