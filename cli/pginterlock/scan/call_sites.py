"""Writes by a call that names columns: in its keywords, or in a list of them. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from pginterlock.scan import constants, sources
from pginterlock.scan.attribute_sites import of_own_dict
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.class_sites import of_trait
from pginterlock.scan.copy_calls import copied, value_of
from pginterlock.scan.dict_sites import flow, of_pairs, of_sink
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.flows import handed_on
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee
from pginterlock.scan.modules import Module, function_of, statements
from pginterlock.scan.named_rows import writes_related
from pginterlock.scan.project import called_name
from pginterlock.scan.sinks import takes_columns, writes_with
from pginterlock.scan.site import Confidence
from pginterlock.scan.wanted import Wanted, fits

IN_BULK = ("bulk_update", "abulk_update", "bulk_update_with_history")
# What makes forms of a model, and the place of the model among its arguments.
_FORMS = {"modelform_factory": 0, "modelformset_factory": 0, "inlineformset_factory": 1}


def of_keyword(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``create(status=x)`` and the like, where the call writes its keywords."""
    call = it.call
    if call is None:
        return
    if isinstance(call.func, ast.Name) and call.func.id == "dict":
        yield from of_pairs(
            reader, wanted, Candidate("pairs", it.name, it.node, it.stmt, call, it.value), module
        )
        return
    name = called_name(call)
    if (
        name == "update"
        and not isinstance(call.func, ast.Name)
        and (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name))
    ):
        kinds = reader.expression(call.func.value, module, it.stmt)
        if not kinds:
            yield from flow(reader, wanted, call.func.value.id, it, module)
            return
    if name == "update" and isinstance(call.func, ast.Attribute):
        yield from of_own_dict(reader, wanted, it, call.func.value, module)
    found = writes_with(reader, wanted, call, module, it.stmt)
    if found:
        construct, is_new = found
        said = sources.of_query(reader, wanted, call, module, it.stmt)
        yield drafted(
            reader,
            wanted,
            it,
            module,
            construct,
            is_new=is_new,
            call=call,
            sources=said,
            reason=f"{construct.replace('_', ' ')} of {wanted.shown}",
        )
        return
    if name == "Trait" and (declared := of_trait(reader, wanted, it, module)):
        yield declared
        return
    if related := writes_related(reader, wanted, call, module, it.stmt):
        (construct, is_new), told = related
        yield drafted(
            reader,
            wanted,
            it,
            module,
            construct,
            is_new=is_new,
            call=call,
            confidence=Confidence.MEDIUM,
            reason=told,
        )
        return
    yield from _handed_on(reader, wanted, it, call, module)


def _handed_on(
    reader: Reader, wanted: Wanted, it: Candidate, call: ast.Call, module: Module
) -> Iterator[Draft]:
    """Yield the writes in a function that hands its ``**kwargs`` on."""
    for kind in reader.expression(call.func, module, it.stmt):
        if not isinstance(kind, Callee):
            continue
        node = kind.of.node
        if node.args.kwarg is None or any(
            one.arg == it.name for one in (*node.args.args, *node.args.kwonlyargs)
        ):
            continue
        into = node.args.kwarg.arg
        said = constants.values(reader, it.value, module, it.stmt)
        for sink in handed_on(reader, wanted, kind, into, call, it.stmt, module, 0):
            yield of_sink(wanted, it, sink, said)


def of_named(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield a ``bulk_update(rows, ["status"])`` whose values are assigned elsewhere.

    And ``insert(Order).from_select(["status"], query)``, and a driver's copy into such columns.
    """
    call = it.call
    if call is None:
        return
    if called_name(call) == "from_select" and _is_first(it, call):
        construct, is_new = takes_columns(reader, wanted, call, module, it.stmt)
        if construct == "core_insert":
            told = f"core insert of {wanted.shown}"
            yield drafted(
                reader, wanted, it, module, construct, is_new=is_new, call=call, reason=told
            )
    elif called_name(call) in _FORMS:
        yield from _of_form(reader, wanted, it, call, module)
    elif (rows := copied(wanted, call)) is not None:
        value = value_of(rows, it.node, call)
        told = f"a copy into {wanted.shown}"
        one = replace(it, value=value)
        yield drafted(reader, wanted, one, module, "driver_copy", is_new=True, reason=told)
    elif called_name(call) in IN_BULK:
        yield from _in_bulk(reader, wanted, it, call, module)


def _in_bulk(
    reader: Reader, wanted: Wanted, it: Candidate, call: ast.Call, module: Module
) -> Iterator[Draft]:
    """Yield ``bulk_update(rows, ["status"])``, where its function does not assign the values."""
    match call:
        case ast.Call(func=ast.Name() | ast.Attribute(attr="bulk_update_with_history"), args=args):
            rows = args[1] if len(args) > 1 else None  # of simple_history: objects, their model
        case ast.Call(func=ast.Attribute(value=rows)):
            pass
        case _:
            return
    if not fits(reader, wanted, reader.expression(rows, module, it.stmt)):
        return
    function = function_of(module, it.stmt)
    if function and not isinstance(function.node, ast.Lambda):
        for stmt in statements(function.node.body):
            if isinstance(stmt, (ast.Assign, ast.AugAssign)):
                targets = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
                if any(isinstance(t, ast.Attribute) and t.attr == it.name for t in targets):
                    return
    yield drafted(
        reader,
        wanted,
        it,
        module,
        "bulk_update",
        call=call,
        reason=f"bulk_update of {wanted.shown}",
    )


def _of_form(
    reader: Reader, wanted: Wanted, it: Candidate, call: ast.Call, module: Module
) -> Iterator[Draft]:
    """Yield ``modelform_factory(Order, fields=["status"])``, and of forms of a parent's rows."""
    place = _FORMS[called_name(call)]
    rows = [*call.args[place : place + 1], *(k.value for k in call.keywords if k.arg == "model")]
    listed = [k.value for k in call.keywords if k.arg == "fields"]
    is_listed = any(it.node in ast.walk(one) for one in listed)
    if rows and is_listed and fits(reader, wanted, reader.expression(rows[0], module, it.stmt)):
        told = f"a form of {wanted.shown} saves it"
        yield drafted(reader, wanted, it, module, "modelform_field", is_new=None, reason=told)


def _is_first(it: Candidate, call: ast.Call) -> bool:
    """Say whether what a candidate names stands in the first argument of *call*, or its names."""
    told = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "names")]
    return any(one is it.node for arg in told for one in ast.walk(arg))
