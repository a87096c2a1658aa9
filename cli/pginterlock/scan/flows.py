"""Where dicts go: from the place that puts a column into one to the call that writes it. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pginterlock.scan.admitted import keeps_out
from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.dict_uses import given_by, item_set, run_over, uses
from pginterlock.scan.frames import Frame, frame, says_which, with_arguments
from pginterlock.scan.handed_writers import parameter_of, written_by
from pginterlock.scan.holding import holds, names_held
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, Function, Instance, Writing, classes, union
from pginterlock.scan.modules import Module, function_of, statements
from pginterlock.scan.project import called_name, calls_of
from pginterlock.scan.same_values import still_has
from pginterlock.scan.wanted import Wanted, fits

_DEPTH = 3
_LOOP = "setattr_dynamic"
_FEW = 12  # files: a name that more of them call says nothing


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that writes what it is given, or a `setattr` of what a loop runs over."""

    construct: str
    call: ast.Call
    stmt: ast.stmt
    module: Module
    is_new: bool | None
    receiver: ast.AST | None = None
    inside: tuple[Module, ast.stmt] | None = None  # where what is called writes it


def sinks(
    reader: Reader,
    wanted: Wanted,
    name: str,
    module: Module,
    function: Function | None,
    depth: int = 0,
    frame: Frame | None = None,
) -> list[Sink]:
    """Return the calls that write what the dict (or list of dicts) named *name* holds.

    With *frame*, those of the function as it is called there.
    """
    key = (function or module.path, name, frame)
    if key not in wanted.flows:
        if depth > _DEPTH:
            return []
        wanted.flows[key] = []  # what comes back to itself
        above, reader.frame = reader.frame, frame
        try:
            found = dict.fromkeys(_sinks(reader, wanted, name, module, function, depth))
        finally:
            reader.frame = above
        wanted.flows[key] = list(found)
    return wanted.flows[key]


def handed_on(
    reader: Reader,
    wanted: Wanted,
    callee: Callee,
    name: str,
    call: ast.Call,
    stmt: ast.stmt,
    module: Module,
    depth: int,
) -> Iterator[Sink]:
    """Yield the calls that write what a call hands to the parameter *name* of a function.

    Where the function writes rows of any class that it is handed, the call itself is the one.
    """
    there = (callee.of.module, callee.of)
    if not any(name in them for them in uses(reader, *there)):
        return
    plain = sinks(reader, wanted, name, *there, depth + 1)
    if any(_is_of_heirs(reader, callee, it) for it in plain):
        if callee.bound is not None and fits(reader, wanted, frozenset([callee.bound])):
            inside = plain[0].inside or (plain[0].module, plain[0].stmt)
            yield replace(plain[0], call=call, stmt=stmt, module=module, inside=inside)
        return
    given = frame(with_arguments(reader, callee, call, module, stmt))
    is_general = given is not None and (
        says_which(reader, given) or not plain or any(_is_of_several(reader, it) for it in plain)
    )
    if not is_general:
        yield from plain
        return
    for it in sinks(reader, wanted, name, *there, depth + 1, given)[:1]:
        inside = it.inside or (it.module, it.stmt)
        yield Sink(it.construct, call, stmt, module, it.is_new, it.receiver, inside)


def _is_of_heirs(reader: Reader, callee: Callee, sink: Sink) -> bool:
    """Say whether a call writes the object whose method it stands in, of a mere base of models."""
    owner, bound = callee.of.owner, callee.bound
    if owner is None or not isinstance(bound, Instance) or bound.of is owner:
        return False
    if reader.models.is_model(owner) and not reader.models.is_abstract(owner):
        return False
    return Instance(owner) in reader.expression(sink.receiver, sink.module, sink.stmt)


def _is_of_several(reader: Reader, sink: Sink) -> bool:
    """Say whether a call writes rows of several models, as far as its function alone can tell."""
    kinds = reader.expression(sink.receiver, sink.module, sink.stmt)
    statements = [getattr(sink.receiver, "value", None), *sink.call.args[:1]]
    for it in statements:  # `update(model).values(...)`, `execute(insert(model), rows)`
        said = reader.expression(it, sink.module, sink.stmt)
        kinds |= union(one.of for one in said if isinstance(one, Writing))
    found = {it.of for it in classes(kinds) if isinstance(it, Class)}
    models = reader.models
    return len({it.name for it in found}) > 1 or any(
        not models.is_model(it) or models.is_abstract(it) for it in found
    )


def _sinks(
    reader: Reader, wanted: Wanted, name: str, module: Module, function: Function | None, depth: int
) -> Iterator[Sink]:
    calls, others = uses(reader, module, function)
    for call, held, stmt in calls.get(name, ()):
        yield from _of_call(reader, wanted, call, held, stmt, module, function, depth)
    for stmt in others.get(name, ()):
        yield from _of_statement(reader, wanted, name, stmt, module, function, depth)


def _through(
    reader: Reader,
    wanted: Wanted,
    call: ast.Call,
    held: ast.AST,
    stmt: ast.stmt,
    module: Module,
    function: Function | None,
    depth: int,
) -> Iterator[Sink]:
    """Yield where a dict goes that is put into another, or handed to a function."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=other), attr="update" | "append" | "extend") if not (
            (isinstance(held, ast.Name) and other == held.id)
            or any(isinstance(it, Callee) for it in reader.expression(call.func, module, stmt))
        ):
            yield from sinks(reader, wanted, other, module, function, depth + 1, reader.frame)
            return
    given = [*call.args, *(it.value for it in call.keywords)]
    whole = next((it for it in given if holds(it, held)), held)
    for it in reader.expression(call.func, module, stmt):
        if isinstance(it, Callee) and (into := parameter_of(it, call, whole)):
            yield from handed_on(reader, wanted, it, into, call, stmt, module, depth)


def _of_statement(
    reader: Reader,
    wanted: Wanted,
    name: str,
    stmt: ast.stmt,
    module: Module,
    function: Function | None,
    depth: int,
) -> Iterator[Sink]:
    match stmt:
        case ast.Assign(targets=[ast.Name(id=other)], value=value) if other != name and _copies(
            value, name
        ):
            yield from sinks(reader, wanted, other, module, function, depth + 1, reader.frame)
        case ast.Return(value=ast.expr() as value) if function and _copies(value, name):
            yield from _of_result(reader, wanted, function, depth)
        case ast.For(iter=over) if run_over(over) == name:
            if (given := given_by(stmt)) is not None and given != name:
                found = sinks(reader, wanted, given, module, function, depth + 1, reader.frame)
                yield from (it for it in found if _may_be_in(stmt, it, module, function))
            yield from _of_loop(reader, wanted, stmt, module)


def _may_be_in(loop: ast.For, it: Sink, module: Module, function: Function | None) -> bool:
    """Say whether a call may write what *loop* gives its name, not another loop of the function."""
    if it.module is not module or function_of(module, it.stmt) is not function:
        return True
    return loop.lineno <= it.call.lineno <= (loop.end_lineno or 0)


def _of_loop(reader: Reader, wanted: Wanted, stmt: ast.For, module: Module) -> Iterator[Sink]:
    """Yield each ``setattr`` of a loop that runs over a dict."""
    for holder in statements(stmt.body):
        if not isinstance(holder, ast.stmt):
            continue
        for inner in calls_of(module, holder):
            if called_name(inner) != "setattr" or len(inner.args) <= 1:
                continue
            if not isinstance(inner.args[1], ast.Constant) and fits(
                reader, wanted, reader.expression(inner.args[0], module, holder)
            ):
                yield Sink(_LOOP, inner, holder, module, False, inner.args[0])


def _copies(value: ast.AST, name: str) -> bool:
    return any(it.id == name for it in names_held(value))


def destinations(
    reader: Reader, wanted: Wanted, held: ast.AST, stmt: ast.stmt, module: Module, depth: int = 0
) -> Iterator[Sink]:
    """Yield the calls that write a dict, or dicts, which the expression *held* of *stmt* is."""
    yield from passed_on(reader, wanted, held, stmt, module, depth)
    function = function_of(module, stmt)
    for part in own_expressions(stmt):
        for call in ast.walk(part):
            if isinstance(call, ast.Call) and call is not held and _is_handed(call, held):
                yield from _of_call(reader, wanted, call, held, stmt, module, function, depth)
        for call, it in _of_elements(part, held):
            yield from _of_call(reader, wanted, call, it, stmt, module, function, depth)


def _of_elements(part: ast.expr, held: ast.AST) -> Iterator[tuple[ast.Call, ast.Name]]:
    """Yield the calls that a comprehension hands each of several dicts: ``f(**it) for it in x``."""
    for it in walk(part):
        match it:
            case ast.comprehension(target=ast.Name(id=name), iter=over) if holds(over, held):
                for call in walk(part):
                    if isinstance(call, ast.Call) and not holds(over, call):
                        given = (*call.args, *(one.value for one in call.keywords))
                        yield from (
                            (call, one)
                            for whole in given
                            for one in names_held(whole)
                            if one.id == name
                        )


def passed_on(
    reader: Reader, wanted: Wanted, held: ast.AST, stmt: ast.stmt, module: Module, depth: int = 0
) -> Iterator[Sink]:
    """Yield the calls that write what a statement gives a name, or gives back to who calls."""
    function = function_of(module, stmt)
    match stmt:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            | ast.For(target=ast.Name(id=name), iter=value)
        ) if holds(value, held):
            for it in sinks(reader, wanted, name, module, function, depth + 1, reader.frame):
                if it.module is not module or still_has(name, stmt, module, it.call, it.stmt):
                    yield it
        case (
            ast.Return(value=ast.expr() as value)
            | ast.Expr(value=ast.Yield(value=ast.expr() as value))
            | ast.Expr(value=ast.YieldFrom(value=value))
        ) if function and holds(value, held):
            yield from _of_result(reader, wanted, function, depth)
        case ast.For(iter=ast.Call(func=ast.Attribute(value=value, attr="items"))) if (
            value is held and isinstance(held, (ast.Attribute, ast.Call))
        ):
            yield from _of_loop(reader, wanted, stmt, module)


def _of_call(
    reader: Reader,
    wanted: Wanted,
    call: ast.Call,
    held: ast.AST,
    stmt: ast.stmt,
    module: Module,
    function: Function | None,
    depth: int,
) -> Iterator[Sink]:
    if item_set(call) is held:
        if fits(reader, wanted, reader.expression(call.args[0], module, stmt)):
            yield Sink(_LOOP, call, stmt, module, False, call.args[0])
    elif found := written_by(reader, wanted, call, held, module, stmt):
        yield Sink(found[0], call, stmt, module, found[1], call.func)
    else:
        yield from _through(reader, wanted, call, held, stmt, module, function, depth)


def leaves_out(reader: Reader, sink: Sink, name: str) -> bool:
    """Say whether tests of a loop over a dict keep a key from the ``setattr`` in it."""
    if sink.construct != _LOOP or len(sink.call.args) <= 1:
        return False
    return keeps_out(reader, sink.call.args[1], name, sink.module, sink.stmt)


def _is_handed(call: ast.Call, held: ast.AST) -> bool:
    return any(holds(it, held) for it in (*call.args, *(one.value for one in call.keywords)))


def _of_result(reader: Reader, wanted: Wanted, function: Function, depth: int) -> Iterator[Sink]:
    """Yield where a dict goes that a function returns."""
    if depth >= _DEPTH:
        return
    for module, call, stmt in reader.project.calls(function.name, _FEW):
        if _is_of(reader, function, call, module, stmt):
            yield from destinations(reader, wanted, call, stmt, module, depth)


def _is_of(
    reader: Reader, function: Function, call: ast.Call, module: Module, stmt: ast.AST
) -> bool:
    """Say whether *call* is one of *function*, as far as can be told."""
    found = reader.expression(call.func, module, stmt)
    callees = [it.of for it in found if isinstance(it, Callee)]
    if callees:
        return any(it is function or _overrides(reader, it, function) for it in callees)
    if found:
        return False
    defined = f"def {function.name}("  # nothing is known of the object: there is one such method
    paths = reader.project.holding(defined)
    return len(paths) == 1 and reader.project.text(paths[0]).count(defined.encode()) == 1


def _overrides(reader: Reader, one: Function, other: Function) -> bool:
    if one.name != other.name or one.owner is None or other.owner is None:
        return False
    return reader.models.is_kin(one.owner, other.owner)
