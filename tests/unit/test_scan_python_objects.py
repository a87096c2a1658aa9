"""Objects whose fields are written all at once: of pydantic, data classes, named tuples."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, lay, run, sites_of

SCHEMAS = """
=== store/schemas.py
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel


class OrderData(BaseModel):
    status: str
    note: str = ""


class OrderData2(OrderData):
    more: int


class NoteIn(BaseModel):
    note: str
    status = "a constant of the class"


@dataclass
class Data:
    id: int
    status: str


class Pair(NamedTuple):
    id: int
    status: str


Named = namedtuple("Named", "id status")
Bare = namedtuple("Bare", ["id", "note"])
"""
HEAD = """
=== store/work.py
import dataclasses
from dataclasses import asdict

from sqlalchemy import insert, update
from store.models import Invoice, Order
from store.schemas import Bare, Data, Named, NoteIn, OrderData, OrderData2, Pair


def work(session, it: OrderData, two: OrderData2, data: Data, pair: Pair, note: NoteIn):
"""


@pytest.mark.parametrize(
    ("written", "construct"),
    [
        ("insert(Order).values(**it.model_dump())", "core_insert"),
        ("insert(Order).values(**it.dict(exclude_unset=True))", "core_insert"),
        ("insert(Order).values(**dict(it))", "core_insert"),
        ("insert(Order).values(**two.model_dump())", "core_insert"),
        ("insert(Order).values(**it.model_dump(exclude={'note'}))", "core_insert"),
        ("insert(Order).values(**it.model_dump(include={'status'}))", "core_insert"),
        ("insert(Order).values(**{**it.model_dump(), 'id': 1})", "core_insert"),
        ("insert(Order).values([it.model_dump(), two.model_dump()])", "core_insert"),
        ("update(Order).values(it.model_dump(exclude_unset=True))", "core_update"),
        ("insert(Order).values(**asdict(data))", "core_insert"),
        ("insert(Order).values(**dataclasses.asdict(data))", "core_insert"),
        ("insert(Order).values(**vars(data))", "core_insert"),
        ("insert(Order).values(**data.__dict__)", "core_insert"),
        ("insert(Order).values(**pair._asdict())", "core_insert"),
        ("Order(**it.model_dump())", "kwarg_splat_ctor"),
    ],
)
def test_the_fields_of_an_object(tmp_path: Path, written: str, construct: str) -> None:
    other = written.replace("Order", "Invoice")
    lines = f"    session.execute({written})  # WRITE\n    session.execute({other})\n"

    found = sites_of(tmp_path, ALCHEMY + SCHEMAS + HEAD + lines)

    assert {(it.construct, it.values) for it in found} == {(construct, (None,))}


def test_the_fields_of_an_object_that_are_written_later(tmp_path: Path) -> None:
    lines = """
    values = it.model_dump()
    values["note"] = "x"
    session.execute(update(Order).values(**values))  # WRITE
    rows = []
    for one in [it, two]:
        row = one.model_dump()
        rows.append(row)
    session.add_all([Order(**row) for row in rows])  # WRITE
    named = Named(1, "new")
    session.execute(insert(Order).values(**named._asdict()))  # WRITE
    save(session, values=it.model_dump())
    session.execute(insert(Order), [one.model_dump() for one in [it, two]])  # WRITE


def save(session, values):
    session.add(Order(**values))  # WRITE
"""

    sites_of(tmp_path, ALCHEMY + SCHEMAS + HEAD + lines)


@pytest.mark.parametrize(
    "written",
    [
        "insert(Order).values(**note.model_dump())",
        "insert(Order).values(**it.model_dump(exclude={'status'}))",
        "insert(Order).values(**it.model_dump(include={'note'}))",
        "insert(Order).values(**Bare(1, 'x')._asdict())",
        "insert(Order).values(note=it.model_dump())",
        "print(**it.model_dump())",
        "Order(**unknown.model_dump())",
    ],
)
def test_objects_that_leave_the_column_alone(tmp_path: Path, written: str) -> None:
    sites_of(tmp_path, f"{ALCHEMY}{SCHEMAS}{HEAD}    session.execute({written})\n")


def test_a_field_that_is_new_in_another_file_is_found(tmp_path: Path) -> None:
    kept, code = tmp_path / "kept", tmp_path / "code"
    lay(code, f"{ALCHEMY}{SCHEMAS}{HEAD}    session.add(Order(**note.model_dump()))\n")
    assert run(code, cache=kept).sites == []

    schemas = code / "store" / "schemas.py"
    schemas.write_text(schemas.read_text().replace("    note: str\n", "    status: str\n"))
    (site,) = run(code, cache=kept).sites

    assert site.construct == "kwarg_splat_ctor"
