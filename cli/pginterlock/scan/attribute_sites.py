"""Writes to an attribute of a row, by an assignment or by ``setattr``. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from pginterlock.scan import sources
from pginterlock.scan.admitted import texts_at
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.enumerated import is_of_column
from pginterlock.scan.forwards import behind
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Callee, Class, Instance, Kinds, Many
from pginterlock.scan.last_words import is_last_word
from pginterlock.scan.modules import (
    Binding,
    Module,
    class_of,
    function_of,
    local_names,
    statements,
)
from pginterlock.scan.reaching import comprehended, reaching
from pginterlock.scan.site import Confidence
from pginterlock.scan.wanted import Wanted, fits

_MOCKS = frozenset(
    ["Mock", "MagicMock", "AsyncMock", "NonCallableMock", "create_autospec", "SimpleNamespace"]
)
_SHORT = 3  # letters: that a name ends on so few says nothing


def of_attribute(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``row.status = x`` and ``setattr(row, "status", x)``, where the row is wanted."""
    receiver = it.receiver
    if receiver is None:
        return
    kinds = behind(reader, reader.expression(receiver, module, it.stmt))
    told = _row(reader, wanted, kinds, receiver, it, module)
    if told is None:
        return
    confidence, reason = told
    row = ast.unparse(receiver)
    construct = "setattr" if it.how == "setattr" else "attr_assign"
    found = sources.of_attribute(reader, wanted, receiver, it, module)
    is_new = not found and _is_made_here(reader, wanted, receiver, it, module)
    yield drafted(
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


def of_name(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``setattr(row, name, x)``, where the code says that *name* may be the column."""
    said = texts_at(reader, it.call.args[1], module, it.stmt) if it.call else frozenset()
    if it.name in said:
        value = it.value if len(said) == 1 else None
        yield from of_attribute(reader, wanted, replace(it, how="setattr", value=value), module)


def is_row(reader: Reader, wanted: Wanted, node: ast.AST, module: Module, stmt: ast.AST) -> bool:
    """Say whether *node* is known to be a row of what is wanted, whatever it is called."""
    kinds = reader.expression(node, module, stmt)
    return any(
        isinstance(it, Instance) and _is_table(reader, it) and fits(reader, wanted, frozenset([it]))
        for it in kinds
    )


def row_of_dict(held: ast.AST) -> ast.AST | None:
    """Return the row whose attributes are the items of ``row.__dict__`` or ``vars(row)``."""
    match held:
        case ast.Attribute(value=row, attr="__dict__"):
            return row
        case ast.Call(func=ast.Name(id="vars"), args=[row]):
            return row
    return None


def of_own_dict(
    reader: Reader, wanted: Wanted, it: Candidate, held: ast.AST, module: Module
) -> Iterator[Draft]:
    """Yield a write to what ``row.__dict__`` or ``vars(row)`` holds."""
    if (row := row_of_dict(held)) is not None:
        yield from of_attribute(reader, wanted, replace(it, how="setattr", receiver=row), module)


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
    """Say whether an expression makes an object of the class, itself or by a function."""
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
    rows = _told(reader, wanted, frozenset(k for k in kinds if isinstance(k, (Instance, Many))))
    if fits(reader, wanted, rows):
        shown = f"{ast.unparse(receiver)} is a {wanted.shown}"
        if all(fits(reader, wanted, frozenset([k])) for k in rows):
            return Confidence.HIGH, shown
        return Confidence.MEDIUM, f"{shown}, or something else"
    return None if kinds else _guessed(reader, wanted, receiver, it, module)


def _told(reader: Reader, wanted: Wanted, rows: Kinds) -> Kinds:
    """Return *rows*, without those of a mere base of what is wanted where others are known."""
    exact = frozenset(it for it in rows if not isinstance(it, Instance) or _is_table(reader, it))
    return exact if exact and not fits(reader, wanted, exact) else rows


def _is_table(reader: Reader, kind: Instance) -> bool:
    return reader.models.is_model(kind.of) and not reader.models.is_abstract(kind.of)


def _guessed(
    reader: Reader, wanted: Wanted, receiver: ast.AST, it: Candidate, module: Module
) -> tuple[Confidence, str] | None:
    """Say why an object of which nothing is known may be a row: by its name, or by the value."""
    name = last_name(receiver) if not isinstance(receiver, ast.Subscript) else ""
    if name in ("self", "cls") or _is_mock(reader, receiver, it, module):
        return None
    if is_of_column(reader, wanted, it.name, it.value, module, it.stmt):
        return Confidence.MEDIUM, f"its value is of an enum that is {wanted.shown}'s alone"
    told = _told_by_name(reader, wanted, name, receiver, it, module) if name else ""
    told = told or _told_by_loop(reader, wanted, receiver, it, module)
    return (Confidence.MEDIUM, told) if told else None


def _told_by_name(
    reader: Reader, wanted: Wanted, name: str, receiver: ast.AST, it: Candidate, module: Module
) -> str:
    """Say why an object of that name may be a row; nothing where nothing says so."""
    if _is_named_after(wanted, name):
        return f"{name} is named after {wanted.shown}"
    if (several := _run_over(receiver, it, module)) and _is_plural(wanted, several):
        return f"{several} is named after {wanted.shown}"
    if _is_part_of_name(wanted, name):
        function = function_of(module, it.stmt)
        owner = class_of(function) if function else None
        if owner and fits(reader, wanted, reader.models.about(owner)):
            return f"{name}, in a class made for {wanted.shown}"
        if is_last_word(reader, wanted, name, it.name, module):
            return f"no other class named like {name} has a {it.name}"
    if it.value is not None and fits(reader, wanted, _owners(reader, it.value, module, it.stmt)):
        return f"its value is a constant of {wanted.shown}"
    return ""


def _told_by_loop(
    reader: Reader, wanted: Wanted, receiver: ast.AST, it: Candidate, module: Module
) -> str:
    """Say that a loop runs over what a method of the class itself gives, which is not told."""
    function = function_of(module, it.stmt)
    if not isinstance(receiver, ast.Name) or function is None:
        return ""
    inner = comprehended(receiver.id, receiver, it.stmt, module)
    bound = local_names(function).get(receiver.id, [])
    match [inner] if inner else reaching(bound, it.stmt, module, function):
        case [Binding(how="for", path=(), value=ast.Call(func=ast.Attribute(value=on, attr=name)))]:
            held = reader.expression(on, module, it.stmt)
            classes = frozenset(k for k in held if isinstance(k, Class))
            if classes and fits(reader, wanted, classes):
                return f"{receiver.id} is of what {last_name(on)}.{name} gives"
    return ""


def _is_mock(reader: Reader, receiver: ast.AST, it: Candidate, module: Module) -> bool:
    """Say whether the object that is written stands in for a row, in a test."""
    given = givings(reader, receiver, module, it.stmt) if isinstance(receiver, ast.Name) else []
    return bool(given) and all(
        isinstance(one.value, ast.Call) and last_name(one.value) in _MOCKS for one, _ in given
    )


def _is_named_after(wanted: Wanted, name: str) -> bool:
    low = name.lower().strip("_")
    return any(
        low == it or (low.endswith("_" + it) and len(it) > _SHORT) or low == it.replace("_", "")
        for it in wanted.variables
    )


def _run_over(receiver: ast.AST, it: Candidate, module: Module) -> str:
    """Return the name of what the loop that binds *receiver* runs over; else an empty text."""
    function = function_of(module, it.stmt)
    if not isinstance(receiver, ast.Name) or function is None:
        return ""
    bound = local_names(function).get(receiver.id, [])
    is_loop = len(bound) == 1 and bound[0].how == "for" and not bound[0].path
    return last_name(bound[0].value) if is_loop and bound[0].value is not None else ""


def _is_plural(wanted: Wanted, name: str) -> bool:
    low = name.lower().strip("_")
    return any(low in (f"{it}s", f"{it}es", f"{it[:-1]}ies") for it in wanted.variables)


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
            found |= frozenset(Instance(k.of) for k in kinds if isinstance(k, Class))
            if isinstance(inner, ast.Attribute):
                found |= _owners(reader, inner, module, at)
        case ast.IfExp(body=one, orelse=other):
            found |= _owners(reader, one, module, at) | _owners(reader, other, module, at)
    return found
