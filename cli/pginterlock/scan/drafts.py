"""Writes as they are found in Python, before those of one row are told as one. Pure."""

import ast
from dataclasses import dataclass

from pginterlock.scan import constants
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.site import Confidence, Label
from pginterlock.scan.wanted import Wanted, column_of


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
    inside: tuple[Module, ast.stmt] | None = None  # where what is called writes it


def drafted(
    reader: Reader, wanted: Wanted, it: Candidate, module: Module, construct: str, **more: object
) -> Draft:
    """Return the write that a candidate is; *more* are further fields of it."""
    said = constants.values(reader, it.value, module, it.stmt) if it.value is not None else (None,)
    return Draft(
        wanted,
        column_of(wanted, it.name),
        construct,
        module,
        it.node,
        it.stmt,
        said,
        **more,  # type: ignore[arg-type]
    )
