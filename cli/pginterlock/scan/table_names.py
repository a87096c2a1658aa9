"""Names of tables that SQL fills in: ``{self.table}``, ``{Job.__tablename__}``, ``{JOBS}``.

As far as one assignment in the body of a class or a module gives that name. Pure: trees in.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

_IDENTIFIER = re.compile(r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)?\Z")
_HOLE = re.compile(r"\{([^{}]+)\}")
_DEFAULTS = frozenset(["default", "default_factory", "server_default", "name"])
_OF_TABLE = frozenset(["name", "fullname", "__table__"])


def resolver(
    trees: Iterable[ast.Module], classes: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str], str]:
    """Return a function from the name of a table as SQL has it to the name that is meant.

    *classes* are those whose tables are known without being named: the class, and its table.
    It gives back as it is what no assignment, or more than one, gives a name.
    """
    names: dict[str, set[str]] = {}
    unread = iter(trees)

    def resolve(table: str) -> str:
        if "{" not in table:
            return table
        for tree in unread:
            for key, name in _named_in(tree):
                names.setdefault(key, set()).add(name)
        return _HOLE.sub(lambda match: _resolved(match[1], names, classes) or match[0], table)

    return resolve


def _resolved(written: str, names: dict[str, set[str]], classes: Mapping[str, str]) -> str | None:
    try:
        node = ast.parse(written, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    words = _words(node)
    while words[1:] and words[-1] in _OF_TABLE:
        words = words[:-1]
    for length in (3, 2, 1):
        found = names.get(".".join(words[-length:])) if len(words) >= length else None
        if found and len(found) == 1:
            return next(iter(found))
    match words:
        case [*_, owner, "_meta", "db_table"] | [*_, owner, "__tablename__"]:
            return classes.get(owner)
    return None


def _words(node: ast.expr) -> list[str]:
    """Return the words of a dotted name, a call that quotes it looked through."""
    match node:
        case ast.Call(args=[arg]):
            return _words(arg)
        case ast.Attribute(value=value, attr=name):
            return [*_words(value), name]
        case ast.Name(id=name):
            return [name]
    return []


def _named_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for key, name in _assigned(node.body):
                yield key, name
                yield f"{node.name}.{key}", name
                if key == "__tablename__":
                    yield node.name, name
            for inner in node.body:
                if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
                    found = (name for key, name in _assigned(inner.body) if key == "db_table")
                    yield from ((f"{node.name}._meta.db_table", name) for name in found)
    yield from _assigned(tree.body)


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=key)], value=value):
                name = _name_in(value)
            case ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value):
                name = _name_in(value)
            case _:
                continue
        if name and _IDENTIFIER.match(name):
            yield key, name


def _name_in(node: ast.expr) -> str | None:
    """Return the text that a value is, or that it has when nobody says otherwise."""
    match node:
        case ast.Constant(value=str(name)):
            return name
        case ast.Call(func=ast.Name(id="Table") | ast.Attribute(attr="Table"), args=[first, *_]):
            return _name_in(first)
        case ast.Call():
            told = [it.value for it in node.keywords if it.arg in _DEFAULTS] or node.args[-1:]
            return _name_in(told[0]) if told else None
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            return _name_in(last)
    return None
