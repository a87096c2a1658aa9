"""What expressions of Python are worth, as far as a file tells without running it.

Texts, numbers, lists and dicts are themselves, the rest is one of the classes here. Pure: data.
"""

import ast
from dataclasses import dataclass, field

Value = object


class Nothing:
    """What is not known."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text stands: its first line and column; *is_block*: its lines are the file's."""

    line: int
    column: int
    last: int
    is_block: bool


class Written(str):
    """A text, and where in the file it is written."""

    __slots__ = ("origin",)
    origin: Origin

    def __new__(cls, text: str, origin: Origin) -> "Written":
        """Return *text* with its place."""
        made = super().__new__(cls, text)
        made.origin = origin
        return made


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the file does not define, in full: ``alembic.op``, ``sqlalchemy.text``."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """What *base* calls *name*."""

    base: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of what the file does not define."""

    func: Value
    args: tuple[Value, ...]
    named: dict[str, Value]
    node: ast.Call

    @property
    def name(self) -> str:
        """The last word of what is called."""
        match self.func:
            case Named(path):
                return path.rpartition(".")[2]
            case Attribute(_, name):
                return name
        return ""

    @property
    def receiver(self) -> Value:
        """What the method is called on, NOTHING where there is none."""
        match self.func:
            case Named(path) if "." in path:
                return Named(path.rpartition(".")[0])
            case Attribute(base, _):
                return base
        return NOTHING

    def argument(self, position: int, *names: str) -> Value:
        """Return an argument by its place or one of its names, NOTHING where it is not given."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.args[position] if 0 <= position < len(self.args) else NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Something to be called, and what it is given already: ``functools.partial``, a method."""

    func: Value
    args: tuple[Value, ...]
    named: dict[str, Value]

    def called(self, made: Call) -> Call:
        """Return the call that *made* comes to."""
        return Call(self.func, self.args + made.args, self.named | made.named, made.node)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A value that something is given as its *name*: ``row.status = "NEW"``."""

    base: Value
    name: str
    value: Value
    node: ast.expr


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function, or a lambda, of the file."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: dict[str, Value] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the file, with what its body binds."""

    name: str
    bases: tuple[Value, ...]
    body: dict[str, Value] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """One of what a loop goes over, where that is not known."""

    base: Value


def chain(value: Value) -> list[Value]:
    """Return *value* and what it is called on, down to where it begins: the outermost first."""
    found = [value]
    while True:
        match found[-1]:
            case Call(func=func):
                found.append(func)
            case Attribute(base=base) | Each(base=base):
                found.append(base)
            case _:
                return found


def spoken(value: Value) -> str:
    """Return the names along *value*, in small letters: ``connection.cursor`` and the like."""
    told = [it.path if isinstance(it, Named) else getattr(it, "name", "") for it in chain(value)]
    return " ".join(told).lower()


def is_call_of(value: Value, *names: str) -> bool:
    """Whether *value* is a call of something that is called by one of *names*."""
    return isinstance(value, Call) and value.name in names
