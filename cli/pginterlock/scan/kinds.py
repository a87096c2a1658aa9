"""What a piece of Python may stand for, as far as a reader of the code can tell.

An expression has a set of `Kind`; the empty set is "not known". Pure: data only.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.scan.modules import Module


@dataclass(eq=False, slots=True)
class ClassDef:
    """A class of the project; each is itself only."""

    name: str
    qualname: str
    module: "Module"
    node: ast.ClassDef

    def __repr__(self) -> str:
        return f"<class {self.module.name}.{self.qualname}>"


@dataclass(eq=False, slots=True)
class Function:
    """A function or method of the project; each is itself only."""

    name: str
    qualname: str
    module: "Module"
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: ClassDef | None = None
    outer: "Function | None" = None

    def __repr__(self) -> str:
        return f"<function {self.module.name}.{self.qualname}>"


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class, and what is known of what it was made with: by name of parameter.

    What stands for a type variable is there too, by its name.
    """

    of: ClassDef
    given: "Given" = frozenset()


@dataclass(frozen=True, slots=True)
class Class:
    """A class itself."""

    of: ClassDef


@dataclass(frozen=True, slots=True)
class Many:
    """Several of something: a queryset, a manager, a statement of SQLAlchemy, a list.

    *via* is the class of the manager or queryset, where it is the project's own; *keys* are the
    parts of a dict by their keys, where all are known.
    """

    item: "Kinds"
    is_query: bool = False
    via: ClassDef | None = None
    keys: "Given" = frozenset()


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple, part for part."""

    parts: tuple["Kinds", ...]


@dataclass(frozen=True, slots=True)
class Callee:
    """A function, what it is a method of, and what is known of the arguments of a call of it."""

    of: Function
    bound: "Instance | Class | Many | None" = None
    given: "Given" = frozenset()


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a queryset, manager or query that is not called at once."""

    of: Many
    name: str


@dataclass(frozen=True, slots=True)
class Package:
    """A module of the project."""

    of: "Module"


@dataclass(frozen=True, slots=True)
class Foreign:
    """What comes from elsewhere, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of SQLAlchemy Core, by its name in the database, or the one that maps a class."""

    name: str
    of: ClassDef | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """An ``update`` or ``insert`` of SQLAlchemy, of a model or table."""

    verb: str
    of: "Kinds"


Kind = Instance | Class | Many | Tuple | Callee | Method | Package | Foreign | Table | Writing
Kinds = frozenset[Kind]
Given = frozenset[tuple[str, Kinds]]
NOTHING: Kinds = frozenset()
REST = -1  # in a path: all that is left, of ``first, *rest = x``


def union(them: Iterable[Kinds]) -> Kinds:
    """Return what may be any of *them*."""
    return reduce(frozenset.union, them, NOTHING)


def many(item: Kinds, *, is_query: bool = False, via: ClassDef | None = None) -> Kinds:
    """Return several of *item*; of nothing known, nothing is known."""
    return frozenset([Many(item, is_query, via)]) if item else NOTHING


def keyed(parts: Iterable[tuple[str, Kinds]]) -> Kinds:
    """Return a dict of these parts; of nothing known, nothing is known."""
    keys = frozenset(parts)
    item = union(kinds for _, kinds in keys)
    return frozenset([Many(item, keys=keys)]) if item else NOTHING


def at_key(kind: Many, key: str) -> Kinds:
    """Return what a dict holds at a key."""
    return dict(kind.keys).get(key, NOTHING) if kind.keys else kind.item


def instances(kinds: Kinds) -> Kinds:
    """Return the objects that the classes among *kinds* make."""
    return frozenset(Instance(it.of) for it in kinds if isinstance(it, Class))


def items(kinds: Kinds) -> Kinds:
    """Return what iterating over *kinds* gives."""
    return union(
        it.item if isinstance(it, Many) else union(it.parts) if isinstance(it, Tuple) else NOTHING
        for it in kinds
    )


def unpacked(kinds: Kinds, path: tuple[int, ...]) -> Kinds:
    """Return the part of *kinds* that unpacking gives to a place in a target."""
    for number in path:
        found: Kinds = NOTHING
        for it in kinds:
            if number == REST:
                found |= many(items(frozenset([it])))
            elif isinstance(it, Tuple) and number < len(it.parts):
                found |= it.parts[number]
            elif isinstance(it, Many):
                found |= it.item
        kinds = found
    return kinds


def classes(kinds: Kinds) -> Kinds:
    """Return the classes, or those of the objects, that *kinds* are or hold."""
    found: Kinds = NOTHING
    for it in kinds:
        match it:
            case Class():
                found |= {it}
            case Instance(of=of):
                found |= {Class(of)}
            case Many(item=item):
                found |= classes(item)
    return found
