"""Candidates of a module, judged: which of them write what is wanted. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pginterlock.scan import constants, sources
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.flows import Sink, sinks
from pginterlock.scan.sinks import takes_dict, writes_with
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, ClassDef, Foreign, Instance, Kinds, Many
from pginterlock.scan.modules import (
    Module,
    class_names,
    class_of,
    function_of,
    local_names,
    scope_of,
    statements,
)
from pginterlock.scan.project import called_name, own_expressions
from pginterlock.scan.site import Confidence, Label
from pginterlock.scan.wanted import Wanted, fits


@dataclass(frozen=True, slots=True)
class Draft:
    """A write, before it is told with others of the same row: *row* and *call* say which."""

    wanted: Wanted
    field: str
    construct: str
    module: Module
    node: ast.AST
    stmt: ast.stmt
    values: tuple[str | None, ...] = ()
    sources: tuple[str, ...] = ()
    is_new: bool | None = False
    confidence: Confidence = Confidence.HIGH
    reason: str = ""
    label: Label = Label.WRITE
    row: str = ""
    call: ast.Call | None = None


def judge(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield the writes of *wanted* that a candidate is."""
    match it.how:
        case "attribute" | "setattr":
            yield from _attribute(reader, wanted, it, module)
        case "keyword":
            yield from _keyword(reader, wanted, it, module)
        case "pairs":
            yield from _pairs(reader, wanted, it, module)
        case "columns":
            yield from _columns(reader, wanted, it, module)
        case "key":
            yield from _key(reader, wanted, it, module)
        case "member":
            yield from _member(reader, wanted, it, module)
        case "listed":
            yield from _listed(reader, wanted, it, module)
        case "named":
            yield from _named(reader, wanted, it, module)


def _draft(
    reader: Reader, wanted: Wanted, it: Candidate, module: Module, construct: str, **more: object
) -> Draft:
    said = constants.values(reader, it.value, module, it.stmt) if it.value is not None else (None,)
    return Draft(
        wanted,
        wanted.names[it.name],
        construct,
        module,
        it.node,
        it.stmt,
        said,
        **more,  # type: ignore[arg-type]
    )


# -- attributes ------------------------------------------------------------------------------


def _attribute(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    receiver = it.receiver
    if receiver is None:
        return
    kinds = reader.expression(receiver, module, it.stmt)
    told = _row(reader, wanted, kinds, receiver, it, module)
    if told is None:
        return
    confidence, reason = told
    row = ast.unparse(receiver)
    construct = "setattr" if it.how == "setattr" else "attr_assign"
    found = sources.of_attribute(reader, wanted, row, it, module)
    is_new = not found and _is_made_here(reader, wanted, receiver, it, module)
    yield _draft(
        reader,
        wanted,
        it,
        module,
        construct,
        row=row,
        confidence=confidence,
        reason=reason,
        sources=found,
        is_new=is_new,
    )


def _is_made_here(
    reader: Reader, wanted: Wanted, receiver: ast.AST, it: Candidate, module: Module
) -> bool:
    """Say whether the object that is written was made, and not saved, before in its function."""
    function = function_of(module, it.stmt)
    if (
        not isinstance(receiver, ast.Name)
        or function is None
        or isinstance(function.node, ast.Lambda)
    ):
        return False
    bound = local_names(function).get(receiver.id, [])
    return (
        len(bound) == 1
        and _makes(reader, wanted, bound[0].value, module, bound[0].stmt, 2)
        and not any(
            isinstance(stmt, ast.Expr)
            and isinstance(stmt.value, ast.Call)
            and isinstance(stmt.value.func, ast.Attribute)
            and stmt.value.func.attr in ("save", "asave", "flush", "commit", "add")
            and bound[0].stmt.lineno < stmt.lineno < it.stmt.lineno
            for stmt in statements(function.node.body)
        )
    )


def _makes(
    reader: Reader, wanted: Wanted, value: ast.AST | None, module: Module, at: ast.AST, depth: int
) -> bool:
    """Say whether an expression makes an object of the class: itself, or by a function that does."""
    if not isinstance(value, ast.Call) or depth < 0:
        return False
    for kind in reader.expression(value.func, module, at):
        if isinstance(kind, Class):
            return fits(reader, wanted, frozenset([Instance(kind.of)]))
        if isinstance(kind, Callee):
            made = list(returned(kind.of))
            return bool(made) and all(
                _makes(reader, wanted, one, kind.of.module, stmt, depth - 1)
                for one, stmt, _ in made
            )
    return False


def _row(
    reader: Reader, wanted: Wanted, kinds: Kinds, receiver: ast.AST, it: Candidate, module: Module
) -> tuple[Confidence, str] | None:
    """Say why the object that is written is a row of what is wanted; None where it is not."""
    rows = frozenset(k for k in kinds if isinstance(k, (Instance, Many)))
    if fits(reader, wanted, rows):
        others = [k for k in rows if not fits(reader, wanted, frozenset([k]))]
        if others:
            return (
                Confidence.MEDIUM,
                f"{ast.unparse(receiver)} is a {wanted.shown}, or something else",
            )
        return Confidence.HIGH, f"{ast.unparse(receiver)} is a {wanted.shown}"
    if kinds:
        return None
    name = last_name(receiver) if not isinstance(receiver, ast.Subscript) else ""
    if name in ("self", "cls", ""):
        return None
    if _is_named_after(wanted, name):
        return Confidence.MEDIUM, f"{name} is named after {wanted.shown}"
    if _is_part_of_name(wanted, name):
        function = function_of(module, it.stmt)
        owner = class_of(function) if function else None
        if owner and fits(reader, wanted, reader.models.about(owner)):
            return Confidence.MEDIUM, f"{name}, in a class made for {wanted.shown}"
    if it.value is not None and fits(reader, wanted, _owners(reader, it.value, module, it.stmt)):
        return Confidence.MEDIUM, f"its value is a constant of {wanted.shown}"
    return None


def _is_named_after(wanted: Wanted, name: str) -> bool:
    low = name.lower().strip("_")
    return any(
        low == it or (low.endswith("_" + it) and len(it) > 3) or low == it.replace("_", "")
        for it in wanted.variables
    )  # noqa: PLR2004


def _is_part_of_name(wanted: Wanted, name: str) -> bool:
    low = name.lower().strip("_")
    return any(it.endswith("_" + low) for it in wanted.variables) or low in (
        "instance",
        "obj",
        "object",
        "item",
        "record",
        "row",
    )


def _owners(reader: Reader, value: ast.AST, module: Module, at: ast.AST) -> Kinds:
    """Return the classes that the constants in *value* belong to."""
    found: Kinds = frozenset()
    match value:
        case ast.Attribute(value=inner):
            kinds = reader.expression(inner, module, at)
            found |= frozenset(
                k for k in kinds if isinstance(k, Class) and k.of in reader.models.ancestry(k.of)
            )
            if isinstance(inner, ast.Attribute):
                found |= _owners(reader, inner, module, at)
        case ast.IfExp(body=one, orelse=other):
            found |= _owners(reader, one, module, at) | _owners(reader, other, module, at)
    return frozenset(Instance(k.of) for k in found if isinstance(k, Class))


# -- keywords ----------------------------------------------------------------------------------


def _keyword(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    call = it.call
    if call is None:
        return
    if isinstance(call.func, ast.Name) and call.func.id == "dict":
        yield from _pairs(
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
            yield from _flow(reader, wanted, call.func.value.id, it, module)
            return
    found = writes_with(reader, wanted, call, module, it.stmt)
    if found:
        construct, is_new = found
        said = sources.of_query(reader, wanted, call, module, it.stmt)
        yield _draft(
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
        for sink in sinks(reader, wanted, node.args.kwarg.arg, kind.of.module, kind.of, 1):
            yield _of_sink(reader, wanted, it, sink, (None,))


# -- dicts -------------------------------------------------------------------------------------


def _pairs(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    held = it.receiver
    if held is None:
        return
    for part in own_expressions(it.stmt):
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and node is not held:
                if found := takes_dict(reader, wanted, node, held, module, it.stmt):
                    said = sources.of_query(reader, wanted, node, module, it.stmt)
                    yield _draft(
                        reader,
                        wanted,
                        it,
                        module,
                        found[0],
                        is_new=found[1],
                        call=node,
                        sources=said,
                        reason=f"a dict that {called_name(node) or 'the call'} writes to {wanted.shown}",
                    )
                    return
                match node.func:
                    case ast.Attribute(
                        value=ast.Name(id=name), attr="update" | "append" | "setdefault"
                    ) if held in node.args:
                        yield from _flow(reader, wanted, name, it, module)
                        return
    match it.stmt:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _within(value, held):
            yield from _flow(reader, wanted, name, it, module)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.AST() as value) if _within(
            value, held
        ):
            yield from _flow(reader, wanted, name, it, module)


def _within(value: ast.AST, held: ast.AST) -> bool:
    if value is held:
        return True
    match value:
        case ast.List(elts=elts) | ast.Tuple(elts=elts):
            return any(_within(it, held) for it in elts)
        case ast.ListComp(elt=elt):
            return _within(elt, held)
        case ast.IfExp(body=one, orelse=other):
            return _within(one, held) or _within(other, held)
    return False


def _key(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    if isinstance(it.receiver, ast.Name):
        yield from _flow(reader, wanted, it.receiver.id, it, module)


def _flow(
    reader: Reader, wanted: Wanted, name: str, it: Candidate, module: Module
) -> Iterator[Draft]:
    """Yield a key that is put into a dict, and the calls that write it."""
    function = function_of(module, it.stmt)
    is_first = True
    for sink in sinks(reader, wanted, name, module, function):
        if is_first:
            yield _draft(
                reader,
                wanted,
                it,
                module,
                "dict_then_splat",
                is_new=sink.is_new,
                confidence=Confidence.MEDIUM,
                reason=f"line {sink.stmt.lineno} writes the dict",
                row=f"dict {name}",
            )
            is_first = False
        said = constants.values(reader, it.value, module, it.stmt)
        yield _of_sink(reader, wanted, it, sink, said)


def _of_sink(
    reader: Reader, wanted: Wanted, it: Candidate, sink: Sink, said: tuple[str | None, ...]
) -> Draft:
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
        reason=f"it writes what a dict holds, {it.name} of line {it.stmt.lineno} among it",
    )


def _columns(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``{Order.status: x}``, the keys of which are columns of a class."""
    if it.receiver is None or not fits(
        reader, wanted, reader.expression(it.receiver, module, it.stmt)
    ):
        return
    for part in own_expressions(it.stmt):
        for node in ast.walk(part):
            if isinstance(node, ast.Call) and called_name(node) in (
                "update",
                "values",
                "on_conflict_do_update",
            ):
                if any(
                    it.node in ast.walk(arg)
                    for arg in [*node.args, *(k.value for k in node.keywords)]
                ):
                    said = sources.of_query(reader, wanted, node, module, it.stmt)
                    yield _draft(
                        reader,
                        wanted,
                        it,
                        module,
                        "query_update",
                        call=node,
                        sources=said,
                        reason=f"columns of {wanted.shown}",
                    )
                    return


# -- classes -----------------------------------------------------------------------------------


def _member(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    owner = scope_of(module, it.stmt)
    if not isinstance(owner, ClassDef):
        return
    if fits(reader, wanted, frozenset([Instance(owner)])):
        if isinstance(it.value, ast.Call):
            for keyword in it.value.keywords:
                if keyword.arg in ("default", "server_default", "insert_default"):
                    said = constants.values(reader, keyword.value, module, it.stmt)
                    yield Draft(
                        wanted,
                        wanted.names[it.name],
                        "column_default",
                        module,
                        it.node,
                        it.stmt,
                        said,
                        is_new=True,
                        label=Label.DEFAULT,
                        reason="the value of a row that names none",
                    )
        return
    made = reader.models.made(owner)
    if made != frozenset([Instance(owner)]) and fits(
        reader, wanted, frozenset(k for k in made if isinstance(k, Instance))
    ):
        yield _draft(
            reader,
            wanted,
            it,
            module,
            "factory_attr",
            is_new=True,
            reason=f"a factory of {wanted.shown}",
        )


def _listed(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    owner = scope_of(module, it.stmt)
    if not isinstance(owner, ClassDef):
        return
    holder = owner
    if owner.name in ("Meta", "_Meta"):
        outer = scope_of(module, owner.node)
        if not isinstance(outer, ClassDef):
            return
        holder = outer
    if not fits(reader, wanted, reader.models.about(holder)):
        return
    names = {one.name for one in reader.models.ancestry(holder)} | reader.models.foreign(holder)
    declared = class_names(holder).get(it.name)
    if declared and isinstance(declared[0].stmt, ast.stmt):
        stmt = declared[0].stmt
        it = Candidate("listed", it.name, stmt, stmt, None, None)
    is_list = isinstance(it.stmt, ast.Assign) and last_name(it.stmt.targets[0]) == "list_editable"
    if is_list:
        yield _draft(
            reader,
            wanted,
            it,
            module,
            "admin_list_editable",
            reason=f"the admin of {wanted.shown} edits it",
        )
    elif any(one.endswith("Form") for one in names):
        yield _draft(
            reader,
            wanted,
            it,
            module,
            "modelform_field",
            is_new=None,
            reason=f"a form of {wanted.shown} saves it",
        )
    elif any(one.endswith("Serializer") for one in names) and not _is_read_only(holder, it.name):
        yield _draft(
            reader,
            wanted,
            it,
            module,
            "serializer_field",
            is_new=None,
            reason=f"a serializer of {wanted.shown} saves it",
        )
    elif any(one in ("UpdateView", "CreateView") for one in names):
        yield _draft(
            reader,
            wanted,
            it,
            module,
            "view_field",
            is_new=None,
            reason=f"the form of a view of {wanted.shown} saves it",
        )


def _is_read_only(holder: ClassDef, name: str) -> bool:
    for one in class_names(holder).get(name, ()):
        if isinstance(one.value, ast.Call):
            if "Method" in last_name(one.value.func):
                return True
            for keyword in one.value.keywords:
                if (
                    keyword.arg == "read_only"
                    and isinstance(keyword.value, ast.Constant)
                    and keyword.value.value
                ):
                    return True
    for stmt in holder.node.body:
        if isinstance(stmt, ast.ClassDef) and stmt.name == "Meta":
            for inner in stmt.body:
                if isinstance(inner, ast.Assign) and last_name(inner.targets[0]) in (
                    "read_only_fields",
                    "extra_kwargs",
                ):
                    if f"'{name}'" in ast.unparse(inner.value):
                        return True
                    if isinstance(inner.value, ast.Name) and inner.value.id == "fields":
                        return True
    return False


def _named(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield a ``bulk_update(rows, ["status"])`` whose values are assigned elsewhere."""
    call = it.call
    if (
        call is None
        or called_name(call) not in ("bulk_update", "abulk_update")
        or not isinstance(call.func, ast.Attribute)
    ):
        return
    if not fits(reader, wanted, reader.expression(call.func.value, module, it.stmt)):
        return
    function = function_of(module, it.stmt)
    if function and not isinstance(function.node, ast.Lambda):
        for stmt in statements(function.node.body):
            if isinstance(stmt, (ast.Assign, ast.AugAssign)):
                targets = stmt.targets if isinstance(stmt, ast.Assign) else [stmt.target]
                if any(isinstance(t, ast.Attribute) and t.attr == it.name for t in targets):
                    return
    yield _draft(
        reader,
        wanted,
        it,
        module,
        "bulk_update",
        call=call,
        reason=f"bulk_update of {wanted.shown}",
    )


def is_foreign(kinds: Kinds) -> bool:
    """Say whether all of *kinds* come from elsewhere."""
    return bool(kinds) and all(isinstance(it, Foreign) for it in kinds)
