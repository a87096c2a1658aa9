"""A machine on a mapped class is the machine of a spec that says the same, errors included."""

import enum
import sys
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from pginterlock import promotion, spec, spec_write
from pginterlock.choices import Mode
from pginterlock.commands import interlock
from pginterlock.compiler import compile_machine
from pginterlock.elements import TableName
from pginterlock.errors import SpecError, UsageError
from pginterlock.integrations.sqlalchemy.machine import Keys
from pginterlock.integrations.sqlalchemy.tables import as_ours, found_in
from pginterlock.model import Spec
from pginterlock.spec_format import MachinePart, keys_of
from pginterlock.sqlalchemy import Machine, attach, spec_of

TEXT = """
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    key: id
    mode: enforce
    modes: {invariant.kind_note: observe}
    initial: NEW
    final: [OUT, LOST]
    transitions:
      pay:   {from: NEW, to: PAID, guard: paid_at is not null}
      enter: {from: PAID, to: IN, guard: {on: hotel.room, check: not is_broken, key: room_id}}
      leave: {from: IN, to: OUT}
      lose:  [{from: NEW, to: LOST}, {from: PAID, to: LOST, reason: required}]
    stamps: {came_at: IN, left_at: {state: OUT, fill: always}}
    states:
      IN: {require: room_id}
      LOST: {clear: [room_id]}
    invariants: {kind_note: {check: "note <> 'no'", in: [IN]}}
    claims: {room: {resource: room_id, during: nights, in: IN}}
    mirrors: {taken: {table: hotel.room, key: room_id, column: is_taken, in: IN}}
    reactions: {paid: {when: paid_at is not null, event: pay}}
    deadlines: {NEW: 15 minutes}
    deletion: {from: NEW}
    audit: {columns: [room_id], actor: required}
    outbox: {channel: booking}
    repairs: {came: {when: came_at is null, set: {came_at: paid_at}}}
"""


class Status(enum.Enum):
    new = "NEW"
    paid = "PAID"
    arrived = "IN"
    gone = "OUT"
    lost = "LOST"


def values(kind: type[enum.Enum]) -> list[str]:
    return [it.value for it in kind]


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "room"
    __table_args__ = {"schema": "hotel"}  # noqa: RUF012 - SQLAlchemy's word
    id: Mapped[int] = mapped_column(primary_key=True)
    is_taken: Mapped[bool]
    is_broken: Mapped[bool]


class Booking(Base):
    """The same, in words of Python: attributes, members of an enum, a class."""

    __tablename__ = "room_booking"
    __table_args__ = {"schema": "hotel"}  # noqa: RUF012 - SQLAlchemy's word
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[Status] = mapped_column(sa.Enum(Status, values_callable=values))
    room: Mapped[int | None] = mapped_column("room_id", sa.ForeignKey(Room.id))
    nights: Mapped[Any] = mapped_column(DATERANGE)
    paid_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None] = mapped_column("came_at")
    left_at: Mapped[date | None] = mapped_column()
    note: Mapped[str | None]
    __interlock__ = Machine(
        "booking",
        state=status,
        key="id",
        mode="enforce",
        modes={"invariant.kind_note": "observe"},
        initial=Status.new,
        final=(Status.gone, Status.lost),
        transitions={
            "pay": {"from": Status.new, "to": Status.paid, "guard": "paid_at is not null"},
            "enter": {
                "from": Status.paid,
                "to": Status.arrived,
                "guard": {"on": Room, "check": "not is_broken", "key": room},
            },
            "leave": {"from": Status.arrived, "to": Status.gone},
            "lose": [
                {"from": Status.new, "to": Status.lost},
                {"from": Status.paid, "to": Status.lost, "reason": "required"},
            ],
        },
        stamps={"arrived_at": Status.arrived, left_at: {"state": Status.gone, "fill": "always"}},
        states={Status.arrived: {"require": ["room"]}, Status.lost: {"clear": room}},
        invariants={"kind_note": {"check": "note <> 'no'", "in": [Status.arrived]}},
        claims={"room": {"resource": [room], "during": "nights", "in": [Status.arrived]}},
        mirrors={
            "taken": {"table": Room, "key": "room", "column": Room.is_taken, "in": Status.arrived}
        },
        reactions={"paid": {"when": "paid_at is not null", "event": "pay"}},
        deadlines={Status.new: "15 minutes"},
        deletion={"from": Status.new},
        audit={"columns": ["room"], "actor": "required"},
        outbox={"channel": "booking"},
        repairs={"came": {"when": "came_at is null", "set": {"arrived_at": "paid_at"}}},
    )


def test_a_class_and_a_file_are_the_same_machine() -> None:
    file = spec.parse(TEXT, "interlock.yaml")

    for target in (Base, Base.metadata, Base.registry, Booking, [Base.metadata]):
        assert spec_of(target) == file
    tables = found_in(Base.metadata)
    table = as_ours(tables[TableName("hotel", "room_booking")], tables)
    (declared,), (written,) = spec_of(Base).machines, file.machines
    assert compile_machine(declared, table) == compile_machine(written, table)
    assert spec.parse(spec_write.write([declared]), "written.yaml") == file


def test_every_key_of_a_spec_is_one_of_a_class() -> None:
    assert set(Keys.__annotations__) == set(keys_of(MachinePart)) - {"table"}


def small(base: type[DeclarativeBase], name: str = "Order", **keys: Any) -> type:
    """Map a class with a small machine, changed by *keys*."""
    usual: dict[str, Any] = {
        "state": "status",
        "initial": "NEW",
        "transitions": {"end": {"from": "NEW", "to": "DONE"}},
        "final": "DONE",
    }
    return type(
        name,
        (base,),
        {
            "__tablename__": name.lower(),
            "__module__": "shop.models",
            "id": mapped_column(sa.Integer, primary_key=True),
            "status": mapped_column(sa.Enum("NEW", "DONE", name="order_status")),
            "other": mapped_column(sa.Text),
            "done_at": mapped_column(sa.DateTime),
            "__interlock__": Machine(**{**usual, **keys}),
        },
    )


def fresh_base() -> type[DeclarativeBase]:
    return type("Base", (DeclarativeBase,), {})


def problems(base: Any, file: Spec | None = None) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        spec_of(base, file)
    return caught.value.problems


def test_all_that_is_wrong_is_told_at_once_with_module_class_and_key() -> None:
    base = fresh_base()
    small(
        base,
        stamp={"done_at": "DONE"},
        transitions={"end": {"from": "NEW", "to": "DON", "guard": "1 +"}},
        checks="fnction",
    )
    small(base, "Parcel", final=["DONE", "DUN"], mode="strict")

    assert [it.partition(": ")[0] for it in problems(base)] == [
        "shop.models:Order transitions.end.guard",
        "shop.models:Order stamp",
        "shop.models:Order checks",
        "shop.models:Parcel mode",
    ]
    assert problems(base)[1].endswith("unknown key 'stamp'; did you mean 'stamps'?")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"state": "statsu"}, "state: table public.order has no column 'statsu'; did you mean"),
        ({"state": "id"}, "state: column 'id' is integer; a state is text"),
        ({"stamps": {"don_at": "DONE"}}, "stamps.don_at: table public.order has no column"),
        ({"stamps": {"other": "DONE"}}, "stamps.other: column 'other' is text; a stamp is"),
        (
            {"transitions": {"end": {"from": "NEW", "to": "GONE"}}, "final": "GONE"},
            "state: order_status has no label 'GONE'",
        ),
        (
            {"transitions": {"end": {"from": "NEW", "to": "NEXT"}}, "state": "other"},
            "",
        ),
        ({"table": "shop.order"}, "table: the table is that of the class: leave it away"),
        ({"initial": 7}, "initial: 7 is not text: write it in quotes"),
        ({"state": object()}, "state: must be text"),
    ],
)
def test_what_does_not_agree_with_the_class_is_told(keys: dict[str, Any], told: str) -> None:
    base = fresh_base()
    small(base, **keys)
    if told:
        assert any(it.startswith(f"shop.models:Order {told}") for it in problems(base))
    else:
        assert [it.name for it in spec_of(base).machines] == ["order"]


def test_a_value_of_the_enum_that_is_no_state_is_told() -> None:
    base = fresh_base()
    small(base)
    base.metadata.tables["order"].columns["status"].type = sa.Enum("NEW", "DONE", "OLD", name="s")

    assert problems(base) == (
        "shop.models:Order state: column 'status' may be 'OLD', and machine 'order' has no such"
        " state",
    )


FILE = """
interlock: 1
machines:
  NAME: {table: public.order, state: COLUMN, initial: [NEW], final: [DONE],
         transitions: {end: {from: NEW, to: DONE}}}
"""


def file(name: str, column: str) -> Spec:
    return spec.parse(FILE.replace("NAME", name).replace("COLUMN", column), "interlock.yaml")


def test_a_machine_that_both_places_declare_alike_is_one() -> None:
    base = fresh_base()
    small(base)
    of_file = file("order", "status")

    found = attach(base, of_file)

    assert found == of_file == spec_of(base)
    assert str(found.locate(("machines", "order", "state"))) == "interlock.yaml:4:32"


def test_a_machine_in_both_places_that_differs_is_told_with_both() -> None:
    base = fresh_base()
    small(base)

    assert problems(base, file("order", "other")) == (
        "shop.models:Order state: machine 'order' has another state at interlock.yaml:4:32",
    )
    assert problems(base, file("orders", "status")) == (
        "shop.models:Order state: machine 'orders' has this column of public.order already",
    )


def test_a_file_and_classes_go_together_where_they_agree() -> None:
    base = fresh_base()
    small(base)

    assert [it.name for it in attach(base, file("beside", "other")).machines] == [
        "beside",
        "order",
    ]
    assert problems(base, file("beside", "othr")) == (
        "interlock.yaml:4:33: table public.order has no column 'othr'; did you mean 'other'?",
    )


def test_a_machine_is_not_declared_again_by_a_subclass() -> None:
    base = fresh_base()
    order = small(base)
    type("Special", (order,), {"__mapper_args__": {"polymorphic_identity": "x"}})
    mixin = type("Mixin", (), {"__interlock__": order.__interlock__})  # type: ignore[attr-defined]
    columns = {
        "id": mapped_column(sa.Integer, primary_key=True),
        "status": mapped_column(sa.String(10)),
    }
    type("Parcel", (mixin, base), {"__tablename__": "parcel", **columns})

    assert [it.name for it in spec_of(base).machines] == ["order", "parcel"]


def test_a_dataclass_and_a_table_with_two_machines_are_fine() -> None:
    class Strict(MappedAsDataclass, DeclarativeBase):
        pass

    one: dict[str, Any] = {
        "initial": "A",
        "final": "B",
        "transitions": {"b": {"from": "A", "to": "B"}},
    }

    class Thing(Strict):
        __tablename__ = "thing"
        __interlock__ = (
            Machine("one", state="first", **one),
            Machine("two", state="second", **one),
        )
        id: Mapped[int] = mapped_column(primary_key=True)
        first: Mapped[str]
        second: Mapped[str]

    assert [it.name for it in spec_of(Strict).machines] == ["one", "two"]
    assert Thing(id=1, first="A", second="A").first == "A"


def test_classes_mapped_by_hand_declare_too() -> None:
    registry = orm.registry()
    table = sa.Table(
        "order", registry.metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text), schema="shop",
    )  # fmt: skip

    class Order:
        __interlock__ = Machine(
            state="status", initial="A", final="B", transitions={"b": {"from": "A", "to": "B"}}
        )

    registry.map_imperatively(Order, table)

    (found,) = spec_of(registry).machines
    assert (str(found.table), found.name) == ("shop.order", "order")


def test_what_is_nothing_of_sqlalchemy_is_told() -> None:
    with pytest.raises(UsageError, match="is no declarative base"):
        spec_of(object())


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A module that can be named on the command line."""
    module: Any = ModuleType("interlock_shop")
    module.Base, module.Empty = fresh_base(), fresh_base()
    module.Order = small(module.Base)
    monkeypatch.setitem(sys.modules, "interlock_shop", module)
    monkeypatch.chdir(tmp_path)
    return module


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(interlock, arguments)
    told = str(done.exception) if isinstance(done.exception, UsageError | SpecError) else ""
    return done.exit_code, done.output + told


def test_commands_take_classes_for_a_spec(shop: Any, tmp_path: Path) -> None:
    del shop
    assert "Nothing wrong with order" in run("check", "--spec", "interlock_shop:Base")[1]
    (tmp_path / "pyproject.toml").write_text('[tool.interlock]\nspec = "interlock_shop:Base"\n')
    assert "Nothing wrong with order" in run("check")[1]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("interlock_shop:Bas", "cannot be imported"),
        ("interlock_nowhere:Base", "cannot be imported"),
        ("interlock_shop:Empty", "no mapped class of interlock_shop:Empty declares a machine"),
        ("interlock_shop:sys", "cannot be imported"),
    ],
)
def test_what_cannot_be_taken_for_one_is_told(shop: Any, named: str, told: str) -> None:
    del shop
    assert told in run("check", "--spec", named)[1]


def test_what_is_no_machine_in_a_named_module_is_told_as_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interlock_plain.py").write_text(
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
        "import pginterlock.sqlalchemy\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n"
        "class Order(Base):\n    __tablename__ = 'plain_order'\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    __interlock__ = {'state': 'status'}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    told = run("check", "--spec", "interlock_plain:Base")[1]

    assert told.startswith("interlock_plain:Order: __interlock__ is {'state': 'status'}, and no")


def test_a_mode_on_a_class_is_not_ours_to_change() -> None:
    base = fresh_base()
    small(base)

    with pytest.raises(UsageError, match=r"order is declared on a class, shop\.models:Order: not"):
        promotion.prepare(spec_of(base), "order", Mode.ENFORCE)


def test_what_is_no_machine_is_told_where_the_class_is_made() -> None:
    attributes = {
        "__module__": "shop.models",
        "__tablename__": "order",
        "__interlock__": {"state": "status"},
        "id": mapped_column(sa.Integer, primary_key=True),
    }
    with pytest.raises(
        UsageError, match=r"shop\.models:Order: __interlock__ is \{'state'"
    ) as caught:
        type("Order", (fresh_base(),), attributes)
    assert "Machine(" in str(caught.value.remedy)
