"""Attributes of a class that stand for a column of another name. Pure."""

import ast
from collections.abc import Collection, Iterator, Mapping

from pginterlock.scan import orm
from pginterlock.scan.definitions import last_name
from pginterlock.scan.givings import givings
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef
from pginterlock.scan.modules import Module, class_names

_MAPPING = ("map_imperatively", "mapper")


def attributes_of(
    reader: Reader, of: ClassDef, fields: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a class that stand for one of *fields*, with that."""
    found = dict(_declared(reader, of, fields)) | dict(_keyed(reader, of, fields))
    found |= dict(_mapped(reader, of, {it: it for it in fields} | found))
    yield from found.items()
    yield from _synonyms(reader, of, {it: it for it in fields} | found)


def mapped_by(reader: Reader, of: ClassDef) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
    """Yield the calls that map a class to a table."""
    for name in _MAPPING:
        for module, call, stmt in reader.project.calls(name):
            match call.args:
                case [asked, _, *_] if last_name(asked) == of.name:
                    if Class(of) in reader.expression(asked, module, stmt):
                        yield module, call, stmt


def _calls(reader: Reader, of: ClassDef) -> Iterator[tuple[str, ast.Call]]:
    """Yield what the bodies of a class and of those above it give a name by a call."""
    for base in reader.models.ancestry(of):
        for name, bound in class_names(base).items():
            for it in bound:
                if isinstance(it.value, ast.Call):
                    yield name, it.value


def _declared(reader: Reader, of: ClassDef, fields: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes whose column is declared under another name."""
    for name, call in _calls(reader, of):
        match call.args[:1]:
            case [ast.Constant(value=str(column))] if (
                column in fields and last_name(call.func) in orm.COLUMN_CALLS
            ):
                yield name, column
        for keyword in call.keywords:
            match keyword:
                case ast.keyword(arg="db_column" | "name", value=ast.Constant(value=str(column))):
                    if column in fields and _is_column(call, keyword.arg):
                        yield name, column


def _is_column(call: ast.Call, keyword: str | None) -> bool:
    """Say whether a keyword of a call names the column: ``name`` does so of SQLAlchemy alone."""
    return keyword == "db_column" or last_name(call.func) in orm.COLUMN_CALLS


def _keyed(reader: Reader, of: ClassDef, fields: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the keys of the columns of a class's table: ``Column("status", key="state")``."""
    tables: list[tuple[ast.expr, Module, ast.AST]] = [
        (call.args[1], module, stmt) for module, call, stmt in mapped_by(reader, of)
    ]
    for it in class_names(of).get("__table__", ()):
        tables += [(it.value, of.module, it.stmt)] if isinstance(it.value, ast.expr) else []
    for node, module, at in tables:
        given = [it.value for it, _ in givings(reader, node, module, at)] or [node]
        for table in given:
            yield from _keys(table, fields)


def _keys(table: ast.AST | None, fields: Collection[str]) -> Iterator[tuple[str, str]]:
    for it in table.args if isinstance(table, ast.Call) else ():
        match it:
            case ast.Call(args=[ast.Constant(value=str(column)), *_], keywords=keywords):
                for keyword in keywords:
                    match keyword:
                        case ast.keyword(arg="key", value=ast.Constant(value=str(key))):
                            if column in fields:
                                yield key, column


def _mapped(reader: Reader, of: ClassDef, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a call which maps a class gives a column of its table."""
    for _, call, _ in mapped_by(reader, of):
        for it in call.keywords:
            if it.arg != "properties" or not isinstance(it.value, ast.Dict):
                continue
            for key, value in zip(it.value.keys, it.value.values, strict=True):
                match key, value:
                    case ast.Constant(value=str(name)), ast.Attribute(
                        value=ast.Attribute(attr="c" | "columns"), attr=column
                    ) if column in known:
                        yield name, known[column]


def _synonyms(reader: Reader, of: ClassDef, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that are a ``synonym`` of one that is known."""
    for name, call in _calls(reader, of):
        match call:
            case ast.Call(args=[ast.Constant(value=str(other)), *_]) if other in known:
                if last_name(call.func) == "synonym":
                    yield name, known[other]
