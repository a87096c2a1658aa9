"""Small questions to parse trees: names, literals, what a condition asks for.

Pure: trees in, data out.
"""

from collections.abc import Iterator, Sequence

from google.protobuf.message import Message

from pginterlock.expression_tree import inner, kind, names
from pginterlock.lint.actions import Relation

_BOOLEANS = {True: "true", False: "false"}


def relation(node: Message) -> Relation:
    """Return the table that a ``RangeVar`` names."""
    return Relation(node.schemaname or None, node.relname)


def dotted(words: Sequence[str]) -> Relation:
    """Return what a dotted name speaks of."""
    return Relation(words[-2] if len(words) > 1 else None, words[-1])


def words_of(node: Message) -> list[str]:
    """Return the words of a name that a DROP, COMMENT or such gives: a list, a type, a string."""
    node = inner(node)
    match kind(node):
        case "List":
            return [it.sval for it in map(inner, node.items) if kind(it) == "String"]
        case "TypeName":
            return names(node.names)
        case "ObjectWithArgs":
            return names(node.objname)
        case "String":
            return [str(node.sval)]
        case "RangeVar":
            return [node.schemaname, node.relname] if node.schemaname else [node.relname]
    return []


def type_name(node: Message) -> str:
    """Return a type as it is written, without ``pg_catalog``."""
    words = [it for it in names(node.names) if it != "pg_catalog"]
    return ".".join(words) + "[]" * len(node.array_bounds)


def literal(node: Message) -> str | None:
    """Return the text of a literal, casts looked through; None for anything else, null too."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) != "A_Const" or node.isnull:
        return None
    match node.WhichOneof("val"):
        case "sval":
            return str(node.sval.sval)
        case "ival":
            return str(node.ival.ival)
        case "fval":
            return str(node.fval.fval)
        case "boolval":
            return _BOOLEANS[node.boolval.boolval]
    return None


def last_column(node: Message) -> str | None:
    """Return the column that *node* is, whatever stands before its dot; None if it is none."""
    node = inner(node)
    while kind(node) == "TypeCast":
        node = inner(node.arg)
    if kind(node) != "ColumnRef":
        return None
    last = inner(node.fields[-1])
    return str(last.sval) if kind(last) == "String" else None


def asked(node: Message) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns that a condition compares with literals, in what is joined by AND."""
    node = inner(node)
    if kind(node) == "BoolExpr" and node.boolop == 1:
        for arg in node.args:
            yield from asked(arg)
    elif kind(node) == "A_Expr" and names(node.name)[-1:] == ["="]:
        column, right = last_column(node.lexpr), inner(node.rexpr)
        told = [literal(it) for it in (right.items if kind(right) == "List" else [right])]
        if column and told and None not in told:
            yield column, tuple(str(it) for it in told)
