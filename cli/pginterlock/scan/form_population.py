"""Rows that a form of WTForms fills with its fields: ``form.populate_obj(order)``. Pure.

The call names no column: the class of the form does.
"""

import ast
from collections.abc import Iterator

from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Instance
from pginterlock.scan.modules import Module, class_names
from pginterlock.scan.wanted import Wanted, fits

_FILLING = "populate_obj"


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield the calls that fill a row of what is wanted with the fields of a form."""
    for module, call, stmt in reader.project.calls(_FILLING):
        match call:
            case ast.Call(func=ast.Attribute(value=form), args=[row, *_]):
                rows = reader.expression(row, module, stmt)
                for name in _fields(reader, form, module, stmt) if rows else ():
                    if name in wanted.names and fits(reader, wanted, rows):
                        yield Draft(
                            wanted,
                            wanted.names[name],
                            "setattr_dynamic",
                            module,
                            call,
                            stmt,
                            (None,),
                            call=call,
                            reason=f"a form fills {wanted.shown} with its fields",
                        )


def _fields(reader: Reader, form: ast.expr, module: Module, stmt: ast.AST) -> Iterator[str]:
    """Yield the fields that the class of a form and those above it declare."""
    for kind in reader.expression(form, module, stmt):
        for base in reader.ancestry(kind.of) if isinstance(kind, Instance) else ():
            for name, given in class_names(base).items():
                if isinstance(given[0].value, ast.Call):
                    yield name
