"""Small projects as texts for tests of the scan: the lines that write are marked in them."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from pginterlock.scan.engine import scan
from pginterlock.scan.site import Scanned, Site, Target

ORDER = Target(("status",), model="Order")
_FILE = re.compile(r"^=== (\S+)$", re.MULTILINE)
_MARK = re.compile(r"(?:#|--) WRITE$")
DJANGO = """
=== shop/__init__.py
=== shop/models.py
from django.db import models


class Customer(models.Model):
    name = models.TextField()
    status = models.TextField()


class Order(models.Model):
    NEW = "new"
    PAID = "paid"
    SHIPPED = "shipped"
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    status = models.TextField(default=NEW)
    note = models.TextField()
    paid_at = models.DateTimeField(null=True)


class Invoice(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
    status = models.TextField()
"""
ALCHEMY = """
=== store/__init__.py
=== store/models.py
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    status = Column(String)
    orders = relationship("Order", back_populates="customer")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    customer_id = Column(ForeignKey("customers.id"))
    status = Column(String, default="new")
    customer = relationship("Customer", back_populates="orders")
    invoices = relationship("Invoice", back_populates="order")


class Invoice(Base):
    __tablename__ = "invoices"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
    status = Column(String)
    order = relationship("Order", back_populates="invoices")
"""


def lay(folder: Path, text: str) -> set[tuple[str, int]]:
    """Write the files of *text*, each after its ``=== path``; return the places that are marked."""
    marked = set()
    _, *parts = _FILE.split(textwrap.dedent(text))
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = body.removeprefix("\n").split("\n")
        path.write_text("\n".join(lines), encoding="utf-8")
        marked |= {(name, at) for at, line in enumerate(lines, start=1) if _MARK.search(line)}
    return marked


def run(folder: Path, *targets: Target, cache: Path | None = None) -> Scanned:
    """Return what a scan of *folder* finds, of the orders' status where nothing else is named."""
    return scan([folder], targets or (ORDER,), cache=cache, progress=lambda *_: None)


def places(folder: Path, sites: Sequence[Site]) -> set[tuple[str, int]]:
    """Return the file below *folder* and the line of each site."""
    return {(Path(it.file).relative_to(folder).as_posix(), it.line) for it in sites}


def sites_of(folder: Path, text: str, *targets: Target) -> list[Site]:
    """Return the sites of the files of *text*, and hold that they are those that are marked."""
    marked = lay(folder, text)
    found = run(folder, *targets)
    assert found.unread == []
    assert places(folder, found.sites) == marked
    return found.sites


def the_site(folder: Path, text: str, *targets: Target) -> Site:
    """Return the site of the files of *text*, the only one and at the line that is marked."""
    (site,) = sites_of(folder, text, *targets)
    return site
