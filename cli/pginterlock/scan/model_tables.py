"""The names of the tables that classes map: written down, made of others, or by custom. Pure."""

import ast
import re
from collections.abc import Iterator
from copy import deepcopy

from pginterlock.scan import orm
from pginterlock.scan.attribute_names import mapped_by
from pginterlock.scan.definitions import last_name, returned
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Function, Table
from pginterlock.scan.made_texts import UNKNOWN, MadeTexts
from pginterlock.scan.modules import class_names

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A name of a table that is made of something else than one text.
_DECLARED = b"def __tablename__"
_MADE = re.compile(rb"""\b(?:db_table|__tablename__)\s*(?::[^=\n]*)?=\s*(?!['"\s]|[rRuU]['"])""")


def snake(name: str) -> str:
    """Return the name that a variable of a class usually has."""
    return _HUMP.sub("_", name).lower()


def classes_of(reader: Reader, table: str) -> Iterator[ClassDef]:
    """Yield the classes that map a table by its name, with its schema or without."""
    project, bare = reader.project, table.rpartition(".")[2]
    for path in project.holding(bare):
        if not path.endswith(".py") or not (module := project.module(path)):
            continue
        for it in module.classes_about(bare):
            if bare in _bare(tables_of(reader, it, is_told=True)):
                yield it
    for word in ("db_table", "__tablename__"):
        for path in project.holding(word):
            raw = project.text(path)
            yield from _heirs_declared(reader, path, bare) if _DECLARED in raw else ()
            if bare.encode() in raw or not _MADE.search(raw):
                continue
            module = project.module(path)
            for it in module.classes_about(word) if module else ():
                if bare in _bare(_made_tables(reader, it)):
                    yield it


def _heirs_declared(reader: Reader, path: str, bare: str) -> Iterator[ClassDef]:
    """Yield the heirs of a file's classes for which these declare the table *bare*."""
    module = reader.project.module(path)
    for it in module.classes_about(_DECLARED.decode()) if module else ():
        for heir in reader.models.below(it):
            if bare in _bare(_declared(reader, it, heir)):
                yield heir


def _bare(names: Iterator[str]) -> set[str]:
    return {it.rpartition(".")[2] for it in names}


def tables_of(reader: Reader, of: ClassDef, *, is_told: bool = False) -> Iterator[str]:
    """Yield the names that the table of a class may have; only those that are written down."""
    for base in [of] if is_told else reader.models.ancestry(of):
        told = [*_told_tables(base), *_named_tables(reader, base), *_made_tables(reader, base)]
        told = told or [*_declared(reader, base, of)]
        yield from told
        if told:
            return
    if is_told:
        return
    yield from mapped_to(reader, of)
    if is_mapped_class(reader, of):
        yield snake(of.name)
        yield of.name.lower()
    else:
        parts = of.module.path.removesuffix(".py").split("/")
        folders = [it for it in parts[:-1] if it != "models"]
        if folders:
            yield f"{folders[-1]}_{of.name.lower()}"


def _told_tables(of: ClassDef) -> Iterator[str]:
    """Yield the names that a class itself writes down for its table."""
    for stmt in of.node.body:
        match stmt:
            case ast.Assign(
                targets=[ast.Name(id="__table__")],
                value=ast.Call(args=[ast.Constant(value=str(name)), *_]),
            ):
                yield name
    for value, _ in _namings(of):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield _plain(value.value)


def _made_tables(reader: Reader, of: ClassDef) -> Iterator[str]:
    """Yield the names that a class makes for its table: ``db_table = f"{PREFIX}orders"``."""
    for value, stmt in _namings(of):
        if not isinstance(value, ast.Constant):
            made = MadeTexts(reader).of(value, of.module, stmt)
            yield from (_plain(it) for it in sorted(made) if UNKNOWN not in it)


def _declared(reader: Reader, base: ClassDef, of: ClassDef) -> Iterator[str]:
    """Yield the names that a ``declared_attr`` of *base* makes of the name of the class *of*."""
    for it in class_names(base).get("__tablename__", ()):
        function = base.module.scopes.get(it.stmt)
        if isinstance(function, Function) and it.how == "def":
            for value, stmt, _ in returned(function):
                named = _Named(of.name).visit(deepcopy(value))
                made = MadeTexts(reader).of(named, base.module, stmt)
                yield from (_plain(one).lower() for one in sorted(made) if UNKNOWN not in one)


class _Named(ast.NodeTransformer):
    """Puts the name of a class in the place of ``cls.__name__``."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Constant(self.name) if node.attr == "__name__" else self.generic_visit(node)


def _namings(of: ClassDef) -> Iterator[tuple[ast.expr, ast.stmt]]:
    """Yield what the body of a class, or its ``Meta``, assigns as the name of its table."""
    for stmt in of.node.body:
        if isinstance(stmt, ast.ClassDef) and stmt.name == "Meta":
            yield from ((it, one) for one in stmt.body for it in _assigned(one, "db_table"))
        else:
            yield from ((it, stmt) for it in _assigned(stmt, "__tablename__"))


def _assigned(stmt: ast.stmt, name: str) -> Iterator[ast.expr]:
    match stmt:
        case (
            ast.Assign(targets=[ast.Name(id=given)], value=value)
            | ast.AnnAssign(target=ast.Name(id=given), value=ast.expr() as value)
        ) if given == name:
            yield value


def _plain(name: str) -> str:
    return name.strip('"').replace('"."', ".")


def _named_tables(reader: Reader, of: ClassDef) -> Iterator[str]:
    """Yield the name of the table that a class has as its ``__table__``, made elsewhere."""
    for it in class_names(of).get("__table__", ()):
        if isinstance(it.value, ast.Name | ast.Attribute):
            kinds = reader.expression(it.value, of.module, it.stmt)
            yield from (one.name for one in kinds if isinstance(one, Table))


def mapped_to(reader: Reader, of: ClassDef) -> Iterator[str]:
    """Yield the names of the tables that a class is mapped to by a call."""
    for module, call, stmt in mapped_by(reader, of):
        kinds = reader.expression(call.args[1], module, stmt)
        yield from (one.name for one in kinds if isinstance(one, Table))


def is_mapped_class(reader: Reader, of: ClassDef) -> bool:
    """Say whether SQLAlchemy maps a class."""
    for it in reader.models.ancestry(of):
        names = class_names(it)
        if "__tablename__" in names or "__table__" in names or "__mapper_args__" in names:
            return True
        for bound in names.values():
            if any(
                isinstance(b.value, ast.Call) and last_name(b.value.func) in orm.COLUMN_CALLS
                for b in bound
            ):
                return True
    return bool({"DeclarativeBase", "Base"} & reader.models.foreign(of))
