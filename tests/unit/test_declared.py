"""What code declares: an enum, a SQLAlchemy class, a Django model."""

import enum
import sys
from types import ModuleType

import pytest
from sqlalchemy import Column, DateTime, Enum, ForeignKey, Integer, MetaData, Table

from pginterlock import declared
from pginterlock.errors import UsageError


class Phase(enum.Enum):
    """States of an order."""

    NEW = "new"
    SENT = "sent"
    DONE = "done"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of an application."""
    module = ModuleType("shop_of_test")
    orders = Table(
        "orders",
        MetaData(schema="shop"),
        Column("id", Integer, primary_key=True),
        Column("status", Enum(Phase, values_callable=lambda e: [it.value for it in e]),
               nullable=False, default=Phase.NEW),
        Column("sent_at", DateTime),
        Column("courier_id", ForeignKey("shop.courier.id")),
    )  # fmt: skip
    module.Order = type("Order", (), {"__table__": orders})  # type: ignore[attr-defined]
    module.Phase = Phase  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_of_test", module)
    return module


@pytest.mark.usefixtures("shop")
def test_an_enum_gives_its_states_in_order() -> None:
    seen = declared.from_enum("shop_of_test:Phase", "shop.orders")

    assert (str(seen.table), seen.names) == ("shop.orders", ("new", "sent", "done"))


@pytest.mark.usefixtures("shop")
def test_a_mapped_class_gives_table_states_key_and_moments() -> None:
    seen = declared.from_sqlalchemy("shop_of_test:Order", None)

    assert (str(seen.table), seen.state_column, seen.names) == (
        "shop.orders",
        "status",
        ("new", "sent", "done"),
    )
    assert (seen.primary_key, seen.moments, seen.default) == (("id",), ("sent_at",), "new")


@pytest.mark.usefixtures("shop")
def test_a_column_without_states_is_told() -> None:
    with pytest.raises(UsageError, match="declares no states"):
        declared.from_sqlalchemy("shop_of_test:Order", "courier_id")


def test_without_django_the_option_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "django", None)

    with pytest.raises(UsageError, match="needs django"):
        declared.from_django("shop.Order", None)
