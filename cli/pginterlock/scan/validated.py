"""What the own ``create()`` and ``update()`` of a serializer write with its fields. Pure."""

import ast
from collections.abc import Collection, Iterator

from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft
from pginterlock.scan.flows import leaves_out, sinks
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Function
from pginterlock.scan.modules import class_names
from pginterlock.scan.site import Confidence
from pginterlock.scan.wanted import Wanted

# Methods that are handed what was validated, and the number of their parameter for it.
_HANDED = {"create": 1, "update": 2}
_INHERITED = "serializer_save"  # what ``super()`` writes: the field itself is told as that
_HEIRS = 12


def of_field(reader: Reader, wanted: Wanted, it: Candidate, holder: ClassDef) -> Iterator[Draft]:
    """Yield the calls in methods of a serializer that write a field of it, among all of them."""
    for name, number in _HANDED.items():
        if (method := _method(reader, holder, name)) is not None:
            yield from _written(reader, wanted, it, method, number)


def of_declared(reader: Reader, wanted: Wanted, it: Candidate, holder: ClassDef) -> Iterator[Draft]:
    """Yield the same of a field that a serializer of no model, or a base of some, declares."""
    if not is_serializer(reader, holder) or not is_under_own_name(it.value, it.name):
        return
    below = reader.models.below(holder)
    for one in (holder, *(below if len(below) <= _HEIRS else ())):
        if not reader.models.about(one):
            yield from of_field(reader, wanted, it, one)


def is_serializer(reader: Reader, holder: ClassDef) -> bool:
    """Say whether a class is a serializer, by the names of those above it."""
    names = {one.name for one in reader.models.ancestry(holder)} | reader.models.foreign(holder)
    return any(one.endswith("Serializer") for one in names)


def is_under_own_name(field: ast.AST | None, name: str) -> bool:
    """Say whether a field is declared as a call that names no other source than the field."""
    if not isinstance(field, ast.Call):
        return False
    told = {one.arg: one.value for one in field.keywords}.get("source")
    return told is None or (isinstance(told, ast.Constant) and told.value == name)


def _method(reader: Reader, holder: ClassDef, name: str) -> Function | None:
    """Return the method of the project that a class has under a name."""
    for base in reader.ancestry(holder):
        for it in class_names(base).get(name, ()):
            found = base.module.scopes.get(it.stmt)
            return found if isinstance(found, Function) else None
    return None


def _written(
    reader: Reader, wanted: Wanted, it: Candidate, method: Function, number: int
) -> Iterator[Draft]:
    args = method.node.args
    plain = [*args.posonlyargs, *args.args]
    if len(plain) <= number or takes_out(method, {plain[number].arg}, it.name):
        return
    for sink in sinks(reader, wanted, plain[number].arg, method.module, method):
        if sink.construct != _INHERITED and not leaves_out(reader, sink, it.name):
            yield Draft(
                wanted,
                wanted.names[it.name],
                sink.construct,
                sink.module,
                sink.call,
                sink.stmt,
                (None,),
                is_new=sink.is_new,
                confidence=Confidence.MEDIUM,
                call=sink.call,
                inside=sink.inside,
                reason=f"it writes what a serializer has validated, {it.name} among it",
            )


def takes_out(function: Function, given: Collection[str], name: str) -> bool:
    """Say whether a function takes a field out of a dict of one of the names *given*."""
    for node in ast.walk(function.node):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id=on) | ast.Attribute(attr=on), attr="pop" | "__delitem__"
                ),
                args=[ast.Constant(value=key), *_],
            ) if on in given and key == name:
                return True
            case ast.Delete(
                targets=[
                    ast.Subscript(
                        value=ast.Name(id=on) | ast.Attribute(attr=on),
                        slice=ast.Constant(value=key),
                    )
                ]
            ) if on in given and key == name:
                return True
    return False
